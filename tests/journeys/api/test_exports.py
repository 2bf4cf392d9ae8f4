"""The timesheet export as it is promised: one filter, four formats, the same figures to the cent and the second."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest

from services.ingest.exports.lines import Driven
from shared.platform.audit import audit
from shared.platform.db import reading
from tests.component.ingest.conftest import Caller
from tests.journeys.api.exporting import RECORDS, cells, exports, firm, formulas, logs

ALL = {"include": ["expenses", "mileage", "overtime"], "detail": True}


@pytest.fixture(scope="module")
def staffed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Caller, dict[str, str]]]:
    with firm(tmp_path_factory.mktemp("exports"), TIMEBOOKS_EXPORTS_PER_MINUTE="10000") as owner:
        yield owner, logs(owner, *RECORDS)


@pytest.fixture
def owner(staffed: tuple[Caller, dict[str, str]]) -> Caller:
    return staffed[0]


@pytest.fixture
def ids(staffed: tuple[Caller, dict[str, str]]) -> dict[str, str]:
    return staffed[1]


def named(answer: Any, ids: dict[str, str]) -> list[str]:
    """The source ids of an answer's entries."""
    of = {number: name for name, number in ids.items()}
    return [of[entry["id"]] for entry in answer["entries"]]


@pytest.mark.row("B1", "B2", "B3", "B4", "B5")
def test_an_export_is_chosen_by_person_days_jobs_client_and_tags(owner, ids):
    assert named(exports(owner), ids) == ["t1", "t2", "t3", "t4"]
    assert named(exports(owner, user_id=ids["bo"]), ids) == ["t3", "t4"]
    assert named(exports(owner, from_date="2026-03-05", to_date="2026-03-06"), ids) == ["t2", "t3"]
    assert named(exports(owner, job_ids=[ids["shop"]]), ids) == ["t3"]
    assert named(exports(owner, job_ids=None, client_id=ids["blue"]), ids) == ["t1", "t2"]  # the client of the entries' job
    assert named(exports(owner, tags=["night"]), ids) == ["t2"]
    assert named(exports(owner, tags=["night", ids["onsite"]]), ids) == ["t1", "t2"]
    assert named(exports(owner, approved=True), ids) == []


@pytest.mark.row("B1", "B3", "B4", "B5")
@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"user_id": "x"}, "unknown_person"),
        ({"job_ids": ["x"]}, "unknown_job"),
        ({"job_ids": []}, "bad_field"),
        ({"client_id": "x"}, "unknown_client"),
        ({"tags": ["x"]}, "unknown_tag"),
        ({"from_date": "2026-04-01"}, "bad_period"),
        ({"format": "pdf"}, "bad_choice"),
        ({"page": 1, "cursor": ""}, "bad_paging"),
        ({"cursor": "x"}, "bad_cursor"),
        ({"limit": 5}, "unknown_field"),
    ],
)
def test_what_cannot_be_exported_is_named_by_its_field(owner, asked, code):
    error = exports(owner, status=422, **asked)["error"]
    assert error["code"] == code
    assert next(iter(asked)) in str(error)


def worker(owner: Caller, **tied: str) -> Caller:
    asked = {"name": "phone", "role": "worker", "scopes": ["records:read"], **tied}
    return Caller(owner.service, owner.told("POST", "/keys", asked, status=201)["key"])


@pytest.mark.row("B1")
def test_a_worker_exports_their_own_work_and_nobody_elses(owner, ids):
    ann, bo = worker(owner, person=ids["ann"]), worker(owner, person=ids["bo"])
    assert named(exports(bo), ids) == named(exports(bo, user_id=ids["bo"]), ids) == ["t3", "t4"]
    assert exports(bo, status=404, user_id=ids["ann"])["error"]["code"] == "no_such_person"
    assert exports(worker(owner), status=403)["error"]["code"] == "not_yours"
    ordered = exports(bo, status=202, background=True)["export_id"]
    assert [one["asked"]["user_id"] for one in bo.told("GET", "/exports")["items"]] == [ids["bo"]]
    assert ann.told("GET", "/exports")["items"] == []
    for method in ("GET", "DELETE"):
        ann.told(method, f"/exports/{ordered}", status=404)


@pytest.mark.row("B6", "B11", "B12")
def test_expenses_and_trips_come_when_asked_for_in_the_order_of_their_days(owner, ids):
    answer = exports(owner, include=["expenses", "mileage"])
    assert sorted(named(answer, ids)) == ["e1", "e2", "m1", "t1", "t2", "t3", "t4"]
    assert [entry["date"] for entry in answer["entries"]] == sorted(entry["date"] for entry in answer["entries"])
    entries = dict(zip(named(answer, ids), answer["entries"], strict=True))
    assert entries["e1"]["expense"] == {"amount": Decimal("12.40"), "currency": "USD", "category": "Meals"}
    assert (entries["e1"]["date"], entries["e1"]["job_id"]) == ("2026-03-04", ids["site"])
    trip = {"distance": Decimal("31.2"), "unit": "mi", "rate": Decimal("0.725"), "amount": Decimal("22.62"), "currency": "USD"}
    assert entries["m1"]["mileage"] == trip | dict.fromkeys(Driven._fields)
    assert "overtime_h" not in entries["t1"]


@pytest.mark.row("B6", "B9", "B10", "B13")
def test_a_time_entry_is_as_promised_with_exact_numbers_and_a_summary_for_each_currency(owner, ids):
    answer = owner("POST", "/timesheet/export", {"from_date": "2026-03-01", "to_date": "2026-03-31", "include": ["overtime"]})
    assert b'"hours":7.5,"overtime_h":1.0,"rate":48.0,"overtime_rate":72.0,"earnings":384.00' in answer.data
    whole = exports(owner, include=["overtime"])
    [first, second, third, fourth] = whole["entries"]
    assert (first["job_id"], first["client_id"], first["tags"], first["notes"]) == (
        ids["site"], ids["blue"], ["onsite"], "Sprint planning")  # fmt: skip
    assert (second["hours"], second["earnings"]) == (Decimal("0.33333"), Decimal("16.00"))
    assert (third["hours"], third["earnings"], third["currency"]) == (Decimal("1.00028"), Decimal("33.34"), "EUR")
    assert (fourth["hours"], fourth["rate"], fourth["earnings"]) == (Decimal("0.25"), None, None)
    assert whole["summary"] == {
        "hours": Decimal("9.08361"),  # 32,701 s
        "earnings": None,
        "currency": None,
        "by_currency": [
            {"currency": "EUR", "hours": Decimal("1.00028"), "overtime_h": Decimal("0.0"), "earnings": Decimal("33.34"),
             "hours_without_rate": Decimal("0.0")},
            {"currency": "USD", "hours": Decimal("8.08333"), "overtime_h": Decimal("1.0"), "earnings": Decimal("400.00"),
             "hours_without_rate": Decimal("0.25")},
        ],
    }  # fmt: skip
    one = exports(owner, job_ids=[ids["site"]])["summary"]
    assert (one["hours"], one["earnings"], one["currency"]) == (Decimal("7.83333"), Decimal("400.00"), "USD")


@pytest.mark.row("B14")
def test_the_detailed_form_has_each_sessions_start_end_and_break_to_the_minute(owner):
    [entry, *_, last] = exports(owner, detail=True)["entries"]
    assert (entry["start"], entry["end"], entry["break_min"]) == ("2026-03-04T09:00", "2026-03-04T17:00", 30)
    assert (last["start"], last["end"]) == (None, None)


class _Tables(HTMLParser):
    """The cells of a page's tables."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        self._inside = tag in ("td", "th", "bdi")

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.rows[-1][-1] += data


@pytest.mark.row("B7")
def test_all_formats_say_the_same_to_the_cent_and_the_second(owner):
    entries = exports(owner, **ALL)["entries"]
    flat = [{**entry, **entry.get("expense", {}), **entry.get("mileage", {})} for entry in entries]
    rows = list(csv.DictReader(io.StringIO(exports(owner, format="csv", **ALL).decode(), newline="")))
    book = cells(exports(owner, format="excel", **ALL))
    page = _Tables(exports(owner, format="html", **ALL).decode()).rows
    assert len(rows) == len(entries) == 7
    for row, entry, sheet, shown in zip(rows, flat, book[1:], page[1:], strict=False):
        for column, name in enumerate(row):
            json_name = "earnings" if name == "amount" and entry["kind"] == "time" else name
            value = entry.get(json_name)
            if name in ("hours", "overtime_h", "rate", "overtime_rate", "amount", "distance", "break_min"):
                assert row[name] == shown[column] == ("" if value is None else str(value))
                assert sheet[column] == "" if value is None else Decimal(str(sheet[column])) == value, name
            elif name in ("user", "notes", "category"):
                assert row[name].removeprefix("'") == shown[column].removeprefix("'") == sheet[column] == (value or ""), name
    assert sum(Decimal(row["amount"] or 0) for row in rows if row["kind"] == "time" and row["currency"] == "USD") == Decimal(400)


@pytest.mark.row("B7")
def test_no_text_becomes_a_formula_and_a_negative_amount_stays_a_number(owner):
    rows = list(csv.DictReader(io.StringIO(exports(owner, format="csv", **ALL).decode(), newline="")))
    assert {row["user"] for row in rows} == {"Ann Reed", "'=Bo & <Co>"}
    assert {"'=HYPERLINK(\"x\")", "'-2 + 3"} <= {row["notes"] for row in rows}
    assert [(row["category"], row["amount"]) for row in rows if row["kind"] == "expense"][-1] == ("'@refund", "-3.10")
    book = exports(owner, format="xlsx", **ALL)
    assert formulas(book) == []
    assert "=HYPERLINK(\"x\")" in [cell for row in cells(book) for cell in row]
    page = exports(owner, format="html", **ALL).decode()
    assert "<bdi>&#x27;=Bo &amp; &lt;Co&gt;</bdi>" in page
    assert page.count("Mond – מוסך") == 2


@pytest.mark.row("B8")
def test_pages_and_cursors_give_every_entry_once_even_while_others_come_and_go(owner, ids):
    pages = [exports(owner, include=["expenses"], page=number, page_size=4) for number in (1, 2, 3)]
    assert [(len(one["entries"]), one["page"], one["page_size"], one["total"]) for one in pages] == [
        (4, 1, 4, 6), (2, 2, 4, 6), (0, 3, 4, 6)]  # fmt: skip
    assert pages[1]["summary"]["by_currency"][1]["earnings"] == Decimal("400.00")  # of all pages
    whole = named(exports(owner, include=["expenses"]), ids)
    assert [name for one in pages for name in named(one, ids)] == whole
    first = exports(owner, include=["expenses"], cursor="", page_size=3)
    early = {"kind": "time", "source_id": "new", "date": "2026-03-01", "person": "ann", "job": "site", "seconds": 60}
    logs(owner, *(one for one in RECORDS if one["source_id"] in ("ann", "site", "blue")), early)
    second = exports(owner, include=["expenses"], cursor=first["next_cursor"], page_size=3)
    assert named(first, ids) + named(second, ids) == whole
    assert (second["next_cursor"], second["summary"]) == (None, None)
    logs(owner, *(one for one in RECORDS if one["source_id"] in ("ann", "site", "blue")), {**early, "deleted": True})


def test_every_export_leaves_who_asked_for_what_and_the_hash_of_what_went_out(owner, ids):
    body = exports(owner, format="csv", job_ids=[ids["site"]])
    with reading(owner.service.db) as session:
        begun, ended = session.execute(audit.select().order_by(audit.c.id.desc()).limit(2)).all()[::-1]
    assert (begun.action, ended.action, begun.subject) == ("export.begun", "export.ended", ended.subject)
    assert begun.facts["from"] == "2026-03-01"
    assert begun.facts["job_0"] == ids["site"]
    assert (ended.facts["rows"], ended.facts["whole"]) == (2, True)
    assert ended.facts["sha256"] == hashlib.sha256(body).hexdigest()


@pytest.mark.row("F1")
def test_too_many_exports_in_a_minute_are_refused_in_the_promised_words(tmp_path, clock):
    with firm(tmp_path, TIMEBOOKS_EXPORTS_PER_MINUTE="3") as owner:
        exports(owner)
        answer = owner("POST", "/timesheet/export", {"from_date": "2026-03-01", "to_date": "2026-03-31"})
        error = answer.get_json()["error"]
        assert (answer.status_code, error["code"], error["message"]) == (
            429, "rate_limited", "Too many export calls in 60s window")  # fmt: skip
        assert answer.headers["Retry-After"] == str(error["retry_after_s"]) == "31"
        clock.advance(seconds=31)
        exports(owner)
