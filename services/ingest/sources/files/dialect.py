"""Concludes how a CSV file separates and quotes its cells, with what shows it."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any

from services.ingest.sources.files.book import Fact
from shared.kernel.quote import quoted

SEPARATOR_LINE = re.compile(r'\ufeff?"?sep=(.|\\t)"?[^\w\r\n]*(?:\r\n|\r|\n|\Z)', re.IGNORECASE)
QUOTINGS: dict[str, dict[str, Any]] = {
    "doubled": {},
    "backslash": {"escapechar": "\\"},
    "single": {"quotechar": "'"},
    "none": {"quoting": csv.QUOTE_NONE},
}
"""How a cell that holds the separator or a quote is written, to the reader's parameters. See docs/reference/layout.md."""
_DELIMITERS = "\t;,|"
_QUOTED = re.compile(r"""(?:^|[,;\t|])'[^'\r\n]*'(?=[,;\t|\r\n]|\Z)""", re.MULTILINE)
_DECIMAL = re.compile(r"(?<=\d),(?=\d)")


@dataclass(frozen=True, slots=True, order=True)
class _Fit:
    """How well a separator cuts the first rows; the greatest is the best."""

    regular: float  # share of rows with as many cells as the row above or below, two or more
    several: float  # share of rows of two cells or more
    cells: int  # in most of these rows
    usual: int  # the place in the orders above, from behind
    rows: int
    delimiter: str
    quoting: str


def conclude_dialect(head: bytes, encoding: str, whole: bool, delimiter: str | None, quoting: str | None) -> list[Fact]:
    """Separator and quoting, from the first rows, unless they are given; ``whole``: ``head`` is the whole file."""
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head).removeprefix("\ufeff")
    facts: list[Fact] = []
    if mark := SEPARATOR_LINE.match(text):
        sign, text = mark[1].replace("\\t", "\t"), text[mark.end() :]
        facts.append(Fact("separator_line", sign, f"the first line is {quoted(mark[0].strip())}"))
        if delimiter is None and (sign in text or not text):
            delimiter = sign
            facts.append(Fact("delimiter", sign, f"the first line says {quoted(mark[0].strip())}"))
    best = _best(text, whole, delimiter or _DELIMITERS, [quoting] if quoting else _likely(text))
    if delimiter is None:
        facts.append(Fact("delimiter", best.delimiter, _told(best)))
    if quoting is None:
        facts.append(Fact("quoting", best.quoting, _quoting_told(best.quoting, text)))
    return facts


def _told(best: _Fit) -> str:
    if not best.several:
        return "no row holds a comma, semicolon, tab or bar: one column"
    return f"{quoted(best.delimiter)} gives {best.cells} cells in most of the first {best.rows} rows, as no other sign does"


def _quoting_told(quoting: str, text: str) -> str:
    sign = {"doubled": '"', "backslash": '\\"', "single": "'", "none": '"'}[quoting]
    at = text.find(sign)
    if at < 0:
        return "no cell is quoted"
    return f"line {text.count(chr(10), 0, at) + 1} has {quoted(text[max(at - 10, 0) : at + 10].strip())}"


def _best(text: str, whole: bool, delimiters: str, quotings: list[str]) -> _Fit:
    end = len(text) if whole else max(text.rfind("\n"), text.rfind("\r")) + 1
    ways = product(delimiters, quotings)
    fits = list(filter(None, (_fit(text[: end or None], whole, *way) for way in ways)))
    if not fits:  # the reader will say where it is broken
        sign = max(delimiters, key=text.count)
        return _Fit(0, min(text.count(sign), 1), 2, 0, text.count("\n") + 1, sign, quotings[0])
    best = max(fits)
    if best.delimiter == "," and len(_DECIMAL.findall(text)) == text.count(","):  # decimal commas, all of them
        return max([fit for fit in fits if fit.delimiter != "," and fit.several == 1], default=best)
    return best


def _likely(text: str) -> list[str]:
    """The ways of quoting that the text may have been written in."""
    if '"' not in text:
        return ["single"] if len(_QUOTED.findall(text)) > text.count("\n") else ["doubled"]
    return ["doubled", *["backslash"] * ('\\"' in text), "none"]


def _fit(text: str, whole: bool, delimiter: str, quoting: str) -> _Fit | None:
    """None when this is no way to read the text."""
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, **QUOTINGS[quoting])
    try:
        rows.extend(filter(None, reader))
    except csv.Error as error:
        if whole or "unexpected end" not in str(error):
            return None
    if quoting == "none" and any(len(cell) > 1 and cell[0] == cell[-1] == '"' for row in rows for cell in row):
        return None
    usual = 10 * -list(QUOTINGS).index(quoting) - _DELIMITERS.find(delimiter)
    return _Fit(*_measured([len(row) for row in rows]), usual, len(rows), delimiter, quoting)


def _measured(counts: list[int]) -> tuple[float, float, int]:
    """The first three of a fit, of rows with so many cells."""
    alike = {place for place, (one, other) in enumerate(pairwise(counts)) if one == other > 1}
    several = [count for count in counts if count > 1]
    if not several:
        return 0, 0, 1
    regular = len(alike | {place + 1 for place in alike})
    return regular / len(counts), len(several) / len(counts), Counter(several).most_common(1)[0][0]
