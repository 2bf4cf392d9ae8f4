"""Reads single cells in the way that a layout declares: moments, durations, numbers, flags, tags."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache

from services.ingest.sources.files.cells import Cell, text_of
from services.ingest.sources.words.vocabulary import distances, fold
from services.ingest.sources.worklog.layout import Layout
from services.ingest.sources.worklog.patterns import read_moment
from services.ingest.sources.worklog.plain import plain
from services.ingest.sources.worklog.stretches import SECONDS, rounded, stretch, with_unit
from shared.contract.record_schemas import NAME
from shared.kernel.canonical import clean_text
from shared.kernel.duration import format_hms, parse_hms
from shared.kernel.errors import Invalid
from shared.kernel.money import EXPONENT, parse_decimal
from shared.kernel.quote import quoted

Moment = tuple[date | None, time | None]
_OFFSET = re.compile(r" ?(?:Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2})$", re.IGNORECASE)
_ANY = date(2000, 1, 1)
_MIDNIGHT = datetime.combine(_ANY, time())
_SECOND = timedelta(seconds=1)
_BLANKS = {"\u00a0": " ", "\u202f": " ", "\u2019": "'"}  # as ``plain`` makes them, so that any of them groups digits


def joined(cells: Sequence[Cell]) -> str:
    """The texts of the cells of one column of ours, with a blank between."""
    return " ".join([text_of(cell).strip() for cell in cells])


def moment(cells: Sequence[Cell], layout: Layout, column: str = "date") -> Moment:
    """The date and the time that the cells hold together, either alone or both."""
    day: date | None = None
    clock: time | None = None
    for cell in cells:
        here, now = _moment(cell, layout, column)
        if (here and day and here != day) or (now is not None and clock is not None and now != clock):
            cause = f"{quoted(joined(cells))} holds two moments"
            raise Invalid("bad_time", cause, "map the columns that hold one date and one time")
        day, clock = here or day, clock if now is None else now
    return day, clock


def _moment(cell: Cell, layout: Layout, column: str) -> Moment:
    if isinstance(cell, datetime):
        cell = _whole(cell)
        return cell.date(), cell.time()
    if isinstance(cell, date):
        return cell, None
    if isinstance(cell, time):
        return None, _whole(datetime.combine(_ANY, cell)).time()
    if isinstance(cell, timedelta) and timedelta(0) <= cell < timedelta(days=1):  # formatted as a duration
        return None, _whole(_MIDNIGHT + cell).time()
    return read_moment(text_of(cell).strip(), layout.dates.get(column, layout.date), layout.time, layout.by())


def _whole(moment: datetime) -> datetime:
    """To the nearest second: Excel keeps fractions of a day."""
    return (moment + _SECOND / 2).replace(microsecond=0)


def clock(cells: Sequence[Cell], layout: Layout, column: str = "start") -> Moment:
    """The time of a start or an end, with its date when the cells hold one. An Excel date alone is its midnight."""
    day, now = moment(cells, layout, column)
    if now is None and len(cells) == 1 and isinstance(cells[0], date):
        now = time()
    if now is None:
        raise Invalid("bad_time", f"{quoted(joined(cells))} holds no time of day", f"write the time as {layout.time}")
    return day, now


def offset(text: str) -> str:
    """The offset behind an instant, as written; "" without one."""
    match = _OFFSET.search(text)
    return match[0].strip() if match else ""


def civil(cells: Sequence[Cell], layout: Layout, column: str = "date") -> date:
    """The date that the cells hold; a time beside it is passed over."""
    day, _ = moment(cells, layout, column)
    if day is None:
        raise Invalid("bad_date", f"{quoted(joined(cells))} holds no date", f"write the date as {layout.date}")
    return day


def duration(cells: Sequence[Cell], layout: Layout, column: str = "duration") -> int:
    """Whole seconds. What says its unit itself, as 1:30 and 90 min do, needs no layout; a plain number is in the layout's."""
    if len(cells) == 1 and isinstance(cells[0], datetime):  # a spreadsheet's duration of a day and more, shown as a moment
        raise Invalid("bad_duration", f"{quoted(joined(cells))} is a moment, no duration", "format the column as [h]:mm")
    text = joined([_stretch(cell) for cell in cells])
    unit = layout.units.get(column, layout.unit)
    seconds = stretch(text)
    if seconds is None and (worded := with_unit(text)):
        seconds = rounded(parse_decimal(number([worded[0]], layout), places=10, digits=7, negative=True), worded[1])
    if seconds is None:
        if ":" in text or unit not in SECONDS:
            return parse_hms(text)
        seconds = rounded(_counted(cells, layout, column), unit)
    if seconds < 0:
        cause = f"{quoted(text)} is a negative duration"
        raise Invalid("negative_duration", cause, f"take {format_hms(-seconds)} off the entry that it corrects")
    return seconds


def _counted(cells: Sequence[Cell], layout: Layout, column: str) -> Decimal:
    """A plain number of the layout's unit."""
    value = parse_decimal(number(cells, layout), places=15, digits=8, negative=True)
    if column in layout.whole and value % 1:
        unit = layout.units.get(column, layout.unit)
        cause = f"{quoted(joined(cells))} has decimals, where the layout has whole numbers of {unit}"
        raise Invalid("not_whole", cause, "say in which unit the file counts")
    return value


def _stretch(cell: Cell) -> Cell:
    """A time of day in a column of durations is an Excel duration below 24 hours."""
    return datetime.combine(_ANY, cell) - _MIDNIGHT if isinstance(cell, time) else cell


def number(cells: Sequence[Cell], layout: Layout, column: str = "amount") -> str:
    """The number as it is written in JSON: its sign, digits, a point, digits."""
    text = joined(cells)
    if not isinstance(cells[0], str):  # of a workbook: it has a point and no groups, whatever the layout says of texts
        return _bare(text, ".", "", text)
    bare, _ = amount(text, layout)
    return _bare(bare, layout.decimal, _BLANKS.get(layout.thousands, layout.thousands), text)


def amount(text: str, layout: Layout) -> tuple[str, str | None]:
    """A number without the sign of a currency beside it, and that currency."""
    bare = plain(text)
    if bare[:1] == "(" and bare[-1:] == ")":  # as bookkeepers write what is below zero
        bare = f"-{bare[1:-1].strip()}"
    for sign, currency in layout.signs.items():
        if sign in bare:
            bare = "".join(bare.split(sign, 1)).strip()
            return _signed(bare), currency
    return _signed(bare), None


def _signed(bare: str) -> str:
    """The minus in front, wherever it stood."""
    if bare[-1:] == "-":
        bare = f"-{bare[:-1].strip()}"
    return f"-{bare[1:].strip()}" if bare[:1] == "-" else bare.removeprefix("+")


def _bare(text: str, decimal: str, thousands: str, shown: str) -> str:
    if len(text) > 64 or not _number(decimal, thousands).fullmatch(text):
        remedy = f"write digits 0-9 with {quoted(decimal)} before the decimals, or declare the file's own way in the layout"
        raise Invalid("bad_number", f"{quoted(shown)} is not a number as this layout writes them", remedy)
    plain_number = text.replace(thousands, "").replace(decimal, ".")
    return plain_number if plain_number[0] != "." and plain_number[:2] != "-." else plain_number.replace(".", "0.", 1)


@lru_cache(maxsize=64)
def _number(decimal: str, thousands: str) -> re.Pattern[str]:
    mark = re.escape(thousands)  # by three; in India by two before the last three
    groups = rf"[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+|[0-9]{{1,2}}(?:{mark}[0-9]{{2}})+{mark}[0-9]{{3}}|" if thousands else ""
    return re.compile(rf"-?(?:(?:{groups}[0-9]+)(?:{re.escape(decimal)}[0-9]+)?|{re.escape(decimal)}[0-9]+)")


def currency(cells: Sequence[Cell], layout: Layout, column: str = "currency") -> str:
    """The code of a currency: as it stands, or the only one in the text, or what the layout says of a sign."""
    text = joined(cells).strip()
    named = {word for word in re.split(r"\W+", text) if word in EXPONENT}
    return layout.signs.get(text) or (named.pop() if len(named) == 1 else text)


def distance(cells: Sequence[Cell], layout: Layout, column: str = "distance") -> str:
    """The number of a distance; a unit beside it is read by ``unit_beside``."""
    text = joined(cells)
    word = _beside(text)
    return number([text[: -len(word)] if word and isinstance(cells[0], str) else cells[0]], layout)


def unit_beside(text: str) -> str:
    """mi or km, where it stands behind a distance."""
    return distances().get(fold(_beside(text)), "")


def _beside(text: str) -> str:
    match = re.search(r"[^\W\d_]+\.?\s*$", text)
    return match[0] if match and fold(match[0]) in distances() else ""


def unit(cells: Sequence[Cell], layout: Layout, column: str = "unit") -> str:
    """mi or km, in the words of any known language."""
    text = joined(cells)
    return distances().get(fold(text), text)


def flag(cells: Sequence[Cell], layout: Layout, column: str = "billable") -> bool:
    """Yes or no in the layout's words, in any case."""
    word = joined(cells).casefold()
    if word in {each.casefold() for each in layout.yes}:
        return True
    if word in {each.casefold() for each in layout.no}:
        return False
    raise Invalid("bad_flag", f"{quoted(joined(cells))} is neither yes nor no", f"write {layout.yes[0]} or {layout.no[0]}")


def tags(cells: Sequence[Cell], layout: Layout, column: str = "tags") -> list[str]:
    """The tags of one cell, each once, in their order."""
    text = joined(cells)
    found = re.split(f"[{re.escape(layout.tags)}]", text) if layout.tags else [text]
    return list(dict.fromkeys(name(tag) for tag in found if tag.strip()))


def name(text: str) -> str:
    """A name as it identifies: clean, with single blanks."""
    return clean_text(" ".join(text.split()), limit=NAME)
