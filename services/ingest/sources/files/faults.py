"""Finds the cells of an Excel workbook (.xlsx) that hold an error, or a formula of which the file keeps no result."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from posixpath import join, normpath

from lxml.etree import XMLParser, fromstring

Faults = dict[tuple[int, int], str]
"""Of one sheet: (row, column), from 1 -> "error_value" | "formula_without_value"."""

_CELL = re.compile(rb"<(?:\w+:)?c(?=[\s>/])")
_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
_PLACE = re.compile(rb"""(?:\A|\s)r\s*=\s*["']([A-Z]*)([0-9]+)["']""")
_IS_ERROR = re.compile(rb"""\st\s*=\s*["']e["']""")
_IS_TEXT = re.compile(rb"""\st\s*=\s*["']str["']""")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^>]*)?(?:/>|>([^<]*)<)")
_END = re.compile(rb"</(?:\w+:)?sheetData\s*>")
_TO_COMPUTE = re.compile(rb"""\sfullCalcOnLoad\s*=\s*["'](?:1|true)["']""")
WORKBOOK, RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"


def sheet_faults(parts: Mapping[str, bytes]) -> list[Faults]:
    """Of the workbook with these parts, for each sheet in the order of the book."""
    to_compute = bool(_TO_COMPUTE.search(parts[WORKBOOK]))
    return [_faults(parts.get(part, b""), to_compute) for part in sheets(parts)]


def sheets(parts: Mapping[str, bytes]) -> Iterator[str]:
    """The part of each sheet."""
    parser = XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    targets = {}
    for relation in fromstring(parts.get(RELATIONS, b"<none/>"), parser):
        targets[relation.get("Id")] = normpath(join("/xl", relation.get("Target") or "")).lstrip("/")
    for element in fromstring(parts[WORKBOOK], parser).iter("{*}sheet"):
        links = [value for name, value in element.attrib.items() if name.endswith("}id")]
        yield targets.get(links[0], "") if links else ""


def _faults(sheet: bytes, to_compute: bool) -> Faults:
    if not (_IS_ERROR.search(sheet) or _FORMULA.search(sheet)):
        return {}
    found: Faults = {}
    before, *cells = _CELL.split(_END.split(sheet, maxsplit=1)[0])
    row, column = _after_rows(before, 0), 0
    for cell in cells:
        place = _PLACE.search(cell, 0, cell.find(b">"))
        row, column = (int(place[2]), column_of(place[1])) if place and place[1] else (row, column + 1)
        if fault := _fault(cell, to_compute):
            found[row, column] = fault
        if b"row" in cell:
            row, column = _after_rows(cell, row), 0
    return found


def _after_rows(text: bytes, row: int) -> int:
    """The row of what follows after this text; a row that does not say its number is the next one."""
    for match in _ROW.finditer(text):
        place = _PLACE.search(match[1])
        row = int(place[2]) if place else row + 1
    return row


def _fault(cell: bytes, to_compute: bool) -> str | None:
    """``to_compute``: whoever wrote the file left the results to who opens it, and 0 in their places."""
    attributes = cell[: cell.find(b">")]
    if _IS_ERROR.search(attributes):
        return "error_value"
    if not _FORMULA.search(cell):
        return None
    value = _VALUE.search(cell)
    if value is None or (not (value[1] or b"").strip() and not _IS_TEXT.search(attributes)):
        return "formula_without_value"
    return "formula_without_value" if to_compute and value[1] == b"0" else None


def column_of(letters: bytes) -> int:
    """The number of the column of these letters; B is 2."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
