"""Writes the container of an Excel workbook of the format before 2007: a compound file of one stream.

Layout after Microsoft's [MS-CFB]: a header, then sectors, chained by a table; here the stream, the directory, the table.
"""

from __future__ import annotations

from struct import pack

_SECTOR = 4096
_LINKS = _SECTOR // 4  # places of the table in one of its sectors
_IN_HEADER = 109  # sectors of the table that the header names; they chain 457 MB
_FREE, _END, _TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_NONE, _STREAM, _ROOT = 0, 2, 5


def contained(name: str, stream: bytes) -> bytes:
    """A compound file that holds the stream, filled up with zeros to whole sectors.

    Its sectors are those of the stream, one for the streams below 4096 bytes of which there are none (the reader asks for it),
    the directory, and the table.
    """
    sectors = max(-(-len(stream) // _SECTOR), 1)
    data = stream.ljust(sectors * _SECTOR, b"\0")
    tables = 1
    while sectors + 2 + tables > tables * _LINKS:
        tables += 1
    links = [*range(1, sectors), _END, _END, _END, *[_TABLE] * tables]
    links += [_FREE] * (tables * _LINKS - len(links))
    names = [*range(sectors + 2, sectors + 2 + tables)]
    head = _SIGNATURE + bytes(16) + pack("<HHHHH6x", 0x3E, 4, 0xFFFE, 12, 6)
    head += pack("<IIIIIIIII", 1, tables, sectors + 1, 0, 4096, _END, 0, _END, 0)
    head += pack(f"<{_IN_HEADER}I", *names, *[_FREE] * (_IN_HEADER - tables))
    directory = _entry("Root Entry", _ROOT, sectors, 0, child=1) + _entry(name, _STREAM, 0, len(data))
    directory += _entry("", _NONE, 0, 0) * (_SECTOR // len(directory) * 2 - 2)
    return head.ljust(_SECTOR, b"\0") + data + bytes(_SECTOR) + directory + pack(f"<{len(links)}I", *links)


def _entry(name: str, kind: int, start: int, size: int, *, child: int = _FREE) -> bytes:
    text = f"{name}\0".encode("utf-16-le") if name else b""
    return text.ljust(64, b"\0") + pack("<HBBIII36xIQ", len(text), kind, 1, _FREE, _FREE, child, start, size)
