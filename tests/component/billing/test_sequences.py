"""Any order of edits here and payments there: what is billed comes to what was worked, and our status to the books'."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from services.ingest.billing import query, world
from services.ingest.records.query import Logged
from services.ingest.tables import metadata
from shared.contract.documents import Invoice
from shared.domain import allocation, invoicing
from shared.domain.allocation import Claim
from shared.domain.invoicing import Order
from shared.domain.rates import World
from shared.kernel.duration import seconds_of
from shared.kernel.errors import Conflict
from shared.platform import audit, feed, files, vault  # noqa: F401  their tables
from shared.platform import db as database
from shared.platform.db import reading
from tests import engines
from tests.component.billing.conftest import Firm, found
from tests.sizes import size

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
NAMES = ("1", "2", "3")
GONE = ("void", "deleted")


@dataclass
class Copy:
    """One invoice in the books: what they hold, and what their connector has said of it so far."""

    held: Invoice | None = None
    status: str = "draft"
    said: int = 0


class Sequences(RuleBasedStateMachine):
    template: Path

    @initialize()
    def start(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        path = shutil.copyfile(self.template, Path(self.folder.name) / "ingest.db")
        self.firm: Firm = found(engines.opened(f"sqlite:///{path}"), NOW)
        self.firm.stores("client", "zen", name="Zen", currency="JPY")
        self.invoices: dict[str, Invoice] = {}
        self.books: dict[str, Copy] = {}
        self.words: list[tuple[str, dict[str, Any]]] = []
        for name in NAMES[:2]:
            self.log(name=name, seconds=7_200, rate=None, client=None, deleted=False)
        self.bill()

    def teardown(self) -> None:
        if hasattr(self, "firm"):
            self.quiet()
            self.firm.db.dispose()
            self.folder.cleanup()

    # ---- here

    @rule(
        name=st.sampled_from(NAMES),
        seconds=st.integers(60, 9_000),
        rate=st.sampled_from([None, "90", "33.3333333"]),
        client=st.sampled_from([None, "zen"]),
        deleted=st.sampled_from([False, False, False, True]),
    )
    def log(self, name: str, seconds: int, rate: str | None, client: str | None, deleted: bool) -> None:
        rate = rate or ("9000" if client else None)
        self.firm.logs(name, seconds=seconds, day=f"2026-03-0{name}", rate=rate, client=client, deleted=deleted)

    @rule()
    def approve(self) -> None:
        self.firm.approves()

    @rule()
    def bill(self) -> None:
        """Approve and compose, and the books have it at once."""
        self.firm.approves()
        for name in self._compose():
            self._push(name)
            self._hear_all()

    @rule(name=st.sampled_from(NAMES))
    def unapprove(self, name: str) -> None:
        entry = self.firm.ref("time", name)
        with reading(self.firm.db) as session:
            known = world.logged(session, self.firm.vault, self.firm.id, [entry])
        if known:
            self.firm.unapproves(entry)

    @rule()
    def compose(self) -> None:
        self._compose()

    def _compose(self) -> list[str]:
        made = self.firm.composes().invoices
        for one in made:
            self.invoices[one.id], self.books[one.id] = one, Copy()
        return [one.id for one in made]

    @precondition(lambda self: self.invoices)
    @rule(data=st.data())
    def void(self, data: st.DataObject) -> None:
        one = self.invoices[data.draw(st.sampled_from(sorted(self.invoices)))]
        try:
            self.firm.voids(one)
        except Conflict as refused:
            assert refused.code == "money_moved"

    # ---- there

    @precondition(lambda self: self.invoices)
    @rule(data=st.data())
    def push(self, data: st.DataObject) -> None:
        self._push(data.draw(st.sampled_from(sorted(self.invoices))))

    def _push(self, name: str) -> None:
        """Make the books hold the present version, as a connector would: nothing goes onto what is paid or gone."""
        copy, present = self.books[name], self.firm.invoice(self.invoices[name])
        if copy.status not in ("draft", "open") or (copy.held is None and present.withdrawn):
            return
        if copy.held is None or copy.held.version < present.version:
            copy.held, copy.status = present, "void" if present.withdrawn else "open"
            self._say(name)

    @precondition(lambda self: self.invoices)
    @rule(data=st.data(), status=st.sampled_from(["open", "partly_paid", "paid", "void", "deleted"]))
    def act(self, data: st.DataObject, status: str) -> None:
        """The accountant pays, un-pays, voids or deletes."""
        name = data.draw(st.sampled_from(sorted(self.invoices)))
        copy = self.books[name]
        if copy.held is not None and copy.status not in GONE and copy.status != status:
            copy.status = status
            self._say(name)

    def _say(self, name: str) -> None:
        copy = self.books[name]
        copy.said += 1
        pushed = copy.held.version if copy.held else 0
        self.words.append((name, {"status": copy.status, "version": copy.said, "pushed": pushed}))

    @precondition(lambda self: self.words)
    @rule(data=st.data(), again=st.booleans())
    def hear(self, data: st.DataObject, again: bool) -> None:
        """Any word arrives, in any order, perhaps once more."""
        at = data.draw(st.integers(0, len(self.words) - 1))
        name, word = self.words[at]
        self.firm.books_say(self.invoices[name], **word)
        if not again:
            del self.words[at]

    @rule()
    def hear_all(self) -> None:
        self._hear_all()

    def _hear_all(self) -> None:
        while self.words:
            name, word = self.words.pop(0)
            self.firm.books_say(self.invoices[name], **word)

    # ---- what must hold

    @invariant()
    def it_adds_up(self) -> None:
        if not hasattr(self, "firm"):
            return
        firm = self.firm
        with reading(firm.db) as session:
            known = world.logged(session, firm.vault, firm.id, [firm.ref("time", name) for name in NAMES])
            around = world.around(session, firm.vault, firm.id, [one.record for one in known.values()])
            claims = query.claims(session, firm.id, known)
            late = query.corrections(session, firm.id)
            present = query.invoices(session, firm.vault, firm.id, self.invoices)
        assert {one.entry for one in late} <= claims.keys()
        for entry, mine in claims.items():
            self._comes_to_what_was_worked(known[entry], mine, [one for one in late if one.entry == entry], around)
        for name, invoice in present.items():
            self._holds_its_claims(invoice, [claim for some in claims.values() for claim in some if claim.document == name])

    def _comes_to_what_was_worked(
        self, one: Logged, claims: list[Claim], late: list[query.Correction], around: World
    ) -> None:
        """What is billed of an entry, and what waits, are what is wanted of it."""
        wanted = invoicing.price(one.record, around, Order()) if world.wanted_revision(one) else ()
        names = ("client", "currency", "unit", "unit_price", "seconds", "quantity")
        claimed = [replace(claims[0], **{name: getattr(more, name) for name in names}) for more in late]
        assert allocation.difference(one.record, wanted, [*claims, *claimed], "") == []

    def _holds_its_claims(self, present: Invoice, claims: list[Claim]) -> None:
        """An invoice's hours are the seconds that it claims."""
        hours = sum((line.quantity for line in present.lines if line.unit == "hour"), Decimal(0))
        assert sum(claim.seconds for claim in claims) == (0 if present.withdrawn else seconds_of(hours))
        assert present.total >= 0

    def quiet(self) -> None:
        """Everything is heard and pushed: then our status is the books', and they hold what we say they hold."""
        for _ in range(6):
            self._hear_all()
            for name in self.invoices:
                self._push(name)
        assert self.words == []
        for name, copy in self.books.items():
            head, present = self.firm.head(self.invoices[name]), self.firm.invoice(self.invoices[name])
            assert head.status == copy.status or (copy.held is None and head.withdrawn)
            if copy.held is not None and copy.status not in GONE:
                assert replace(present, version=copy.held.version) == copy.held
        numbers = sorted(one.number for one in self.invoices.values() if one.number.startswith("INV-"))
        assert numbers == [f"INV-{at:05}" for at in range(1, len(numbers) + 1)]


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "template.db"
    made = engines.opened(f"sqlite:///{path}")
    for tables in (database.metadata, metadata):
        tables.create_all(made.engine)
    made.dispose()
    return path


def test_whatever_the_order_nothing_is_billed_twice_and_nothing_is_lost(template: Path) -> None:
    machine = type("Machine", (Sequences,), {"template": template})
    rules = settings(
        max_examples=size("other_examples") // 3, stateful_step_count=20, suppress_health_check=list(HealthCheck), deadline=None
    )
    run_state_machine_as_test(machine, settings=rules)


