"""Lives of timesheets that once went wrong, found by the random ones: each is lived again as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.journeys import payday
from tests.journeys.clerks import PEOPLE, Office, PayStage


@pytest.fixture(params=("au1", "nz"))
def office(request: pytest.FixtureRequest, pay_stage: Callable[[str], PayStage]) -> Iterator[Office]:
    stage = pay_stage(request.param)
    with stage.timed():
        stage.again()
        yield Office(stage)


def rests(office: Office, whose: str = "ours") -> None:
    payday.come_to_rest(office, whose=whose)
    payday.check(office)


def seconds_of(office: Office, who: str) -> int:
    """What live timesheets pay of a person's work."""
    mine = (one for one in payday.sheets(office) if one["who"] == who and payday.live(one))
    return sum(part.seconds for one in mine for part in one["parts"])


def test_the_timesheet_of_somebody_whose_only_work_became_anothers_goes_too(office):
    office.log("d", person="wanda", date="2026-11-04", seconds=18_001)
    rests(office)
    assert seconds_of(office, "fern") == 0
    assert seconds_of(office, "wanda") == 27_360 + 28_800 + 18_001


def test_paid_work_that_became_anothers_stays_owed_by_the_first_whoever_is_composed_next(office):
    office.log("a", person="fern", date="2026-10-28", seconds=27_360)
    office.approve()
    office.settle()
    office.log("c", person="wanda", date="2026-11-04", seconds=3_600)
    office.approve()
    office.settle()
    assert seconds_of(office, "wanda") == 28_800 + 3_600
    rests(office)
    assert seconds_of(office, "wanda") == 28_800 + 3_600
    assert seconds_of(office, "fern") == 18_001 + 27_360


def test_what_the_first_still_owes_of_work_that_became_anothers_is_not_owed_once_more_when_only_the_other_is_composed(office):
    office.log("a", person="fern", date="2026-12-01", seconds=3_601)
    office.log("d", person="wanda", date="2026-10-28", seconds=7_200)
    office.approve()
    rests(office)
    office.log("e", person="fern", date="2026-12-01", seconds=3_600)
    office.approve()
    office.settle()
    assert office.make_plan()["left_out"] == []
    rests(office)


def test_work_that_became_somebodys_who_was_erased_before_we_heard_is_not_paid_to_the_first(office):
    office.log("b", person="fern", date="2026-11-04", seconds=3_600)
    office.erase("fern")
    rests(office)
    assert seconds_of(office, "wanda") == 27_360


def test_a_timesheet_that_we_deleted_ourselves_is_not_taken_for_somebody_elses_to_be_changed(office):
    office.sync()
    office.log("b", date="2026-11-02", seconds=36, deleted=True)
    office.make_plan()
    office.go()
    office.work()
    office.log("c", date="2026-11-02", seconds=3_600)
    office.approve()
    rests(office)
    assert seconds_of(office, "wanda") == 27_360 + 3_600


def test_the_work_of_a_timesheet_that_a_change_found_deleted_is_wanted_there_again(office):
    office.log("c", date="2026-11-04", seconds=3_600)
    office.approve()
    office.settle()
    office.make_plan()
    office.go()
    office.sheet("delete", 1)
    office.sheet("delete", 1)
    office.work()
    rests(office)
    assert seconds_of(office, "wanda") == 27_360 + 28_800 + 3_600


def problems(office: Office) -> list[tuple[str, str]]:
    """Code and cause of what is open."""
    return [(one["code"], one["cause"]) for one in office.product.get("xero", "/problems")["items"]]


def test_a_draft_that_its_posted_pay_run_left_out_is_told_until_it_is_deleted_there_and_then_owed_again(office):
    office.draft_run("wanda", "2026-11-02")
    office.pay_run("post", 1)
    rests(office)
    [(code, cause)] = problems(office)
    assert code == "left_out_of_pay_run"
    who = PEOPLE[office.region]["wanda"]
    assert cause.startswith(f"{who}: the pay run of 2026-11-02 to 2026-11-08 was posted in Xero without this timesheet")
    assert cause.endswith("which is draft there. Its 8.00 hours are not paid.")
    office.sheet("delete", 1)
    rests(office)
    assert problems(office) == []
    assert [one["start"] for one in office.there() if one["status"] != "PROCESSED"] == ["2026-11-02", "2026-11-09"]
    assert seconds_of(office, "wanda") == 27_360 + 28_800


def test_a_draft_that_was_left_out_and_is_paid_after_all_is_told_no_more(office):
    office.draft_run("wanda", "2026-11-02")
    office.pay_run("post", 1)
    office.sync()
    office.settle()
    office.make_plan()
    rests(office)
    office.pay_run("reopen", 1)
    office.sheet("approve", 1)
    office.pay_run("post", 1)
    rests(office)
    assert problems(office) == []
    assert seconds_of(office, "wanda") == 27_360 + 28_800


@pytest.mark.parametrize("then", ("", "post"))
def test_a_paid_timesheet_whose_run_is_taken_back_and_that_is_deleted_between_two_looks_is_owed_again(office, then):
    office.pay_run("reopen", 0)
    office.sheet("delete", 0)
    if then:
        office.pay_run(then, 0)
    rests(office)
    assert seconds_of(office, "wanda") == 27_360 + 28_800
    assert [one["start"] for one in office.there()][:2] == ["2026-11-02", "2026-11-02"] if then else ["2026-10-26", "2026-11-02"]


def test_the_last_days_of_an_employment_that_ended_are_paid_by_the_timesheet_of_their_period(office):
    office.end_employment("wanda", "2026-11-03")
    office.wait(days=10)
    office.log("c", date="2026-11-03", seconds=3_600)
    office.approve()
    rests(office)
    assert seconds_of(office, "wanda") == 27_360 + 28_800 + 3_600
    assert problems(office) == []


def test_last_days_that_come_when_their_period_is_paid_are_told_with_name_reason_and_remedy(office):
    office.end_employment("wanda", "2026-11-03")
    office.sheet("pay", 1)
    office.wait(days=10)
    office.log("c", date="2026-11-03", seconds=3_600)
    office.approve()
    rests(office)
    assert seconds_of(office, "wanda") == 27_360 + 28_800
    who = PEOPLE[office.region]["wanda"]
    cause = f"{who}: The period of 2026-11-03 is closed, and the employment ended on 2026-11-03."
    assert problems(office) == [("no_open_period", cause)]
    assert [(one["code"], one["duration"]) for one in office.make_plan()["left_out"]] == [("no_open_period", "1:00:00")]


def test_what_a_clerk_changes_between_our_last_look_and_our_writing_is_for_a_person_to_decide(office):
    office.log("c", date="2026-11-04", seconds=3_600)
    office.approve()
    office.settle()
    office.make_plan()
    office.go()
    office.stage.clock.advance(seconds=5)
    office.edit(1, "1.5")
    edited = office.there()[1]["lines"]
    office.work()
    assert office.there()[1]["lines"] == edited
    assert [code for code, _ in problems(office)] == ["diverged"]
    rests(office)
    assert seconds_of(office, "wanda") == 27_360 + 28_800 + 3_600


def test_somebody_elses_timesheet_that_changes_after_a_plan_showed_it_is_shown_again_before_it_is_changed(office):
    office.add("wanda", "2026-11-09")
    office.sync()
    office.log("c", date="2026-11-10", seconds=3_600)
    office.approve()
    office.settle()
    office.make_plan()
    office.go()
    office.stage.clock.advance(seconds=5)
    office.edit(3, "1.5")
    edited = office.there()[3]["lines"]
    office.work()
    assert office.there()[3]["lines"] == edited
    assert [item["action"] for item in office.make_plan()["items"]] == ["update"]
    office.edited.clear()
    rests(office)


def test_what_is_too_little_to_be_paid_is_left_out_with_its_reason(office):
    office.log("c", date="2026-11-16", seconds=1)
    office.approve()
    rests(office)
    assert [(one["code"], one["duration"]) for one in office.make_plan()["left_out"]] == [("nothing_to_pay", "0:00:01")]


def test_a_change_that_was_refused_since_the_timesheet_had_been_processed_is_owed_in_the_next_period(office):
    office.log("b", person="fern", date="2026-10-28", seconds=7_200, overtime=900, deleted=True)
    office.goes_wrong("error_before", nth=3, resource="timesheets", retry_after=20)
    office.sheet("pay", at=4)
    office.make_plan()
    office.approve()
    office.follow()
    office.go()
    office.sync()
    office.sync()
    rests(office, "theirs")


def test_an_edit_of_what_was_processed_before_we_heard_of_it_is_told_although_a_change_waited(office):
    office.send()
    office.edit(at=2, units="7.25")
    office.sheet("pay", at=5)
    office.log("d", person="wanda", date="2026-11-08", seconds=36)
    office.go()
    office.approve()
    office.log("f", person="wanda", date="2026-10-28", seconds=36)
    office.sheet("reject", at=0)
    office.wait(minutes=11)
    rests(office)


@pytest.mark.parametrize("office", ["uk"], indirect=True)
def test_a_worker_that_slept_in_the_middle_of_a_write_of_several_requests_sends_nothing_more(office):
    office.emulator.configure(memory_seconds=0)
    office.sleep(7)
    office.log("d", person="fern", date="2026-11-01", seconds=36)
    office.unapprove("a")
    office.sheet("reject", at=0)
    office.send()
    rests(office)
