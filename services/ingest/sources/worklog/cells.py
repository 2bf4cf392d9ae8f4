"""Reads single cells in the way that a layout declares: moments, durations, numbers, flags, tags."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP
from functools import lru_cache

from services.ingest.sources.files.cells import Cell, text_of
from services.ingest.sources.worklog.layout import Layout
from services.ingest.sources.worklog.patterns import read_moment
from shared.contract.record_schemas import NAME
from shared.kernel.canonical import clean_text
from shared.kernel.duration import parse_hms
from shared.kernel.errors import Invalid
from shared.kernel.money import parse_decimal
from shared.kernel.quote import quoted

Moment = tuple[date | None, time | None]
_ANY = date(2000, 1, 1)
_MIDNIGHT = datetime.combine(_ANY, time())
_SECOND = timedelta(seconds=1)
_SECONDS = {"h": 3600, "min": 60, "s": 1}
_EXCEL = Layout(columns={})  # numbers of a workbook have a point and no groups, whatever the layout says of texts


def joined(cells: Sequence[Cell]) -> str:
    """The texts of the cells of one column of ours, with a blank between."""
    return " ".join(text_of(cell).strip() for cell in cells)


def moment(cells: Sequence[Cell], layout: Layout) -> Moment:
    """The date and the time that the cells hold together, either alone or both."""
    day: date | None = None
    clock: time | None = None
    for cell in cells:
        here, now = _moment(cell, layout)
        if (here and day and here != day) or (now is not None and clock is not None and now != clock):
            cause = f"{quoted(joined(cells))} holds two moments"
            raise Invalid("bad_time", cause, "map the columns that hold one date and one time")
        day, clock = here or day, clock if now is None else now
    return day, clock


def _moment(cell: Cell, layout: Layout) -> Moment:
    if isinstance(cell, datetime):
        cell = _whole(cell)
        return cell.date(), cell.time()
    if isinstance(cell, date):
        return cell, None
    if isinstance(cell, time):
        return None, _whole(datetime.combine(_ANY, cell)).time()
    if isinstance(cell, timedelta) and timedelta(0) <= cell < timedelta(days=1):  # formatted as a duration
        return None, _whole(_MIDNIGHT + cell).time()
    return read_moment(text_of(cell).strip(), layout.date, layout.time)


def _whole(moment: datetime) -> datetime:
    """To the nearest second: Excel keeps fractions of a day."""
    return (moment + _SECOND / 2).replace(microsecond=0)


def clock(cells: Sequence[Cell], layout: Layout) -> Moment:
    """The time of a start or an end, with its date when the cells hold one. An Excel date alone is its midnight."""
    day, now = moment(cells, layout)
    if now is None and len(cells) == 1 and isinstance(cells[0], date):
        now = time()
    if now is None:
        raise Invalid("bad_time", f"{quoted(joined(cells))} holds no time of day", f"write the time as {layout.time}")
    return day, now


def civil(cells: Sequence[Cell], layout: Layout) -> date:
    """The date that the cells hold; a time beside it is passed over."""
    day, _ = moment(cells, layout)
    if day is None:
        raise Invalid("bad_date", f"{quoted(joined(cells))} holds no date", f"write the date as {layout.date}")
    return day


def duration(cells: Sequence[Cell], layout: Layout) -> int:
    """Whole seconds. With a colon it is h:mm[:ss] in every layout; a plain number is in the layout's unit, half-up."""
    text = joined([_stretch(cell) for cell in cells])
    if ":" in text or layout.unit not in _SECONDS:
        return parse_hms(text)
    value = parse_decimal(number(cells, layout), places=10, digits=7)
    return int((value * _SECONDS[layout.unit]).to_integral_value(ROUND_HALF_UP))


def _stretch(cell: Cell) -> Cell:
    """A time of day in a column of durations is an Excel duration below 24 hours."""
    return datetime.combine(_ANY, cell) - _MIDNIGHT if isinstance(cell, time) else cell


def number(cells: Sequence[Cell], layout: Layout) -> str:
    """The number as it is written in JSON: its sign, digits, a point, digits."""
    plain = layout if isinstance(cells[0], str) else _EXCEL
    text = joined(cells)
    if len(text) > 64 or not _number(plain.decimal, plain.thousands).fullmatch(text):
        remedy = f"write digits 0-9 with {quoted(plain.decimal)} before the decimals, without a currency sign"
        raise Invalid("bad_number", f"{quoted(text)} is not a number as this layout writes them", remedy)
    return text.replace(plain.thousands, "").replace(plain.decimal, ".")


@lru_cache(maxsize=64)
def _number(decimal: str, thousands: str) -> re.Pattern[str]:
    groups = rf"[0-9]{{1,3}}(?:{re.escape(thousands)}[0-9]{{3}})+|" if thousands else ""
    return re.compile(rf"-?(?:{groups}[0-9]+)(?:{re.escape(decimal)}[0-9]+)?")


def flag(cells: Sequence[Cell], layout: Layout) -> bool:
    """Yes or no in the layout's words, in any case."""
    word = joined(cells).casefold()
    if word in {each.casefold() for each in layout.yes}:
        return True
    if word in {each.casefold() for each in layout.no}:
        return False
    raise Invalid("bad_flag", f"{quoted(joined(cells))} is neither yes nor no", f"write {layout.yes[0]} or {layout.no[0]}")


def tags(cells: Sequence[Cell], layout: Layout) -> list[str]:
    """The tags of one cell, each once, in their order."""
    text = joined(cells)
    found = re.split(f"[{re.escape(layout.tags)}]", text) if layout.tags else [text]
    return list(dict.fromkeys(name(tag) for tag in found if tag.strip()))


def name(text: str) -> str:
    """A name as it identifies: clean, with single blanks."""
    return clean_text(" ".join(text.split()), limit=NAME)
