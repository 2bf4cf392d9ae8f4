"""Lives that once went wrong, found by the random ones: each is lived again as it was."""

from __future__ import annotations

import pytest

from tests.journeys import quiet
from tests.journeys.lives import Life, settle_in


@pytest.fixture
def life(stage_of) -> Life:
    return Life(stage_of(settle_in))


def rests(life: Life, whose: str = "ours", heard: bool = True) -> None:
    quiet.come_to_rest(life, heard=heard, whose=whose)
    quiet.check(life)


def test_a_withdrawal_that_waits_is_met_when_the_books_delete_the_invoice_themselves(life):
    life.void(2)
    life.wait(minutes=11)
    life.delete_there(2)
    rests(life, heard=False)


def test_a_withdrawal_refused_because_the_books_voided_it_first_is_met(life):
    life.mode("automatic")
    life.void_there(1)
    life.void(1)
    rests(life, heard=False)


def test_what_the_books_void_and_then_delete_is_deleted_here(life):
    life.void_there(2)
    life.deliver()
    life.settle()
    life.delete_there(2)
    rests(life, heard=False)


def test_what_was_deleted_while_nobody_looked_for_weeks_is_noticed(life):
    life.delete_there(2)
    life.deliver(drop=True)
    life.wait(minutes=60 * 24 * 40)
    rests(life, heard=False)


def test_a_problem_about_an_invoice_that_went_is_closed_with_it(life):
    life.mode("automatic")
    life.log("m", seconds=0, client="moon", deleted=True, by_file=False)
    life.make_plan()
    life.go()
    life.delete_there(1)
    rests(life, heard=False)


def test_an_update_that_finds_the_invoice_gone_after_it_was_withdrawn_here_asks_nobody(life):
    life.goes_wrong("throttle", method="POST", path="/(invoice|batch)")
    life.log("x", seconds=12_345, client="harbour")
    life.make_plan()
    life.go()
    life.work()
    life.delete_there(1)
    life.approve()
    life.compose("day")
    life.void(1)
    life.wait(minutes=11)
    rests(life)


def test_a_void_heard_while_another_call_is_open_does_not_leave_the_invoice_in_doubt(life):
    life.mode("automatic")
    life.void_there(1)
    life.log("m", seconds=12_345, client="moon", by_file=False)
    life.make_plan()
    life.goes_wrong("connect")
    life.wait(minutes=1)
    rests(life)


def test_a_decision_for_the_books_ends_the_question(life):
    life.mode("automatic")
    life.edit_there(1, lines=True)
    life.log("m", seconds=3_601, client="moon", rate="90")
    life.approve()
    life.settle()
    asked = [one["code"] for one in life.product.get("quickbooks", "/problems")["items"]]
    assert asked == ["diverged"]
    rests(life, whose="theirs")


def test_an_invoice_paid_while_its_withdrawal_is_on_the_way_stays_billed(life):
    life.void(1)
    life.make_plan()
    life.go()
    life.pay(1)
    life.compose("day")
    rests(life, heard=False)


def test_a_lost_answer_that_turns_out_void_meets_a_withdrawal_that_came_meanwhile(life):
    life.mode("automatic")
    life.log("a", seconds=12_345, client="moon", rate="90")
    life.log("c", seconds=7_200, overtime=900)
    life.approve()
    life.compose("person")
    life.goes_wrong("reset_after", method="POST", path="/(invoice|batch)")
    life.settle()
    for number in (3, 4):
        life.void_there(number)
    life.log("a", seconds=1, client="harbour", by_file=False)
    life.log("c", deleted=True, by_file=False)
    rests(life, heard=False)


def test_a_correction_that_is_paid_after_what_it_corrected_was_deleted_leaves_the_rest_to_be_billed(life):
    life.unpay(0, void=True)
    life.delete_there(1)
    life.make_plan()
    life.go()
    life.work()
    life.deliver(drop=True)
    life.goes_wrong("reset_before", method="POST", path="/(invoice|batch)")
    life.delete_there(0)
    life.make_plan()
    life.pay(5)
    life.follow()
    life.wait(minutes=57600)
    life.make_plan()
    life.go()
    life.mode("automatic")
    rests(life)


def test_a_change_that_was_on_its_way_to_an_invoice_deleted_meanwhile_is_not_asked_about_when_that_is_withdrawn_here(life):
    life.mode("automatic")
    life.unpay(0, void=True)
    life.wait(minutes=1)
    life.void(0)
    life.make_plan()
    life.replay()
    life.delete_there(2)
    life.goes_wrong("truncated", 2, method="POST", path="/(invoice|batch)")
    life.goes_wrong("throttle", 1, method="POST", path="/(invoice|batch)")
    life.wait(minutes=1)
    life.wait(minutes=60 * 24 * 40)
    rests(life, heard=False)
