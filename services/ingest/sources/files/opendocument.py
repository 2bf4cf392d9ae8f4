"""Reads the sheets of an OpenDocument spreadsheet, as a stream of its tags; formulas by the results that the file keeps."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Context, Decimal
from typing import BinaryIO, NamedTuple

from lxml.etree import XMLParser, XMLSyntaxError

from services.ingest.sources.files.book import NO_FAULTS, Book, Line, refuse, short
from services.ingest.sources.files.cells import Cell, Limits
from services.ingest.sources.files.grid import COLUMNS
from services.ingest.sources.files.unpack import BROKEN, damaged

_PIECE, _DEPTH = 65_536, 64
_PARTS = ("table", "text", "office", "drawing")
_TABLE, _TEXT, _OFFICE, _DRAW = (f"{{urn:oasis:names:tc:opendocument:xmlns:{part}:1.0}}" for part in _PARTS)
_CALC = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
_ROW, _CELL, _COVERED = _TABLE + "table-row", _TABLE + "table-cell", _TABLE + "covered-table-cell"
_UNSEEN = {_OFFICE + "annotation", _TABLE + "shapes", _DRAW + "frame", _DRAW + "custom-shape", _TABLE + "tracked-changes"}
_SIGNS = {_TEXT + "tab": "\t", _TEXT + "line-break": "\n"}
_NUMBER = re.compile(r"[-+]?\d{1,40}(?:\.\d{1,40})?(?:[eE][-+]?\d{1,3})?", re.ASCII)
_TIME = re.compile(r"(-?)P(?:(\d{1,9})D)?T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:[.,](\d{1,12}))?S)?", re.ASCII)
_ERROR = re.compile(r"#(?:REF!|NAME\?|VALUE!|DIV/0!|NUM!|NULL!|N/A)|Err:\d+")
_FIFTEEN = Context(prec=15)


@dataclass(slots=True)
class _Place:
    """A cell that is being read."""

    attributes: Mapping[str, str]
    paragraphs: list[list[str]] = field(default_factory=list)


class _Run(NamedTuple):
    """Rows that are all alike."""

    sheet: str
    first: int  # its number
    times: int
    cells: list[Cell]
    faults: Mapping[int, str]


class _Sheets:
    """Takes the parser's events; the rows that are finished wait until they are ``taken``."""

    def __init__(self, name: str, limits: Limits) -> None:
        self.names: list[str] = []
        self._name, self._limits = name, limits
        self._runs: list[_Run] = []
        self._depth = self._unseen = self._tables = self._number = self._blank = self._width = self._texts = 0
        self._repeated = 1
        self._cells: list[Cell] = []
        self._faults: dict[int, str] = {}
        self._place: _Place | None = None

    def taken(self) -> list[_Run]:
        runs, self._runs = self._runs, []
        return runs

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise damaged(self._name)  # no spreadsheet program writes one, and its entities can fill any memory

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEPTH:
            raise damaged(self._name)
        if self._unseen:
            return
        if tag in _UNSEEN:
            self._unseen = self._depth
        elif tag == _TABLE + "table":
            self._begin_table(attributes.get(_TABLE + "name", ""))
        elif tag == _ROW:
            self._cells, self._faults = [], {}
            self._repeated = self._times(attributes, "rows")
        elif tag in (_CELL, _COVERED):
            self._place = _Place(dict(attributes))
        elif self._place:
            self._begin_text(self._place, tag, attributes)

    def end(self, tag: str) -> None:
        self._depth -= 1
        if self._unseen:
            self._unseen = self._unseen if self._depth >= self._unseen else 0
        elif tag == _TABLE + "table":
            self._tables -= 1
        elif tag in (_CELL, _COVERED) and self._place:
            self._end_cell(self._place)
        elif tag == _ROW and self._tables == 1:
            self._end_row()

    def data(self, text: str) -> None:
        if self._place and self._place.paragraphs and not self._unseen:
            self._place.paragraphs[-1].append(text)

    def close(self) -> None:
        """Nothing is left to be done."""

    def _begin_table(self, name: str) -> None:
        self._tables += 1
        if self._tables > 1:  # a table in a cell: what it holds can't be put in one place
            raise damaged(self._name)
        self.names.append(name)
        self._number = self._blank = self._width = 0

    def _begin_text(self, place: _Place, tag: str, attributes: Mapping[str, str]) -> None:
        if tag in (_TEXT + "p", _TEXT + "h"):
            place.paragraphs.append([])
        elif tag == _TEXT + "s":
            count = attributes.get(_TEXT + "c", "1")
            self.data(" " * (min(int(count), 1_000) if count.isascii() and count.isdigit() else 1))
        elif tag in _SIGNS:
            self.data(_SIGNS[tag])

    def _end_cell(self, place: _Place) -> None:
        self._place = None
        times = self._times(place.attributes, "columns")
        text = "\n".join("".join(parts) for parts in place.paragraphs)
        fault = _fault(place.attributes, text)
        cell = "" if fault else _value(place.attributes, text)
        at = len(self._cells)
        if cell == "" and not fault:
            times = min(times, COLUMNS - at)  # the blank rest of a row
        self._texts += len(text) * times * self._repeated
        if at + times > COLUMNS or self._texts > self._limits.texts:
            cause = f"it has more than {COLUMNS} columns, or texts of more than {self._limits.texts} characters"
            raise refuse("file_too_large", self._name, cause, "split it, or send it as CSV")
        if fault:
            self._faults |= dict.fromkeys(range(at, at + times), fault)
        self._cells += [cell] * times

    def _end_row(self) -> None:
        while self._cells and self._cells[-1] == "" and len(self._cells) - 1 not in self._faults:
            self._cells.pop()
        if not self._cells:  # the blank rows below the last one are none
            self._blank += self._repeated
            return
        self._width = max(self._width, len(self._cells))
        if (self._number + self._blank + self._repeated) * self._width > self._limits.area:
            cause = f"a sheet has more than {self._limits.area} cells between the first and the last"
            raise refuse("file_too_large", self._name, cause, "remove what stands far below or far right of the report")
        self._runs.append(_Run(self.names[-1], self._number + 1, self._blank, [], NO_FAULTS))
        self._number += self._blank
        self._runs.append(_Run(self.names[-1], self._number + 1, self._repeated, self._cells, self._faults or NO_FAULTS))
        self._number += self._repeated
        self._blank = 0

    def _times(self, attributes: Mapping[str, str], what: str) -> int:
        text = attributes.get(f"{_TABLE}number-{what}-repeated", "1")
        if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) == int(text)):
            raise damaged(self._name)
        return int(text)


def open_opendocument(stream: BinaryIO, name: str, limits: Limits) -> Book:
    """The spreadsheet, which was measured as an archive, with its sheets as tables."""
    sheets = _Sheets(name, limits)
    for _ in _runs(stream, name, sheets):
        pass
    if not sheets.names or len(set(sheets.names)) < len(sheets.names):
        raise damaged(name)

    def lines(table: str) -> Iterator[Line]:
        for run in _runs(stream, name, _Sheets(name, limits)):
            for number in range(run.first, run.first + run.times) if run.sheet == table else ():
                yield short(Line(number, list(run.cells), None, run.faults), name, limits)

    return Book("ods", name, tuple(sheets.names), lines)


def _runs(stream: BinaryIO, name: str, sheets: _Sheets) -> Iterator[_Run]:
    parser = XMLParser(target=sheets, resolve_entities=False, no_network=True, load_dtd=False)
    try:
        with zipfile.ZipFile(stream) as packed, packed.open("content.xml") as part:
            while piece := part.read(_PIECE):
                parser.feed(piece)
                yield from sheets.taken()
        parser.close()
        yield from sheets.taken()
    except (*BROKEN, XMLSyntaxError) as error:
        raise damaged(name) from error


def _fault(attributes: Mapping[str, str], text: str) -> str | None:
    if attributes.get(_CALC + "value-type") == "error" or (_TABLE + "formula" in attributes and _ERROR.fullmatch(text)):
        return "error_value"
    return "formula_without_value" if _TABLE + "formula" in attributes and _OFFICE + "value-type" not in attributes else None


def _value(attributes: Mapping[str, str], text: str) -> Cell:
    """The cell as its type says; as its text where it says something that can't be."""
    kind = attributes.get(_OFFICE + "value-type", "string")
    read = _READERS.get(kind)
    if read is None:
        return attributes.get(_OFFICE + "string-value", text)
    name, convert = read
    try:
        return convert(attributes.get(_OFFICE + name, ""))
    except (ValueError, OverflowError):
        return text


def _number(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return _FIFTEEN.create_decimal(text)  # as it is shown; beyond are traces of binary fractions


def _day(text: str) -> date:
    return datetime.fromisoformat(text[:26]) if "T" in text else date.fromisoformat(text)


def _duration(text: str) -> time | timedelta:
    """A time of day where it can be one: the file does not tell them apart."""
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(text)
    days, hours, minutes, seconds, fraction = (
        int(part or 0) for part in (*found.groups()[1:5], (found[6] or "")[:6].ljust(6, "0"))
    )
    length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds, microseconds=fraction)
    if found[1] or length >= timedelta(days=1):
        return -length if found[1] else length
    return (datetime.combine(date.min, time()) + length).time()


def _boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


_READERS: dict[str, tuple[str, Callable[[str], Cell]]] = {
    **dict.fromkeys(("float", "percentage", "currency"), ("value", _number)),
    "date": ("date-value", _day),
    "time": ("time-value", _duration),
    "boolean": ("boolean-value", _boolean),
}
