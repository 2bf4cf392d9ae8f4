"""Checks that a bookkeeper would make of a report: what may be right and yet deserves a look. Pure, in little memory.

A warning keeps nothing out. It says how many rows it is about and which the first of them are.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from services.ingest.imports.held import Place
from shared.contract.records import Expense, Mileage, TimeEntry
from shared.domain.days import worked
from shared.kernel.dates import day_length
from shared.kernel.duration import HOUR, format_hms

SHOWN = 20
"""Rows that a warning names."""
_LONG = 16 * HOUR  # of one entry: a timer that somebody forgot
_SHORTEST_DAY = 20 * HOUR  # below it no zone need be asked how long the day was
_SATURDAY = 5
_AHEAD = timedelta(days=1)  # somewhere it is tomorrow already
_APART = 1 << 32  # between the numbers of rows of two tables
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BARE_EPOCH = _EPOCH.replace(tzinfo=None)


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that deserves a look."""

    code: str
    count: int
    rows: tuple[int | str, ...]  # the first SHOWN; with the table's name where the file has several
    text: str


@dataclass(slots=True)
class _Found:
    count: int = 0
    rows: list[int] = field(default_factory=list)
    example: str = ""

    def add(self, row: int, example: str = "") -> None:
        self.count += 1
        self.example = self.example or example
        if row and len(self.rows) < SHOWN:
            self.rows.append(row)


@dataclass(slots=True)
class _Day:
    seconds: int = 0
    zone: str | None = None
    rows: list[int] = field(default_factory=list)

    def add(self, row: int, seconds: int, zone: str | None) -> None:
        self.seconds += seconds
        self.zone = self.zone or zone
        if row and len(self.rows) < SHOWN:
            self.rows.append(row)


class Checks:
    """Takes in the entries of a file with their places, and those stored beside them without."""

    def __init__(self, today: date) -> None:
        self._today = today
        self._days: defaultdict[tuple[str, date], _Day] = defaultdict(_Day)
        self._spans: dict[tuple[str, bool], array[int]] = {}  # person, whether the offset is known -> start, end, row, …
        self._unpriced: defaultdict[str | None, _Found] = defaultdict(_Found)  # by job, since the job may have a rate card
        self._currencies: defaultdict[str, _Found] = defaultdict(_Found)
        self._long, self._weekend, self._future = _Found(), _Found(), _Found()
        self._tables: list[str] = []

    def add(self, place: Place | None, entry: Any) -> None:
        row = self._number(place) if place else 0
        if isinstance(entry, TimeEntry):
            self._time(row, entry)
        if row:
            self._of_file(row, entry)

    def _of_file(self, row: int, entry: Any) -> None:
        if entry.date.weekday() >= _SATURDAY:
            self._weekend.add(row, entry.date.isoformat())
        if entry.date > self._today + _AHEAD:
            self._future.add(row, entry.date.isoformat())
        if entry.currency:
            self._currencies[entry.currency].add(row)
        if entry.billable and not isinstance(entry, Expense) and entry.rate is None:
            self._unpriced[None if isinstance(entry, Mileage) else entry.job].add(row)

    def _number(self, place: Place) -> int:
        """The place as one number, in the order of the file."""
        if place.table not in self._tables:
            self._tables.append(place.table)
        return self._tables.index(place.table) * _APART + place.row

    def _label(self, number: int) -> int | str:
        return Place(self._tables[number // _APART], number % _APART).label

    def _time(self, row: int, entry: TimeEntry) -> None:
        if row and entry.seconds > _LONG:
            self._long.add(row, f"{format_hms(entry.seconds)} on {entry.date.isoformat()}")
        days: Iterable[tuple[date, int]] = ((entry.date, entry.seconds),)
        if entry.start and entry.end and entry.start < entry.end:
            key = entry.person, entry.start.tzinfo is None
            spans = self._spans.get(key) or self._spans.setdefault(key, array("q"))
            spans.extend((_seconds(entry.start), _seconds(entry.end), row))
            if entry.start.date() != entry.end.date():
                days = worked(entry, entry.zone or "UTC")
        for day, seconds in days:
            self._days[entry.person, day].add(row, seconds, entry.zone)

    def unpriced_jobs(self) -> list[str]:
        """Jobs whose work has no rate of its own."""
        return [job for job in self._unpriced if job]

    def warnings(self, zone_of: Callable[[str], str], carded: Collection[str]) -> list[Remark]:
        """All that was found. ``zone_of`` a person; ``carded``: jobs that have a rate card."""
        found = (
            ("overlap", self._overlaps(), "{} at the same time as other work of the same person"),
            ("long_day", self._long_days(zone_of), "{} on days that hold more work than the day has hours, the first on {}"),
            ("long_entry", self._long, "{} of more than 16 hours (a forgotten timer?), the first {}"),
            ("weekend", self._weekend, "{} on a Saturday or Sunday, the first on {}"),
            ("no_rate", self._priceless(carded), "{} to bill without a rate, and without a rate card of the job"),
            ("mixed_currencies", self._mixed(), "{} in another currency than most: {}"),
            ("future_date", self._future, "{} in the future, the first on {}"),
        )
        return [self._remark(code, one, text) for code, one, text in found if one.count]

    def _remark(self, code: str, found: _Found, text: str) -> Remark:
        counted = "1 row is" if found.count == 1 else f"{found.count} rows are"
        return Remark(code, found.count, tuple(map(self._label, found.rows)), text.format(counted, found.example) + ".")

    def _overlaps(self) -> _Found:
        found = _Found()
        for _, spans in sorted(self._spans.items()):
            for first, second in _touching(spans):
                found.add(second or first)
        found.rows.sort()
        return found

    def _long_days(self, zone_of: Callable[[str], str]) -> _Found:
        found = _Found()
        for (person, day), told in sorted(self._days.items(), key=lambda one: one[0][1]):
            if told.seconds > _SHORTEST_DAY and told.rows and told.seconds > day_length(day, told.zone or zone_of(person)):
                for row in told.rows:
                    found.add(row, f"{day.isoformat()} with {format_hms(told.seconds)}")
        return found

    def _priceless(self, carded: Collection[str]) -> _Found:
        found = _Found()
        for job, one in self._unpriced.items():
            if job not in carded:
                found.count += one.count
                found.rows = sorted([*found.rows, *one.rows])[:SHOWN]
        return found

    def _mixed(self) -> _Found:
        counts = Counter({code: one.count for code, one in self._currencies.items()})
        if len(counts) < 2:
            return _Found()
        (most, _), *_ = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
        others = [one for code, one in self._currencies.items() if code != most]
        told = ", ".join(f"{code} {number}" for code, number in sorted(counts.items()))
        return _Found(sum(one.count for one in others), sorted(row for one in others for row in one.rows)[:SHOWN], told)


def _seconds(moment: datetime) -> int:
    """Seconds since 1970, of a reading without an offset as if it were UTC: only such ones are compared with each other."""
    since = moment - (_EPOCH if moment.tzinfo else _BARE_EPOCH)
    return since.days * 86_400 + since.seconds


def _touching(spans: array[int]) -> Iterator[tuple[int, int]]:
    """Rows of two spans that share some time; one pair for each span that begins before an earlier one has ended."""
    ordered = sorted(zip(spans[0::3], spans[1::3], spans[2::3], strict=True))
    until, last = ordered[0][1], ordered[0][2]
    for start, end, row in ordered[1:]:
        if start < until and (row or last):
            yield last, row
        if end > until:
            until, last = end, row
