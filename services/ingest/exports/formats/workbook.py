"""A table as an Excel workbook, written as it goes: no cell is a formula, numbers keep their exact text.

Our own writer: the libraries for it build the file on disk before the first byte leaves, at a fifth of the speed
(``python -m bench.exports``); this one streams, and the parts of a workbook that a table needs are few.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from itertools import chain, islice
from typing import Any

from services.ingest.exports.columns import Column, Row
from services.ingest.exports.formats.csv_text import LIST
from services.ingest.exports.formats.guard import DANGER

MOST_ROWS = 1_048_575
"""Below the header of one sheet; the next ones go onto another sheet."""
_DAY_0 = date(1899, 12, 30)
_FIRST_SURE = date(1900, 3, 1)  # Excel's calendar has a 29 February 1900
_TEXT, _HEAD, _DATE, _NUMBER, _QUOTED = range(5)
"""Places in ``cellXfs`` of the styles."""
_WIDTHS = {"text": 24, "list": 20, "word": 12, "number": 12, "date": 11, "moment": 24, "flag": 9}
_NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_STYLES = (
    f'{_XML}<styleSheet {_NS}><numFmts count="1"><numFmt numFmtId="164" formatCode="0.00###"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="5">'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    '<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1" applyNumberFormat="1"/>'
    "</cellXfs></styleSheet>"
)
_CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml"


class _Pipe:
    """What the archive writes into; it can't go back, so the archive is written front to back."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def taken(self) -> bytes:
        data, self._pieces = b"".join(self._pieces), []
        return data


Foot = Callable[[], tuple[Sequence[Column], Sequence[Row]]]
"""The summary, asked for once all rows are through."""


def write(
    columns: Sequence[Column], pages: Iterable[Sequence[Row]], title: str = "Export", foot: Foot | None = None
) -> Iterator[bytes]:
    """The file piece by piece."""
    pipe, sheets = _Pipe(), []
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:  # type: ignore[call-overload]
        rows = chain.from_iterable(pages)
        first = next(rows, None)
        while not sheets or first is not None:
            sheets.append(title if not sheets else f"{title} {len(sheets) + 1}")
            mine = islice(chain([] if first is None else [first], rows), MOST_ROWS)
            for _ in _sheet(archive, len(sheets), columns, mine):
                yield pipe.taken()
            first = next(rows, None)
        if foot is not None:
            sheets.append("Summary")
            for _ in _sheet(archive, len(sheets), *foot()):
                yield pipe.taken()
        for name, text in _frame(sheets):
            archive.writestr(name, text)
    yield pipe.taken()


def _sheet(archive: zipfile.ZipFile, number: int, columns: Sequence[Column], rows: Iterable[Row]) -> Iterator[None]:
    """One sheet; it stops now and then so that what is written can leave."""
    widths = "".join(
        f'<col min="{at}" max="{at}" width="{_WIDTHS[column.kind]}" customWidth="1"/>' for at, column in enumerate(columns, 1)
    )
    head = "".join(f'<c t="inlineStr" s="{_HEAD}"><is><t>{escaped(column.heading)}</t></is></c>' for column in columns)
    writes = [_CELLS[column.kind] for column in columns]
    with archive.open(f"xl/worksheets/sheet{number}.xml", "w") as part:
        frozen = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        views = f'<sheetViews><sheetView workbookViewId="0">{frozen}</sheetView></sheetViews>'
        part.write(f"{_XML}<worksheet {_NS}>{views}<cols>{widths}</cols><sheetData><row>{head}</row>".encode())
        rows = iter(rows)
        while some := list(islice(rows, 1_000)):
            cells = [map(write, column) for write, column in zip(writes, zip(*some, strict=True), strict=True)]
            part.write(f"<row>{'</row><row>'.join(map(''.join, zip(*cells, strict=True)))}</row>".encode())
            yield
        part.write(b"</sheetData></worksheet>")


# ---- cells

_REFUSED = re.compile("[&<>\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
"""What XML must not hold as it is, and what would be read as one of our own escapes."""
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def escaped(text: str) -> str:
    """Text as a workbook holds it."""
    if text.isprintable() and not ("&" in text or "<" in text or ">" in text or "_x" in text):
        return text
    return _REFUSED.sub(lambda found: _ENTITIES.get(found[0]) or f"_x{ord(found[0]):04X}_", text)


def _text(cell: Any) -> str:
    if not cell:
        return "<c/>"
    # The mark of a quoted text, which the reader doesn't see: edited in place, it stays the text that it is.
    style = f' s="{_QUOTED}"' if cell[0] in DANGER else ""
    space = ' xml:space="preserve"' if cell != cell.strip() or "\n" in cell else ""
    return f'<c t="inlineStr"{style}><is><t{space}>{escaped(cell)}</t></is></c>'


def _word(cell: Any) -> str:
    return f'<c t="inlineStr"><is><t>{cell}</t></is></c>' if cell else "<c/>"


def _number(cell: Any) -> str:
    return f'<c s="{_NUMBER}"><v>{cell}</v></c>' if cell else "<c/>"


@lru_cache(maxsize=4096)
def _date(cell: Any) -> str:
    if not cell:
        return "<c/>"
    day = date.fromisoformat(cell)
    return f'<c s="{_DATE}"><v>{(day - _DAY_0).days}</v></c>' if day >= _FIRST_SURE else _word(cell)


def _flag(cell: Any) -> str:
    return "<c/>" if cell is None else f'<c t="b"><v>{int(cell == "true")}</v></c>'


_CELLS: dict[str, Callable[[Any], str]] = {
    "text": lru_cache(maxsize=4096)(_text),
    "list": lambda cell: _text(LIST.join(cell)) if cell else "<c/>",
    "word": _word,
    "moment": _word,
    "number": _number,
    "date": _date,
    "flag": _flag,
}

# ---- the rest of the archive


def _frame(sheets: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Every other part: what kinds there are, what belongs to what, the styles."""
    numbers = range(1, len(sheets) + 1)
    kind = f"{_CONTENT}.worksheet+xml"
    kinds = "".join(f'<Override PartName="/xl/worksheets/sheet{at}.xml" ContentType="{kind}"/>' for at in numbers)
    yield (
        "[Content_Types].xml",
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_CONTENT}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_CONTENT}.styles+xml"/>{kinds}</Types>',
    )
    yield "_rels/.rels", _relations([("officeDocument", "xl/workbook.xml")])
    targets = [("worksheet", f"worksheets/sheet{at}.xml") for at in numbers]
    yield "xl/_rels/workbook.xml.rels", _relations([*targets, ("styles", "styles.xml")])
    listed = "".join(f'<sheet name="{escaped(name)}" sheetId="{at}" r:id="r{at}"/>' for at, name in enumerate(sheets, 1))
    yield "xl/workbook.xml", f'{_XML}<workbook {_NS} xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>'
    yield "xl/styles.xml", _STYLES


def _relations(targets: Sequence[tuple[str, str]]) -> str:
    parts = (f'<Relationship Id="r{at}" Type="{_OFFICE}/{kind}" Target="{path}"/>' for at, (kind, path) in enumerate(targets, 1))
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{"".join(parts)}</Relationships>'
