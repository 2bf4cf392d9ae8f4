"""In which order the numbers of a date stand: every order that reads all dates of one notation stays possible."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from services.ingest.sources.detect.columns import Seen
from services.ingest.sources.detect.forms import COMPACT, Day
from services.ingest.sources.words.calendars import months, weekdays

NUMERIC = ("D-M-Y", "M-D-Y", "Y-M-D", "Y-D-M")
_SLIPS = 10  # of so many dates one may be a slip of the pen

Dates = Mapping[Day, Seen]


@dataclass(slots=True)
class Notation:
    """All dates of one notation, and the orders that read them."""

    text: str
    dates: dict[Day, Seen] = field(default_factory=dict)
    languages: tuple[str, ...] = ()
    orders: dict[str, dict[Day, date]] = field(default_factory=dict)  # order -> what it makes of each date
    against: dict[str, Seen] = field(default_factory=dict)  # order -> the first date that it can't read
    reason: str = ""  # why only the one order is left
    yearless: bool = False

    @property
    def order(self) -> str | None:
        return next(iter(self.orders)) if len(self.orders) == 1 else None

    def first(self) -> tuple[Day, Seen]:
        return min(self.dates.items(), key=lambda item: item[1])


def notation_of(text: str, dates: Dates, languages: Iterable[str]) -> Notation:
    """The notation with the orders that its own dates leave possible."""
    found = Notation(text, dict(dates))
    sample = next(iter(dates))
    found.yearless = len(sample.numbers) + bool(sample.month) == 2
    if sample.month:
        found.languages = _languages(dates, languages)
    found.languages = found.languages or tuple(languages)
    for order in _possible(sample):
        _try(found, order)
    _drop_slips(found)
    _prefer(found)
    if not found.yearless and not sample.month and 4 not in sample.widths:
        _short_years(found)
    return found


def _possible(sample: Day) -> tuple[str, ...]:
    """The orders that the notation allows: a year of four digits has its place, and no other number is one."""
    if len(sample.numbers) + bool(sample.month) == 2:
        return ("D-M-Y",) if sample.month else ("D-M-Y", "M-D-Y")
    if sample.month:
        if 4 in sample.widths:
            return ("Y-D",) if sample.widths[0] == 4 else ("D-Y",)
        return ("D-Y", "Y-D")
    if sample.widths[0] == 4:
        return ("Y-M-D", "Y-D-M")
    return ("D-M-Y", "M-D-Y") if sample.widths[2] == 4 else NUMERIC


def _try(found: Notation, order: str) -> None:
    read: dict[Day, date] = {}
    for day, seen in found.dates.items():
        made = make(day, order, found.languages)
        if made is None:
            found.against.setdefault(order, seen)
        else:
            read[day] = made
    found.orders[order] = read


def make(day: Day, order: str, languages: tuple[str, ...], year: int = 2000) -> date | None:
    """The date that an order makes; without a year that of a leap year. None when it can't be one."""
    values = dict(zip(_parts(day, order), zip(day.numbers, day.widths, strict=True), strict=True))
    month = _month(day.month, languages) if day.month else values["M"][0]
    whole, width = values.get("Y", (year, 4))
    try:
        made = date(whole + (2000 if width == 2 else 0), month, values["D"][0])
    except ValueError:
        return None
    if width not in (2, 4) or not 1900 <= made.year <= 2199:
        return None
    told = not day.weekday or "Y" not in values or made.weekday() in _weekdays(day.weekday, languages)
    return made if told else None


def _parts(day: Day, order: str) -> list[str]:
    """What each number of the date is; the month may have a name instead, and the year may be missing."""
    parts = [part for part in order.split("-") if part != "M" or not day.month]
    return parts if len(day.numbers) == len(parts) else [part for part in parts if part != "Y"]


def _month(name: str, languages: tuple[str, ...]) -> int:
    return next((number for each in languages if (number := months(each).get(name))), 0)


def _weekdays(word: str, languages: tuple[str, ...]) -> set[int]:
    known = {found for each in languages if (found := weekdays(each).get(word)) is not None}
    return known or set(range(7))


def _languages(dates: Dates, preferred: Iterable[str]) -> tuple[str, ...]:
    """The language that knows all names of months: the file's own first, then any."""
    names = {day.month for day in dates}
    known = [each for each in preferred if names <= months(each).keys()]
    return (known[0],) if known else ()


def _drop_slips(found: Notation) -> None:
    """Keep the orders that read every date; where none does, those that read all but a tenth."""
    whole = {order: read for order, read in found.orders.items() if len(read) == len(found.dates)}
    if not whole:
        best = max(map(len, found.orders.values()))
        enough = best * _SLIPS >= len(found.dates) * (_SLIPS - 1) and len(found.dates) >= _SLIPS
        whole = {order: read for order, read in found.orders.items() if enough and len(read) == best}
    if whole:
        found.orders = whole
        if len(whole) == 1:
            found.reason = _killed(found)


def _killed(found: Notation) -> str:
    """Why the others can't be: the first date that each can't read."""
    told = dict.fromkeys(f"{seen[1]} stands in row {seen[0]}" for order, seen in found.against.items() if order in NUMERIC)
    return ", ".join(told)


def _prefer(found: Notation) -> None:
    """After a year of four digits comes the month, unless only the other order reads the dates."""
    if set(found.orders) == {"Y-M-D", "Y-D-M"} and found.dates and next(iter(found.dates)).widths[0] == 4:
        found.orders.pop("Y-D-M")
        found.reason = "a year of four digits stands in front, and after it comes the month"
    elif set(found.orders) == {"D-Y", "Y-D"}:
        found.orders.pop("Y-D")


def _short_years(found: Notation) -> None:
    """Which end of a date with a year of two digits is the year: the one that stays while the other runs on."""
    if len(found.orders) > 1:
        found.orders.pop("Y-D-M", None)
    if len(found.orders) == 1 or "Y-M-D" not in found.orders:
        return
    begins, ends = (sorted({day.numbers[at] for day in found.dates}) for at in (0, 2))
    if _runs(begins) and _stays(ends):
        del found.orders["Y-M-D"]
        found.reason = f"{_shown(ends)} ends every date while the first number runs from {begins[0]} to {begins[-1]}"
    elif _runs(ends) and _stays(begins):
        found.orders = {"Y-M-D": found.orders["Y-M-D"]}
        found.reason = f"{_shown(begins)} begins every date while the last number runs from {ends[0]} to {ends[-1]}"


def _runs(numbers: list[int]) -> bool:
    return len(numbers) >= 2


def _stays(numbers: list[int]) -> bool:
    return numbers[-1] - numbers[0] <= 1


def _shown(numbers: list[int]) -> str:
    return " or ".join(map(str, numbers))


def pattern(found: Notation, order: str) -> str:
    """The layout's pattern for the notation in this order."""
    parts = _parts(next(iter(found.dates)), order)
    tokens = iter([_token(found, part, at) for at, part in enumerate(parts)])
    return re.sub(r"'[^']*'|#4?|[MW]\.?", lambda match: _written(match[0], tokens), found.text)


def _written(piece: str, tokens: Iterator[str]) -> str:
    if piece[0] == "#":
        return next(tokens)
    return {"M": "MMM", "W": "EEE"}.get(piece[0], piece)


def _token(found: Notation, part: str, at: int) -> str:
    widths = {day.widths[at] for day in found.dates}
    if part == "Y":
        return "YYYY" if 4 in widths else "YY"
    padded = found.text in COMPACT or (widths == {2} and any(day.numbers[at] < 10 for day in found.dates))
    return part * 2 if padded else part
