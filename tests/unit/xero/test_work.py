"""Entries onto civil days and kinds of pay."""

from __future__ import annotations

from datetime import date, datetime

from services.xero_connector.planner.work import ORDINARY, OVERTIME, of_entry, pieces
from tests.unit.domain.making import entry as time_entry
from tests.unit.xero.making import HOUR, entry, shift

SYDNEY = "Australia/Sydney"


def found(work, zone=SYDNEY):
    return [(piece.date.isoformat(), piece.kind, piece.seconds) for piece in pieces(work, zone)]


def test_an_overnight_shift_is_split_by_civil_day():
    work = shift("a", "2026-11-08T22:00", "2026-11-09T06:00", SYDNEY)
    assert found(work) == [("2026-11-08", ORDINARY, 2 * HOUR), ("2026-11-09", ORDINARY, 6 * HOUR)]


def test_a_night_in_which_the_clocks_go_back_is_an_hour_longer():
    """Sydney, 5 April 2026: 3:00 becomes 2:00."""
    work = shift("a", "2026-04-04T22:00", "2026-04-05T06:00", SYDNEY)
    assert found(work) == [("2026-04-04", ORDINARY, 2 * HOUR), ("2026-04-05", ORDINARY, 7 * HOUR)]


def test_overtime_is_the_end_of_a_shift():
    work = shift("a", "2026-11-08T22:00", "2026-11-09T08:00", SYDNEY, seconds=((ORDINARY, 8 * HOUR), (OVERTIME, 2 * HOUR)))
    assert found(work) == [
        ("2026-11-08", ORDINARY, 2 * HOUR),
        ("2026-11-09", ORDINARY, 6 * HOUR),
        ("2026-11-09", OVERTIME, 2 * HOUR),
    ]


def test_an_allowance_comes_on_top_and_stays_on_the_first_day():
    seconds = ((ORDINARY, 8 * HOUR), ("allowance:on_call", 8 * HOUR))
    work = shift("a", "2026-11-08T22:00", "2026-11-09T06:00", SYDNEY, seconds=seconds)
    assert found(work)[-1] == ("2026-11-08", "allowance:on_call", 8 * HOUR)
    assert sum(seconds for *_, seconds in found(work)) == 16 * HOUR


def test_wall_clock_times_without_an_offset_are_read_in_the_persons_zone():
    clock = {"start": datetime.fromisoformat("2026-04-04T22:00"), "end": datetime.fromisoformat("2026-04-05T06:00")}
    true = entry("a", "2026-04-04", 9, **clock)  # nine true hours, the clocks go back
    plain = entry("b", "2026-04-04", 8, **clock)  # a tracker that subtracts clocks
    assert [part for *_, part in found(true)] == [2 * HOUR, 7 * HOUR]
    assert [part for *_, part in found(plain)] == [2 * HOUR, 6 * HOUR]


def test_times_that_do_not_add_up_leave_everything_on_the_entrys_date():
    clock = {"start": datetime.fromisoformat("2026-11-08T22:00"), "end": datetime.fromisoformat("2026-11-09T06:00")}
    assert found(entry("a", "2026-11-08", 5, **clock)) == [("2026-11-08", ORDINARY, 5 * HOUR)]


def test_a_break_is_taken_from_the_longest_day_and_never_makes_a_day_negative():
    assert [part for *_, part in found(shift("a", "2026-11-08T22:00", "2026-11-09T06:00", SYDNEY, break_seconds=HOUR))] == [
        2 * HOUR,
        5 * HOUR,
    ]
    long = shift("a", "2026-11-08T22:00", "2026-11-09T02:00", SYDNEY, break_seconds=3 * HOUR)
    assert found(long) == [("2026-11-09", ORDINARY, HOUR)]


def test_nothing_of_a_deleted_or_unapproved_entry_is_payable():
    assert found(entry("a", "2026-11-08", approved=False)) == []
    assert found(entry("a", "2026-11-08", deleted=True)) == []


def test_a_correction_below_zero_stays_on_its_date():
    assert found(entry("a", "2026-11-08", -2)) == [("2026-11-08", ORDINARY, -2 * HOUR)]


def test_a_logged_entry_keeps_its_overtime():
    work = of_entry(time_entry(seconds=9 * HOUR, overtime_seconds=HOUR, date=date(2026, 3, 2)), approved=True)
    assert work.seconds == ((ORDINARY, 8 * HOUR), (OVERTIME, HOUR))
    assert sum(piece.seconds for piece in pieces(work, "UTC")) == 9 * HOUR
