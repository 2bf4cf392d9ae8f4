"""The connector under faults: documents wanted in the books, time that passes until all is quiet, and what must hold then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from services.quickbooks_connector import app as quickbooks
from shared.connector import connect, models, runner
from shared.connector.context import Connection, Connector
from shared.contract.documents import Invoice
from shared.platform import feed, jobs, schedule
from shared.platform.db import Database, reading
from tests.component.connector.books import INTUIT, ORGANISATION, US, US_OWN_NUMBERS, Books, invoice
from tests.faults.forks import Relay

OTHER_ORGANISATION = "org_other"
ORGANISATIONS = {US: ORGANISATION, US_OWN_NUMBERS: OTHER_ORGANISATION}
MOST_ROUNDS = 60


class Rigged(Books):
    """A connector whose connections push by themselves, with everything it was ever asked for kept in mind."""

    def __init__(self, make_database: Callable[..., Database], clock: Any, **options: Any) -> None:
        super().__init__(make_database, clock, sleep=lambda seconds: None, **options)
        self.relay = Relay(self.emulator.wsgi)
        self.network.mount(f"{INTUIT}/", self.relay)
        self.connections: dict[str, Connection] = {}
        self.wanted: dict[str, Invoice] = {}
        self.realms: dict[str, str] = {}
        self._count = 0

    def knows(self, **settings: str) -> None:
        """Build the service again with other facts about the provider."""
        self.service = quickbooks.build(self.settings(**settings), self.db, self.vault, self.network)
        self.network.mount("http://quickbooks.internal/", self.service.app)
        self.connector: Connector = self.service.app.extensions["connector"]

    def opened(self, realm: str = US) -> Connection:
        """A connection that pushes by itself what ``composed`` makes."""
        if realm not in self.connections:
            made = self.connect(realm, ORGANISATIONS[realm])
            self.work()
            first = self.composed(realm)
            self.pushed(made, first)
            connect.choose(self.connector, made, {"push": "automatic"}, "somebody")
            self.connections[realm] = self.reload(made)
        return self.connections[realm]

    # ---- documents

    def composed(self, realm: str = US, **changes: Any) -> Invoice:
        """A new invoice of a company's organisation, with a number of its own; not wanted yet."""
        self._count += 1
        one = invoice(f"INV-{self._count:04}", **{"organisation": ORGANISATIONS[realm], **changes})
        self.wanted[one.id], self.realms[one.id] = one, realm
        return one

    def wants(self, *invoices: Invoice) -> None:
        for one in invoices:
            self.wanted[one.id] = one
        self.wishes.want(*invoices)

    def changed(self, one: Invoice, hours: str = "8") -> Invoice:
        """The next version, of other hours."""
        fresh = invoice(one.number, hours=hours, organisation=one.organisation)
        return replace(fresh, version=self.wanted[one.id].version + 1)

    def withdrawn(self, one: Invoice) -> Invoice:
        last = self.wanted[one.id]
        return replace(last, version=last.version + 1, withdrawn=True)

    # ---- time

    def goes_round(self) -> None:
        """One turn of a worker: what the schedule asks for, the feed among it, and everything that is due."""
        self.clock.advance(seconds=runner.FOLLOW_EVERY)
        schedule.ring(self.db, self.service.ticks)
        self.work()

    def settles(self) -> timedelta:
        """Let time pass until nothing is due any more; gives how long it took."""
        began = self.clock.now
        self.goes_round()
        for _ in range(MOST_ROUNDS):
            due = self._next_due()
            if due is None:
                return self.clock.now - began
            self.clock.now = max(due, self.clock.now) + timedelta(milliseconds=1)
            self.work()
        raise AssertionError(f"it never gets quiet: {self.open_jobs()}")

    def looks_round(self) -> None:
        """Long enough for the rounds to have looked at everything there."""
        self.clock.advance(minutes=6)
        self.settles()

    def _next_due(self) -> Any:
        with reading(self.db) as session:
            ready = sa.select(sa.func.min(jobs.job.c.due_at)).where(jobs.job.c.state == "ready")
            running = sa.select(sa.func.min(jobs.job.c.lease_until)).where(jobs.job.c.state == "running")
            found = [session.execute(one).scalar() for one in (ready, running)]
        return min((moment for moment in found if moment is not None), default=None)

    # ---- looking

    def open_jobs(self) -> list[tuple[Any, ...]]:
        with reading(self.db) as session:
            open_ = sa.select(jobs.job.c.kind, jobs.job.c.state, jobs.job.c.attempts, jobs.job.c.failure)
            return [tuple(row) for row in session.execute(open_.where(jobs.job.c.state != "done"))]

    def open_calls(self) -> int:
        with reading(self.db) as session:
            open_ = sa.select(sa.func.count()).select_from(models.call).where(models.call.c.state == "intended")
            return int(session.execute(open_).scalar_one())

    def bindings(self) -> dict[str, dict[str, Any]]:
        """Every binding, by the document's id."""
        with reading(self.db) as session:
            return {row["local"]: dict(row) for row in session.execute(sa.select(models.binding)).mappings()}


def created(books: Rigged) -> list[dict[str, Any]]:
    """Every invoice that our calls made in the books, as it was sent: the journal's word."""
    return [entry.body for entry in books.emulator.writes(entity="Invoice", operation="create", actor="api")]


def marked(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Invoices from the books by the id of the binding whose mark they carry."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["PrivateNote"].rpartition("tb:")[2].partition(".")[0], []).append(row)
    return found


# ---- what must hold when all is quiet


def assert_in_step(books: Rigged) -> None:
    """Nothing twice, nothing lost, nothing stuck: exactly what is wanted is there, and here it says so."""
    assert books.open_jobs() == []
    assert books.open_calls() == 0
    assert books.problems() == []
    live = marked([row for realm in set(books.realms.values()) for row in books.emulator.live_invoices(realm)])
    made, bindings = marked(created(books)), books.bindings()
    for one in books.wanted.values():
        assert one.id in bindings, f"{one.number} was lost on its way here"
        binding = bindings[one.id]
        assert len(made.get(binding["id"], [])) == (binding["external_id"] is not None), f"{one.number} was made twice"
        assert_one(one, binding, live.get(binding["id"], []), numbered=books.realms[one.id] == US)
    assert made.keys() <= {binding["id"] for binding in bindings.values()}
    assert_feed(books)


def assert_one(one: Invoice, binding: dict[str, Any], there: list[dict[str, Any]], *, numbered: bool) -> None:
    """The books hold the wanted version of a document once, or not at all if it was withdrawn; the binding says the same."""
    said = f"{one.number} v{one.version}: {binding['state']} {binding['status']} {[row['Id'] for row in there]}"
    assert (binding["wanted_version"], binding["pushed_version"]) == (one.version, one.version), said
    if one.withdrawn:
        assert there == [], said
        assert binding["state"] == "void", said
        return
    assert len(there) == 1, said
    assert binding["external_id"] == there[0]["Id"], said
    assert binding["remote_version"] == there[0]["SyncToken"], said
    assert (binding["state"], binding["status"]) == status_of(there[0]), said
    assert binding["balance"] == there[0]["Balance"], said
    assert_content(one, there[0], numbered=numbered)


def status_of(there: dict[str, Any]) -> tuple[str, str]:
    """What an invoice is by its amounts: binding state and status."""
    if there["Balance"] == there["TotalAmt"]:
        return "confirmed", "open"
    return ("settled", "paid") if there["Balance"] == 0 else ("confirmed", "partly_paid")


def assert_content(one: Invoice, there: dict[str, Any], *, numbered: bool) -> None:
    """The invoice over there says what ours says, to the cent and the day."""
    [line] = [line for line in there["Line"] if line["DetailType"] == "SalesItemLineDetail"]
    detail, ours = line["SalesItemLineDetail"], one.lines[0]
    assert (there["TotalAmt"], line["Amount"]) == (one.total, ours.amount)
    assert (detail["Qty"], detail["UnitPrice"]) == (ours.quantity, ours.unit_price)
    assert (line["Description"], there["TxnDate"], there["DueDate"]) == (ours.description, "2026-03-31", "2026-04-30")
    assert not numbered or there["DocNumber"] == one.number


def assert_feed(books: Rigged) -> None:
    """Our reader is at the end of ingest's feed, and our own feed tells each binding's versions in order, up to the last."""
    with reading(books.db) as session:
        at = session.execute(sa.select(feed.cursor.c.position).where(feed.cursor.c.name == "ingest")).scalar_one()
        bindings = dict(tuple(row) for row in session.execute(sa.select(models.binding.c.id, models.binding.c.status_version)))
    assert at == feed.page(books.wishes.db, 0, [], 1, {})["head"]
    told: dict[str, list[int]] = {}
    for row in feed.page(books.db, 0, ["invoice.status_changed"], 100_000, {})["rows"]:
        told.setdefault(row["subject"], []).append(row["version"])
    assert all(versions == sorted(set(versions)) for versions in told.values())
    last = {subject: versions[-1] for subject, versions in told.items()}
    assert last == {subject: version for subject, version in bindings.items() if version}
