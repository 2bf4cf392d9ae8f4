"""Finds a layout's columns in a header row and cuts each row to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from services.ingest.sources.files.book import Line, refuse
from services.ingest.sources.files.cells import Cell, text_of
from services.ingest.sources.worklog.layout import COLUMNS, DELIMITERS, Layout, header
from shared.kernel.errors import Invalid
from shared.kernel.quote import quoted


class Row(NamedTuple):
    """One row; ``problem`` says why its cells could not be taken apart. A tuple, as ``Line`` is."""

    number: int  # as a spreadsheet counts: from 1, the rows above and blank ones included
    cells: dict[str, Cell]  # header -> cell, those that the layout names
    file: str = ""  # the file's name, for messages
    problem: Invalid | None = None
    person: str | None = None  # whom a line above names; "": it seems to name one, but not plainly whom
    heading: bool = False  # it names the person of the rows below
    line: Sequence[Cell] = ()  # all of its cells

    @property
    def first(self) -> str:
        """The text of the line's first cell that holds anything."""
        return next((text for cell in self.line if (text := text_of(cell).strip())), "")


def cells_of(row: Row, layout: Layout, column: str) -> list[Cell]:
    """The cells of one of our columns that hold anything, else the layout's constant."""
    found = [row.cells.get(header, "") for header in layout.columns.get(column, ())]
    held = [cell for cell in found if not isinstance(cell, str) or cell.strip()]
    return held or ([layout.constants[column]] if layout.constants.get(column) else [])


def places(cells: Sequence[Cell], layout: Layout, file: str) -> dict[str, int]:
    """Where each header that the layout names stands; Invalid when one is missing, twice there, or not ours."""
    names = _names(cells, file)
    lacking = sorted(_lacking(set(names), layout))
    if lacking:
        raise _bad_header(file, f"lacks {_listed(lacking)}; it has {_listed(names)}", _hint(names, layout))
    wanted, counts = layout.wanted(), Counter(names)
    twice = [name for name in counts if counts[name] > 1 and name in wanted]
    if twice:
        raise _bad_header(file, f"has {_listed(twice)} twice", "rename or remove one of the two columns")
    unknown = set(names) - wanted - {""}
    if layout.closed and unknown:
        cause = f"has {_listed(sorted(unknown))}, which is no column of ours"
        raise _bad_header(file, cause, f"use only: {', '.join(COLUMNS)}")
    return {name: at for at, name in enumerate(names) if name in wanted}


def holds(line: Line, layout: Layout) -> bool:
    """Whether the line holds every header that the layout names."""
    return layout.wanted() <= {" ".join(cell.split()) for cell in line.cells if isinstance(cell, str)}


def _names(cells: Sequence[Cell], file: str) -> list[str]:
    try:
        return [header(text_of(cell)) for cell in cells]
    except Invalid as problem:
        raise _bad_header(file, f"holds what is no header: {problem.cause}", problem.remedy) from problem


def _lacking(names: set[str], layout: Layout) -> set[str]:
    if not layout.closed:
        return set(layout.wanted()) - names
    return {"date", "person"} - names


def _hint(names: list[str], layout: Layout) -> str:
    other = next((sign for sign in DELIMITERS if sign != layout.delimiter and len(names) == 1 and sign in names[0]), None)
    if other:
        return f'the cells seem to be separated by {quoted(other)}: say "delimiter": {quoted(other)} in a layout'
    return "export the report with these columns, or declare its own ones in a layout"


def _listed(names: Iterable[str]) -> str:
    shown = [quoted(name) for name in names if name]
    return ", ".join(shown[:30]) or "nothing"


def _bad_header(file: str, cause: str, remedy: str) -> Invalid:
    return Invalid("bad_header", f"{quoted(file)}: the header row {cause}", remedy, file=file)


def cut(line: Line, where: dict[str, int], width: int, file: str, ragged: bool = False) -> Row | None:
    """One row's named cells; None for a row without anything in it. A ``ragged`` table's row may lack cells at its end."""
    if not line.problem and not line.faults and line.cells.count("") == len(line.cells):
        return None
    if ragged:
        line = _filled(line, width)
    if problem := line.problem or _misfit(line, width, file) or _error(line, where, file):
        return Row(line.number, {}, file, problem)
    cells = line.cells
    return Row(line.number, {name: cells[at] for name, at in where.items()}, file, line=cells)


def _filled(line: Line, width: int) -> Line:
    lacking = width - len(line.cells)
    return line._replace(cells=line.cells + [""] * lacking) if lacking > 0 else line


def _misfit(line: Line, width: int, file: str) -> Invalid | None:
    if len(line.cells) == width or (len(line.cells) > width and all(cell == "" for cell in line.cells[width:])):
        return None
    cause = f"it has {len(line.cells)} cells, the header has {width}"
    remedy = "put quotes around cells that hold the separator, and give every row all cells"
    return refuse("wrong_cells", file, cause, remedy, line.number)


def _error(line: Line, where: dict[str, int], file: str) -> Invalid | None:
    """Why the row is refused when one of its named cells holds an error value, which reads as an empty cell."""
    wrong = line.faults and next((header for header, at in where.items() if line.faults.get(at) == "error_value"), None)
    if not wrong:
        return None
    cause = f"{quoted(file)}, row {line.number}, column {quoted(wrong)}: the cell holds an Excel error such as #REF!"
    return Invalid("error_value", cause, "mend or clear the cell", file=file, row=line.number)
