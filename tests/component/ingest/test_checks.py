"""What a bookkeeper would look at twice is told with its count and rows, and keeps nothing out."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.ingest.imports.checks import Checks, Remark
from services.ingest.imports.held import Place
from services.ingest.sources.worklog.layout import OWN
from services.ingest.sources.worklog.normalize import normalize_rows
from services.ingest.sources.worklog.read import rows
from tests.component.ingest.conftest import Caller

HEAD = "kind,date,start,end,duration,person,client,job,rate,currency,amount,distance,unit,notes"
TODAY = date(2026, 3, 10)  # a Tuesday


def _remarks(*lines: str, stored: tuple[str, ...] = (), carded: tuple[str, ...] = (), zone: str = "UTC") -> dict[str, Remark]:
    checks = Checks(TODAY)
    text = "\n".join([HEAD, *lines, *stored])
    for result in normalize_rows(rows(text.encode(), "log.csv", OWN), OWN, "org", "worklog"):
        assert result.problem is None, result.problem
        checks.add(Place("", result.row) if result.row <= len(lines) + 1 else None, result.entry)
    jobs = {job for job in checks.unpriced_jobs() if carded}
    return {one.code: one for one in checks.warnings(lambda person: zone, jobs)}


def _time(day: str, start: str = "", end: str = "", duration: str = "1:00", person: str = "Ann", rate: str = "80") -> str:
    return f"time,{day},{start},{end},{duration},{person},Blue,Site,{rate},EUR,,,,"


def test_a_plain_week_has_nothing_to_look_at() -> None:
    assert _remarks(_time("2026-03-09", "9:00", "10:00"), _time("2026-03-09", "10:00", "11:00"), _time("2026-03-10")) == {}


def test_work_at_the_same_time_is_told_for_each_entry_that_begins_too_early() -> None:
    lines = [
        _time("2026-03-09", "9:00", "12:00", "3:00"),
        _time("2026-03-09", "11:59", "13:00", "1:01"),
        _time("2026-03-09", "9:30", "9:45", "0:15"),
        _time("2026-03-09", "9:00", "12:00", "3:00", person="Bob"),
        _time("2026-03-09", "13:00", "14:00"),
    ]
    found = _remarks(*lines)["overlap"]
    assert (found.count, found.rows) == (2, (3, 4))
    assert found.text == "2 rows are at the same time as other work of the same person."


def test_work_over_midnight_overlaps_the_next_morning() -> None:
    found = _remarks(_time("2026-03-09", "22:00", "6:00", "8:00"), _time("2026-03-10", "5:00", "6:00"))
    assert found["overlap"].rows == (3,)


def test_work_that_is_stored_already_overlaps_too_and_two_stored_ones_are_old_news() -> None:
    stored = (_time("2026-03-09", "9:00", "11:00", "2:00"), _time("2026-03-09", "8:00", "10:00", "2:00"))
    assert _remarks(_time("2026-03-09", "10:30", "11:30"), stored=stored)["overlap"].rows == (2,)
    assert _remarks(_time("2026-03-09", "12:00", "13:00"), stored=stored) == {}


def test_a_day_that_holds_more_than_its_hours_names_all_its_rows() -> None:
    lines = [_time("2026-03-09", duration="13:00"), _time("2026-03-09", duration="11:00"), _time("2026-03-09", duration="0:01")]
    assert "long_day" not in _remarks(*lines[:2])
    found = _remarks(*lines)["long_day"]
    assert (found.count, found.rows) == (3, (2, 3, 4))
    assert "2026-03-09 with 24:01:00" in found.text
    assert _remarks(lines[0], stored=tuple(lines[1:]))["long_day"].rows == (2,)


def test_a_day_of_the_spring_change_has_23_hours() -> None:
    lines = [_time("2026-03-29", duration="12:00"), _time("2026-03-29", duration="11:30")]
    assert "long_day" in _remarks(*lines, zone="Europe/Berlin")
    assert "long_day" not in _remarks(*lines, zone="Asia/Tokyo")


def test_a_forgotten_timer_is_told() -> None:
    lines = [_time("2026-03-02", "8:00", "2026-03-11 02:00", "210:00:00"), _time("2026-03-02", duration="16:00", person="Bob")]
    found = _remarks(*lines)["long_entry"]
    assert (found.count, found.rows) == (1, (2,))
    assert "210:00:00 on 2026-03-02" in found.text


def test_weekends_and_future_dates_are_told() -> None:
    found = _remarks(_time("2026-03-07"), _time("2026-03-08"), _time("2026-03-11"), _time("2026-03-12"))
    assert found["weekend"].rows == (2, 3)
    assert found["future_date"].rows == (5,)  # on the 11th it may be the 11th somewhere


def test_work_to_bill_without_any_price_is_told() -> None:
    mileage = "mileage,2026-03-09,,,,Ann,Blue,Site,,EUR,,12,km,"
    expense = "expense,2026-03-09,,,,Ann,Blue,Site,,EUR,9.50,,,"
    found = _remarks(_time("2026-03-09", rate=""), _time("2026-03-09"), mileage, expense)
    assert (found["no_rate"].count, found["no_rate"].rows) == (2, (2, 4))
    assert _remarks(_time("2026-03-09", rate=""), carded=("Site",)) == {}


def test_the_rows_of_the_rarer_currency_are_told() -> None:
    found = _remarks(_time("2026-03-09"), _time("2026-03-09").replace("EUR", "USD"), _time("2026-03-10"))
    assert (found["mixed_currencies"].rows, "EUR 2, USD 1" in found["mixed_currencies"].text) == ((3,), True)


def test_at_most_twenty_rows_are_named_and_all_are_counted() -> None:
    found = _remarks(*(_time("2026-03-07") for _ in range(25)))["weekend"]
    assert (found.count, found.rows) == (25, tuple(range(2, 22)))


@pytest.fixture
def told(owner: Caller, clock: Any) -> Any:
    def imports(*lines: str, **fields: str) -> dict[str, dict[str, Any]]:
        answer = owner.imports("\n".join([HEAD, *lines]).encode(), **fields)
        assert answer["stored"]
        return {one["code"]: one for one in answer["warnings"]}

    return imports


def test_an_import_tells_of_work_that_another_source_has_at_the_same_time(told: Any) -> None:
    assert told(_time("2026-03-02", "9:00", "11:00", "2:00"), source="toggl") == {}
    assert told(_time("2026-03-02", "10:00", "12:00", "2:00")) == {
        "overlap": {
            "code": "overlap",
            "count": 1,
            "rows": [2],
            "text": "1 row is at the same time as other work of the same person.",
        }
    }


def test_a_rate_card_of_the_job_is_a_price(owner: Caller, told: Any) -> None:
    assert told(_time("2026-03-02", rate=""))["no_rate"]["rows"] == [2]
    [job] = owner.told("GET", "/records?kind=job")["items"]
    [client] = owner.told("GET", "/records?kind=client")["items"]
    card = {"source": "worklog", "source_id": job["source_id"], "name": "Site", "client": client["source_id"]}
    records = [{"kind": "job", **card, "rates": [{"rate": "90"}]}]
    assert owner.told("POST", "/records", {"schema": "1", "records": records}, status=202)["results"][0]["outcome"] == "changed"
    assert told(_time("2026-03-03", rate="")) == {}
