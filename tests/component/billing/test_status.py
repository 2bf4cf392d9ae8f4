"""What the books say of an invoice, and what follows from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from services.ingest.status import follow, project, query
from shared.contract.message_schemas import dump_problem, dump_status
from shared.contract.messages import INVOICE_STATUS_CHANGED, PROBLEM_CHANGED, InvoiceStatusMessage, ProblemMessage
from shared.kernel.errors import Invalid
from shared.platform.db import reading, transaction
from shared.platform.faultpoint import Rig

D = Decimal


def test_open_partly_paid_and_paid_come_back_with_balance_and_external_id(firm):
    firm.logs("1", "8")
    invoice = firm.bills()
    assert firm.shown(invoice)["status"] == "draft"
    firm.books_say(invoice, "open")
    firm.books_say(invoice, "partly_paid", balance=D("300.00"))
    shown = firm.shown(invoice)
    assert (shown["status"], shown["balance"], shown["external"][0]["external_id"]) == ("partly_paid", D("300.00"), "145")
    firm.books_say(invoice, "paid")
    assert firm.history(invoice) == ["open", "partly_paid", "paid"]


def test_the_same_word_twice_is_one_line_of_history(firm):
    firm.logs("1")
    invoice = firm.bills()
    for _ in range(3):
        firm.books_say(invoice, "open", version=1)
    firm.books_say(invoice, "open", version=2, binding_state="parked")
    assert firm.history(invoice) == ["open"]


def an_old_word_arrives_late(firm) -> str:
    firm.logs("1")
    invoice = firm.bills()
    firm.books_say(invoice, "paid", version=3)
    firm.books_say(invoice, "open", version=2)
    return firm.shown(invoice)["status"]


def test_an_older_word_never_overwrites_a_newer_one(firm):
    assert an_old_word_arrives_late(firm) == "paid"


def test_without_the_version_rule_an_old_word_would_win(firm):
    with Rig(off=frozenset({"version_not_older"})):
        assert an_old_word_arrives_late(firm) == "sent"


def a_void_invoice_is_said_to_be_open(firm) -> str:
    firm.logs("1")
    invoice = firm.bills()
    firm.books_say(invoice, "void")
    firm.books_say(invoice, "open")
    return firm.shown(invoice)["status"]


def test_nothing_comes_back_from_void(firm):
    assert a_void_invoice_is_said_to_be_open(firm) == "void"


def test_without_absorbing_states_a_void_invoice_would_come_back_though_its_work_is_billed_elsewhere(firm):
    with Rig(off=frozenset({"absorbing_states"})):
        assert a_void_invoice_is_said_to_be_open(firm) == "sent"


def test_a_deleted_payment_opens_a_paid_invoice_again(firm):
    firm.logs("1")
    invoice = firm.bills()
    firm.books_say(invoice, "paid")
    firm.books_say(invoice, "open")
    assert firm.shown(invoice)["status"] == "sent"
    firm.logs("1", "6")
    assert firm.invoice(invoice).total == D("600.00")


@pytest.mark.parametrize("gone", ["void", "deleted"])
def test_what_the_books_void_or_delete_can_be_billed_again_once(firm, gone):
    entry = firm.logs("1")
    invoice = firm.bills()
    firm.books_say(invoice, "open")
    firm.books_say(invoice, gone)
    firm.books_say(invoice, gone)
    after = firm.invoice(invoice)
    assert (after.withdrawn, after.version, firm.billed(entry)) == (True, 2, 0)
    again = firm.bills()
    firm.books_say(invoice, gone, balance=None)
    assert (firm.billed(entry), again.total) == (8 * 3600, D("800.00"))
    assert firm.shown(invoice)["status"] == "void"


def test_a_payment_that_overtakes_our_edit_freezes_what_was_paid(firm):
    """v2 was composed, but the books were paid while they held v1: v1's content is what was billed."""
    entry = firm.logs("1", "8")
    invoice = firm.bills()
    firm.books_say(invoice, "open")
    firm.logs("1", "6")
    firm.books_say(invoice, "paid", pushed=1, wanted_version=2)
    after = firm.invoice(invoice)
    assert (after.version, after.total, firm.billed(entry)) == (3, D("800.00"), 8 * 3600)
    assert [one.seconds for one in firm.corrections()] == [-7200]
    firm.books_say(invoice, "paid", pushed=1, wanted_version=3)
    assert firm.invoice(invoice).version == 3  # said again, nothing happens again


def test_while_a_write_is_on_its_way_nothing_is_put_back(firm):
    firm.logs("1", "8")
    invoice = firm.bills()
    firm.logs("1", "6")
    firm.books_say(invoice, "paid", pushed=1, wanted_version=2, binding_state="unknown")
    assert firm.invoice(invoice).version == 2


def test_a_payment_that_overtakes_our_void_takes_the_work_back_from_the_invoice_that_billed_it_meanwhile(firm):
    entry = firm.logs("1", "8")
    firm.logs("2", "1", day="2026-03-03")
    invoice = firm.bills()
    firm.books_say(invoice, "open")
    firm.voids(invoice)
    firm.logs("3", "1", day="2026-03-04")
    again = firm.bills()
    assert again.total == D("1000.00")
    firm.books_say(invoice, "paid", pushed=1, wanted_version=2)
    after = firm.invoice(invoice)
    assert (after.withdrawn, after.version, after.total) == (False, 3, D("900.00"))
    assert firm.invoice(again).total == D("100.00")
    assert firm.billed(entry) == 8 * 3600


def test_the_same_when_the_other_invoice_is_paid_too_becomes_a_credit(firm):
    entry = firm.logs("1", "8")
    invoice = firm.bills()
    firm.books_say(invoice, "open")
    firm.voids(invoice)
    again = firm.bills()
    firm.books_say(again, "paid")
    firm.books_say(invoice, "paid", pushed=1, wanted_version=2)
    assert firm.billed(entry) == 16 * 3600
    assert [one.seconds for one in firm.corrections()] == [-8 * 3600]


def test_closed_books_turn_the_edit_into_a_correction(firm):
    firm.logs("1", "8")
    invoice = firm.bills()
    firm.books_say(invoice, "open")
    firm.logs("1", "6")
    firm.books_say(invoice, "open", pushed=1, wanted_version=2, binding_state="parked", problem="books_closed")
    assert firm.invoice(invoice).total == D("800.00")
    assert [one.seconds for one in firm.corrections()] == [-7200]


def test_an_invoice_edited_in_the_books_is_not_changed_from_here(firm):
    firm.logs("1", "8")
    invoice = firm.bills()
    firm.books_say(invoice, "open", binding_state="diverged")
    firm.logs("1", "6")
    assert firm.invoice(invoice) == invoice
    assert [one.seconds for one in firm.corrections()] == [-7200]


def test_overdue_follows_the_due_date_and_is_filtered_so(firm):
    firm.logs("1")
    invoice = firm.bills(issued="2026-03-02", due_days=10)
    firm.books_say(invoice, "open")
    assert firm.shown(invoice, date(2026, 3, 12))["status"] == "sent"
    assert firm.shown(invoice, date(2026, 3, 13))["status"] == "overdue"
    assert listed(firm, "overdue", date(2026, 3, 13)) == ["INV-00001"]
    assert listed(firm, "open", date(2026, 3, 13)) == []
    assert listed(firm, "sent", date(2026, 3, 12)) == ["INV-00001"]
    with pytest.raises(Invalid, match="bad_argument"):
        query.filtered(query.Chosen(today=date(2026, 3, 12), status="lost"))


def listed(firm, status, today):
    from services.ingest.billing import query as billing

    with reading(firm.db) as session:
        where = query.filtered(query.Chosen(today=today, status=status))
        heads, total = billing.listed(session, firm.id, where, limit=10, offset=0), billing.count(session, firm.id, where)
    assert total == len(heads)
    return [one.number for one in heads]


def test_a_word_on_an_invoice_that_we_do_not_have_is_passed_over(firm):
    firm.logs("1")
    invoice = firm.bills()
    firm.books_say(replace(invoice, id="00000000-0000-4000-8000-00000000dead"), "open")
    assert firm.shown(invoice)["status"] == "draft"


class Books:
    """A connector's feed, as the peer answers it."""

    def __init__(self, *rows):
        self.rows = [{"position": at, **row} for at, row in enumerate(rows, start=1)]

    def get(self, path, params):
        rows = [row for row in self.rows if row["position"] > int(params["after"])][: int(params["limit"])]
        return {"feed": "f1", "head": len(self.rows), "rows": rows}


def row(firm, kind, subject, body):
    return {"organisation": firm.id, "kind": kind, "subject": subject, "version": 1, "schema": "1", "body": body}


def a_status(invoice, **said):
    values = {
        "invoice": invoice.id, "version": 1, "connection": "c1", "generation": 1, "status": "open", "binding_state": "parked",
        "wanted_version": 1, "pushed_version": 1, "external_id": "9", "external_number": "9", "deep_link": None,
        "total": invoice.total, "balance": invoice.total, "currency": "USD", "problem": "diverged",
    }  # fmt: skip
    return dump_status(InvoiceStatusMessage(**{**values, **said}))


def a_problem(**said):
    values = {
        "problem": "p1", "version": 1, "connection": "c1", "code": "diverged", "subject": "b1", "about": None,
        "title": "Changed there", "cause": "Somebody at ACME edited it.", "remedy": "Decide.",
        "blocks": 1, "open": True,
    }  # fmt: skip
    return dump_problem(ProblemMessage(**{**values, **said}))


def test_a_feed_is_followed_from_where_it_was_left_and_problems_open_and_close(firm):
    firm.logs("1")
    invoice = firm.bills()
    books = Books(row(firm, INVOICE_STATUS_CHANGED, "b1", a_status(invoice)), row(firm, PROBLEM_CHANGED, "p1", a_problem()))
    assert follow.follow(firm.db, firm.vault, "books", books) == 2
    assert follow.follow(firm.db, firm.vault, "books", books) == 0
    with reading(firm.db) as session:
        (problem,) = query.problems(session, firm.vault, firm.id)
    assert (problem["cause"], problem["invoice_id"]) == ("Somebody at ACME edited it.", invoice.id)
    with transaction(firm.db) as session:
        project.apply(session, firm.vault, "books", row(firm, PROBLEM_CHANGED, "p1", a_problem(version=3, open=False)))
        project.apply(session, firm.vault, "books", row(firm, PROBLEM_CHANGED, "p1", a_problem(version=2)))
        project.apply(session, firm.vault, "books", row(firm, PROBLEM_CHANGED, "gone", None))
        assert query.problems(session, firm.vault, firm.id) == []


def test_a_problem_about_an_invoice_forgets_its_cause_with_the_client(firm):
    firm.logs("1")
    invoice = firm.bills()
    about = {"about": invoice.client}
    follow.follow(firm.db, firm.vault, "books", Books(row(firm, PROBLEM_CHANGED, "p1", a_problem(**about))))
    with transaction(firm.db) as session:
        firm.vault.erase(session, firm.id, invoice.client)
    with reading(firm.db) as session:
        assert query.problems(session, firm.vault, firm.id)[0]["cause"] == "(erased)"


def test_a_reserved_draft_is_no_history(firm):
    firm.logs("1")
    invoice = firm.bills()
    firm.books_say(invoice, "draft", pushed=0, external_id=None)
    firm.books_say(invoice, "open")
    assert firm.history(invoice) == ["open"]
