"""Which test stands guard over which mechanism, and the stage on which it plays, with mechanisms on or off."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest
import sqlalchemy as sa

from services.ingest.accounts.models import organisation as organisations
from services.ingest.tables import metadata as ingest_metadata
from shared.kernel.errors import Failure
from shared.platform.db import Database, transaction
from shared.platform.faultpoint import Rig
from shared.platform.vault import Vault
from tests.component.billing.conftest import FIRM, Firm
from tests.faults.stand import Stand
from tests.faults.stands import STANDS
from tests.journeys.api.people import People

INDEXES = {"unique_binding": ("binding_one",), "unique_allocation": ("allocation_once", "pay_allocation_once")}
"""Mechanisms that are an index: switched off by dropping it."""
BOTH = ("sqlite", "postgresql")
CONNECTORS = tuple(STANDS)
INGEST = ("ingest",)
"""Where a guard plays that needs no connector."""


class Killed(BaseException):
    """Raised at a fault point: what is open there is rolled back and nothing more is done, as when a process dies."""


class Stage:
    """Where a test of a mechanism plays: makes what it needs, in which the mechanisms in ``off`` don't work."""

    def __init__(
        self, make_database: Callable[..., Database], clock: Any, connector: str, off: frozenset[str] = frozenset()
    ) -> None:
        self._make_database, self.clock, self.connector, self.off = make_database, clock, connector, off

    def books(self) -> Any:
        """A connector with one connection that pushes by itself."""
        made = STANDS[self.connector](self._database, self.clock)
        made.opened()
        return made

    def firm(self) -> Firm:
        """A firm in ingest that logs work on a job at 100 an hour."""
        made = Firm(self._database(ingest_metadata), Vault(b"m" * 32))
        with transaction(made.db) as session:
            row = {"id": FIRM, "name": b"", "zone": "America/New_York", "currency": "USD", "created": self.clock.now}
            session.execute(sa.insert(organisations).values(row))
        made.stores("person", "ann", name="Ann")
        made.stores("client", "acme", name="ACME", currency="USD")
        made.stores("job", "web", name="Website", client="acme", rates=[{"rate": "100"}])
        return made

    def people(self) -> People:
        """Ingest, with one user who signs in."""
        made = People(self._make_database, self.clock)
        made.joins()
        return made

    def _database(self, *metadatas: sa.MetaData) -> Database:
        db = self._make_database(*metadatas)
        tables = {index.name for metadata in metadatas for table in metadata.tables.values() for index in table.indexes}
        for name in tables & {name for one in self.off & INDEXES.keys() for name in INDEXES[one]}:
            with transaction(db) as session:
                session.execute(sa.text(f"DROP INDEX {name}"))
        return db

    def rig(self, hook: Callable[[str], None] | None = None) -> Rig:
        """A rig with a hook that leaves off what is off."""
        return Rig(hook, self.off - INDEXES.keys())

    def once_at(self, point: str, happens: Callable[[], object], *, nth: int = 1) -> Rig:
        """A rig in which something happens the nth time that a point is passed."""
        passed: list[str] = []

        def hook(name: str) -> None:
            if name == point:
                passed.append(name)
                if len(passed) == nth:
                    happens()

        return self.rig(hook)


Guard = Callable[[Stage], None]
GUARDS: dict[str, list[tuple[Guard, tuple[str, ...], tuple[str, ...]]]] = {}


def guards(
    mechanism: str, *, backends: tuple[str, ...] = BOTH, connectors: tuple[str, ...] = CONNECTORS
) -> Callable[[Guard], Guard]:
    """This test goes red when the mechanism is off, on these databases and with these connectors."""

    def enrol(test: Guard) -> Guard:
        GUARDS.setdefault(mechanism, []).append((test, backends, connectors))
        return pytest.mark.parametrize("connector", connectors, indirect=True)(test)

    return enrol


def bites(mechanism: str, test: Guard, stage: Callable[[frozenset[str]], Stage]) -> None:
    """Run a guard both ways: green with its mechanism on, red with it off."""
    test(stage(frozenset()))
    off = stage(frozenset({mechanism}))
    try:
        with off.rig():
            test(off)
    except AssertionError:
        return
    raise AssertionError(f"{test.__name__} does not notice that {mechanism} is off")


def refusal(call: Callable[[], object]) -> str | None:
    """The code with which a call is refused; None when it is not."""
    try:
        call()
    except Failure as failure:
        return failure.code
    return None


def until_it_waits(books: Stand, other: Future[None]) -> None:
    """Until another thread stands before a lock of ours, or has ended without."""
    waiting = sa.text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
    end = time.monotonic() + 30
    with books.db.engine.connect() as connection:
        while not other.done() and not connection.execute(waiting).scalar():
            assert time.monotonic() < end
            connection.rollback()


def bearer(books: Stand, organisation: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {books.token(organisation=organisation)}"}
