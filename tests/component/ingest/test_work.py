"""Payable work is told to whoever pays it: its present state, whenever something in it changes."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from services.ingest.app import PAGE
from shared.contract.message_schemas import load_work
from shared.contract.messages import WORK_CHANGED, WorkMessage
from shared.kernel.ids import record_id
from shared.platform import feed, jobs
from shared.platform.db import MOST_FEED_ROWS, Database, reading
from tests.component.ingest.conftest import Caller

NAMED: tuple[dict[str, Any], ...] = (
    {"kind": "person", "source_id": "robin", "name": "Robin Sample", "zone": "Australia/Sydney"},
    {"kind": "person", "source_id": "kim", "name": "Kim Example"},
    {"kind": "tag", "source_id": "night", "name": "Night shift"},
    {"kind": "job", "source_id": "site", "name": "Harbour Site"},
)
SHIFT: dict[str, Any] = {
    "kind": "time", "source_id": "t1", "date": "2026-03-02", "person": "robin", "job": "site", "tags": ["night"],
    "seconds": 30_600, "break_seconds": 1_800, "overtime_seconds": 3_600,
    "start": "2026-03-02T22:00:00+11:00", "end": "2026-03-03T07:00:00+11:00", "zone": "Australia/Sydney",
}  # fmt: skip
PLAIN: dict[str, Any] = {"kind": "time", "source_id": "t2", "date": "2026-03-04", "person": "kim", "seconds": 3_600}


def sends(caller: Caller, *records: dict[str, Any]) -> None:
    sent = {"schema": "1", "records": [{"source": "worklog", **record} for record in records]}
    results = caller.told("POST", "/records", sent, status=202)["results"]
    assert not [one for one in results if one["problem"]]


def ref(caller: Caller, kind: str, source_id: str) -> str:
    return record_id(caller.organisation, kind, "worklog", source_id)


def rows(caller: Caller, after: int = 0) -> list[dict[str, Any]]:
    return list(caller.told("GET", f"/feed?kinds={WORK_CHANGED}&after={after}")["rows"])


def told(caller: Caller, source_id: str) -> list[WorkMessage | None]:
    mine = [row for row in rows(caller) if row["subject"] == ref(caller, "time", source_id)]
    return [load_work(row["body"]) if row["body"] else None for row in mine]


def test_a_stored_entry_is_told_with_its_kinds_of_time_and_the_names_around_it(owner: Caller) -> None:
    sends(owner, *NAMED, SHIFT)
    [work] = told(owner, "t1")
    assert work is not None
    site, night = ref(owner, "job", "site"), ref(owner, "tag", "night")
    assert (work.entry, work.revision, work.person) == (ref(owner, "time", "t1"), 1, ref(owner, "person", "robin"))
    assert (work.person_name, work.person_zone, work.zone) == ("Robin Sample", "Australia/Sydney", "Australia/Sydney")
    assert work.seconds == (("ordinary", 27_000), ("overtime", 3_600))
    assert (str(work.start), str(work.end)) == ("2026-03-02 22:00:00+11:00", "2026-03-03 07:00:00+11:00")
    assert (work.date.isoformat(), work.break_seconds, work.job, work.tags) == ("2026-03-02", 1_800, site, (night,))
    assert work.names == {site: "Harbour Site", night: "Night shift"}
    assert (work.approved, work.deleted) == (False, False)


def test_a_kind_of_time_that_nobody_worked_is_left_out_and_the_organisations_zone_stands_in(owner: Caller) -> None:
    sends(owner, *NAMED, PLAIN)
    [work] = told(owner, "t2")
    assert work is not None
    assert (work.seconds, work.start, work.zone, work.person_zone) == ((("ordinary", 3_600),), None, None, "Europe/Berlin")


def test_an_edit_and_a_tombstone_are_told_each_and_the_body_is_the_present_state(owner: Caller) -> None:
    sends(owner, *NAMED, PLAIN)
    sends(owner, {**PLAIN, "seconds": 7_200})
    sends(owner, {**PLAIN, "seconds": 7_200})
    sends(owner, {**PLAIN, "seconds": 7_200, "deleted": True})
    assert [row["version"] for row in rows(owner)] == [1, 2, 3]
    assert {(one.revision, one.seconds, one.deleted) for one in told(owner, "t2") if one} == {(3, (("ordinary", 7_200),), True)}


def test_approving_and_taking_it_back_are_told(owner: Caller) -> None:
    sends(owner, *NAMED, SHIFT, PLAIN)
    owner.told("POST", "/approvals", {"ids": [ref(owner, "time", "t2")]})
    assert [one.approved for one in told(owner, "t2") if one] == [True, True]
    assert [one.approved for one in told(owner, "t1") if one] == [False]
    owner.told("POST", "/approvals/withdraw", {"ids": [ref(owner, "time", "t2")]})
    assert [one.approved for one in told(owner, "t2") if one] == [False, False, False]


def test_approved_work_whose_edit_makes_a_day_too_long_is_not_payable_until_confirmed(owner: Caller) -> None:
    sends(owner, *NAMED, PLAIN)
    owner.told("POST", "/approvals", {"from": "2026-03-01"})
    sends(owner, {**PLAIN, "seconds": 25 * 3_600})
    assert told(owner, "t2")[-1].approved is False  # type: ignore[union-attr]


def test_a_person_who_moves_to_another_zone_has_all_their_work_told_again_and_a_new_name_is_no_move(
    owner: Caller, db: Database
) -> None:
    sends(owner, *NAMED, SHIFT, PLAIN)
    before = rows(owner)[-1]["position"]
    sends(owner, {**NAMED[1], "name": "Kim Sample"}, {**NAMED[0], "zone": "Australia/Perth"})
    jobs.run_ready(db, owner.service.handlers)
    [row] = rows(owner, before)
    assert (row["subject"], row["body"]["person_zone"]) == (ref(owner, "time", "t1"), "Australia/Perth")


def test_expenses_and_trips_are_nobodys_payable_time(owner: Caller) -> None:
    expense = {"kind": "expense", "source_id": "e", "date": "2026-03-02", "person": "kim", "amount": "5", "currency": "EUR"}
    sends(owner, *NAMED, expense)
    owner.told("POST", "/approvals", {"from": "2026-03-01"})
    assert rows(owner) == []


def test_the_work_of_somebody_erased_is_told_without_a_body(owner: Caller) -> None:
    sends(owner, *NAMED, SHIFT, PLAIN)
    before = rows(owner)[-1]["position"]
    owner.told("POST", "/erasures", {"person": ref(owner, "person", "robin")})
    assert [(row["subject"], row["body"]) for row in rows(owner, before)] == [(ref(owner, "time", "t1"), None)]
    assert "Robin" not in str(rows(owner)) and told(owner, "t2") != [None]


def count(db: Database) -> int:
    with reading(db) as session:
        mine = sa.select(sa.func.count()).where(feed.feed.c.kind == WORK_CHANGED)
        return int(session.execute(mine).scalar_one())


HEAD = "source_id,date,duration,person,job\n"


@pytest.mark.parametrize("many", [1_400, 1_600, MOST_FEED_ROWS + 500])
def test_a_great_file_and_its_approval_are_told_wholly_within_the_limits_of_a_transaction(
    owner: Caller, db: Database, many: int
) -> None:
    lines = "".join(f"t{number},2026-03-02,0:00:01,Robin Sample,Site\n" for number in range(many))
    assert owner.imports((HEAD + lines).encode())["totals"]["new"] == many
    jobs.run_ready(db, owner.service.handlers)
    assert count(db) == many
    assert owner.told("POST", "/approvals", {"from": "2026-03-01"})["approved"] == many
    jobs.run_ready(db, owner.service.handlers)
    assert count(db) == 2 * many
    last = rows(owner, 0)[:PAGE]
    assert len(last) == PAGE and all(row["body"]["approved"] for row in last)
