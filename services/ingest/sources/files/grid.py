"""Takes the tags of an HTML page one by one and puts its tables' cells where they are seen: spans, nesting, hidden parts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from services.ingest.sources.files.book import refuse
from services.ingest.sources.files.cells import Limits

DEPTH, COLUMNS, TABLES = 256, 16_384, 1_000
_UNSEEN = {"script", "style", "template", "noscript", "head", "select", "textarea"}
_BREAKS = {"br", "p", "div", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "section", "header", "footer", "hr"}
_APART = {"sup", "sub", "small"}
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\r\f\n]+")
_SPACES = re.compile(" {2,}")
_NUMBER = re.compile(r"[-+−]?\s*\d[\d.,:'\s]*")
_DATE = re.compile(r"\d+([./-])\d+\1\d+")


class Row(NamedTuple):
    """A finished row of a table, or what is written outside of tables (table 0), one text a line."""

    table: int  # in the order of their beginnings, from 1
    cells: list[str]


@dataclass(slots=True)
class _Cell:
    text: list[str] = field(default_factory=list)
    columns: int = 1
    rows: int = 1


@dataclass(slots=True)
class _Table:
    number: int
    row: list[_Cell] | None = None
    cell: _Cell | None = None
    caption: list[str] | None = None
    reaching: dict[int, tuple[int, str]] = field(default_factory=dict)  # column -> rows that a cell above still covers, its text
    below: list[list[str]] = field(default_factory=list)  # rows of a tfoot, which may stand in front of the others
    foot: bool = False


class Page:
    """Takes the parser's events; what is finished waits until it is ``taken``."""

    def __init__(self, name: str, limits: Limits) -> None:
        self.captions: dict[int, str] = {}
        self._name, self._limits = name, limits
        self._rows: list[Row] = []
        self._open: list[_Table] = []
        self._outside: list[str] = []
        self._apart = False  # what comes next is raised, lowered or small beside what came last, or the other way round
        self._tables = self._depth = self._unseen = self._area = 0

    def taken(self) -> list[Row]:
        rows, self._rows = self._rows, []
        return rows

    # ---- the parser's events

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth > DEPTH:
            raise self._refused("too_deep", f"its tags are nested more than {DEPTH} deep")
        if self._unseen:
            return
        if tag in _UNSEEN or "hidden" in attributes or _HIDDEN.search(attributes.get("style", "")):
            self._unseen = self._depth
        elif tag == "table":
            self._begin_table()
        elif tag in _BREAKS:
            self._sink().append("\n")
        elif tag in _APART:
            self._apart = True
        elif self._open:
            self._begin_part(self._open[-1], tag, attributes)

    def end(self, tag: str) -> None:
        self._depth -= 1
        if self._unseen:
            self._unseen = self._unseen if self._depth >= self._unseen else 0
        elif tag == "table" and self._open:
            self._end_table()
        elif tag in _BREAKS:
            self._sink().append("\n")
        elif tag in _APART:
            self._apart = True
        elif self._open:
            self._end_part(self._open[-1], tag)

    def data(self, text: str) -> None:
        if self._unseen or not text:
            return
        sink = self._sink()
        if self._apart and text[0].isdigit() and sink and sink[-1][-1:].isdigit():
            sink.append("^")  # 1 with a raised 30 is 1:30, 1.30 or 1 with a note, and never 130
        self._apart = False
        sink.append(_BLANKS.sub(" ", text))

    def comment(self, text: str) -> None:
        """Not for readers."""

    def close(self) -> None:
        while self._open:
            self._end_table()
        self._end_outside()

    # ---- tables and their parts

    def _sink(self) -> list[str]:
        """Where text goes now."""
        table = self._open[-1] if self._open else None
        if table and table.cell:
            return table.cell.text
        return self._outside if table is None or table.caption is None else table.caption

    def _begin_table(self) -> None:
        self._end_outside()
        self._tables += 1
        if self._tables > TABLES:
            raise self._refused("too_many_tables", f"it has more than {TABLES} tables")
        self._open.append(_Table(self._tables))

    def _begin_part(self, table: _Table, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "tr":
            self._end_row(table)
            table.row = []
        elif tag in ("td", "th"):
            self._end_cell(table)
            table.cell = _Cell([], _span(attributes.get("colspan"), 1_000), _span(attributes.get("rowspan"), 65_534))
        elif tag == "caption":
            table.caption = []
        elif tag in ("thead", "tbody", "tfoot"):
            self._end_row(table)
            table.reaching.clear()  # no cell reaches out of its part
            table.foot = tag == "tfoot"

    def _end_part(self, table: _Table, tag: str) -> None:
        if tag in ("td", "th"):
            self._end_cell(table)
        elif tag in ("tr", "thead", "tbody", "tfoot"):
            self._end_row(table)
            table.foot = table.foot and tag == "tr"
        elif tag == "caption":
            self.captions[table.number] = " ".join("".join(table.caption or []).split())[:200]
            table.caption = None

    def _end_cell(self, table: _Table) -> None:
        if table.cell:
            table.row = table.row or []
            table.row.append(table.cell)
            table.cell = None

    def _end_row(self, table: _Table) -> None:
        self._end_cell(table)
        if table.row is None:
            return
        cells = self._placed(table, table.row)
        table.row = None
        if table.foot:
            table.below.append(cells)
        else:
            self._rows.append(Row(table.number, cells))

    def _end_table(self) -> None:
        table = self._open.pop()
        self._end_row(table)
        self._rows += [Row(table.number, cells) for cells in table.below]

    def _end_outside(self) -> None:
        lines = [_shown(line) for line in "".join(self._outside).split("\n")]
        self._outside = []
        if texts := [line for line in lines if line]:
            self._rows.append(Row(0, texts))

    def _placed(self, table: _Table, row: list[_Cell]) -> list[str]:
        """The row as it is seen: a cell over several columns stands in the first, one over several rows in each of them."""
        cells: list[str] = []
        for cell in row:
            self._reach(table, cells)
            self._measure(len(cells) + cell.columns)
            text = _shown("".join(cell.text))
            if cell.rows > 1:
                repeated = "" if _is_number(text) else text  # what is counted stands once
                reaching = {len(cells): repeated} | {len(cells) + at: "" for at in range(1, cell.columns)}
                table.reaching |= {column: (cell.rows, said) for column, said in reaching.items()}
            cells += [text, *[""] * (cell.columns - 1)]
        self._reach(table, cells)
        table.reaching = {column: (rows - 1, text) for column, (rows, text) in table.reaching.items() if rows > 1}
        self._area += 10 * len(cells) - 9 * len(row)  # a few bytes can ask for thousands of spanned cells
        self._measure(0)
        return cells

    def _reach(self, table: _Table, cells: list[str]) -> None:
        """Fill in the cells that reach down from the rows above."""
        while len(cells) in table.reaching:
            cells.append(table.reaching[len(cells)][1])

    def _measure(self, columns: int) -> None:
        if columns > COLUMNS:
            raise self._refused("file_too_large", f"a row of a table has more than {COLUMNS} columns")
        if self._area > self._limits.area:
            raise self._refused("file_too_large", f"its tables have more than {self._limits.area} cells")

    def _refused(self, code: str, cause: str) -> Exception:
        return refuse(code, self._name, cause, "export the report as CSV or Excel")


def _span(text: str | None, most: int) -> int:
    if text is None or not (text.strip().isascii() and text.strip().isdigit()):
        return 1
    number = int(text.strip()[:6])
    return min(number, most) or (most if most > 1_000 else 1)  # rowspan="0" reaches to the end of the part


def _shown(text: str) -> str:
    lines = [_SPACES.sub(" ", line).strip(" \u00a0") for line in text.split("\n")]
    return "\n".join(line for line in lines if line)


def _is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text)) and not _DATE.fullmatch(text)
