"""Measures an Excel workbook of the format before 2007 (.xls) before anything opens it, and finds its faulty cells."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from struct import error, unpack_from
from typing import BinaryIO

from olefile import OleFileIO

from services.ingest.sources.files.book import check_size, refuse
from services.ingest.sources.files.cells import Limits
from services.ingest.sources.files.container import contained
from services.ingest.sources.files.faults import Faults
from services.ingest.sources.files.unpack import damaged

_STREAMS = ("Workbook", "Book")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_FORMULA, _LABELSST, _BOOLERR, _MULRK = 0x06, 0xFD, 0x205, 0xBD
_CELLS = {_FORMULA, _LABELSST, _BOOLERR, _MULRK, 0x203, 0x204, 0x27E, 0xD6}
_SHEET = 65_536 * 256
"""Cells of the largest sheet that the format has."""
_MOST = 1_000_000
"""Texts of the table; more do not fit into the bytes that are taken."""


@dataclass(slots=True)
class _Sheet:
    """What stands in one sheet."""

    rows: int = 0
    columns: int = 0
    texts: list[int] = field(default_factory=list)  # places in the table of texts
    faults: Faults = field(default_factory=dict)


def measured(stream: BinaryIO, size: int, name: str, limits: Limits) -> tuple[BinaryIO, list[Faults]]:
    """Refuse a workbook beyond the limits; else its records in a container that is sound, and its sheets' faulty cells in order.

    The reader of workbooks follows a file's chain of sectors wherever it leads, for ever if it leads round; so it is given a
    container of our own making.
    """
    check_size(size, name, limits)
    stream.seek(0)
    content = stream.read()
    try:
        kind, book = _book(content)
        sheets, texts = _walk(book, name), _lengths(_table(book))
    except (OSError, error, ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError) as problem:
        raise (_encrypted(name) if _ENCRYPTED in content else damaged(name)) from problem
    area = sum(sheet.rows * sheet.columns for sheet in sheets)
    total = sum(texts[place] for sheet in sheets for place in sheet.texts if place < len(texts))
    for figure, most, what in ((area, limits.area, "cells between the first and the last"), (total, limits.texts, "characters")):
        if figure > most:
            cause = f"its sheets have {figure} {what}, more than {most}"
            raise refuse("file_too_large", name, cause, "remove what stands far off, split it, or send it as CSV")
    return io.BytesIO(contained(kind, book)), [sheet.faults for sheet in sheets]


def _book(content: bytes) -> tuple[str, bytes]:
    """The name and the bytes of the stream of records. Raises KeyError where there is none."""
    with OleFileIO(io.BytesIO(content)) as parts:
        for part in _STREAMS:
            if parts.exists(part):
                return part, parts.openstream(part).read()
    raise KeyError(_STREAMS)


def _encrypted(name: str) -> Exception:
    return refuse("encrypted_file", name, "the workbook is protected by a password", "save it without a password")


def _records(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(place, kind, content) of each."""
    at = 0
    while at + 4 <= len(data):
        kind, size = unpack_from("<HH", data, at)
        yield at, kind, data[at + 4 : at + 4 + size]
        at += 4 + size


def _walk(data: bytes, name: str) -> list[_Sheet]:
    """The sheets in the order of their names. Raises ValueError where the reader would take other bytes for a sheet."""
    sheets: dict[int, _Sheet] = {}
    here, begun = _Sheet(), set()
    for at, kind, content in _records(data):
        match kind:
            case 0x2F:  # FILEPASS
                raise _encrypted(name)
            case 0x85:  # BOUNDSHEET: where a sheet begins
                sheets[unpack_from("<I", content)[0]] = _Sheet()
            case 0x809 if at in sheets:  # BOF; one of a chart stands inside of its sheet
                here = sheets[at]
                begun.add(at)
            case 0x200:  # DIMENSIONS: the reader sets aside room for as much
                _check_dimensions(content)
        if kind in _CELLS:
            _take(here, kind, content)
    if begun != sheets.keys():
        raise ValueError("a sheet does not begin where the workbook says")
    return list(sheets.values())


def _check_dimensions(content: bytes) -> None:
    wide = len(content) >= 14  # rows of 4 bytes, as since 1997
    top, bottom, left, right = unpack_from("<IIHH" if wide else "<HHHH", content)
    if bottom < top or right < left or (bottom - top) * (right - left) > _SHEET:
        raise ValueError("a sheet is said to be larger than a sheet can be")


def _table(data: bytes) -> list[bytes]:
    """The records of the table of shared texts."""
    table: list[bytes] = []
    for _, kind, content in _records(data):
        if kind == 0xFC or (kind == 0x3C and table):  # SST, CONTINUE
            table.append(content)
        elif table:
            break
    return table


def _take(sheet: _Sheet, kind: int, content: bytes) -> None:
    row, column = unpack_from("<HH", content)
    last = unpack_from("<H", content, len(content) - 2)[0] if kind == _MULRK else column
    sheet.rows, sheet.columns = max(sheet.rows, row + 1), max(sheet.columns, last + 1)
    if kind == _LABELSST:
        sheet.texts.append(unpack_from("<I", content, 6)[0])
    elif fault := _fault(kind, content):
        sheet.faults[row + 1, column + 1] = fault


def _fault(kind: int, content: bytes) -> str | None:
    if kind == _BOOLERR:
        return "error_value" if content[7] else None
    if kind != _FORMULA or content[12:14] != b"\xff\xff":  # the result is a number, or the cell is none
        return None
    to_compute = content[14] & 2  # on opening; then an empty text stands in the result's place
    return {2: "error_value", 3: "formula_without_value" if to_compute else None}.get(content[6])


def _lengths(table: list[bytes]) -> list[int]:
    """The characters of each shared text; the table goes on over several records, also within a text."""
    if not table:
        return []
    count = unpack_from("<I", table[0], 4)[0]
    rest = _Rest(table, 8)
    return [rest.text() for _ in range(min(count, _MOST)) if rest.more()]


class _Rest:
    """What is not yet read of the table of texts."""

    def __init__(self, parts: list[bytes], at: int) -> None:
        self._parts, self._part, self._at = parts, 0, at

    def more(self) -> bool:
        while self._part < len(self._parts) and self._at >= len(self._parts[self._part]):
            self._at -= len(self._parts[self._part])
            self._part += 1
        return self._part < len(self._parts)

    def _number(self, form: str, size: int) -> int:
        (number,) = unpack_from(form, self._parts[self._part], self._at)
        self._at += size
        return number

    def text(self) -> int:
        length, flags = self._number("<H", 2), self._number("<B", 1)
        after = 4 * self._number("<H", 2) if flags & 8 else 0
        after += self._number("<I", 4) if flags & 4 else 0
        left, width = length, 1 + (flags & 1)
        while left:
            here = min(left, (len(self._parts[self._part]) - self._at) // width)
            left, self._at = left - here, self._at + here * width
            if left:  # a flag of its own stands in front of what follows
                self._part, self._at = self._part + 1, 0
                width = 1 + (self._number("<B", 1) & 1)
        self._at += after
        return length
