"""Spoils files: changes bytes, swaps pieces, puts nasty words into cells, and packs what was unpacked again."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable

NASTY = [
    word.encode()
    for word in (
        *(
            "",
            " ",
            "0",
            "-0",
            "00",
            "1e999",
            "NaN",
            "Infinity",
            "-1",
            "99999999999999999999",
            "0.00000000001",
            "1,2,3",
            "1.2.3",
            "--",
        ),
        *(
            "31/02/2026",
            "2026-13-01",
            "00.00.0000",
            "0001-01-01",
            "9999-12-31",
            "29.02.",
            "2/29/25",
            "12/31/99",
            "1/1",
            "32",
            "+5",
        ),
        *(
            "24:00",
            "99:99",
            "-1:30",
            "1:2:3:4",
            "0:60",
            "12 AM",
            "PM",
            "13:00 PM",
            "25:00:00",
            "1h",
            "h",
            "m",
            "PT",
            "PT1H1H",
            "P1Y",
        ),
        *(
            "$",
            "€",
            "kr",
            "$€1",
            "(1)",
            "(-1)",
            "1-",
            "'",
            '"',
            '""',
            "\\",
            "\0",
            "\ufeff",
            "\u202e",
            "\u200f",
            "\ud7ff",
            "😀",
            "é" * 300,
        ),
        *(
            "Total",
            "Summe",
            "Date",
            "Hours",
            "Break",
            "=1+1",
            "#REF!",
            "null",
            "true",
            "<td>",
            "</table>",
            "<!DOCTYPE x [<!ENTITY a 'a'>]>",
        ),
        *(
            "[" * 40,
            "{" * 40,
            "<table>" * 40,
            ",",
            ";" * 20,
            "\t",
            "|",
            "\n",
            "\r\n",
            "\r",
            "\n\n\n",
            "sep=;\n",
            "sep=\n",
            "x" * 3_000,
        ),
        *(
            "١٢",
            "１２",
            "²",
            "½",
            "〇",
            "一",
            "٫",
            "٬",
            "\u00a0",
            "\u202f",
            "Ⅷ",
            "߁",
            "0x10",
            "1_000",
            "٪",
            "12.5%",
            "Z",
            "+25:00",
            "T",
        ),
    )
]
_CELL = re.compile(rb"[^,;\t|\r\n<>\"{}\[\]:]+")
_PACKED = b"PK\x03\x04"


def spoiled(data: bytes, other: bytes, roll: random.Random) -> bytes:
    """The file, spoiled in one to four ways; ``other`` lends it pieces."""
    if data.startswith(_PACKED) and roll.random() < 0.9:
        return _repacked(data, other, roll)
    for _ in range(roll.randint(1, 4)):
        data = roll.choice(_WAYS)(data, other, roll)
    return data


def _repacked(data: bytes, other: bytes, roll: random.Random) -> bytes:
    """A zip of which one part is spoiled, stored so that it costs little."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {member: archive.read(member) for member in archive.namelist()}
    names = [name for name in parts if "sheet" in name or "content" in name] * 4 + list(parts)
    name = roll.choice(names)
    parts[name] = spoiled(parts[name], other, roll)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for each, content in parts.items():
            archive.writestr(zipfile.ZipInfo(each), content)
    return file.getvalue()


def _span(data: bytes, roll: random.Random) -> tuple[int, int]:
    start = roll.randint(0, len(data))
    return start, min(len(data), start + roll.choice((0, 1, 1, 2, 8, 64)))


def _cell(data: bytes, other: bytes, roll: random.Random) -> bytes:
    """A nasty word in place of a cell."""
    at = roll.randint(0, max(len(data) - 1, 0))
    found = _CELL.search(data, at)
    return data if found is None else data[: found.start()] + roll.choice(NASTY) + data[found.end() :]


def _byte(data: bytes, other: bytes, roll: random.Random) -> bytes:
    start, _ = _span(data, roll)
    return data[:start] + bytes([roll.randrange(256)]) + data[start + 1 :]


def _inserted(data: bytes, other: bytes, roll: random.Random) -> bytes:
    start, _ = _span(data, roll)
    return data[:start] + roll.choice(NASTY) + data[start:]


def _cut(data: bytes, other: bytes, roll: random.Random) -> bytes:
    start, end = _span(data, roll)
    return data[:start] if roll.random() < 0.2 else data[:start] + data[end:]


def _twice(data: bytes, other: bytes, roll: random.Random) -> bytes:
    start, end = _span(data, roll)
    return data[:end] + data[start:]


def _lent(data: bytes, other: bytes, roll: random.Random) -> bytes:
    start, end = _span(data, roll)
    lent, until = _span(other, roll)
    return data[:start] + other[lent:until] + data[end:]


def _line_moved(data: bytes, other: bytes, roll: random.Random) -> bytes:
    lines = data.split(b"\n")
    lines.insert(roll.randint(0, len(lines)), lines.pop(roll.randrange(len(lines))))
    return b"\n".join(lines)


def _sign_changed(data: bytes, other: bytes, roll: random.Random) -> bytes:
    old, new = roll.sample([b",", b";", b".", b":", b"/", b"-", b"\t", b'"', b" "], 2)
    return data.replace(old, new, roll.choice((1, 3, -1)))


_WAYS: list[Callable[[bytes, bytes, random.Random], bytes]] = [
    *[_cell] * 4,
    *[_byte, _inserted, _cut, _twice, _lent, _line_moved, _sign_changed],
]
