"""The query language, and where it stops."""

from __future__ import annotations

import pytest

from tests.component.quickbooks_emulator.driver import HAND, header, line


@pytest.fixture
def several(app, emulator):
    """Five invoices of 10, 20 … 50, a day and a minute apart."""
    for number in range(1, 6):
        app.invoice(DocNumber=f"A-{number}", TxnDate=f"2026-03-0{number}", Line=[line("1", str(number * 10), str(number * 10))])
        emulator.advance(60)
    return app


def numbers(app, rest):
    return [each["DocNumber"] for each in app.query(f"select * from Invoice {rest}").get("Invoice", [])]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("DocNumber = 'A-3'", "3"),
        ("DocNumber IN ('A-2', 'A-5', 'none')", "25"),
        ("TxnDate >= '2026-03-04'", "45"),
        ("TxnDate > '2026-03-02' AND TxnDate < '2026-03-04'", "3"),
        ("TotalAmt <= 20", "12"),
        ("TotalAmt > '40'", "5"),
        ("Balance = '30.00'", "3"),
        ("Id IN ('103', '101', '999')", "13"),
        ("Id = '104'", "4"),
        ("DocNumber = 'a-5' and TotalAmt > 40", "5"),
        ("DocNumber LIKE 'A-%' and CustomerRef = '1' and TxnDate = '2026-03-01'", "1"),
        ("DocNumber like '%-4'", "4"),
        ("MetaData.CreateTime >= '2026-03-02T12:03:00-08:00'", "45"),
        ("MetaData.LastUpdatedTime < '2026-03-02T20:01:00Z'", "1"),
        ("MetaData.CreateTime > '2026-03-02T12:03:00'", "5"),
        ("CustomerRef = '2'", ""),
    ],
)
def test_conditions(several, where, found):
    assert numbers(several, f"where {where}") == [f"A-{digit}" for digit in found]


def test_order_and_pages(several):
    assert numbers(several, "ORDERBY TotalAmt DESC MAXRESULTS 2") == ["A-5", "A-4"]
    assert numbers(several, "order by TxnDate asc startposition 3 maxresults 2") == ["A-3", "A-4"]
    page = several.query("select * from Invoice ORDERBY Id STARTPOSITION 4 MAXRESULTS 1000")
    assert (page["startPosition"], page["maxResults"]) == (4, 2)


def test_past_the_last_page_there_is_no_entity_key_at_all(several):
    assert several.query("select * from Invoice STARTPOSITION 6") == {}
    assert several.query("select count(*) from Invoice where TotalAmt > 10") == {"totalCount": 4}


def test_a_hundred_rows_come_unless_more_are_asked_for(app, emulator):
    for number in range(101):
        emulator.add(HAND, "Customer", {"DisplayName": f"Crowd {number}"})
    assert len(app.query("select * from Customer")["Customer"]) == 100
    assert len(app.query("select * from Customer MAXRESULTS 1000")["Customer"]) == 105


def test_an_apostrophe_and_a_backslash_are_escaped_by_a_backslash(app):
    assert app.query(r"select * from Customer where DisplayName = 'O\'Sample Plumbing'")["Customer"][0]["Id"] == "4"
    app.post("customer", {"DisplayName": r"Back\slash"})
    assert app.query(r"select Id from Customer where DisplayName = 'Back\\slash'")["Customer"] == [{"Id": "5"}]


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("select * from Invoice where DocNumber = 'A' OR DocNumber = 'B'", "4000"),
        ("select * from Invoice where NOT DocNumber = 'A'", "4001"),
        ("select * from Invoice where DocNumber = 'O'Sample'", "4000"),
        ("select * from Invoice where DocNumber = 'A", "4000"),
        ("select * from Invoice where", "4000"),
        ("select * Invoice", "4000"),
        ("delete from Invoice", "4000"),
        ("select * from Invoice group by DocNumber", "4000"),
        ("select * from Spaceship", "4001"),
        ("select * from Invoice where PrivateNote = 'tb:1.1'", "4001"),
        ("select * from Invoice STARTPOSITION 0", "4001"),
        ("select * from Invoice MAXRESULTS 1001", "4001"),
        ("select * from Invoice where TotalAmt = 'much'", "4001"),
        ("select * from Invoice where MetaData.CreateTime > 'yesterday'", "4001"),
        ("", "2020"),
    ],
)
def test_what_the_language_does_not_have(several, statement, code):
    refused = several.get("query", query=statement)
    assert (refused.status, refused.code) == (400, code)


def test_a_statement_may_be_posted_as_text(several):
    assert several.post("query", "select count(*) from Invoice").body["QueryResponse"] == {"totalCount": 5}


def test_deleted_invoices_are_never_in_a_query_and_voided_ones_are(several, emulator):
    first, second = (each["Id"] for each in several.query("select * from Invoice MAXRESULTS 2")["Invoice"])
    emulator.delete(HAND, first)
    emulator.void(HAND, second)
    assert numbers(several, "") == ["A-2", "A-3", "A-4", "A-5"]


def test_company_and_preferences_can_be_queried(app):
    assert app.query("select * from CompanyInfo")["CompanyInfo"][0]["Country"] == "US"
    assert app.query("select * from Preferences")["Preferences"][0]["SalesFormsPrefs"]["CustomTxnNumbers"] is True


def test_a_change_shows_in_queries_only_after_the_lag_and_at_once_by_id(app, emulator):
    emulator.configure(index_lag=30)
    invoice = app.invoice()
    assert app.read(invoice)["DocNumber"] == "A-1" and numbers(app, "") == []
    emulator.advance(30)
    assert numbers(app, "") == ["A-1"]
    app.post("invoice", header(invoice, DocNumber="A-2"))
    assert numbers(app, "") == ["A-1"] and app.read(invoice)["DocNumber"] == "A-2"
    emulator.delete(HAND, invoice["Id"])
    assert numbers(app, "") == ["A-1"]  # the index does not know yet
    emulator.advance(30)
    assert numbers(app, "") == []
