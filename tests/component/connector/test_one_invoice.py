"""One invoice's whole life in QuickBooks."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tests.component.connector.books import US, US_OWN_NUMBERS, invoice


def test_an_invoice_is_created_once_and_keeps_its_number(books):
    connection = books.connected()
    one = invoice("INV-0001")
    books.pushed(connection, one)
    [there] = books.emulator.live_invoices(US)
    assert there["DocNumber"] == "INV-0001"
    assert Decimal(str(there["TotalAmt"])) == Decimal("360.00")
    binding = books.binding(one)
    assert (binding["state"], binding["status"], binding["external_id"]) == ("confirmed", "open", there["Id"])
    assert books.problems() == []


def test_a_second_push_writes_nothing(books):
    connection = books.connected()
    books.pushed(connection, invoice("INV-0001"))
    before = len(books.emulator.writes())
    assert books.go(connection)["items"] == []
    books.work()
    assert len(books.emulator.writes()) == before


def test_paid_comes_back_by_callback(books):
    connection = books.connected()
    one = invoice("INV-0001")
    books.pushed(connection, one)
    number = books.binding(one)["external_id"]
    books.emulator.pay(US, number)
    assert books.hears() == [200]
    assert books.binding(one)["status"] == "paid"
    assert books.binding(one)["state"] == "settled"


def test_paid_comes_back_without_any_callback(books):
    connection = books.connected()
    one = invoice("INV-0001")
    books.pushed(connection, one)
    books.emulator.pay(US, books.binding(one)["external_id"], Decimal("100"))
    books.hears(drop=True)
    books.clock.advance(minutes=10)
    from shared.platform import schedule

    schedule.ring(books.db, books.service.ticks)
    books.work()
    binding = books.binding(one)
    assert (binding["status"], binding["balance"]) == ("partly_paid", Decimal("260.00"))


def test_a_void_there_is_void_here_and_nothing_is_pushed_onto_it(books):
    connection = books.connected()
    one = invoice("INV-0001")
    books.pushed(connection, one)
    books.emulator.void(US, books.binding(one)["external_id"])
    books.hears()
    assert books.binding(one)["status"] == "void"
    books.wishes.want(replace(one, version=2, due=None))
    assert books.go(connection)["items"] == []


def test_an_edit_here_updates_the_same_invoice(books):
    connection = books.connected()
    one = invoice("INV-0001")
    books.pushed(connection, one)
    books.wishes.want(replace(invoice("INV-0001", hours="8"), version=2))
    made = books.go(connection)
    assert [item["action"] for item in made["items"]] == ["update"]
    assert {"field": "line 001 quantity", "there": "7.5", "here": "8"} in made["items"][0]["fields"]
    books.work()
    [there] = books.emulator.live_invoices(US)
    assert Decimal(str(there["TotalAmt"])) == Decimal("384.00")
    assert books.binding(one)["pushed_version"] == 2


def test_a_void_here_voids_it_there(books):
    connection = books.connected()
    one = invoice("INV-0001")
    books.pushed(connection, one)
    books.wishes.want(replace(one, version=2, withdrawn=True))
    books.go(connection)
    books.work()
    assert books.emulator.live_invoices(US) == []
    assert books.binding(one)["status"] == "void"


def test_where_the_service_numbers_by_itself_no_number_is_sent(books):
    connection = books.connected(US_OWN_NUMBERS)
    one = invoice("INV-0001")
    books.pushed(connection, one)
    [entry] = [entry for entry in books.emulator.writes(entity="Invoice") if entry.actor == "api"]
    assert "DocNumber" not in entry.body
    assert books.binding(one)["external_number"] is not None


def test_what_says_again_what_the_books_have_is_not_written(books):
    connection = books.connected()
    one = invoice("INV-0001")
    books.pushed(connection, one)
    books.emulator.pay(US, books.binding(one)["external_id"])
    books.wishes.want(replace(invoice("INV-0001", hours="8"), version=2))
    books.hears()
    assert [item["action"] for item in books.go(connection)["items"]] == ["blocked"]
    books.wishes.want(replace(one, version=3))
    assert books.go(connection)["items"] == []
    binding = books.binding(one)
    assert (binding["state"], binding["pushed_version"], binding["problem"]) == ("settled", 3, None)
    assert len(books.emulator.writes(entity="Invoice", actor="api")) == 1
