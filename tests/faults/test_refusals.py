"""The books say no: to one of several, or in the middle of a change. Nothing else waits for it, and nothing stays half done."""

from __future__ import annotations

import pytest

from tests.faults.payroll import AU, NZ_APPROVED, Payroll
from tests.faults.stand import assert_in_step

REFUSED = {"kind": "error_before", "resource": "timesheets", "status": 400, "message": "The number of units is not allowed"}
only_xero = pytest.mark.parametrize("connector", ["xero"], indirect=True)


@pytest.mark.parametrize("company", ["the first", "the second"])
def test_one_refused_of_three_leaves_the_others_written(books, company):
    own_numbers = books.name == "quickbooks"  # its second company numbers invoices itself, and so refuses no number
    place = books.places[1 if company == "the second" and not own_numbers else 0]
    books.opened(place)
    three = [books.composed(place) for _ in range(3)]
    books.stands_in_the_way(three[1])
    books.wants(*three)
    books.settles()
    assert [books.binding(one)["state"] for one in three] == ["confirmed", "parked", "confirmed"]
    assert len(books.problems()) == 1
    assert (books.open_jobs(), books.open_calls()) == ([], 0)
    books.looks_round()
    assert len(books.problems()) == 1
    del books.wanted[three[1].id]


@only_xero  # those books refuse a call of several for one of them
def test_of_several_the_good_ones_are_sent_again_without_the_bad_one(books):
    books.opened(AU)
    three = [books.composed(AU) for _ in range(3)]
    books.stands_in_the_way(three[0])
    books.wants(*three)
    books.settles()
    made = books.emulator.writes(kind="timesheet", operation="create", actor="api")
    assert {entry.result["employee"] for entry in made} == {books.there(one)[0]["employee"] for one in three[1:]}
    assert len(made) == 2
    assert [len(books.there(one)) for one in three] == [1, 1, 1]


@only_xero  # a change of an approved timesheet is a row of calls: set back, line by line, approved
@pytest.mark.parametrize("method", ["DELETE", "PUT"])
def test_a_change_refused_half_way_is_undone_told_and_finished_by_a_later_one(books: Payroll, method):
    books.opened(NZ_APPROVED)
    one = books.composed(NZ_APPROVED)
    books.wants(one)
    books.settles()
    books.emulator.fault(**REFUSED, method=method)
    books.wants(books.changed(one))
    books.settles()
    books.looks_round()
    [there] = books.there(one)
    assert there["status"] == "APPROVED"
    assert {line["day"]: line["units"] for line in there["lines"]} == one.units()
    assert books.binding(one)["state"] == "parked"
    assert len(books.problems()) == 1
    books.wants(books.changed(one))
    books.settles()
    assert_in_step(books)
