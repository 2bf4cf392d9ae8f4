"""Writes small Excel workbooks of the format before 2007 by hand: records in a stream, in a compound file."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from struct import pack

_FORMATS = ("General", "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "hh:mm:ss", "[h]:mm:ss")
_ZERO = datetime.fromisoformat("1899-12-30")
_FREE, _END, _TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
ERROR, NO_RESULT = object(), object()
"""A formula whose result is an error; one that is left to who opens the file."""


def oldbook(sheets: dict[str, list[list[object]]], *, first_row: int = 0, first_column: int = 0, more: bytes = b"") -> bytes:
    """An .xls file of these sheets; their cells begin at this place, from 0."""
    texts: list[str] = []
    bodies = [_sheet(rows, texts, first_row, first_column) for rows in sheets.values()]
    head = _record(0x809, pack("<HHHHII", 0x600, 5, 0x0DBB, 1996, 0, 6)) + more
    head += b"".join(_record(0x41E, pack("<H", 164 + at) + _text(form, "<H")) for at, form in enumerate(_FORMATS))
    head += b"".join(_record(0xE0, pack("<HHHBBBBIIH", 0, 164 + at, 1, 0, 0, 0, 0, 0, 0, 0)) for at in range(len(_FORMATS)))
    table = _table(texts) + _record(0x0A, b"")
    places = len(head) + sum(12 + len(name.encode("utf-16-le")) for name in sheets) + len(table)
    for name, body in zip(sheets, bodies, strict=True):
        head += _record(0x85, pack("<IH", places, 0) + _text(name, "<B"))
        places += len(body)
    return compound({"Workbook": head + table + b"".join(bodies)})


def _record(kind: int, content: bytes) -> bytes:
    return pack("<HH", kind, len(content)) + content


def _text(text: str, count: str) -> bytes:
    return pack(count, len(text)) + b"\1" + text.encode("utf-16-le")


def _table(texts: list[str]) -> bytes:
    """The shared texts, the table cut into records of at most 8,000 bytes as Excel does, in the middle of a text as well."""
    content = pack("<II", len(texts), len(texts))
    records = []
    for text in texts:
        content += pack("<H", len(text)) + b"\1"
        for letter in text:
            if len(content) > 8_000:
                records.append(content)
                content = b"\1"
            content += letter.encode("utf-16-le")
    records.append(content)
    return b"".join(_record(0x3C if at else 0xFC, each) for at, each in enumerate(records))


def _sheet(rows: list[list[object]], texts: list[str], first_row: int, first_column: int) -> bytes:
    cells = [
        _cell(pack("<HH", row, column), value, texts)
        for row, values in enumerate(rows, first_row)
        for column, value in enumerate(values, first_column)
        if value != ""
    ]
    return _record(0x809, pack("<HHHHII", 0x600, 0x10, 0x0DBB, 1996, 0, 6)) + b"".join(cells) + _record(0x0A, b"")


def _cell(place: bytes, value: object, texts: list[str]) -> bytes:
    if isinstance(value, str):
        texts.append(value)
        return _record(0xFD, place + pack("<HI", 0, len(texts) - 1))
    if isinstance(value, bool):
        return _record(0x205, place + pack("<HBB", 0, value, 0))
    if value is ERROR:
        return _record(0x06, place + pack("<HBBBBBBHHIH", 0, 2, 0, 7, 0, 0, 0, 0xFFFF, 0, 0, 0))
    if value is NO_RESULT:
        return _record(0x06, place + pack("<HBBBBBBHHIH", 0, 3, 0, 0, 0, 0, 0, 0xFFFF, 2, 0, 0))
    form, number = _number(value)
    return _record(0x203, place + pack("<Hd", form, number))


def _number(value: object) -> tuple[int, Decimal]:
    """The place of the format and the number that Excel keeps."""
    day = Decimal(86_400_000_000)
    if isinstance(value, datetime):
        return 2, (value - _ZERO) // timedelta(microseconds=1) / day
    if isinstance(value, date):
        return 1, Decimal((value - _ZERO.date()).days)
    if isinstance(value, time):
        return 3, (datetime.combine(_ZERO, value) - _ZERO) // timedelta(microseconds=1) / day
    if isinstance(value, timedelta):
        return 4, value // timedelta(microseconds=1) / day
    assert isinstance(value, int | Decimal)
    return 0, Decimal(value)


def compound(streams: dict[str, bytes]) -> bytes:
    """A compound file of these streams, each filled up to the size from which it has sectors of its own."""
    contents = [content.ljust(4_096, b"\0") for content in streams.values()]
    sizes = [-(-len(content) // 512) for content in contents]
    entries = [_entry("Root Entry", 5, _END, 0, child=1)]
    chain: list[int] = []
    for name, content, size in zip(streams, contents, sizes, strict=True):
        entries.append(_entry(name, 2, len(chain), len(content)))
        chain += [*range(len(chain) + 1, len(chain) + size), _END]
    directory, data = (
        b"".join(entries).ljust(512, b"\0"),
        b"".join(content.ljust(-(-len(content) // 512) * 512, b"\0") for content in contents),
    )
    tables = -(-(len(chain) + 1) // 127)
    first = len(chain) + 1
    chain += [_END, *[_TABLE] * tables]
    chain += [_FREE] * (tables * 128 - len(chain))
    heads = [*range(first, first + tables)] + [_FREE] * (109 - tables)
    header = bytes.fromhex("d0cf11e0a1b11ae1").ljust(24, b"\0") + pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 10
    header += pack("<IIIIIIII", tables, first - 1, 0, 4_096, _END, 0, _END, 0) + pack("<109I", *heads)
    return header + data + directory + pack(f"<{len(chain)}I", *chain)


def _entry(name: str, kind: int, start: int, size: int, child: int = _FREE) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    entry = text.ljust(64, b"\0") + pack("<HBBIII", len(text), kind, 1, _FREE, _FREE, child) + b"\0" * 36
    return entry + pack("<III", start, size, 0)
