"""One entry as every format shows it: priced, named, and with its currency."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

from services.ingest.accounts import query as accounts
from services.ingest.records import query as records
from services.ingest.records.query_pages import Worked
from shared.contract.records import Expense, Kind, Mileage, Tag, TimeEntry, Work
from shared.domain import overtime, rates
from shared.domain.rates import Hourly, World
from shared.kernel.duration import hours
from shared.kernel.errors import Invalid
from shared.kernel.money import round_money
from shared.platform.session import Session
from shared.platform.vault import Vault

NO_AMOUNT = None
"""Of an entry whose rate nobody knows: it is not worth nothing."""


class Driven(NamedTuple):
    """How a trip went; whatever is not known is empty."""

    from_place: str
    to_place: str
    vehicle: str
    odometer_start: Decimal | None
    odometer_end: Decimal | None


_DRIVEN = attrgetter(*Driven._fields)


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
    start: str | None  # to the minute
    end: str | None
    break_seconds: int
    driven: Driven | None  # of trips


class Known:
    """What the entries of one reading refer to, opened once for its pages and anew every few of them, so that a name that
    was changed or erased meanwhile is soon gone from here."""

    AFRESH = 10  # pages

    def __init__(self) -> None:
        self._pages = 0

    def around(self, session: Session, vault: Vault, organisation: str, entries: Sequence[Worked]) -> World:
        if self._pages % self.AFRESH == 0:
            self._world = World(home=accounts.organisation(session, organisation).currency, jobs={}, clients={}, people={})
            self.tags: dict[str, Tag] = {}
        self._pages += 1

        def add(found: Any, read: Callable[..., Mapping[str, Any]], wanted: Collection[str | None]) -> None:
            missing = {number for number in wanted if number and number not in found}
            if missing:
                found.update(read(session, vault, organisation, missing))

        world = self._world
        add(self.tags, records.tags, {tag for one in entries for tag in one.tags})
        add(world.people, records.people, {one.person for one in entries})
        add(world.jobs, records.jobs, {one.job for one in entries})
        add(world.clients, records.clients, {one.client for one in entries} | {job.client for job in world.jobs.values()})
        return world


def lines(
    session: Session, vault: Vault, organisation: str, kind: Kind, worked: Sequence[Worked], known: Known | None = None
) -> list[Line]:
    """Entries of one kind with the names that they have now; somebody erased has none."""
    known = known or Known()
    make = _Maker(kind, known.around(session, vault, organisation, worked), known.tags)
    return [make(one) for one in worked]


class _Place(NamedTuple):
    """What entries have in common that are of the same job, client and currency."""

    client: str | None
    currency: str
    client_name: str
    job_name: str


class _Maker:
    """Makes the lines of one page; prices and currencies are looked up once for entries that are alike in them."""

    def __init__(self, kind: Kind, world: World, tags: Mapping[str, Tag]) -> None:
        self._kind, self._world, self._tags = kind, world, {number: tag.name for number, tag in tags.items()}
        self._size, self._rest = _SIZES[kind], _RESTS[kind]
        self._places: dict[tuple[object, ...], _Place] = {}
        self._prices: dict[object, Hourly | None] = {}
        self._carded = {number for number, job in world.jobs.items() if job.rates}
        self._people = {number: one.name for number, one in world.people.items()}

    def __call__(self, one: Worked) -> Line:
        key = (one.job, one.client, one.currency)
        client, currency, client_name, job_name = self._places.get(key) or self._place(key, one)
        prices = self._hourly(key, one) if self._kind is Kind.TIME else None
        start, end, pause, *rest = self._rest(one)
        return Line._make((
            self._kind, one.id, one.date, one.person, client, one.job, self._people[one.person], client_name, job_name,
            *self._size(one, currency, prices), currency, *rest,
            tuple([self._tags[tag] for tag in one.tags]) if one.tags else (), one.billable, one.approval, one.notes,
            start and _minute(start), end and _minute(end), pause,
            Driven._make(_DRIVEN(one)) if self._kind is Kind.MILEAGE else None,
        ))  # fmt: skip

    def _place(self, key: tuple[object, ...], one: Worked) -> _Place:
        client, job = _client(one, self._world), self._world.job(one)
        name = self._world.clients[client].name if client in self._world.clients else ""
        self._places[key] = _Place(client, _currency(one, self._world), name, job.name if job else "")
        return self._places[key]

    def _hourly(self, place: tuple[object, ...], one: Worked) -> Hourly | None:
        """Where and when the work was, and whose, matters to a rate card only."""
        key = (*place, one.rate, one.person, one.date) if one.job in self._carded else one.rate
        if key not in self._prices:
            self._prices[key] = _hourly(one, self._world)
        return self._prices[key]


def _minute(moment: str) -> str:
    """A stored moment without its seconds."""
    return moment[:16] + moment[19:]


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


@lru_cache(maxsize=4096)
def earned(seconds: int, price: Decimal, currency: str) -> Decimal:
    """What so much time comes to, as an invoice with this line alone would say."""
    return round_money(hours(seconds) * price, currency)


def _expense(one: Expense, currency: str, prices: Hourly | None) -> _Sized:
    return 0, 0, None, None, round_money(one.amount, currency)


def _mileage(one: Mileage, currency: str, prices: Hourly | None) -> _Sized:
    amount = NO_AMOUNT if one.rate is None else round_money(one.distance * one.rate, currency)
    return 0, 0, one.rate, None, amount


_SIZES: dict[Kind, Callable[..., _Sized]] = {Kind.TIME: _time, Kind.EXPENSE: _expense, Kind.MILEAGE: _mileage}
_RESTS: dict[Kind, Callable[[Worked], tuple[Any, ...]]] = {
    Kind.TIME: lambda one: (one.start, one.end, one.break_seconds, "", None, ""),
    Kind.EXPENSE: lambda one: (None, None, 0, one.category, None, ""),
    Kind.MILEAGE: lambda one: (None, None, 0, "", one.distance, one.unit),
}
"""Start, end, break, category, distance, unit."""
