"""Work added up: overtime and earnings of each person per period with the rates that made them, and reports by any group."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from services.ingest.exports import stream
from services.ingest.exports.columns import hours_text
from services.ingest.exports.lines import Line
from services.ingest.lists.listing import Filter, Item, Listing, Reader, Whole, columns
from services.ingest.lists.work import wanted
from services.ingest.records.query_pages import WORK
from shared.contract.records import Kind
from shared.kernel.money import round_money
from shared.platform.db import reading

RULE = (
    "Overtime is what the time tracker marked as overtime. Its hours are paid at the overtime rate of the job's rate card, and"
    " at the ordinary rate where there is none; each entry is rounded to the cent."
)
PERIODS = ("day", "week", "month", "year", "all")
GROUPS = ("client", "job", "person", "tag", "day")
_ZERO = Decimal(0)
Span = tuple[date, date]


def period_of(day: date, period: str, whole: Span) -> Span:
    """The first and last day of the period that a day lies in, within the days that were asked for; weeks begin on Monday."""
    first, last = whole
    if period == "day":
        return day, day
    if period == "week":
        first = day - timedelta(days=day.weekday())
        last = first + timedelta(days=6)
    elif period == "month":
        first = day.replace(day=1)
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    elif period == "year":
        first, last = day.replace(month=1, day=1), day.replace(month=12, day=31)
    return max(first, whole[0]), min(last, whole[1])


@dataclass(slots=True)
class _Sum:
    """What the entries of one row come to."""

    name: str = ""
    entries: int = 0
    seconds: int = 0
    overtime_seconds: int = 0
    unpriced_seconds: int = 0
    amounts: dict[Kind, Decimal] = field(default_factory=dict)
    distances: dict[str, Decimal] = field(default_factory=dict)
    rates: dict[tuple[Any, ...], list[int]] = field(default_factory=dict)

    def add(self, line: Line) -> None:
        self.entries += 1
        self.seconds += line.seconds
        self.overtime_seconds += line.overtime_seconds
        if line.amount is None:
            self.unpriced_seconds += line.seconds
        else:
            self.amounts[line.kind] = self.amounts.get(line.kind, _ZERO) + line.amount
        if line.distance is not None:
            self.distances[line.unit] = self.distances.get(line.unit, _ZERO) + line.distance
        paid = self.rates.setdefault((line.job, line.job_name, line.rate, line.overtime_rate), [0, 0])
        paid[0] += line.seconds - line.overtime_seconds
        paid[1] += line.overtime_seconds

    def money(self, kind: Kind, currency: str) -> Decimal:
        return round_money(self.amounts.get(kind, _ZERO), currency)


Keys = Callable[[Line], Iterable[tuple[str, str]]]
"""In which rows a line counts: what they are grouped by, and its name."""
Key = tuple[Span, str, str]
"""Period, what it is grouped by, currency: nothing is added across currencies."""


def _sums(reader: Reader, asked: Filter, kinds: tuple[Kind, ...], keys: Keys) -> dict[Key, _Sum]:
    whole = (asked.since or date.min, asked.until or date.max)
    with reading(reader.db) as session:
        chosen = wanted(session, reader, asked)
    found: dict[Key, _Sum] = {}
    for line in (line for page in stream.whole(reader.db, reader.vault, reader.organisation, chosen, kinds) for line in page):
        span = period_of(line.date, asked.period, whole)
        for key, name in keys(line):
            row = found.setdefault((span, key, line.currency), _Sum())
            row.name = name
            row.add(line)
    return dict(sorted(found.items()))


# ---- earnings


def _earnings(reader: Reader, asked: Filter) -> Whole:
    found = _sums(reader, asked, (Kind.TIME,), lambda line: [(line.person, line.person_name)])
    return Whole([_earned(key, row) for key, row in found.items()])


def _earned(key: Key, row: _Sum) -> Item:
    (since, until), person, currency = key
    told = {"from": since, "to": until, "user_id": person, "user": row.name, "currency": currency, **_hours(row)}
    return told | {"earnings": row.money(Kind.TIME, currency), "rule": RULE, "rates": [_paid(*one) for one in row.rates.items()]}


def _hours(row: _Sum) -> Item:
    seconds = {"hours": row.seconds, "overtime_h": row.overtime_seconds, "hours_without_rate": row.unpriced_seconds}
    return {name: Decimal(hours_text(value)) for name, value in seconds.items()}


def _paid(rate: tuple[Any, ...], seconds: list[int]) -> Item:
    job, name, ordinary, overtime = rate
    paid = {"job_id": job, "job": name or None, "rate": ordinary, "overtime_rate": overtime}
    return paid | {"ordinary_h": Decimal(hours_text(seconds[0])), "overtime_h": Decimal(hours_text(seconds[1]))}


# ---- reports


def _by(group: str) -> Keys:
    return {
        "client": lambda line: [(line.client or "", line.client_name)],
        "job": lambda line: [(line.job or "", line.job_name)],
        "person": lambda line: [(line.person, line.person_name)],
        "tag": lambda line: [(tag, tag) for tag in line.tags] or [("", "")],
        "day": lambda line: [(line.date.isoformat(), line.date.isoformat())],
    }[group]


def _reports(reader: Reader, asked: Filter) -> Whole:
    return Whole([_reported(asked.group, key, row) for key, row in _sums(reader, asked, WORK, _by(asked.group)).items()])


def _reported(group: str, key: Key, row: _Sum) -> Item:
    (since, until), what, currency = key
    told = {"from": since, "to": until, "group": group, "id": what or None, "name": row.name or None, "currency": currency}
    sums = {name: row.money(kind, currency) for kind, name in _SUMS.items()}
    driven = {f"distance_{unit}": row.distances.get(unit, _ZERO) for unit in ("mi", "km")}
    return told | {"entries": row.entries, **_hours(row), **sums, **driven}


_SUMS = {Kind.TIME: "earnings", Kind.EXPENSE: "expenses", Kind.MILEAGE: "mileage"}


_HOURS = ("hours:number", "overtime_h:number", "hours_without_rate:number")
_DAYS = ("from:date", "to:date")
_FILTERS = ("from", "to", "period", "client", "job", "person", "tag", "approved")
LISTS = (
    Listing(
        name="earnings",
        own=True,
        columns=columns(*_DAYS, "user_id", "user:text", "currency", *_HOURS, "earnings:number", "rates:list", "rule:text"),
        filters=_FILTERS,
        source=_earnings,
        needs=("from", "to"),
    ),
    Listing(
        name="reports",
        own=True,
        columns=columns(
            *(*_DAYS, "group", "id:text", "name:text", "currency", "entries:number", *_HOURS),
            *("earnings:number", "expenses:number", "mileage:number", "distance_mi:number", "distance_km:number"),
        ),
        filters=(*_FILTERS, "group"),
        source=_reports,
        needs=("from", "to"),
    ),
)
