"""Lives of timesheets that once went wrong, found by the random ones: each is lived again as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.journeys import payday
from tests.journeys.clerks import Office, PayStage


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


def test_what_is_too_little_to_be_paid_is_left_out_with_its_reason(office):
    office.log("c", date="2026-11-16", seconds=1)
    office.approve()
    rests(office)
    assert [(one["code"], one["duration"]) for one in office.make_plan()["left_out"]] == [("nothing_to_pay", "0:00:01")]
