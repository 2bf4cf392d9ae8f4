"""Mileage logs as tax authorities want them: every business trip, what it lacks, the official rate, and the year's totals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import partial

from services.ingest.exports import stream
from services.ingest.exports.columns import Column
from services.ingest.exports.lines import Line
from services.ingest.lists.listing import Filter, Item, Listing, Reader, Whole, columns
from services.ingest.lists.work import DRIVEN, driven_by, wanted
from shared.contract.records import Kind
from shared.domain import mileage_rates
from shared.domain.mileage_rates import HMRC, IRS, Allowed
from shared.kernel.money import round_money
from shared.platform.db import reading

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class _Authority:
    """Whose log it is."""

    name: str
    currency: str
    rates: Sequence[Allowed]
    year: Callable[[int], tuple[date, date]]
    wants: tuple[str, ...]  # names of ``_lacking`` that its trips must not lack
    limited: tuple[str, ...] = ()  # columns for miles beyond a year's limit, where there is one


_LIMITED = ("miles_beyond_limit", "rate_beyond_limit")
_ALWAYS = ("destination_and_purpose", "business_purpose", "miles", "rate")
_PLACED = ("from_place", "to_place", "vehicle")  # journeys there are told by both ends, and an allowance is of a kind of vehicle
IRS_LOG = _Authority("irs", "USD", IRS, lambda year: (date(year, 1, 1), date(year, 12, 31)), _ALWAYS)
HMRC_LOG = _Authority("hmrc", "GBP", HMRC, lambda year: (date(year, 4, 6), date(year + 1, 4, 5)), (*_ALWAYS, *_PLACED), _LIMITED)


@dataclass(slots=True)
class _Year:
    """One person's year so far."""

    name: str
    trips: int = 0
    miles: Decimal = _ZERO
    exact: Decimal = _ZERO  # not rounded: rows are differences of the rounded sum, so that they add up to it
    unrated: Decimal = _ZERO
    incomplete: int = 0


def _trips(log: _Authority, reader: Reader, asked: Filter, years: dict[str, _Year]) -> Iterator[Item]:
    """The trips of a year in their order; ``years`` fills up with each person's sums."""
    since, until = log.year(asked.year or 0)
    with reading(reader.db) as session:
        chosen = wanted(session, reader, replace(asked, since=since, until=until))
    pages = stream.whole(reader.db, reader.vault, reader.organisation, chosen, (Kind.MILEAGE,))
    for line in (line for page in pages for line in page):
        year = years.setdefault(line.person, _Year(line.person_name))
        yield _trip(log, line, year)


def _trip(log: _Authority, line: Line, year: _Year) -> Item:
    driven = mileage_rates.miles(line.distance or _ZERO, line.unit)
    rate = mileage_rates.allowed(log.rates, line.date)
    lacking = _lacking(log, line, rate)
    year.incomplete += bool(lacking)
    return {
        "date": line.date,
        "user_id": line.person,
        "user": line.person_name,
        "destination_and_purpose": line.notes,
        **driven_by(line),
        "business_purpose": " · ".join(name for name in (line.client_name, line.job_name) if name),
        "miles": driven,
        "distance": line.distance,
        "unit": line.unit,
        **_paid(log, driven, rate, year),
        "currency": log.currency,
        "missing": lacking,
        "id": line.id,
    }


def _paid(log: _Authority, driven: Decimal, rate: Allowed | None, year: _Year) -> Item:
    """What a trip is worth, added to its year."""
    earlier, before = year.miles, round_money(year.exact, log.currency)
    year.trips, year.miles = year.trips + 1, earlier + driven
    if rate is None:
        year.unrated += driven
        return dict.fromkeys(("rate", *log.limited, "amount", "rate_source"))
    within, beyond = (driven, _ZERO) if rate.beyond is None else mileage_rates.split(earlier, driven)
    year.exact += within * rate.rate + beyond * (rate.beyond or _ZERO)
    limited = dict(zip(log.limited, (beyond, rate.beyond), strict=False))
    amount = round_money(year.exact, log.currency) - before
    return {"rate": rate.rate, **limited, "amount": amount, "rate_source": rate.source}


def _lacking(log: _Authority, line: Line, rate: Allowed | None) -> list[str]:
    """What an inspector would ask for."""
    driven = driven_by(line)
    there = {
        "destination_and_purpose": line.notes or driven["to_place"],
        "business_purpose": line.client or line.job,
        "miles": line.distance,
        "rate": rate,
        **driven,
    }
    return [name for name in log.wants if not there[name]]


def _whole(log: _Authority, reader: Reader, asked: Filter) -> Whole:
    years: dict[str, _Year] = {}
    trips = list(_trips(log, reader, asked, years))
    since, until = log.year(asked.year or 0)
    known = [one for one in log.rates if one.since <= until and one.until >= since]
    sums = {
        "from": since,
        "to": until,
        "totals": [_total(log, *one) for one in sorted(years.items(), key=lambda one: (one[1].name, one[0]))],
        "rates": [_rate(one, since, until) for one in known],
    }
    return Whole(trips, sums)


def _total(log: _Authority, person: str, year: _Year) -> Item:
    told = {"user_id": person, "user": year.name, "trips": year.trips, "miles": year.miles, "currency": log.currency}
    amount = round_money(year.exact, log.currency)
    return told | {"amount": amount, "miles_without_rate": year.unrated, "incomplete_trips": year.incomplete}


def _rate(one: Allowed, since: date, until: date) -> Item:
    days = {"from": max(one.since, since), "to": min(one.until, until)}
    return days | {"rate": one.rate, "rate_beyond_limit": one.beyond, "source": one.source}


_TOTALS = columns(
    *("user_id", "user:text", "trips:number", "miles:number", "currency", "amount:number"),
    *("miles_without_rate:number", "incomplete_trips:number"),
)


def _listing(log: _Authority) -> Listing:
    shown: tuple[Column, ...] = columns(
        *("date:date", "user_id", "user:text", "destination_and_purpose:text", "business_purpose:text", "miles:number"),
        *DRIVEN,
        *("distance:number", "unit", "rate:number", *(f"{name}:number" for name in log.limited), "amount:number"),
        *("currency", "rate_source:text", "missing:list", "id"),
    )
    return Listing(
        name=f"mileage-log/{log.name}",
        columns=shown,
        filters=("year", "person"),
        source=partial(_whole, log),
        needs=("year",),
        own=True,
        foot=("totals", _TOTALS),
    )


LISTS = (_listing(IRS_LOG), _listing(HMRC_LOG))
