"""One entry as every format shows it: priced, named, and with its currency."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from services.ingest.accounts import query as accounts
from services.ingest.records import query as records
from services.ingest.records.query_pages import AnyWork, Worked
from shared.contract.records import Expense, Kind, Mileage, TimeEntry, Work
from shared.domain import overtime, rates
from shared.domain.rates import Hourly, World
from shared.kernel.duration import hours
from shared.kernel.errors import Invalid
from shared.kernel.money import round_money
from shared.platform.session import Session
from shared.platform.vault import Vault

NO_AMOUNT = None
"""Of an entry whose rate nobody knows: it is not worth nothing."""


class Line(NamedTuple):
    """An entry. ``amount`` is what the time earns, the expense cost, or the trip is worth; None: no rate is known."""

    kind: Kind
    id: str
    date: date
    person: str
    client: str | None
    job: str | None
    person_name: str
    client_name: str
    job_name: str
    seconds: int
    overtime_seconds: int
    rate: Decimal | None
    overtime_rate: Decimal | None
    amount: Decimal | None
    currency: str
    category: str
    distance: Decimal | None
    unit: str
    tags: tuple[str, ...]
    billable: bool
    approval: str
    notes: str
    start: datetime | None
    end: datetime | None
    break_seconds: int


def around(session: Session, vault: Vault, organisation: str, entries: Sequence[Work]) -> World:
    """What some entries refer to."""
    jobs = records.jobs(session, vault, organisation, {one.job for one in entries if one.job})
    clients = {one.client for one in entries if one.client} | {job.client for job in jobs.values() if job.client}
    return World(
        home=accounts.organisation(session, organisation).currency,
        jobs=jobs,
        clients=records.clients(session, vault, organisation, clients),
        people=records.people(session, vault, organisation, {one.person for one in entries}),
    )


def lines(session: Session, vault: Vault, organisation: str, worked: Iterable[Worked]) -> list[Line]:
    """Entries of one page with the names that they have now; somebody erased has none."""
    worked = list(worked)
    entries = [one.record for one in worked]
    world = around(session, vault, organisation, entries)
    tags = records.tags(session, vault, organisation, {tag for one in entries for tag in one.tags})
    names = {number: tag.name for number, tag in tags.items()}
    make = _Maker(world, names)
    return [make(one.record, one.approval) for one in worked]


class _Maker:
    """Makes the lines of one page; prices and currencies are looked up once for entries that are alike in them."""

    def __init__(self, world: World, tags: Mapping[str, str]) -> None:
        self._world, self._tags = world, tags
        self._prices: dict[tuple[object, ...], Hourly | None] = {}
        self._places: dict[tuple[object, ...], tuple[str, str | None]] = {}
        self._carded = {number for number, job in world.jobs.items() if job.rates}
        self._names = {number: one.name for of in (world.people, world.clients, world.jobs) for number, one in of.items()}

    def __call__(self, one: AnyWork, approval: str) -> Line:
        currency, client, prices = self._priced(one)
        return Line(
            _KIND[type(one)], one.id, one.date, one.person, client, one.job,
            self._names[one.person], self._names.get(client, ""), self._names.get(one.job, ""),  # type: ignore[arg-type]
            *_OWN[type(one)](one, currency, prices), currency, *_OTHER[type(one)](one),
            tuple(self._tags[tag] for tag in one.tags) if one.tags else (), one.billable, approval, one.notes,
            *((one.start, one.end, one.break_seconds) if type(one) is TimeEntry else (None, None, 0)),
        )  # fmt: skip

    def _priced(self, one: AnyWork) -> tuple[str, str | None, Hourly | None]:
        place = (one.job, one.client, one.currency)
        where = self._places.get(place)
        if where is None:
            where = self._places[place] = (_currency(one, self._world), _client(one, self._world))
        return (*where, self._hourly(one, place) if type(one) is TimeEntry else None)

    def _hourly(self, one: TimeEntry, place: tuple[object, ...]) -> Hourly | None:
        carded = one.job in self._carded  # who worked, and when, matters to a rate card only
        key = (*place, one.rate, *((one.person, one.date) if carded else ()))
        if key not in self._prices:
            self._prices[key] = _hourly(one, self._world)
        return self._prices[key]


def _currency(one: Work, world: World) -> str:
    try:
        return rates.currency_of(one, world)
    except Invalid:  # nobody to bill it to; it has a currency all the same
        job = world.job(one)
        return one.currency or (job and job.currency) or world.home


def _client(one: Work, world: World) -> str | None:
    job = world.job(one)
    return one.client or (job.client if job else None)


def _hourly(one: TimeEntry, world: World) -> Hourly | None:
    try:
        return rates.hourly(one, world)
    except Invalid:
        return None if one.rate is None else Hourly(ordinary=one.rate, overtime=one.rate)


_Sized = tuple[int, int, Decimal | None, Decimal | None, Decimal | None]
"""Seconds, seconds of overtime, rate, rate of overtime, amount."""


def _time(one: TimeEntry, currency: str, prices: Hourly | None) -> _Sized:
    if prices is None:
        return one.seconds, one.overtime_seconds, None, None, NO_AMOUNT
    if not one.overtime_seconds or prices.overtime == prices.ordinary:
        amount = earned(one.seconds, prices.ordinary, currency)
    else:
        amount = sum((earned(part, price, currency) for _, part, price in overtime.parts(one, prices)), Decimal(0))
    return one.seconds, one.overtime_seconds, prices.ordinary, prices.overtime, amount


@lru_cache(maxsize=65_536)
def earned(seconds: int, price: Decimal, currency: str) -> Decimal:
    """What so much time comes to, as an invoice with this line alone would say."""
    return round_money(hours(seconds) * price, currency)


def _expense(one: Expense, currency: str, prices: Hourly | None) -> _Sized:
    return 0, 0, None, None, round_money(one.amount, currency)


def _mileage(one: Mileage, currency: str, prices: Hourly | None) -> _Sized:
    amount = NO_AMOUNT if one.rate is None else round_money(one.distance * one.rate, currency)
    return 0, 0, one.rate, None, amount


_KIND = {TimeEntry: Kind.TIME, Expense: Kind.EXPENSE, Mileage: Kind.MILEAGE}
_OWN: dict[type, Callable[..., _Sized]] = {TimeEntry: _time, Expense: _expense, Mileage: _mileage}
_OTHER: dict[type, Callable[..., tuple[str, Decimal | None, str]]] = {
    TimeEntry: lambda one: ("", None, ""),
    Expense: lambda one: (one.category, None, ""),
    Mileage: lambda one: ("", one.distance, one.unit),
}
"""Category, distance, unit."""
