"""The lists as they are promised: filters, pages, cursors that hold while rows come and go, and each as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest

from services.ingest.lists.routes import LISTS
from tests.component.ingest.conftest import Caller
from tests.journeys.api.exporting import RECORDS, cells, firm, formulas, logs

MARCH = "from=2026-03-01&to=2026-03-31"
NEEDED = {"earnings": MARCH, "reports": MARCH, "mileage-log/irs": "year=2026", "mileage-log/hmrc": "year=2025"}


@pytest.fixture(scope="module")
def staffed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Caller, dict[str, str]]]:
    with firm(tmp_path_factory.mktemp("lists"), TIMEBOOKS_EXPORTS_PER_MINUTE="10000") as owner:
        ids = logs(owner, *RECORDS)
        owner.told("POST", "/approvals", {"from": "2026-03-01", "to": "2026-03-31"})
        made = owner.told("POST", "/invoices/compose", {"from": "2026-03-01", "to": "2026-03-31", "grouping": "job"})
        assert len(made["invoices"]) == 2
        yield owner, ids


@pytest.fixture
def owner(staffed: tuple[Caller, dict[str, str]]) -> Caller:
    return staffed[0]


@pytest.fixture
def ids(staffed: tuple[Caller, dict[str, str]]) -> dict[str, str]:
    return staffed[1]


def walked(owner: Caller, path: str, size: int) -> list[dict[str, Any]]:
    """A list by cursors from its beginning."""
    items, cursor = [], ""
    while cursor is not None:
        page = owner.told("GET", f"{path}{'&' if '?' in path else '?'}cursor={cursor}&page_size={size}")
        assert len(page["items"]) <= page["page_size"] == size
        items += page["items"]
        cursor = page["next_cursor"]
    return items


@pytest.mark.row("C1", "C2", "C3")
def test_invoices_are_listed_by_status_client_and_day_with_their_lines(owner, ids):
    answer = owner.told("GET", "/invoices?status=draft&page=1&page_size=50")
    assert (len(answer["items"]), answer["page"], answer["page_size"], answer["total"]) == (2, 1, 50, 2)
    [one] = owner.told("GET", f"/invoices?client={ids['blue']}")["items"]
    # 6.83333 h at 48.00, 1 h at 72.00, a meal, a trip of 31.2 mi at 0.725
    assert (one["client_id"], one["currency"], one["status"], one["total"]) == (ids["blue"], "USD", "draft", Decimal("435.02"))
    assert {"desc", "hours", "rate", "amount"} <= one["lines"][0].keys()
    assert sum(line["amount"] for line in one["lines"]) == Decimal("435.02")
    assert {"number", "due", "tax", "deductions", "balance", "external"} <= one.keys()
    assert owner.told("GET", "/invoices?status=sent")["items"] == []
    assert owner.told("GET", "/invoices?to=2025-12-31")["total"] == 0
    assert owner.told("GET", "/invoices?status=lost", status=422)["error"]["code"] == "bad_argument"
    assert [one["number"] for one in walked(owner, "/invoices", 1)] == ["INV-00002", "INV-00001"]
    assert owner.told("GET", "/invoices?updated_since=2099-01-01T00:00:00Z")["total"] == 0


@pytest.mark.row("D1", "D2", "D3")
def test_clients_people_tags_and_jobs_with_their_rate_cards_are_listed(owner, ids):
    assert {one["name"] for one in walked(owner, "/clients", 1)} == {"Blue Kite", "Mond – מוסך"}
    assert {one["name"] for one in owner.told("GET", "/people")["items"]} == {"Ann Reed", "=Bo & <Co>"}
    assert {one["name"] for one in owner.told("GET", "/tags")["items"]} == {"onsite", "night"}
    [job] = owner.told("GET", f"/jobs?client={ids['blue']}")["items"]
    assert (job["name"], job["client"], job["client_id"]) == ("Site", "Blue Kite", ids["blue"])
    assert job["rates"] == [{"rate": Decimal("48.00"), "overtime_rate": Decimal("72.00"), "user_id": None, "since": None}]


@pytest.mark.row("D4", "D5")
def test_expenses_and_every_trip_are_listed_with_their_sizes(owner, ids):
    first, second = owner.told("GET", "/expenses")["items"]
    assert (first["date"], first["amount"], first["currency"]) == ("2026-03-04", Decimal("12.40"), "USD")
    assert first["category"] == "Meals"
    assert (second["amount"], second["user"]) == (Decimal("-3.10"), "=Bo & <Co>")
    [trip] = owner.told("GET", f"/mileage?{MARCH}&client={ids['blue']}")["items"]
    assert (trip["distance"], trip["unit"], trip["rate"], trip["amount"]) == (
        Decimal("31.2"), "mi", Decimal("0.725"), Decimal("22.62"))  # fmt: skip
    assert owner.told("GET", f"/expenses?person={ids['ann']}&approved=true")["total"] == 1
    assert owner.told("GET", "/time-entries?tag=night")["total"] == 1
    assert [one["date"] for one in walked(owner, "/time-entries", 2)] == [
        "2026-03-04", "2026-03-05", "2026-03-06", "2026-03-07", "2026-04-01"]  # fmt: skip


def test_what_changed_since_is_listed_deletions_too(owner, ids):
    before = owner.told("GET", "/expenses?updated_since=2020-01-01T00:00:00Z")
    assert before["total"] == 2
    gone = {"kind": "expense", "source_id": "gone", "date": "2026-05-04", "person": "ann", "amount": "1.00", "currency": "USD"}
    logs(owner, RECORDS[0], gone)
    logs(owner, RECORDS[0], {**gone, "deleted": True})
    changed = owner.told("GET", f"/expenses?updated_since={quote(before['as_of'])}")["items"]
    assert [(one["date"], one["deleted"]) for one in changed if one["date"] > "2026-05"] == [("2026-05-04", True)]
    assert owner.told("GET", "/expenses")["total"] == 2


@pytest.mark.row("D6")
def test_overtime_and_earnings_come_per_person_and_period_with_the_rates_that_made_them(owner, ids):
    rows = owner.told("GET", f"/earnings?{MARCH}&period=week&person={ids['ann']}")["items"]
    [week] = rows
    assert (week["from"], week["to"], week["currency"]) == ("2026-03-02", "2026-03-08", "USD")
    assert (week["hours"], week["overtime_h"], week["earnings"]) == (Decimal("7.83333"), Decimal("1.0"), Decimal("400.00"))
    [paid] = week["rates"]
    assert (paid["job"], paid["rate"], paid["overtime_rate"]) == ("Site", Decimal("48.00"), Decimal("72.00"))
    assert (paid["ordinary_h"], paid["overtime_h"]) == (Decimal("6.83333"), Decimal("1.0"))
    assert "overtime rate of the job's rate card" in week["rule"]


@pytest.mark.row("D7")
def test_reports_add_up_by_client_and_month_and_never_across_currencies(owner, ids):
    rows = owner.told("GET", f"/reports?{MARCH}&group=client")["items"]
    names = ("name", "currency", "entries", "hours", "earnings", "expenses", "mileage")
    assert [tuple(row[name] for name in names) for row in rows] == [
        (None, "USD", 1, Decimal("0.25"), Decimal("0.00"), Decimal("0.00"), Decimal("0.00")),
        *sorted(
            [
                ("Blue Kite", "USD", 4, Decimal("7.83333"), Decimal("400.00"), Decimal("12.40"), Decimal("22.62")),
                ("Mond – מוסך", "EUR", 2, Decimal("1.00028"), Decimal("33.34"), Decimal("-3.10"), Decimal("0.00")),
            ],
            key=lambda row: ids["blue"] if row[0] == "Blue Kite" else ids["mond"],
        ),
    ]
    whole = owner.told("GET", f"/reports?from=2026-01-01&to=2026-12-31&period=year&group=job&client={ids['blue']}")["items"]
    assert [(row["from"], row["to"], row["hours"]) for row in whole] == [("2026-01-01", "2026-12-31", Decimal("7.85"))]
    assert owner.told("GET", "/reports?group=client", status=422)["error"]["code"] == "missing_argument"


@pytest.mark.row("D8")
def test_the_change_feed_tells_every_change_once_to_who_goes_on_from_its_cursor(owner):
    seen, cursor, more = [], "", True
    while more:
        page = owner.told("GET", f"/changes?cursor={cursor}&page_size=7")
        seen += page["items"]
        cursor, more = page["next_cursor"], page["more"]
    assert {one["id"] for one in seen if one["type"] == "invoice"} == {
        one["invoice_id"] for one in owner.told("GET", "/invoices")["items"]}  # fmt: skip
    people = [one for one in seen if one["kind"] == "person"]
    assert {one["state"]["name"] for one in people} == {"Ann Reed", "=Bo & <Co>"}
    logs(owner, {"kind": "tag", "source_id": "late", "name": "late"})
    page = owner.told("GET", f"/changes?cursor={cursor}")
    assert [(one["type"], one["kind"], one["state"]["name"]) for one in page["items"]] == [("record", "tag", "late")]
    logs(owner, {"kind": "tag", "source_id": "late", "name": "late", "deleted": True})
    assert owner.told("GET", f"/changes?cursor={page['next_cursor']}")["items"][0]["deleted"] is True
    assert owner.told("GET", "/changes?cursor=abc.1", status=409)["error"]["code"] == "cursor_reset"


@pytest.mark.row("D11")
@pytest.mark.parametrize("listing", LISTS, ids=lambda listing: listing.name)
def test_any_list_comes_as_csv_and_as_a_workbook_with_the_items_of_its_json(owner, listing):
    query = f"?{NEEDED.get(listing.name, '')}"
    items = owner.told("GET", f"/{listing.name}{query}&page_size=500")["items"]
    table = owner("GET", f"/{listing.name}{query}&format=csv")
    rows = list(csv.DictReader(io.StringIO(table.text, newline="")))
    book = owner("GET", f"/{listing.name}{query}&format=xlsx").data
    assert len(rows) == len(items) == len(cells(book)) - 1 > 0
    assert formulas(book) == []
    for row, item in zip(rows, items, strict=True):
        assert list(row) == [column.name for column in listing.columns]
        for column in listing.columns:
            value = item[column.name]
            if column.kind == "number" and value is not None:
                assert Decimal(row[column.name]) == value
            elif column.kind == "text" and value:
                assert row[column.name].removeprefix("'") == value
                assert row[column.name][0] not in "=+-@"


def test_an_argument_that_a_list_does_not_know_is_refused_by_name(owner):
    error = owner.told("GET", "/clients?form=2026-03-01", status=422)["error"]
    assert (error["code"], "'form'" in error["message"]) == ("unknown_argument", True)
    assert owner.told("GET", "/clients?cursor=%21", status=422)["error"]["code"] == "bad_cursor"
    assert owner.told("GET", "/mileage?from=yesterday", status=422)["error"]["facts"] == {"field": "from"}
    assert owner.told("GET", "/mileage?format=pdf", status=422)["error"]["code"] == "bad_argument"


@pytest.mark.row("D4", "D5", "D6", "D7")
def test_a_worker_lists_their_own_work_and_no_list_of_everybody(owner, ids):
    asked = {"name": "phone", "role": "worker", "scopes": ["records:read"], "person": ids["bo"]}
    bo = Caller(owner.service, owner.told("POST", "/keys", asked, status=201)["key"])
    work = ("time-entries", "expenses", "mileage")
    own = {name: [one["id"] for one in bo.told("GET", f"/{name}?{MARCH}")["items"]] for name in work}
    assert own == {"time-entries": [ids["t3"], ids["t4"]], "expenses": [ids["e2"]], "mileage": []}
    assert {one["user_id"] for one in bo.told("GET", f"/earnings?{MARCH}")["items"]} == {ids["bo"]}
    assert {one["id"] for one in bo.told("GET", f"/reports?{MARCH}&group=person")["items"]} == {ids["bo"]}
    for name in ("time-entries", "earnings", "reports"):
        bo.told("GET", f"/{name}?{MARCH}&person={ids['ann']}", status=404)
    assert bo.told("GET", "/mileage-log/irs?year=2026")["items"] == []
    for name in ("people", "clients", "jobs", "tags", "invoices"):
        bo.told("GET", f"/{name}", status=403)
