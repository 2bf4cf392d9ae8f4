"""An ingest database with one firm that logs work, and short ways to bill it and to speak for the books."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from services.ingest.accounts.models import organisation as organisations
from services.ingest.billing import approval, compose, query, revise, void
from services.ingest.billing import wish as wishes
from services.ingest.billing.models import allocation
from services.ingest.records import intake
from services.ingest.records.routes import changed_work
from services.ingest.status import project
from services.ingest.status import query as statuses
from services.ingest.tables import metadata
from shared.contract.messages import InvoiceStatusMessage
from shared.contract.record_schemas import load_record
from shared.kernel.ids import record_id
from shared.platform.db import Database, reading, transaction
from shared.platform.vault import Vault
from tests.conftest import VirtualClock

FIRM = "00000000-0000-4000-8000-0000000000a1"
MARCH = {"from": "2026-03-01", "to": "2026-03-31"}


@dataclass(slots=True)
class Firm:
    """One organisation, from the outside in: records, approval, invoices, and what the books say."""

    db: Database
    vault: Vault
    id: str = FIRM
    versions: dict[str, int] = field(default_factory=dict)

    def ref(self, kind: str, source_id: str) -> str:
        return record_id(self.id, kind, "worklog", source_id)

    def stores(self, kind: str, source_id: str, **fields: Any) -> str:
        """Store a record, as an import would, and give its id."""
        record = load_record(kind, {"source_id": source_id, **fields}, self.id, "worklog")
        with transaction(self.db) as session:
            results = intake.accept(session, self.vault, self.id, [record])
            assert results[0].problem is None, results[0].problem
            revise.entries_changed(session, self.vault, self.id, changed_work(results), "tester")
        return record.id

    def logs(self, source_id: str, hours: str = "8", day: str = "2026-03-02", **fields: Any) -> str:
        """Log time on the job that costs 100 an hour."""
        seconds = int(Decimal(hours) * 3600)
        whose = {"person": "ann", "job": "web"}
        return self.stores("time", source_id, **{"date": day, "seconds": seconds, **whose, **fields})

    def approves(self, *, confirm: bool = False, **choice: Any) -> approval.Approved:
        with transaction(self.db) as session:
            return approval.approve(session, self.vault, self.id, choice, "tester", confirm=confirm)

    def unapproves(self, *entries: str) -> int:
        with transaction(self.db) as session:
            return approval.withdraw(session, self.vault, self.id, entries, "tester")

    def composes(self, **asked: Any) -> compose.Composed:
        wish = wishes.read({**MARCH, **asked}, "USD")
        with transaction(self.db) as session:
            return compose.compose(session, self.vault, self.id, wish, "tester")

    def bills(self, **asked: Any) -> Any:
        """Approve everything and compose; the one invoice that comes of it."""
        self.approves()
        (invoice,) = self.composes(**asked).invoices
        return invoice

    def voids(self, invoice: Any, reason: str = "") -> int:
        with transaction(self.db) as session:
            return void.void(session, self.vault, self.id, invoice.id, "tester", reason=reason)

    def invoice(self, invoice: Any) -> Any:
        """The present version."""
        with reading(self.db) as session:
            return query.invoices(session, self.vault, self.id, [invoice.id])[invoice.id]

    def head(self, invoice: Any) -> query.Head:
        with reading(self.db) as session:
            return query.head(session, self.id, invoice.id)

    def shown(self, invoice: Any, today: date = date(2026, 3, 2)) -> dict[str, Any]:
        with reading(self.db) as session:
            return statuses.shown(session, self.vault, self.id, [invoice.id], today)[invoice.id]

    def history(self, invoice: Any) -> list[str]:
        with reading(self.db) as session:
            return [line["status"] for line in statuses.history(session, self.id, invoice.id)]

    def corrections(self) -> list[query.Correction]:
        with reading(self.db) as session:
            return query.corrections(session, self.id)

    def billed(self, entry: str) -> int:
        """Seconds of an entry on live documents."""
        with reading(self.db) as session:
            return sum(claim.seconds for claim in query.claims(session, self.id, [entry]).get(entry, ()))

    def live(self) -> int:
        """Rows of live allocations."""
        with reading(self.db) as session:
            count = sa.select(sa.func.count()).select_from(allocation).where(allocation.c.live.is_(sa.true()))
            return int(session.execute(count).scalar_one())

    def books_say(self, invoice: Any, status: str, *, pushed: int = 1, version: int | None = None, **said: Any) -> None:
        """A status message of the one connection; ``version`` counts up by itself."""
        self.versions[invoice.id] = version or self.versions.get(invoice.id, 0) + 1
        values: dict[str, Any] = {
            "invoice": invoice.id,
            "version": self.versions[invoice.id],
            "connection": "c1",
            "generation": 1,
            "status": status,
            "binding_state": {"draft": "reserved", "paid": "settled", "void": "void", "deleted": "void"}.get(status, "confirmed"),
            "wanted_version": pushed,
            "pushed_version": pushed,
            "external_id": "145",
            "external_number": invoice.number,
            "deep_link": "https://books.example/145",
            "total": invoice.total,
            "balance": Decimal(0) if status in ("paid", "void", "deleted") else invoice.total,
            "currency": invoice.currency,
            "problem": None,
        }
        message = InvoiceStatusMessage(**{**values, **said})
        with transaction(self.db) as session:
            project.status(session, self.vault, self.id, "books", f"binding-{invoice.id[:8]}", message)


@pytest.fixture
def db(make_database: Callable[..., Database]) -> Database:
    return make_database(metadata)


@pytest.fixture
def firm(db: Database, clock: VirtualClock) -> Firm:
    return found(db, clock.now)


def found(db: Database, now: datetime) -> Firm:
    """A firm in New York with one client, one job at 100 USD an hour (150 overtime) and one person."""
    made = Firm(db, Vault(b"m" * 32))
    with transaction(db) as session:
        row = {"id": FIRM, "name": b"", "zone": "America/New_York", "currency": "USD", "created": now}
        session.execute(sa.insert(organisations).values(row))
    made.stores("person", "ann", name="Ann")
    made.stores("client", "acme", name="ACME", currency="USD")
    made.stores("job", "web", name="Website", client="acme", rates=[{"rate": "100", "overtime_rate": "150"}])
    return made
