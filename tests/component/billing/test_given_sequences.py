"""Invoices made elsewhere between edits, payments and composing: no second is billed twice, and none that waits is billed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test

from services.ingest.billing import give, left_out, query, store, world
from services.ingest.records.query import Logged
from shared.contract.documents import LineKind
from shared.contract.records import TimeEntry
from shared.domain.allocation import Claim
from shared.domain.given import Given, GivenLine
from shared.domain.rates import World, client_of, currency_of
from shared.kernel.duration import hours
from shared.kernel.errors import Conflict, Invalid
from shared.kernel.money import round_money
from shared.platform.db import reading, transaction
from tests.component.billing.test_sequences import NAMES, Copy, Sequences, template  # noqa: F401  a fixture
from tests.sizes import size

DAYS = [date(2026, 3, day) for day in range(1, 5)]
REFUSED = {"already_billed", "covered", "not_approved", "deleted", "other_client", "not_open", "number_taken", "fixed"}


class GivenSequences(Sequences):
    """Work Log makes invoices too, at prices of its own; one is there from the beginning, and work waits beside it."""

    @initialize()
    def start(self) -> None:
        super().start()
        self.log(name="3", seconds=3_600, rate=None, client=None, deleted=False)
        self.firm.approves()
        self.give(names=set(), days=[DAYS[0], DAYS[-1]], rate="100", at=1, again=False)

    @rule(
        names=st.sets(st.sampled_from(NAMES), max_size=2),
        days=st.tuples(st.sampled_from(DAYS), st.sampled_from(DAYS)).map(sorted),
        rate=st.sampled_from(["100", "80", "33.3333333"]),
        at=st.integers(1, 3),
        again=st.booleans(),
    )
    def give(self, names: set[str], days: list[date], rate: str, at: int, again: bool) -> None:
        """An invoice that names some entries, or the next version of one that was given."""
        given = self._given(names, days, Decimal(rate), f"WL-{at}")
        there = next((name for name, one in self.invoices.items() if one.number == given.number), None)
        try:
            with transaction(self.firm.db) as session:
                store.turn(session, self.firm.id)
                if there is None:
                    made = give.give(session, self.firm.vault, self.firm.id, given, "worklog")
                    self.invoices[made.id], self.books[made.id] = made, Copy()
                elif again:
                    head = query.head(session, self.firm.id, there)
                    give.give_again(session, self.firm.vault, self.firm.id, head, given, "worklog")
        except (Conflict, Invalid) as refused:
            assert refused.code in REFUSED, refused

    def _given(self, names: set[str], days: list[date], rate: Decimal, number: str) -> Given:
        works = self._works(names)
        first = next(iter(works), None)
        client = client_of(first, self._around) if first else self.firm.ref("client", "acme")
        currency = currency_of(first, self._around) if first else "USD"
        lines = [self._line(hours(one.seconds), rate, currency, one.id) for one in works] or [self._fee(rate, currency)]
        return Given(
            number=number, client=client, currency=currency, issued=DAYS[0], due=None, since=days[0], until=days[1],
            lines=tuple(lines), tax=None, deductions=(), subtotal=None, tax_amount=None,
            total=sum((line.amount for line in lines), Decimal(0)),
        )  # fmt: skip

    def _works(self, names: set[str]) -> list[TimeEntry]:
        with reading(self.firm.db) as session:
            ids = [self.firm.ref("time", name) for name in sorted(names)]
            known = world.logged(session, self.firm.vault, self.firm.id, ids)
            works = [one.record for one in known.values() if isinstance(one.record, TimeEntry)]
            self._around = world.around(session, self.firm.vault, self.firm.id, works)
        return works

    def _line(self, quantity: Decimal, rate: Decimal, currency: str, entry: str) -> GivenLine:
        return GivenLine(
            description="Work", kind=LineKind.TIME, unit="hour", quantity=quantity, unit_price=rate,
            amount=round_money(quantity * rate, currency), taxable=False, entries=(entry,),
        )  # fmt: skip

    def _fee(self, rate: Decimal, currency: str) -> GivenLine:
        amount = round_money(rate, currency)
        return GivenLine(
            description="Flat fee", kind=LineKind.EXPENSE, unit="each", quantity=Decimal(1), unit_price=amount, amount=amount,
            taxable=False,
        )  # fmt: skip

    @precondition(lambda self: self.invoices)
    @rule(data=st.data(), decision=st.sampled_from([left_out.BESIDE, left_out.COVERED]))
    def decide(self, data: st.DataObject, decision: str) -> None:
        document = data.draw(st.sampled_from(sorted(self.invoices)))
        with transaction(self.firm.db) as session:
            left_out.decide(session, self.firm.id, document, decision, "owner")

    def _compose(self) -> list[str]:
        """What waits or is covered is on no invoice afterwards either."""
        with reading(self.firm.db) as session:
            beside = left_out.find(session, self.firm.id, DAYS[0], date(2026, 3, 31))
        made = super()._compose()
        with reading(self.firm.db) as session:
            assert query.claims(session, self.firm.id, [*beside.waiting, *beside.covered]) == {}
        return made

    def _comes_to_what_was_worked(
        self, one: Logged, claims: list[Claim], late: list[query.Correction], around: World
    ) -> None:
        """The seconds that are billed of an entry, and those that wait, are those that were worked: at whatever prices."""
        worked = one.record.seconds if world.wanted_revision(one) else 0
        assert sum(part.seconds for part in (*claims, *late)) == worked


def test_an_invoice_made_elsewhere_and_those_composed_beside_it_never_bill_a_second_twice(template: Path) -> None:  # noqa: F811
    machine: Any = type("Machine", (GivenSequences,), {"template": template})
    rules = settings(
        max_examples=size("other_examples") // 8, stateful_step_count=20, suppress_health_check=list(HealthCheck), deadline=None
    )
    run_state_machine_as_test(machine, settings=rules)
