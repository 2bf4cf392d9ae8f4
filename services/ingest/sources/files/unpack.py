"""Measures a workbook before anything opens it: a kilobyte can name cells and texts that fill any memory."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from lxml.etree import XMLSyntaxError

from services.ingest.sources.files.book import check_size, refuse
from services.ingest.sources.files.cells import MEGABYTE, Limits
from services.ingest.sources.files.faults import Faults, column_of, sheet_faults
from shared.kernel.errors import Invalid

BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError, KeyError)
"""What opening a damaged archive raises."""
_MANIFEST = "META-INF/manifest.xml"
_MEMBERS = 1_000
_PACKINGS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_REFERENCE = re.compile(rb"""(?:\s|(?<!xmlns):)r\s*=\s*["']([^"']*)["']""")  # of a row: 7; of a cell: B7
_PLACE = re.compile(rb"([A-Z]{0,3})([0-9]{1,7})")
_VALUE = re.compile(rb"v\b[^<>]*>([^<]*)<")
_TEXT = re.compile(rb"<(?:\w+:)?si\b")


def check_archive(stream: BinaryIO, size: int, name: str, limits: Limits) -> set[str]:
    """Refuse an archive beyond the limits; else the names of its members."""
    check_size(size, name, limits)
    try:
        with zipfile.ZipFile(stream) as packed:
            members = packed.infolist()
            _check_members(members, name, limits)
            names = {member.filename for member in members}
            if _MANIFEST in names and b"encryption-data" in unpacked(packed, packed.getinfo(_MANIFEST)):
                raise refuse("encrypted_file", name, "it is protected by a password", "save it without a password")
    except BROKEN as error:
        raise damaged(name) from error
    return names


def measure(stream: BinaryIO, name: str, limits: Limits) -> list[Faults]:
    """Refuse an Excel workbook beyond the limits; else the faulty cells of its sheets in their order."""
    try:
        with zipfile.ZipFile(stream) as packed:
            parts = {member.filename: unpacked(packed, member) for member in packed.infolist()}
    except BROKEN as error:
        raise damaged(name) from error
    sheets = [part for part in parts.values() if b"sheetData" in part]
    _check_area(sheets, name, limits)
    _check_texts(sheets, [part for part in parts.values() if b"sst" in part], name, limits)
    try:
        return sheet_faults(parts)
    except (XMLSyntaxError, ValueError) as error:
        raise damaged(name) from error


def unpacked(packed: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    with packed.open(member) as part:  # with a size, or a part that is larger than it says is unpacked as a whole first
        return part.read(member.file_size + 1)


def damaged(name: str) -> Invalid:
    return refuse("damaged_workbook", name, "it is no spreadsheet that can be read, or it is damaged", "save or export it again")


def _check_members(members: list[zipfile.ZipInfo], name: str, limits: Limits) -> None:
    """The sizes that the archive declares; unpacking stops at them, so that a lie makes it damaged, not large."""
    if any(member.flag_bits & 1 for member in members):
        raise refuse("encrypted_file", name, "it is protected by a password", "save it without a password")
    if len(members) > _MEMBERS or any(member.compress_type not in _PACKINGS for member in members):
        raise damaged(name)
    unpacked = sum(member.file_size for member in members)
    if unpacked > limits.unpacked:
        cause = f"it unpacks to {unpacked} bytes, more than {limits.unpacked}"
        raise refuse("file_too_large", name, cause, "split it, or send it as CSV")
    ratio = max((_ratio(member) for member in members), default=0)
    if ratio > limits.ratio:
        cause = f"a part of it unpacks to {ratio} times its size, more than {limits.ratio}"
        raise refuse("file_too_large", name, cause, "save it again in a spreadsheet program, or send it as CSV")


def _ratio(member: zipfile.ZipInfo) -> int:
    """Unpacked to packed; of a small part it says nothing."""
    return member.file_size // max(member.compress_size, 1) if member.file_size > MEGABYTE else 0


def _check_area(sheets: list[bytes], name: str, limits: Limits) -> None:
    """Rows x columns of each sheet: the reader sets aside room for all of them, filled or not."""
    for sheet in sheets:
        rows, columns = sheet.count(b"row"), 1
        for reference in _REFERENCE.findall(sheet):
            place = _PLACE.fullmatch(reference)
            if place is None:
                raise damaged(name)
            rows, columns = max(rows, int(place[2])), max(columns, column_of(place[1]))
        if rows * columns > limits.area:
            cause = f"a sheet spans {rows} rows and {columns} columns, together more than {limits.area} cells"
            raise refuse("file_too_large", name, cause, "remove what stands far below or far right of the report")


def _check_texts(sheets: list[bytes], tables: list[bytes], name: str, limits: Limits) -> None:
    """What the texts come to when each cell has its own copy: many cells may name one long text."""
    texts = [len(text) for table in tables for text in _TEXT.split(table)[1:]]
    longest = max(texts, default=0)
    if longest * sum(sheet.count(b"v>") for sheet in sheets) <= limits.texts:
        return
    total = sum(_length(value, texts, longest) for value in _values(sheets))
    if total > limits.texts:
        cause = f"the texts of its cells come to {total} characters, more than {limits.texts}"
        raise refuse("file_too_large", name, cause, "split it, or send it as CSV")


def _values(sheets: list[bytes]) -> Iterator[bytes]:
    for sheet in sheets:
        for match in _VALUE.finditer(sheet):
            yield match[1].strip()


def _length(value: bytes, texts: list[int], longest: int) -> int:
    """The text's length; what can't be read as a number here may still be one to the reader, so it counts as the longest."""
    if value.isdigit() and len(value) < 9:
        return texts[int(value)] if int(value) < len(texts) else 0
    return longest if not value or b"&" in value else 0
