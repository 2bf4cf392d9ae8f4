"""Writes small workbooks of the format before 2007 (.xls) by hand: a compound file around one stream of BIFF8 records."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal

_CODES = ("yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "hh:mm:ss", "[h]:mm:ss")
_ZERO = datetime.fromisoformat("1899-12-30")
_SECTOR, _SMALLEST = 512, 4096  # a shorter stream would have to go into the compound file's small sectors
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def xls(sheets: dict[str, Sequence[Sequence[object]]]) -> bytes:
    """An .xls file of these sheets: texts, numbers, dates, times and durations, each of its own type."""
    bodies = [_sheet(rows) for rows in sheets.values()]
    start = len(_globals(sheets, [0] * len(bodies)))
    places = [start + sum(map(len, bodies[:at])) for at in range(len(bodies))]
    return _compound(_globals(sheets, places) + b"".join(bodies))


def _record(kind: int, data: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def _globals(names: Iterable[str], places: list[int]) -> bytes:
    formats = b"".join(_record(0x041E, struct.pack("<H", 164 + at) + _text(code)) for at, code in enumerate(_CODES))
    styles = b"".join(_record(0x00E0, struct.pack("<HH16x", 0, number)) for number in (0, 164, 165, 166, 167))
    sheets = (
        _record(0x0085, struct.pack("<IBBBB", place, 0, 0, len(name), 1) + name.encode("utf-16-le"))
        for name, place in zip(names, places, strict=True)
    )
    return _begin(5) + _record(0x0042, struct.pack("<H", 1200)) + formats + styles + b"".join(sheets) + _record(0x000A)


def _begin(kind: int) -> bytes:
    return _record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0x0DBB, 0x07CC, 0, 6))


def _text(value: str) -> bytes:
    return struct.pack("<HB", len(value), 1) + value.encode("utf-16-le")


def _sheet(rows: Sequence[Sequence[object]]) -> bytes:
    width = max(map(len, rows), default=0)
    size = _record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0))
    cells = (_cell(row, column, value) for row, values in enumerate(rows) for column, value in enumerate(values) if value != "")
    return _begin(0x10) + size + b"".join(cells) + _record(0x000A)


def _cell(row: int, column: int, value: object) -> bytes:
    if isinstance(value, str):
        return _record(0x0204, struct.pack("<HHH", row, column, 0) + _text(value))
    style, days = _days(value)
    return _record(0x0203, struct.pack("<HHHd", row, column, style, float(days)))


def _days(value: object) -> tuple[int, Decimal]:
    """The style and the number that Excel keeps."""
    if isinstance(value, int | Decimal):
        return 0, Decimal(value)
    if isinstance(value, datetime):
        return 2, _of(value - _ZERO)
    if isinstance(value, date):
        return 1, _of(datetime.combine(value, time()) - _ZERO)
    if isinstance(value, time):
        return 3, _of(datetime.combine(_ZERO, value) - _ZERO)
    assert isinstance(value, timedelta)
    return 4, _of(value)


def _of(span: timedelta) -> Decimal:
    return Decimal(span // timedelta(microseconds=1)) / Decimal(86_400_000_000)


def _compound(stream: bytes) -> bytes:
    """The stream as the compound file's only one, named Workbook: its sectors first, then the directory, then the table."""
    stream = stream.ljust(max(_SMALLEST, -(-len(stream) // _SECTOR) * _SECTOR), b"\0")
    count = len(stream) // _SECTOR
    tables = next(n for n in range(1, 100) if n * 128 >= count + 1 + n)
    chain = [*range(1, count), _END, _END, *[_FAT] * tables]
    chain += [_FREE] * (tables * 128 - len(chain))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIIIIIIII", 0, tables, count, 0, _SMALLEST, _END, 0, _END, 0, count + 1)
    header += b"".join(struct.pack("<I", count + 1 + at if at < tables else _FREE) for at in range(1, 109))
    directory = _entry("Root Entry", 5, child=1, start=_END, size=0)
    directory += _entry("Workbook", 2, child=_FREE, start=0, size=len(stream))
    return header + stream + directory.ljust(_SECTOR, b"\0") + struct.pack(f"<{len(chain)}I", *chain)


def _entry(name: str, kind: int, *, child: int, start: int, size: int) -> bytes:
    written = name.encode("utf-16-le")
    head = struct.pack("<64sHBBIII", written, len(written) + 2, kind, 1, _FREE, _FREE, child)
    return head + bytes(36) + struct.pack("<IQ", start, size)
