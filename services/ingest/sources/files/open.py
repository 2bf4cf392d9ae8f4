"""Opens a file by what it holds, never by its name alone."""

from __future__ import annotations

import io
from typing import BinaryIO

from services.ingest.sources.files.book import Book, Fact, refuse
from services.ingest.sources.files.cells import LIMITS, Limits
from services.ingest.sources.files.text import Writing, text_lines
from services.ingest.sources.files.workbook import open_workbook
from shared.kernel.errors import Invalid

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DELIMITERS = ",;\t|"


def open_book(
    stream: BinaryIO, name: str, *, limits: Limits = LIMITS, encoding: str | None = None, delimiter: str | None = None
) -> Book:
    """The file as tables of cells. ``encoding`` and ``delimiter`` are concluded from a CSV file unless given.

    Raises Invalid for what is no file of any kind that is read, or beyond the limits.
    """
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    head = stream.read(65_536)
    if not size:
        raise refuse("empty_file", name, "the file is empty", "export the report again")
    if head.startswith(_ZIP):
        return open_workbook(stream, size, name, limits)
    if head.startswith(_OLE):
        raise _ole(head + stream.read(limits.packed), name)
    if size > limits.csv:
        raise refuse("file_too_large", name, f"it has {size} bytes, more than {limits.csv}", "split it into several files")
    return _open_text(stream, head, name, limits, encoding, delimiter)


def _open_text(stream: BinaryIO, head: bytes, name: str, limits: Limits, encoding: str | None, delimiter: str | None) -> Book:
    facts: list[Fact] = []
    if encoding is None:
        encoding = "utf-8" if _is_utf_8(head) else "cp1252"
        facts.append(Fact("encoding", encoding, "the first bytes of the file"))
    if delimiter is None:
        first = head.decode(encoding, "replace").splitlines()[:20]
        delimiter = max(_DELIMITERS, key=lambda sign: sum(line.count(sign) for line in first))
        facts.append(Fact("delimiter", delimiter, "what stands most often in the first lines"))
    writing = Writing(encoding, delimiter)
    return Book("csv", name, ("",), lambda _: text_lines(stream, name, writing, limits), tuple(facts))


def _is_utf_8(head: bytes) -> bool:
    try:
        head[:-4].decode() if len(head) > 4 else head.decode()
    except UnicodeDecodeError as error:
        return error.end >= len(head) - 8
    return True


def _ole(content: bytes, name: str) -> Invalid:
    if "EncryptedPackage".encode("utf-16-le") in content:
        return refuse("encrypted_file", name, "the workbook is protected by a password", "save it without a password")
    return refuse("old_workbook", name, "it is a workbook of the format before 2007", "save it as .xlsx or CSV")
