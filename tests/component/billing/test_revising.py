"""What becomes of invoices when the work on them changes: a new version, or a correction on the next one."""

from __future__ import annotations

from decimal import Decimal
from threading import Thread

import pytest

from services.ingest.billing import compose
from services.ingest.billing import wish as wishes
from shared.kernel.errors import Conflict
from shared.platform.db import transaction
from tests.component.billing.conftest import MARCH

D = Decimal


def amounts(invoice):
    return [(line.kind.value, line.quantity, line.unit_price, line.amount) for line in invoice.lines]


def test_an_edit_while_the_books_are_open_makes_a_new_version(firm):
    entry = firm.logs("1", "8")
    invoice = firm.bills()
    firm.books_say(invoice, "open")
    firm.logs("1", "6")
    after = firm.invoice(invoice)
    assert (after.version, after.total, after.number) == (2, D("600.00"), invoice.number)
    assert firm.billed(entry) == 6 * 3600
    assert firm.corrections() == []


def test_an_edit_that_changes_nothing_on_the_bill_makes_no_new_version(firm):
    firm.logs("1", "8")
    invoice = firm.bills()
    firm.logs("1", "8", notes="said differently")
    assert firm.invoice(invoice) == invoice


def test_a_dearer_job_changes_no_price_that_was_billed(firm):
    firm.logs("1", "8")
    firm.logs("2", "1", day="2026-03-03")
    invoice = firm.bills()
    firm.stores("job", "web", name="Website", client="acme", rates=[{"rate": "120"}])
    firm.logs("2", "2", day="2026-03-03")
    assert amounts(firm.invoice(invoice)) == [
        ("time", D("8.00000"), D(100), D("800.00")),
        ("time", D("2.00000"), D(120), D("240.00")),
    ]


def test_an_unapproved_entry_leaves_the_invoice_and_can_be_billed_again(firm):
    first, second = firm.logs("1", "8"), firm.logs("2", "1", day="2026-03-03")
    invoice = firm.bills()
    firm.unapproves(first)
    assert firm.invoice(invoice).total == D("100.00")
    assert (firm.billed(first), firm.billed(second)) == (0, 3600)
    assert firm.bills().total == D("800.00")


def test_a_deleted_entry_leaves_the_invoice(firm):
    firm.logs("1", "8")
    firm.logs("2", "1", day="2026-03-03")
    invoice = firm.bills()
    firm.logs("1", "8", deleted=True)
    assert firm.invoice(invoice).total == D("100.00")


def test_an_invoice_that_loses_its_last_entry_is_withdrawn(firm):
    entry = firm.logs("1", "8")
    invoice = firm.bills()
    firm.unapproves(entry)
    after = firm.invoice(invoice)
    assert (after.withdrawn, after.version) == (True, 2)
    assert firm.shown(invoice)["status"] == "void"


def test_an_entry_moved_to_another_client_moves_to_another_invoice(firm):
    firm.stores("client", "zen", name="Zen")
    firm.logs("1", "8")
    firm.logs("2", "1", day="2026-03-03")
    invoice = firm.bills()
    firm.logs("1", "8", client="zen")
    assert firm.invoice(invoice).total == D("100.00")
    assert [(one.client_name, one.total) for one in firm.composes().invoices] == [("Zen", D("800.00"))]


@pytest.mark.parametrize("status", ["paid", "partly_paid"])
def test_an_edit_after_payment_waits_and_stands_on_the_next_invoice(firm, status):
    entry = firm.logs("1", "8")
    invoice = firm.bills()
    firm.books_say(invoice, status)
    firm.logs("1", "6")
    assert firm.invoice(invoice) == invoice
    (waiting,) = firm.corrections()
    assert (waiting.seconds, waiting.unit_price, waiting.about) == (-7200, D(100), "INV-00001")
    firm.logs("2", "5", day="2026-03-09")
    following = firm.bills()
    assert amounts(following) == [
        ("time", D("5.00000"), D(100), D("500.00")),
        ("correction", D("-2.00000"), D(100), D("-200.00")),
    ]
    assert "INV-00001" in following.lines[1].description
    assert (firm.billed(entry), firm.corrections()) == (6 * 3600, [])


def test_a_correction_that_would_turn_an_invoice_negative_waits_for_the_next(firm):
    entry = firm.logs("1", "8")
    invoice = firm.bills()
    firm.books_say(invoice, "paid")
    firm.unapproves(entry)
    firm.logs("2", "5", day="2026-03-09")
    firm.approves(ids=[firm.ref("time", "2")])
    composed = firm.composes()
    assert (composed.invoices[0].total, composed.waiting) == (D("500.00"), (entry,))
    firm.logs("3", "9", day="2026-03-10")
    firm.approves(ids=[firm.ref("time", "3")])
    assert firm.composes().invoices[0].total == D("100.00")
    assert firm.billed(entry) == 0


def test_a_correction_upwards_is_billed_alone_when_there_is_nothing_else(firm):
    entry = firm.logs("1", "8")
    firm.books_say(firm.bills(), "paid")
    firm.logs("1", "9")
    (following,) = firm.composes(**{"from": "2026-05-01", "to": "2026-05-31"}).invoices
    assert following.total == D("100.00")
    assert firm.billed(entry) == 9 * 3600


def test_a_price_that_changes_after_payment_is_given_back_and_billed_anew(firm):
    firm.logs("1", "8")
    firm.books_say(firm.bills(), "paid")
    firm.logs("1", "8", rate="90")
    firm.logs("2", "1", day="2026-03-09")
    corrections = [line for line in firm.bills().lines if line.kind == "correction"]
    assert [(line.quantity, line.unit_price) for line in corrections] == [(D("-8.00000"), D(100)), (D("8.00000"), D(90))]


def test_a_correction_taken_back_before_it_is_billed_is_gone(firm):
    firm.logs("1", "8")
    firm.books_say(firm.bills(), "paid")
    firm.logs("1", "6")
    firm.logs("1", "8")
    assert firm.corrections() == []


def test_unapproved_and_approved_again_after_the_correction_was_billed_is_billed_again(firm):
    entry = firm.logs("1", "8")
    firm.books_say(firm.bills(), "paid")
    firm.unapproves(entry)
    firm.logs("2", "9", day="2026-03-09")
    firm.approves(ids=[firm.ref("time", "2")])
    firm.books_say(firm.composes().invoices[0], "paid")
    assert firm.billed(entry) == 0
    firm.approves(ids=[entry])
    assert [one.seconds for one in firm.corrections()] == [8 * 3600]


def test_an_edit_of_a_corrected_entry_changes_the_correction_while_that_invoice_is_open(firm):
    entry = firm.logs("1", "8")
    firm.books_say(firm.bills(), "paid")
    firm.logs("1", "6")
    firm.logs("2", "5", day="2026-03-09")
    following = firm.bills()
    firm.logs("1", "7")
    assert amounts(firm.invoice(following))[1] == ("correction", D("-1.00000"), D(100), D("-100.00"))
    assert firm.billed(entry) == 7 * 3600


def test_an_edit_that_makes_the_day_too_long_is_held_and_leaves_the_invoice_until_confirmed(firm):
    entry = firm.logs("1", "8")
    firm.logs("2", "1", day="2026-03-03")
    invoice = firm.bills()
    firm.logs("1", "25")
    assert firm.invoice(invoice).total == D("100.00")
    firm.approves(ids=[entry], confirm=True)
    assert firm.composes().invoices[0].total == D("2500.00")


def test_voiding_frees_the_entries_and_publishes_a_withdrawn_version(firm):
    entry = firm.logs("1", "8")
    invoice = firm.bills()
    firm.books_say(invoice, "open")
    assert firm.voids(invoice, reason="wrong client") == 2
    assert firm.voids(invoice) == 2  # again changes nothing
    assert (firm.invoice(invoice).withdrawn, firm.billed(entry)) == (True, 0)
    again = firm.bills()
    assert (again.number, again.total) == ("INV-00002", D("800.00"))


def test_a_paid_invoice_cannot_be_voided_from_here(firm):
    firm.logs("1", "8")
    invoice = firm.bills()
    firm.books_say(invoice, "partly_paid", balance=D("100"))
    with pytest.raises(Conflict, match="money_moved"):
        firm.voids(invoice)


def test_a_corrected_invoice_that_is_voided_is_billed_for_what_is_true_now(firm):
    """A bills 8 h, B (paid) gives 2 h back, then A is voided: 6 h are due, B's 2 h stand, so 8 h are billed."""
    entry = firm.logs("1", "8")
    first = firm.bills()
    firm.books_say(first, "paid")
    firm.logs("1", "6")
    firm.logs("2", "5", day="2026-03-09")
    second = firm.bills()
    firm.books_say(second, "paid")
    firm.books_say(first, "void")
    assert firm.billed(entry) == -2 * 3600
    firm.composes()
    assert firm.billed(entry) == 6 * 3600


def test_expenses_are_corrected_by_giving_back_and_billing_anew(firm):
    expense = {"person": "ann", "job": "web", "date": "2026-03-02"}
    entry = firm.stores("expense", "e", amount="100", **expense)
    firm.books_say(firm.bills(), "paid")
    firm.stores("expense", "e", amount="80", **expense)
    firm.logs("2", "5", day="2026-03-09")
    corrections = [line.amount for line in firm.bills().lines if line.kind == "correction"]
    assert sorted(corrections) == [D("-100.00"), D("80.00")]
    assert firm.billed(entry) == 0


def test_a_trip_without_a_rate_keeps_the_one_at_which_it_was_billed(firm):
    trip = {"person": "ann", "job": "web", "date": "2026-03-02", "unit": "km"}
    firm.stores("mileage", "m", distance="100", **trip)
    firm.books_say(firm.bills(mileage_rate="0.5", mileage_unit="km"), "paid")
    firm.stores("mileage", "m", distance="90", **trip)
    (waiting,) = firm.corrections()
    assert (waiting.quantity, waiting.unit_price, waiting.unit) == (D(-10), D("0.5"), "km")


def test_an_edit_that_is_stored_while_its_entry_is_being_composed_is_not_overlooked(firm):
    """Without the turn the edit would look for claims that are not committed yet, find none, and leave the invoice as it was."""
    entry = firm.logs("1", "8")
    firm.approves()
    wish = wishes.read(dict(MARCH), "USD")
    edit = Thread(target=lambda: firm.logs("1", "6"))
    with transaction(firm.db) as session:
        (invoice,) = compose.compose(session, firm.vault, firm.id, wish, "tester").invoices
        edit.start()
        edit.join(0.2)
        assert edit.is_alive()
    edit.join(10)
    assert (firm.invoice(invoice).version, firm.billed(entry)) == (2, 6 * 3600)
