"""Records for the tests of the rules, with everything filled in that a test does not care about."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from shared.contract.records import Client, Expense, Job, Mileage, Person, Rate, TimeEntry
from shared.domain.invoicing import Candidate
from shared.domain.rates import World

D = Decimal
DAY = date(2026, 3, 2)
_HEADER = {"organisation": "o", "source": "s", "source_id": "x", "revision": 1}
_WORK = {"date": DAY, "person": "ann", "job": "web"}


def entry(name: str = "e", seconds: int = 3600, **fields: Any) -> TimeEntry:
    return TimeEntry(**{**_HEADER, **_WORK, "id": name, "seconds": seconds, **fields})


def expense(name: str = "x", amount: str = "10", **fields: Any) -> Expense:
    return Expense(**{**_HEADER, **_WORK, "id": name, "amount": D(amount), **fields})


def trip(name: str = "m", distance: str = "10", **fields: Any) -> Mileage:
    return Mileage(**{**_HEADER, **_WORK, "id": name, "distance": D(distance), **fields})


def job(name: str = "web", *, rate: str | None = "100", **fields: Any) -> Job:
    card = (Rate(rate=D(rate)),) if rate is not None else ()
    return Job(**{**_HEADER, "id": name, "name": name.title(), "client": "acme", "rates": card, **fields})


def client(name: str = "acme", **fields: Any) -> Client:
    return Client(**{**_HEADER, "id": name, "name": name.upper(), **fields})


def world(*things: Job | Client | Person, home: str = "USD") -> World:
    """The given jobs and clients, beside job ``web`` of client ``acme``."""
    every = {thing.id: thing for thing in (job(), client(), Person(**_HEADER, id="ann", name="Ann"), *things)}
    return World(
        home=home,
        jobs={name: thing for name, thing in every.items() if isinstance(thing, Job)},
        clients={name: thing for name, thing in every.items() if isinstance(thing, Client)},
        people={name: thing for name, thing in every.items() if isinstance(thing, Person)},
    )


def approved(*works: Any) -> list[Candidate]:
    return [Candidate(work=work, approved=True) for work in works]
