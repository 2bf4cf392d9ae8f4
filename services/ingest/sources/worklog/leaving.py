"""Which rows of a table are no entries and are left out: totals, the summary below, breaks, timers still running."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from services.ingest.sources.files.cells import Cell, text_of
from services.ingest.sources.words.vocabulary import fold
from services.ingest.sources.worklog import cells
from services.ingest.sources.worklog.layout import Layout
from services.ingest.sources.worklog.plain import plain
from services.ingest.sources.worklog.rows import Row
from services.ingest.sources.worklog.stretches import stretch
from shared.kernel.errors import Invalid

_KNOWN = 4096
REASONS = ("repeated_header", "heading", "skipped", "total", "summary", "break", "running")


@dataclass(slots=True)
class Passing:
    """What one pass remembers: the last row that was seen, and whether the entries are over, what cells above hold."""

    last: int = 0
    over: bool = False
    begins: dict[str, bool] = field(default_factory=dict)  # text that a row began with -> whether that is one of totals
    above: dict[str, str] = field(default_factory=dict)  # our column -> the last value, of those that hold on


def reason(row: Row, layout: Layout, passing: Passing) -> str | None:
    """Why the row is left out, one of REASONS; None for an entry."""
    gap, passing.last = 0 < passing.last < row.number - 1, row.number
    passing.over = passing.over or gap
    if _repeats_header(row):
        return "repeated_header"
    if row.heading:
        return "heading"
    if any(_matches(row, rule) for rule in layout.skip):
        return "skipped"
    if (layout.tail or _begins_as_total(row, layout, passing)) and not dated(row, layout):
        return _undated(row, layout, passing)
    passing.over = False
    return _no_work(row, layout)


def _repeats_header(row: Row) -> bool:  # for each row: a generator would take thrice as long
    for header, cell in row.cells.items():  # noqa: SIM110
        if text_of(cell).strip() != header:
            return False
    return True


def _begins_as_total(row: Row, layout: Layout, passing: Passing) -> bool:
    """Whether the row begins as one of totals does, which is looked up once for each text."""
    if not layout.totals:
        return False
    text = row.first
    if (known := passing.begins.get(text)) is None:
        if len(passing.begins) >= _KNOWN:
            passing.begins.clear()
        passing.begins[text] = known = is_total(text, layout.totals)
    return known


def _no_work(row: Row, layout: Layout) -> str | None:
    if layout.kinds and layout.kinds.get(_joined(row, layout, "kind").casefold()) == "break":
        return "break"
    return "running" if layout.running and _running(row, layout) else None


def _matches(row: Row, rule: dict[str, str]) -> bool:
    return all(text_of(row.cells[header]).strip() == text for header, text in rule.items())


def _undated(row: Row, layout: Layout, passing: Passing) -> str | None:
    if is_total(row.first, layout.totals):
        passing.over = True
        return "total"
    return "summary" if layout.tail and passing.over else None


@lru_cache(maxsize=4096)
def is_total(text: str, words: tuple[str, ...]) -> bool:
    """Whether a row without a date that begins with this text is one of totals."""
    begin = fold(text)
    for word in words:
        if not word and _is_number(text):
            return True
        bare = fold(word) or word
        if word and (begin == bare or (begin.startswith(bare) and not begin[len(bare)].isalnum()) or text.startswith(word)):
            return True
    return False


def _is_number(text: str) -> bool:
    bare = plain(text)
    return stretch(bare) is not None or (any(map(str.isdigit, bare)) and not any(map(str.isalpha, bare)))


def dated(row: Row, layout: Layout) -> bool:
    """Whether the row holds a day where the layout has one."""
    for column in ("date", "start"):
        found = [cell for header in layout.columns.get(column, ()) if (cell := row.cells.get(header, "")) != ""]
        try:
            if found and cells.moment(found, layout, column)[0]:
                return True
        except Invalid:
            continue
    return False


def _joined(row: Row, layout: Layout, column: str) -> str:
    found: list[Cell] = [row.cells.get(header, "") for header in layout.columns.get(column, ())]
    return cells.joined(found).strip()


def _running(row: Row, layout: Layout) -> bool:
    end, length = _joined(row, layout, "end"), _joined(row, layout, "duration")
    if _open(end, layout) or _open(length, layout):
        return True
    waiting = "end" in layout.columns and not end and "" in layout.running and bool(_joined(row, layout, "start"))
    return waiting and (not length or _sign(length) <= 0)


def _open(text: str, layout: Layout) -> bool:
    return bool(text) and fold(text) in {fold(word) or word for word in layout.running}


def _sign(text: str) -> int:
    """Of a duration or a plain number: -1, 0 or 1."""
    seconds = stretch(text)
    if seconds is not None:
        return (seconds > 0) - (seconds < 0)
    return -1 if plain(text).startswith("-") else int(any(letter in "123456789" for letter in plain(text)))
