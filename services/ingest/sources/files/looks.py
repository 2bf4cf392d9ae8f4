"""Reads the number formats of an Excel workbook (.xlsx), where a currency may stand that no cell says."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Collection, Iterator
from typing import Any, BinaryIO
from unicodedata import category

from lxml.etree import XMLParser, XMLSyntaxError, fromstring, iterparse

from services.ingest.sources.files.book import Look
from services.ingest.sources.files.faults import RELATIONS, WORKBOOK, column_of, sheets
from services.ingest.sources.files.unpack import BROKEN, damaged, unpacked

_STYLES = "xl/styles.xml"
_SAFE = {"resolve_entities": False, "no_network": True, "load_dtd": False}
_NOT_ZERO = re.compile("[1-9]")
_PLACE = re.compile(r"([A-Z]{0,3})([0-9]{1,7})")
_PIECES = re.compile(r'\[\$([^\]-]*)(?:-[^\]]*)?\]|\[[^\]]*\]|"([^"]*)"|[_*].|\\(.)|(\W)', re.DOTALL)
"""Of a format: a currency, another bracket, a quoted text, room as wide as a sign, a sign as it is."""


def looks(stream: BinaryIO, name: str, sheet: int, left: Callable[[], int], places: Collection[int]) -> Iterator[Look]:
    """The numbers of the ``sheet``-th sheet at some places of its lines, which begin with the column ``left``, from 1.

    Nothing where no format of the workbook has a text. It was measured when it was opened.
    """
    try:
        with zipfile.ZipFile(stream) as packed:
            members = {member.filename: member for member in packed.infolist()}
            parts = {part: unpacked(packed, members[part]) for part in (WORKBOOK, RELATIONS, _STYLES) if part in members}
            styles = _styles(parts.get(_STYLES, b"<none/>"))
            part = list(sheets(parts))[sheet]
            if any(styles):
                with packed.open(part) as content:
                    yield from _numbers(content, styles, left(), places)  # type: ignore[arg-type]
    except (*BROKEN, XMLSyntaxError, IndexError) as error:
        raise damaged(name) from error


def _styles(part: bytes) -> list[tuple[str, ...]]:
    """The texts of each cell style's number format."""
    root = fromstring(part, XMLParser(**_SAFE))
    codes = {one.get("numFmtId"): _texts(one.get("formatCode") or "") for one in root.iterfind("{*}numFmts/{*}numFmt")}
    return [codes.get(one.get("numFmtId"), ()) for one in root.iterfind("{*}cellXfs/{*}xf")]


def _texts(code: str) -> tuple[str, ...]:
    found = [piece.strip() for match in _PIECES.findall(code) for piece in match]
    return tuple(dict.fromkeys(piece for piece in found if len(piece) > 1 or (piece and category(piece) in ("Sc", "Lo"))))


def _numbers(content: BinaryIO, styles: list[tuple[str, ...]], left: int, places: Collection[int]) -> Iterator[Look]:
    for row, column, cell in _cells(content):
        if column - left in places and cell.get("t", "n") == "n" and _NOT_ZERO.search(cell.findtext("{*}v") or ""):
            at = int(cell.get("s") or 0)
            yield Look(row, column - left, styles[at] if 0 <= at < len(styles) else ())


def _cells(content: BinaryIO) -> Iterator[tuple[int, int, Any]]:
    """Each cell with its row and column, which it need not say."""
    row = column = 0
    for event, element in iterparse(content, events=("start", "end"), tag=("{*}row", "{*}c"), **_SAFE):
        place, is_row = _PLACE.fullmatch(element.get("r") or ""), element.tag.endswith("}row")
        if event == "start" and is_row:
            row, column = int(place[2]) if place else row + 1, 0
        elif event == "start":
            column = column_of(place[1].encode()) if place else column + 1
        elif is_row:
            _forget(element)
        else:
            yield row, column, element


def _forget(element: Any) -> None:
    """Keep nothing of a row that was read."""
    element.clear()
    if (parent := element.getparent()) is not None:
        parent.remove(element)
