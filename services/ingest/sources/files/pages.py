"""Reads the tables of an HTML page, as a stream of its tags; nothing else of the page is looked at or fetched."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from typing import BinaryIO

from lxml.etree import HTMLParser

from services.ingest.sources.files.book import Book, Fact, Line, refuse, short
from services.ingest.sources.files.cells import Limits
from services.ingest.sources.files.encoding import conclude_encoding
from services.ingest.sources.files.grid import Page, Row

_PIECE = 65_536
_PAGE = re.compile(r"\s*<(?:!doctype\s+html|html|head|body|meta|table)\b", re.IGNORECASE)
_BEFORE = re.compile(r"\A\ufeff?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*", re.DOTALL)
_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
_ENCODING = re.compile(r"utf-(?:8|16.*)|ascii|(?:cp|iso8859-|koi8|mac|shift_jis|euc_|gb|big5).*")
_MEANT = {"iso8859-1": "cp1252", "ascii": "cp1252", "shift_jis": "cp932", "gb2312": "gb18030", "gbk": "gb18030"}
"""What pages are written in that name the encoding on the left; browsers read them so."""


def is_page(text: str) -> bool:
    """Whether a file that begins so is an HTML page."""
    start = _BEFORE.sub("", text, count=1)
    return bool(_PAGE.match(start)) or (start.startswith("<") and "<table" in text.lower())


def open_page(stream: BinaryIO, head: bytes, name: str, limits: Limits, encoding: str | None) -> Book:
    """The page with its tables, each under its caption or its number, and what is written above it as its first lines."""
    for facts in _encodings(stream, head, encoding):
        with suppress(UnicodeError):
            return _opened(stream, name, limits, facts)
    raise refuse("bad_encoding", name, f"it is not {facts[0].value} text", "save the page as UTF-8")


def _opened(stream: BinaryIO, name: str, limits: Limits, facts: list[Fact]) -> Book:
    page = Page(name, limits)
    numbers = sorted({row.table for row in _rows(stream, facts[0].value, page) if row.table and any(row.cells)})
    if not numbers:
        raise refuse("no_table", name, "it is an HTML page without a table", "export the report as CSV or Excel")
    tables, last = _names(numbers, page.captions), numbers[-1]

    def lines(table: str) -> Iterator[Line]:
        return _lines(stream, name, facts[0].value, limits, tables[table], last)

    def reopen(other: str) -> Book:
        return _opened(stream, name, limits, [Fact("encoding", other, "it was chosen")])

    return Book("html", name, tuple(tables), lines, tuple(facts), reopen)


def _encodings(stream: BinaryIO, head: bytes, given: str | None) -> Iterator[list[Fact]]:
    """What the page may be written in, the likeliest first."""
    if declared := _declared(head):
        yield declared
    yield [Fact("encoding", given, "it was given")] if given else conclude_encoding(stream, head)


def _names(numbers: list[int], captions: dict[int, str]) -> dict[str, int]:
    """The number of each table by its name: its caption where no other has it."""
    counts = Counter(captions.values())
    told = {number: captions.get(number, "") for number in numbers}
    return {text if text and counts[text] == 1 else f"Table {at}": number for at, (number, text) in enumerate(told.items(), 1)}


def _declared(head: bytes) -> list[Fact]:
    found = _CHARSET.search(head)
    if found is None or head.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return []
    try:
        encoding = codecs.lookup(found[1].decode()).name
    except LookupError:
        return []
    told = Fact("encoding", _MEANT.get(encoding, encoding), f"the page says charset={found[1].decode()}")
    return [told] if _ENCODING.fullmatch(encoding) else []


def _lines(stream: BinaryIO, name: str, encoding: str, limits: Limits, table: int, last: int) -> Iterator[Line]:
    """The table's rows; above them what the page says since the table before, below those of the last one the rest."""
    above: list[str] = []
    number = count(1)
    for row in _rows(stream, encoding, Page(name, limits)):
        if row.table == 0:  # what stands outside of tables
            above += row.cells
            continue
        if row.table == table:
            yield from (Line(next(number), [text]) for text in above)
            yield short(Line(next(number), row.cells), name, limits)  # type: ignore[arg-type]
        if row.table == table or any(row.cells):
            above = []
    yield from (Line(next(number), [text]) for text in above if table == last)


def _rows(stream: BinaryIO, encoding: str, page: Page) -> Iterator[Row]:
    parser = HTMLParser(encoding="utf-8", target=page)
    stream.seek(0)
    for text in codecs.iterdecode(iter(lambda: stream.read(_PIECE), b""), encoding):
        parser.feed(text.removeprefix("\ufeff").encode())
        yield from page.taken()
    parser.close()
    yield from page.taken()
