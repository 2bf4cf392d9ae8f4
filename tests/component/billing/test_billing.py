"""Approve, compose, number, freeze: how work becomes invoices, each second once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa

from services.ingest.billing import compose, query, store
from services.ingest.billing import wish as wishes
from services.ingest.billing.models import allocation, invoice_line
from shared.contract.document_schemas import load_invoice
from shared.contract.messages import INVOICE_CHANGED
from shared.kernel import canonical
from shared.kernel.errors import Conflict, Invalid, Missing
from shared.platform import feed
from shared.platform.db import reading, transaction
from shared.platform.faultpoint import Rig
from tests.component.billing.conftest import MARCH


def feed_page(firm):
    bodies = {INVOICE_CHANGED: lambda session, rows: query.invoice_bodies(session, firm.vault, rows)}
    return feed.page(firm.db, 0, [INVOICE_CHANGED], 100, bodies)["rows"]


def test_approved_work_becomes_one_numbered_invoice_whose_body_the_feed_carries(firm):
    firm.logs("1", "8")
    firm.logs("2", "1.5", day="2026-03-03")
    invoice = firm.bills(due_days=30)
    assert (invoice.number, invoice.total, invoice.due) == ("INV-00001", Decimal("950.00"), date(2026, 4, 1))
    (row,) = feed_page(firm)
    assert load_invoice(canonical.loads(canonical.dumps(row["body"]))) == invoice == firm.invoice(invoice)


def test_what_is_not_approved_is_left_out_and_says_why(firm):
    entry = firm.logs("1")
    composed = firm.composes()
    assert composed.invoices == ()
    assert [(one.entry, one.why) for one in composed.skipped] == [(entry, "not_approved")]


def test_composing_again_bills_nothing_again(firm):
    firm.logs("1")
    firm.bills()
    composed = firm.composes()
    assert composed.invoices == ()
    assert [one.why for one in composed.skipped] == ["already_billed"]


def test_an_invoice_is_split_by_client_and_by_currency(firm):
    firm.stores("client", "zen", name="Zen", currency="JPY")
    firm.logs("1", "2")
    firm.logs("2", "1", client="zen", rate="9000.5", currency="JPY")
    firm.logs("3", "1", client="zen", rate="80", currency="USD")
    firm.approves()
    totals = sorted((one.client_name, one.currency, one.total) for one in firm.composes().invoices)
    assert totals == [("ACME", "USD", Decimal("200.00")), ("Zen", "JPY", Decimal("9001")), ("Zen", "USD", Decimal("80.00"))]


def test_only_the_asked_client_is_billed_also_when_only_the_job_names_it(firm):
    firm.stores("client", "zen", name="Zen")
    firm.logs("1", "2")
    firm.logs("2", "1", client="zen", job=None, rate="80")
    firm.approves()
    (invoice,) = firm.composes(client=firm.ref("client", "acme")).invoices
    assert (invoice.client_name, invoice.total) == ("ACME", Decimal("200.00"))


def test_overtime_expenses_mileage_deduction_and_tax_come_to_the_cent(firm):
    firm.logs("1", "10", overtime_seconds=7200)
    firm.stores("expense", "2", person="ann", job="web", date="2026-03-02", amount="19.99", category="Train")
    firm.stores("mileage", "3", person="ann", job="web", date="2026-03-02", distance="12.5", unit="mi")
    invoice = firm.bills(
        tax={"name": "VAT", "percent": "7.25", "exempt": ["expense"]},
        deductions=[{"description": "Loyalty", "percent": "10"}],
        mileage_rate="0.67",
    )
    # 8 h x 100, 2 h x 150, 19.99, 12.5 x 0.67 = 8.375 -> 8.38; taxed 1108.38, not taxed 19.99
    lines = [(line.kind.value, line.amount, line.taxable) for line in invoice.lines]
    assert lines == [
        ("time", Decimal("800.00"), True),
        ("overtime", Decimal("300.00"), True),
        ("expense", Decimal("19.99"), False),
        ("mileage", Decimal("8.38"), True),
        ("deduction", Decimal("-110.84"), True),
        ("deduction", Decimal("-2.00"), False),
    ]
    assert (invoice.subtotal, invoice.tax, invoice.total) == (Decimal("1015.53"), Decimal("72.32"), Decimal("1087.85"))


def test_the_seconds_of_every_entry_are_allocated_exactly_once(firm):
    seconds = [1200, 1200, 1200, 7, 28_799]
    entries = [firm.logs(str(at), seconds=one, day=f"2026-03-{at + 1:02d}") for at, one in enumerate(seconds)]
    invoice = firm.bills()
    assert [firm.billed(entry) for entry in entries] == seconds
    with reading(firm.db) as session:
        rows = query.allocations(session, firm.id, invoice.id, 1)
    assert sum(row["amount"] for row in rows) == invoice.subtotal
    assert sum(row["quantity"] for row in rows) == invoice.lines[0].quantity


def test_two_invoices_that_take_the_same_entry_at_once_end_with_one(firm):
    firm.logs("1")
    firm.approves()
    assert taken_twice(firm) == 1


def test_without_the_unique_index_an_entry_would_be_billed_twice(firm):
    firm.logs("1")
    firm.approves()
    with Rig(off=frozenset({"unique_allocation"})):
        assert taken_twice(firm) == 2


def taken_twice(firm) -> int:
    """Compose twice from what one look found; how many live claims there are then."""
    wish = wishes.read(dict(MARCH), "USD")
    with reading(firm.db) as session:
        prepared = compose.prepare(session, firm.vault, firm.id, wish)
    for _ in range(2):
        try:
            with transaction(firm.db) as session:
                compose.write(session, firm.vault, firm.id, wish, prepared, "tester")
        except Conflict as failure:
            assert failure.code == "already_allocated"
    return firm.live()


def test_a_composing_that_fails_leaves_no_gap_in_the_numbers(firm):
    firm.logs("1")
    firm.approves()
    with pytest.raises(Invalid, match="deduction_too_large"):
        firm.composes(deductions=[{"description": "Too much", "amount": "900"}])
    (invoice,) = firm.composes(deductions=[{"description": "Some", "amount": "100"}]).invoices
    assert (invoice.number, invoice.total) == ("INV-00001", Decimal("700.00"))


def test_the_numbering_can_be_set_but_never_goes_back(firm):
    with transaction(firm.db) as session:
        store.set_numbering(session, firm.id, "2026/", 3, 40)
        store.set_numbering(session, firm.id, "2026/", 3, 7)
        assert [store.take_number(session, firm.id) for _ in range(2)] == ["2026/040", "2026/041"]


def test_a_day_with_more_hours_than_it_has_holds_approval_until_somebody_confirms(firm):
    first, second = firm.logs("1", "13"), firm.logs("2", "12")
    done = firm.approves()
    assert done.approved == 0
    assert {one.entry for one in done.held} == {first, second}
    assert "24:00:00" in done.held[0].warning and "25:00:00" in done.held[0].warning
    assert firm.composes().invoices == ()
    assert firm.approves(confirm=True).approved == 2
    assert firm.approves().held == ()  # confirmed once is confirmed
    assert firm.composes().invoices[0].total == Decimal("2500.00")


def test_the_day_on_which_clocks_go_forward_has_23_hours(firm):
    firm.logs("1", "23.5", day="2026-03-08")  # in New York
    assert "23:00:00" in firm.approves().held[0].warning


def test_the_day_on_which_clocks_go_back_has_25_hours(firm):
    firm.logs("1", "24.5", day="2026-11-01")
    assert firm.approves().held == ()


def test_approving_an_entry_that_does_not_exist_says_so(firm):
    with pytest.raises(Missing, match="no_such_entry"):
        firm.approves(ids=["nothing"])


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"from": "2026-04-01"}, "bad_period"),
        ({"from": "yesterday"}, "bad_date"),
        ({"grouping": "mood"}, "bad_choice"),
        ({"deductions": [{"description": "x"}]}, "bad_deduction"),
        ({"deductions": [{"description": "x", "percent": "101"}]}, "bad_deduction"),
        ({"deductions": [{"description": "x", "amount": "NaN"}]}, "bad_number"),
        ({"tax": {"name": "VAT", "percent": "1E+999999999"}}, "bad_number"),
        ({"surprise": 1}, "unknown_field"),
        ({"mileage_rate": -1}, "bad_number"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(asked, code):
    with pytest.raises(Invalid) as refused:
        wishes.read({**MARCH, **asked}, "USD")
    assert refused.value.code == code


def test_an_amount_cannot_be_deducted_from_two_invoices_at_once(firm):
    firm.stores("client", "zen", name="Zen")
    firm.logs("1")
    firm.logs("2", client="zen", rate="80", day="2026-03-03")
    firm.approves()
    with pytest.raises(Invalid, match="deduction_needs_client"):
        firm.composes(deductions=[{"description": "Voucher", "amount": "10"}])


def test_names_and_texts_of_an_invoice_are_sealed_and_an_erased_person_takes_theirs_along(firm):
    firm.logs("1", notes="Lunch with Zoe")
    invoice = firm.bills(grouping="detailed", deductions=[{"description": "For Zoe", "amount": "5"}])
    with reading(firm.db) as session:
        sealed = list(session.execute(sa.select(invoice_line.c.description)).scalars())
    assert len(sealed) == 2 and not any(b"Zoe" in text for text in sealed)
    with transaction(firm.db) as session:
        firm.vault.erase(session, firm.id, firm.ref("person", "ann"))
    after = firm.invoice(invoice)
    assert [line.description for line in after.lines] == ["(erased)", "For Zoe"]
    assert after.total == invoice.total == Decimal("795.00")
    with transaction(firm.db) as session:
        firm.vault.erase(session, firm.id, invoice.client)
    after = firm.invoice(invoice)
    assert (after.client_name, after.total) == ("(erased)", invoice.total)


def test_an_invoice_of_another_organisation_is_not_there(firm):
    firm.logs("1")
    invoice = firm.bills()
    with reading(firm.db) as session:
        assert query.invoices(session, firm.vault, "00000000-0000-4000-8000-0000000000ff", [invoice.id]) == {}


def test_a_rolled_back_composing_leaves_nothing(firm):
    firm.logs("1")
    firm.approves()
    wish = wishes.read(dict(MARCH), "USD")
    with pytest.raises(ZeroDivisionError), transaction(firm.db) as session:
        compose.compose(session, firm.vault, firm.id, wish, "tester")
        raise ZeroDivisionError
    assert feed_page(firm) == []
    with reading(firm.db) as session:
        assert session.execute(sa.select(sa.func.count()).select_from(allocation)).scalar_one() == 0
