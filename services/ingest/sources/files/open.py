"""Opens a file by what it holds, never by its name alone."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import BinaryIO

from services.ingest.sources.files.book import Book, Fact, check_size, refuse
from services.ingest.sources.files.cells import LIMITS, Limits
from services.ingest.sources.files.database import MAGIC, open_database
from services.ingest.sources.files.dialect import conclude_dialect
from services.ingest.sources.files.encoding import conclude_encoding, glanced
from services.ingest.sources.files.objects import is_json, open_objects
from services.ingest.sources.files.opendocument import open_opendocument
from services.ingest.sources.files.pages import is_page, open_page
from services.ingest.sources.files.text import Writing, text_lines
from services.ingest.sources.files.unpack import check_archive, damaged
from services.ingest.sources.files.workbook import open_old_workbook, open_workbook

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_OTHERS = {
    "a PDF document": b"%PDF",
    "a picture": (b"\x89PNG", b"\xff\xd8\xff", b"GIF8"),
    "a packed file": (b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf"),
    "a text document": b"{\\rtf",
    "a mail": b"MIME-Version:",
}
HEAD = 262_144
"""Bytes at the front of a file from which its kind and the separator of its cells are concluded: several of the longest cells."""

_GLANCE = 8_192


def open_book(
    stream: BinaryIO,
    name: str,
    *,
    limits: Limits = LIMITS,
    encoding: str | None = None,
    delimiter: str | None = None,
    quoting: str | None = None,
) -> Book:
    """The file as tables of cells. ``encoding``, ``delimiter`` and ``quoting`` are concluded from a CSV file unless given.

    Raises Invalid for what is no file of any kind that is read, or beyond the limits.
    """
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    head = stream.read(HEAD)
    if not size:
        raise refuse("empty_file", name, "the file is empty", "export the report again")
    if book := _open_marked(stream, size, head, name, limits):
        return book
    start = glanced(head[:_GLANCE])
    if is_page(start):
        check_size(size, name, limits)
        return open_page(stream, head, name, limits, encoding)
    if is_json(start):
        return open_objects(stream, size, head, name, limits)
    if size > limits.csv:
        raise refuse("file_too_large", name, f"it has {size} bytes, more than {limits.csv}", "split it into several files")
    return _open_text(stream, head, name, limits, (encoding, delimiter, quoting))


def _open_marked(stream: BinaryIO, size: int, head: bytes, name: str, limits: Limits) -> Book | None:
    """The file when its first bytes say what it is."""
    if head.startswith(_ZIP):
        return _open_archive(stream, size, name, limits)
    if head.startswith(_OLE):
        return open_old_workbook(stream, size, name, limits)
    if head.startswith(MAGIC):
        return open_database(stream, size, name, limits)
    if other := next((kind for kind, mark in _OTHERS.items() if head.startswith(mark)), None):
        raise refuse("wrong_kind", name, f"it is {other}, which holds no table", "export the report as CSV or Excel")
    return None


def _open_archive(stream: BinaryIO, size: int, name: str, limits: Limits) -> Book:
    """A spreadsheet of either kind; what could be both, or something else, is none."""
    names = check_archive(stream, size, name, limits)
    match sorted(names & {"xl/workbook.xml", "xl/workbook.bin", "content.xml", "mimetype"}):
        case ["xl/workbook.xml"]:
            return open_workbook(stream, name, limits)
        case ["content.xml"] | ["content.xml", "mimetype"]:
            return open_opendocument(stream, name, limits)
        case ["xl/workbook.bin"]:
            raise refuse("binary_workbook", name, "it is a binary workbook (.xlsb)", "save it as .xlsx or CSV")
    raise damaged(name)


def _open_text(stream: BinaryIO, head: bytes, name: str, limits: Limits, given: tuple[str | None, ...]) -> Book:
    encoding, delimiter, quoting = given
    facts = [] if encoding else conclude_encoding(stream, head)
    encoding = encoding or facts[0].value
    if not (delimiter and quoting):
        facts += conclude_dialect(head, encoding, len(head) < HEAD, delimiter, quoting)
    told = {fact.topic: fact.value for fact in facts}
    writing = Writing(encoding, delimiter or told["delimiter"], quoting or told["quoting"])

    def reopen(other: str) -> Book:
        book = _open_text(stream, head, name, limits, (other, delimiter, quoting))
        return replace(book, facts=(Fact("encoding", other, "it was chosen"), *book.facts))

    return Book("csv", name, ("",), lambda _: text_lines(stream, name, writing, limits), tuple(facts), reopen)
