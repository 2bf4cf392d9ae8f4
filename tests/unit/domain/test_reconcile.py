"""Rules on the states of an invoice."""

from __future__ import annotations

from datetime import date

import pytest

from shared.domain import reconcile


@pytest.mark.parametrize(
    ("stored", "incoming", "may"),
    [
        (None, "paid", True),
        ("open", "void", True),
        ("paid", "open", True),
        ("paid", "refunded", True),
        ("void", "open", False),
        ("void", "deleted", True),
        ("deleted", "paid", False),
    ],
)
def test_nothing_comes_back_from_void_or_deleted(stored, incoming, may):
    assert reconcile.may_follow(stored, incoming) is may


def test_only_a_higher_version_is_news():
    assert reconcile.is_newer(None, 1) and reconcile.is_newer(1, 2)
    assert not reconcile.is_newer(2, 2) and not reconcile.is_newer(2, 1)


@pytest.mark.parametrize(
    ("said", "withdrawn", "status"),
    [
        ([], False, "draft"),
        ([], True, "void"),
        (["draft"], True, "void"),
        (["open"], True, "open"),
        (["void", "draft"], False, "void"),
        (["void", "open"], False, "open"),
        (["open", "paid"], False, "paid"),
    ],
)
def test_what_a_living_copy_says_goes_before_what_a_gone_one_says(said, withdrawn, status):
    assert reconcile.combined(said, withdrawn=withdrawn) == status


def test_overdue_begins_the_day_after_the_due_date_and_only_while_money_is_owed():
    due = date(2026, 3, 10)
    assert reconcile.shown("open", due, date(2026, 3, 10)) == "open"
    assert reconcile.shown("partly_paid", due, date(2026, 3, 11)) == "overdue"
    assert reconcile.shown("paid", due, date(2026, 3, 11)) == "paid"
    assert reconcile.shown("open", None, date(2026, 3, 11)) == "open"


@pytest.mark.parametrize(
    ("status", "state", "problem", "open_"),
    [
        ("draft", "reserved", None, True),
        ("open", "confirmed", None, True),
        ("open", "parked", "reference_missing", True),
        ("open", "parked", "books_closed", False),
        ("open", "diverged", None, False),
        ("paid", "settled", None, False),
        ("partly_paid", "confirmed", None, False),
        ("void", "void", None, False),
    ],
)
def test_only_open_and_untouched_books_take_a_new_version(status, state, problem, open_):
    assert reconcile.is_open_and_untouched(status, [(state, problem)]) is open_


def test_money_that_moved_counts_once_nothing_is_on_its_way():
    assert reconcile.is_money_moved("paid", "settled")
    assert not reconcile.is_money_moved("paid", "unknown")
    assert not reconcile.is_money_moved("open", "confirmed")
