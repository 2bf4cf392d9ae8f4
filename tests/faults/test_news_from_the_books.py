"""What happens over there while we write, and what callbacks make of it: doubled, shuffled, lost, forged, early, late."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa

from shared.connector import models
from shared.platform.db import reading
from tests.component.connector.books import US, US_OWN_NUMBERS
from tests.faults.rigged import WRITE, Rigged
from tests.faults.stand import assert_in_step

WEBHOOK = "http://quickbooks.internal/quickbooks/callbacks/webhook"
pytestmark = pytest.mark.parametrize("connector", ["quickbooks"], indirect=True)
"""Callbacks that name documents, versions that a write has to name, money that comes in: only those books have them."""

REALMS = pytest.mark.parametrize("realm", [US, US_OWN_NUMBERS], ids=["numbers by hand", "numbers of theirs"])


def pushed(books: Rigged, many: int = 1, realm: str = US):
    books.opened(realm)
    made = [books.composed(realm) for _ in range(many)]
    books.wants(*made)
    books.settles()
    books.emulator.deliver()  # old news
    return made if many > 1 else made[0]


def id_there(books: Rigged, one) -> str:
    return str(books.binding(one)["external_id"])


def status(books: Rigged, one) -> tuple[str, str]:
    binding = books.binding(one)
    return binding["state"], binding["status"]


def callbacks_kept(books: Rigged) -> int:
    with reading(books.db) as session:
        return int(session.execute(sa.select(sa.func.count()).select_from(models.inbound_event)).scalar_one())


# ---- callbacks


@pytest.mark.parametrize("shape", ["cloudevents", "classic"])
def test_callbacks_that_come_three_times_in_any_order_change_each_thing_once(books, shape):
    books.emulator.configure(webhook_format=shape)
    paid, partly, void = pushed(books, 3)
    writes = len(books.emulator.writes())
    books.emulator.pay(US, id_there(books, partly), "100")
    books.emulator.pay(US, id_there(books, paid))
    books.emulator.void(US, id_there(books, void))
    assert set(books.hears(duplicate=3, shuffle=7, split=True)) == {200}
    books.settles()
    expected = [("settled", "paid"), ("confirmed", "partly_paid"), ("void", "void")]
    assert [status(books, one) for one in (paid, partly, void)] == expected
    assert [entry.actor for entry in books.emulator.writes()[writes:]] == ["accountant"] * len(books.emulator.writes()[writes:])


def test_a_callback_heard_again_later_is_not_kept_twice(books):
    one = pushed(books)
    books.emulator.pay(US, id_there(books, one), "100")
    deliveries = books.emulator.deliver()
    kept = []
    for _ in range(3):
        for delivery in deliveries:
            books.network.send("POST", WEBHOOK, headers=delivery.headers, body=delivery.body)
        books.settles()
        kept.append(callbacks_kept(books))
    assert kept == [kept[0]] * 3
    assert_in_step(books)


def test_a_forged_callback_is_turned_away_and_moves_nothing(books):
    one = pushed(books)
    books.emulator.pay(US, id_there(books, one))
    assert set(books.hears(forge=True)) == {401}
    assert callbacks_kept(books) == 0
    assert status(books, one) == ("confirmed", "open")
    books.looks_round()  # the truth comes all the same
    assert status(books, one) == ("settled", "paid")


def test_lost_callbacks_are_made_up_for_by_the_next_round(books):
    paid, deleted = pushed(books, 2)
    books.emulator.pay(US, id_there(books, paid))
    books.emulator.delete(US, id_there(books, deleted))
    books.hears(drop=True)
    books.looks_round()
    assert status(books, paid) == ("settled", "paid")
    assert status(books, deleted) == ("void", "deleted")


@REALMS
def test_a_callback_that_comes_before_the_answer_of_our_own_write_is_not_lost(books, realm):
    books.opened(realm)
    heard = []

    def carry(url, headers, body):
        heard.append(books.network.send("POST", WEBHOOK, headers=headers, body=body).status)
        return heard[-1]

    books.emulator.configure(webhook_when="before_answer", deliver=carry, webhook_url=WEBHOOK)
    books.wants(books.composed(realm), books.composed(realm))
    books.settles()
    assert heard == [200] * len(heard) != []
    assert_in_step(books)


@REALMS
def test_paid_before_we_knew_its_id_is_paid_here_too(books, realm):
    """The answer is lost, the accountant pays at once, the callback names an invoice that we have never heard of."""
    books.opened(realm)
    one = books.composed(realm)
    books.emulator.fault("timeout", **WRITE)
    books.wants(one)
    books.goes_round()
    [there] = [row for row in books.emulator.live_invoices(realm) if "tb:" + books.binding(one)["id"] in row["PrivateNote"]]
    books.emulator.pay(realm, there["Id"])
    books.hears()
    books.settles()
    assert_in_step(books)
    assert status(books, one) == ("settled", "paid")


def test_a_payment_that_leaves_the_invoice_itself_as_it_was_is_seen(books):
    """Whether a payment counts up the invoice's version is nowhere promised."""
    one = pushed(books)
    books.emulator.configure_company(US, payment_bumps_token=False, payment_updates_invoice=False)
    books.emulator.pay(US, id_there(books, one))
    books.looks_round()
    assert status(books, one) == ("settled", "paid")


def test_a_payment_taken_back_opens_the_invoice_again(books):
    one = pushed(books)
    payment = books.emulator.pay(US, id_there(books, one))
    books.hears()
    assert status(books, one) == ("settled", "paid")
    books.emulator.delete_payment(US, payment["Id"])
    books.hears()
    books.settles()
    assert status(books, one) == ("confirmed", "open")


# ---- between our intent and our next try


@REALMS
@pytest.mark.parametrize("done", ["void", "delete"])
def test_created_unheard_and_taken_away_by_the_accountant_it_stays_away(books, realm, done):
    books.opened(realm)
    books.emulator.configure(memory_seconds=86_400)
    one = books.composed(realm)
    books.emulator.fault("timeout", **WRITE)
    books.wants(one)
    books.goes_round()
    [there] = [row for row in books.emulator.live_invoices(realm) if "tb:" + books.binding(one)["id"] in row["PrivateNote"]]
    getattr(books.emulator, done)(realm, there["Id"])
    books.settles()
    books.looks_round()
    assert status(books, one) == ("void", "void" if done == "void" else "deleted")
    assert len(books.emulator.live_invoices(realm)) == 1  # the first one of the connection
    assert (books.open_jobs(), books.open_calls(), books.problems()) == ([], 0, [])


def test_a_stale_version_that_does_not_concern_us_is_written_over_no_harm_done(books):
    """The accountant writes a memo for the customer between our look and our update."""
    one = pushed(books)
    books.emulator.edit(US, id_there(books, one), CustomerMemo={"value": "Thank you"})
    books.wants(books.changed(one))
    books.settles()
    assert_in_step(books)
    [there] = [row for row in books.emulator.live_invoices(US) if row["Id"] == id_there(books, one)]
    assert there["CustomerMemo"] == {"value": "Thank you"}


@pytest.mark.parametrize("fault", ["reset_before", "timeout"])
def test_a_memo_written_while_an_update_is_in_doubt_does_no_harm(books, fault):
    one = pushed(books)
    books.emulator.fault(fault, **WRITE)
    books.wants(books.changed(one))
    books.goes_round()
    books.emulator.edit(US, id_there(books, one), CustomerMemo={"value": "Thank you"})
    books.settles()
    books.looks_round()
    assert_in_step(books)


@pytest.mark.parametrize("fault", [None, "reset_before"])
def test_an_edit_of_ours_onto_an_edit_of_theirs_overwrites_nobody(books, fault):
    one = pushed(books)
    if fault:
        books.emulator.fault(fault, **WRITE)
        books.wants(books.changed(one))
        books.goes_round()
    books.emulator.edit(US, id_there(books, one), DueDate="2026-06-30")
    if not fault:
        books.wants(books.changed(one))
    books.settles()
    books.looks_round()
    [there] = [row for row in books.emulator.live_invoices(US) if row["Id"] == id_there(books, one)]
    assert (there["DueDate"], there["TotalAmt"]) == ("2026-06-30", Decimal("360.00"))
    assert books.problems() == ["diverged"]
    assert books.binding(one)["state"] == "diverged"
    assert (books.open_jobs(), books.open_calls()) == ([], 0)


@pytest.mark.parametrize("fault", [None, "reset_before", "hang"])
@pytest.mark.parametrize("change", ["changed", "withdrawn"])
def test_money_that_comes_in_between_is_not_touched(books, fault, change):
    one = pushed(books)
    if fault:
        books.emulator.fault(fault, **WRITE)
        books.wants(getattr(books, change)(one))
        books.goes_round()
    books.emulator.pay(US, id_there(books, one), "100")
    if not fault:
        books.wants(getattr(books, change)(one))
    books.settles()
    books.looks_round()
    [there] = [row for row in books.emulator.live_invoices(US) if row["Id"] == id_there(books, one)]
    assert (there["TotalAmt"], there["Balance"]) == (Decimal("360.00"), Decimal("260.00"))
    assert books.problems() == ["closed_there"]
    assert books.binding(one)["status"] == "partly_paid"
    assert (books.open_jobs(), books.open_calls()) == ([], 0)


@pytest.mark.parametrize("done", ["void", "delete"])
def test_a_withdrawal_in_doubt_that_the_accountant_did_meanwhile_is_done(books, done):
    one = pushed(books)
    books.emulator.fault("reset_before", **WRITE)
    books.wants(books.withdrawn(one))
    books.goes_round()
    getattr(books.emulator, done)(US, id_there(books, one))
    books.settles()
    books.looks_round()
    assert_in_step(books)


# ---- refusals and outages


def test_a_refusal_of_the_second_sending_says_nothing_of_the_first(books):
    """Done but unheard, not to be seen yet, and then the books are closed: the invoice is there all the same."""
    books.knows(keys=600)
    books.opened(US_OWN_NUMBERS)
    books.emulator.configure(index_lag=45)
    books.emulator.fault("timeout", **WRITE)
    books.emulator.fault("fault", nth=2, code="6000", **WRITE)
    books.wants(books.composed(US_OWN_NUMBERS))
    books.settles()
    assert not books.faults_left()
    assert_in_step(books)
