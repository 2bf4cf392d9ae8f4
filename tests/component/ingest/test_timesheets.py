"""What the books say of timesheets, as it is listed here and on the entries that they pay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from services.ingest import settings as ours
from services.ingest.status import follow, project
from shared.contract.message_schemas import dump_problem, dump_timesheet_status
from shared.contract.messages import PROBLEM_CHANGED, TIMESHEET_STATUS_CHANGED, ProblemMessage, TimesheetStatusMessage
from shared.kernel.ids import record_id
from shared.platform.db import Database, transaction
from shared.platform.faultpoint import Rig
from shared.platform.settings import Settings
from shared.platform.vault import Vault
from tests.component.ingest.conftest import Caller

WEEK, NEXT = "00000000-0000-4000-8000-00000000e001", "00000000-0000-4000-8000-00000000e002"
CONNECTION = "00000000-0000-4000-8000-00000000c001"


@dataclass(slots=True)
class Payroll:
    """A connector's feed as ingest hears it, about one organisation's timesheets."""

    caller: Caller
    db: Database
    vault: Vault
    versions: dict[str, int] = field(default_factory=dict)

    def person(self, source_id: str) -> str:
        return record_id(self.caller.organisation, "person", "worklog", source_id)

    def entry(self, source_id: str) -> str:
        return record_id(self.caller.organisation, "time", "worklog", source_id)

    def word(self, status: str, **said: Any) -> TimesheetStatusMessage:
        sheet = said.get("timesheet", WEEK)
        self.versions[sheet] = said.get("version", self.versions.get(sheet, 0) + 1)
        values: dict[str, Any] = {
            "timesheet": sheet, "version": self.versions[sheet], "connection": CONNECTION, "generation": 1,
            "person": self.person("robin"), "period_start": date(2026, 3, 2), "period_end": date(2026, 3, 8),
            "hours": Decimal("9.50"), "region": "nz", "status": status, "binding_state": "confirmed",
            "wanted_version": 1, "pushed_version": 1, "external_id": "T-1", "deep_link": "https://books.example/t/1",
            "total": Decimal("9.50"), "payment_date": None, "problem": None,
            "entries": () if status == "deleted" else ((self.entry("t1"), 27_000), (self.entry("t2"), 7_200)),
        }  # fmt: skip
        return TimesheetStatusMessage(**{**values, **said})

    def says(self, status: str, *, service: str = "payroll", **said: Any) -> None:
        message = self.word(status, **said)
        self.tells(TIMESHEET_STATUS_CHANGED, f"binding-{message.timesheet[-4:]}", dump_timesheet_status(message), service)

    def tells(self, kind: str, subject: str, body: dict[str, Any] | None, service: str = "payroll") -> None:
        row = {"organisation": self.caller.organisation, "kind": kind, "subject": subject, "body": body}
        with transaction(self.db) as session:
            project.apply(session, self.vault, service, row)

    def listed(self, query: str = "") -> list[dict[str, Any]]:
        return list(self.caller.told("GET", f"/timesheets{query}")["items"])

    def status(self, sheet: str = WEEK) -> str:
        return str(self.caller.told("GET", f"/timesheets/{sheet}")["status"])

    def history(self) -> list[str]:
        return [line["status"] for line in self.caller.told("GET", f"/timesheets/{WEEK}")["history"]]

    def approved_there(self) -> dict[str, str | None]:
        return {one["source_id"]: one["approved_there"] for one in self.caller.told("GET", "/records")["items"]}


@pytest.fixture
def payroll(owner: Caller, db: Database, vault: Vault) -> Payroll:
    return _payroll(owner, db, vault)


def _payroll(caller: Caller, db: Database, vault: Vault) -> Payroll:
    records = [
        {"kind": "person", "source_id": "robin", "name": "Robin Sample"},
        {"kind": "person", "source_id": "kim", "name": "Kim Example"},
        *(
            {"kind": "time", "source_id": f"t{number}", "date": f"2026-03-0{number + 1}", "person": "robin", "seconds": seconds}
            for number, seconds in ((1, 27_000), (2, 7_200), (3, 60))
        ),
    ]
    sent = {"schema": "1", "records": [{"source": "worklog", **record} for record in records]}
    caller.told("POST", "/records", sent, status=202)
    return Payroll(caller, db, vault)


def test_a_timesheet_is_listed_with_whom_it_pays_and_where_it_stands(payroll: Payroll) -> None:
    payroll.says("approved", payment_date=date(2026, 3, 11))
    [one] = payroll.listed()
    assert one.pop("at")
    assert one == {
        "timesheet_id": WEEK, "person_id": payroll.person("robin"), "person_name": "Robin Sample", "provider": "payroll",
        "region": "nz", "period_start": "2026-03-02", "period_end": "2026-03-08", "hours": Decimal("9.50"),
        "status": "approved", "binding_state": "confirmed", "external_id": "T-1", "connection": CONNECTION,
        "deep_link": "https://books.example/t/1", "payment_date": "2026-03-11", "problem": None, "total": Decimal("9.50"),
        "wanted_version": 1, "pushed_version": 1,
    }  # fmt: skip


def test_a_list_is_narrowed_by_status_and_person_and_the_newest_period_comes_first(payroll: Payroll) -> None:
    payroll.says("approved")
    later = {"timesheet": NEXT, "period_start": date(2026, 3, 9), "period_end": date(2026, 3, 15)}
    payroll.says("draft", person=payroll.person("kim"), entries=(), **later)
    assert [one["timesheet_id"] for one in payroll.listed()] == [NEXT, WEEK]
    assert [one["timesheet_id"] for one in payroll.listed("?status=approved")] == [WEEK]
    assert [one["person_name"] for one in payroll.listed(f"?person={payroll.person('kim')}")] == ["Kim Example"]
    assert payroll.listed("?status=deleted") == []
    assert [one["timesheet_id"] for one in payroll.listed("?page=2&page_size=1")] == [WEEK]
    assert payroll.caller("GET", "/timesheets?status=lost").status_code == 422


def test_what_was_never_sent_and_is_given_up_is_listed_no_more(payroll: Payroll) -> None:
    unsent: dict[str, Any] = {"binding_state": "reserved", "pushed_version": 0, "external_id": None, "total": None}
    payroll.says("planned", **unsent)
    payroll.says("deleted", timesheet=NEXT)
    assert {one["status"] for one in payroll.listed()} == {"planned", "deleted"}
    payroll.says("deleted", **unsent)
    assert [one["timesheet_id"] for one in payroll.listed()] == [NEXT]
    assert payroll.status() == "deleted"


def test_one_timesheet_tells_its_history_and_the_entries_it_pays(payroll: Payroll) -> None:
    payroll.says("planned", binding_state="reserved", pushed_version=0, external_id=None, total=None)
    for status in ("draft", "approved", "approved", "processed"):
        payroll.says(status)
    assert payroll.history() == ["draft", "approved", "processed"]
    entries = payroll.caller.told("GET", f"/timesheets/{WEEK}")["entries"]
    assert {one["entry"]: one["seconds"] for one in entries} == {payroll.entry("t1"): 27_000, payroll.entry("t2"): 7_200}
    payroll.caller.told("GET", f"/timesheets/{NEXT}", status=404)


def test_an_entry_shows_how_far_the_timesheet_is_that_pays_it(payroll: Payroll) -> None:
    assert payroll.approved_there() == {"t1": None, "t2": None, "t3": None}
    payroll.says("approved")
    assert payroll.approved_there() == {"t1": "approved", "t2": "approved", "t3": None}
    payroll.says("approved", entries=((payroll.entry("t3"), 60),))
    assert payroll.approved_there() == {"t1": None, "t2": None, "t3": "approved"}
    payroll.says("deleted")
    assert payroll.approved_there() == {"t1": None, "t2": None, "t3": None}
    assert "approved_there" not in str(payroll.caller.told("GET", "/records?kind=person"))


def test_an_entry_over_the_end_of_a_period_is_as_far_as_the_later_of_its_two_timesheets(payroll: Payroll) -> None:
    payroll.says("processed", entries=((payroll.entry("t1"), 3_600),))
    payroll.says("draft", timesheet=NEXT, entries=((payroll.entry("t1"), 23_400),))
    assert payroll.approved_there()["t1"] == "draft"
    payroll.says("approved", timesheet=NEXT, entries=((payroll.entry("t1"), 23_400),))
    assert payroll.approved_there()["t1"] == "approved"


def an_old_word_arrives_late(payroll: Payroll) -> str:
    payroll.says("approved", version=3)
    payroll.says("draft", version=2)
    return payroll.status()


def test_an_older_word_never_overwrites_a_newer_one(payroll: Payroll) -> None:
    assert an_old_word_arrives_late(payroll) == "approved"


def test_without_the_version_rule_an_old_word_would_win(payroll: Payroll) -> None:
    with Rig(off=frozenset({"version_not_older"})):
        assert an_old_word_arrives_late(payroll) == "draft"


def a_final_timesheet_is_said_to_be_a_draft(payroll: Payroll, final: str) -> str:
    payroll.says(final)
    payroll.says("draft")
    return payroll.status()


def test_nothing_comes_back_from_deleted(payroll: Payroll) -> None:
    assert a_final_timesheet_is_said_to_be_a_draft(payroll, "deleted") == "deleted"


def test_a_pay_run_that_is_set_back_makes_a_draft_of_what_was_processed(payroll: Payroll) -> None:
    assert a_final_timesheet_is_said_to_be_a_draft(payroll, "processed") == "draft"


def test_without_absorbing_states_a_deleted_timesheet_would_come_back_as_a_draft(payroll: Payroll) -> None:
    with Rig(off=frozenset({"absorbing_states"})):
        assert a_final_timesheet_is_said_to_be_a_draft(payroll, "deleted") == "draft"


def test_a_later_generation_begins_anew_after_a_deletion(payroll: Payroll) -> None:
    payroll.says("deleted", version=7)
    payroll.says("draft", generation=2, version=1)
    payroll.says("approved", generation=1, version=9)
    assert payroll.status() == "draft"


def test_a_problem_names_the_timesheet_it_is_about_and_forgets_its_cause_with_the_person(payroll: Payroll) -> None:
    payroll.says("draft", problem="pay_run_posted")
    problem = ProblemMessage(
        problem="p1", version=1, connection=CONNECTION, code="pay_run_posted", subject="binding-e001",
        about=payroll.person("robin"), title="Paid already", cause="Robin Sample was paid.", remedy="Correct it.", blocks=1,
        open=True,
    )  # fmt: skip
    payroll.tells(PROBLEM_CHANGED, "p1", dump_problem(problem))
    [shown] = payroll.caller.told("GET", "/problems")["items"]
    assert (shown["timesheet_id"], shown["invoice_id"], shown["cause"]) == (WEEK, None, "Robin Sample was paid.")
    payroll.caller.told("POST", "/erasures", {"person": payroll.person("robin")})
    [shown] = payroll.caller.told("GET", "/problems")["items"]
    assert shown["cause"] == "(erased)" and payroll.listed()[0]["person_name"] == "(erased)"


def test_a_timesheet_that_is_gone_over_there_says_nothing(payroll: Payroll) -> None:
    payroll.tells(TIMESHEET_STATUS_CHANGED, "gone", None)
    assert payroll.listed() == []


def test_another_organisations_timesheets_are_nobody_elses(payroll: Payroll, new_owner: Callable[[str], Caller]) -> None:
    payroll.says("approved")
    stranger = new_owner("Elsewhere")
    assert stranger.told("GET", "/timesheets")["items"] == []
    stranger.told("GET", f"/timesheets/{WEEK}", status=404)
    other = _payroll(stranger, payroll.db, payroll.vault)
    other.says("draft", version=99, generation=9)  # the same ids, as only a broken connector would say them
    assert payroll.status() == "approved"


def test_a_worker_may_not_see_what_others_are_paid(payroll: Payroll) -> None:
    key = payroll.caller.told("POST", "/keys", {"name": "w", "role": "worker", "scopes": ["records:read"]}, status=201)["key"]
    Caller(payroll.caller.service, key).told("GET", "/timesheets", status=403)


def test_a_worker_sees_their_own_timesheet_and_anothers_is_not_there(payroll: Payroll) -> None:
    payroll.says("draft")
    payroll.says("draft", timesheet=NEXT, person=payroll.person("somebody else"))
    wanted = {"name": "w", "role": "worker", "scopes": ["timesheets:read"], "person": payroll.person("robin")}
    robin = Caller(payroll.caller.service, payroll.caller.told("POST", "/keys", wanted, status=201)["key"])
    assert [one["timesheet_id"] for one in robin.told("GET", "/timesheets")["items"]] == [WEEK]
    assert robin.told("GET", f"/timesheets/{WEEK}")["hours"] == 9.5
    robin.told("GET", f"/timesheets/{NEXT}", status=404)
    robin.told("GET", f"/timesheets?person={payroll.person('somebody else')}", status=404)
    assert len(payroll.caller.told("GET", "/timesheets")["items"]) == 2


def test_every_connector_with_an_address_is_followed_and_no_other(tmp_path: Path) -> None:
    names = ("ingest", "quickbooks", "xero")
    environ = {"TIMEBOOKS_DATA": str(tmp_path), "TIMEBOOKS_QUICKBOOKS_URL": "http://q.internal"}
    assert dict(ours.peers(Settings.load(environ, names))) == {"quickbooks": "http://q.internal/quickbooks"}
    both = ours.peers(Settings.load({**environ, "TIMEBOOKS_XERO_URL": "http://x.internal/"}, names))
    assert dict(both) == {"quickbooks": "http://q.internal/quickbooks", "xero": "http://x.internal/xero"}
    assert {tick.subject for tick in follow.ticks(both)} == {"quickbooks", "xero"}
    assert TIMESHEET_STATUS_CHANGED in project.KINDS
