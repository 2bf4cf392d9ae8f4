"""Which price holds for a piece of work, in which currency, and for whom it is billed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from shared.contract.records import Client, Job, Mileage, Person, Rate, TimeEntry, Work
from shared.kernel.errors import Invalid
from shared.kernel.money import check_currency


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What entries refer to, by record id, and the organisation's own currency."""

    home: str
    jobs: Mapping[str, Job] = field(default_factory=dict)
    clients: Mapping[str, Client] = field(default_factory=dict)
    people: Mapping[str, Person] = field(default_factory=dict)

    def job(self, work: Work) -> Job | None:
        return self.jobs.get(work.job) if work.job else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hourly:
    """Prices per hour; ``overtime`` is the ordinary one where the rate card names no other."""

    ordinary: Decimal
    overtime: Decimal


def client_of(work: Work, world: World) -> str:
    """The entry's own client, else its job's."""
    job = world.job(work)
    client = work.client or (job.client if job else None)
    if client:
        return client
    raise Invalid("no_client", "The entry has no client, and neither has its job.", "give the entry or its job a client")


def known_client(work: Work, world: World) -> str:
    """The client, if it can be named on a document."""
    client = client_of(work, world)
    if client in world.clients and world.clients[client].name:
        return client
    raise Invalid("unknown_client", "The entry's client is unknown, or was erased.", "give the entry another client")


def currency_of(work: Work, world: World) -> str:
    """The entry's own currency, else its job's, else its client's, else the organisation's."""
    job, client = world.job(work), world.clients.get(client_of(work, world))
    named = (work.currency, job and job.currency, client and client.currency, world.home)
    return check_currency(next((code for code in named if code), None))


def card_line(job: Job, person: str, day: date) -> Rate | None:
    """The line of the rate card that holds: one for the person beats one for everybody, a later ``since`` an earlier."""
    lines = (line for line in job.rates if line.person in (None, person) and (line.since is None or line.since <= day))
    return max(lines, key=lambda line: (line.person is not None, line.since or date.min), default=None)


def hourly(entry: TimeEntry, world: World) -> Hourly:
    """The entry's own rate, else the rate card's, which only holds in the currency it is written in."""
    job = world.job(entry)
    line = card_line(job, entry.person, entry.date) if job else None
    if line is not None and _card_currency(entry, world) != currency_of(entry, world):
        line = None
    ordinary = line.rate if entry.rate is None and line is not None else entry.rate
    if ordinary is None:
        raise _no_rate(entry, world)
    overtime = line.overtime_rate if line is not None else None
    return Hourly(ordinary=ordinary, overtime=ordinary if overtime is None else overtime)


def _card_currency(entry: TimeEntry, world: World) -> str:
    job = world.job(entry)
    client = world.clients.get(job.client or "") if job else None
    return (job and job.currency) or (client and client.currency) or world.home


def _no_rate(entry: TimeEntry, world: World) -> Invalid:
    job, currency = world.job(entry), currency_of(entry, world)
    if job is None:
        return Invalid("no_rate", "The entry has no rate and no job with a rate card.", "give the entry a rate or a job")
    if job.rates and _card_currency(entry, world) != currency:
        cause = f"The rate card of job {job.name!r} is in {_card_currency(entry, world)}, the entry in {currency}."
        return Invalid("no_rate", cause, "give the entry a rate of its own, or the same currency as the job")
    cause = f"The rate card of job {job.name!r} has no rate for this person on {entry.date}."
    return Invalid("no_rate", cause, "add a line to the job's rate card, or give the entry a rate")


@dataclass(frozen=True, slots=True, kw_only=True)
class MileageRate:
    """What a trip without a rate of its own costs per ``unit`` of distance, in ``currency``."""

    rate: Decimal
    currency: str
    unit: str


def per_distance(trip: Mileage, world: World, given: MileageRate | None) -> Decimal:
    """The trip's own rate, else the one given when composing, if it is for this unit and currency."""
    if trip.rate is not None:
        return trip.rate
    currency = currency_of(trip, world)
    if given is not None and (given.unit, given.currency) == (trip.unit, currency):
        return given.rate
    cause = f"The trip has no rate, and none was given for {currency} per {trip.unit}."
    raise Invalid("no_rate", cause, "give a mileage rate, with its unit, when composing")
