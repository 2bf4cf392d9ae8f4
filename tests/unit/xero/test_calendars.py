"""Pay periods: every type, both ways in time, month ends, and calendars that aren't understood."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.xero_connector.planner.calendars import TYPES, Calendar, Period, following, payday, period_of, preceding
from shared.kernel.errors import Park
from tests.sizes import size

DAY = timedelta(days=1)


def calendar(kind: str, start: str, **more: str) -> Calendar:
    dates = {name: date.fromisoformat(text) for name, text in more.items()}
    return Calendar(id="c", name="Site crew", type=kind, start=date.fromisoformat(start), **dates)


def dates(kind: str, start: str, day: str, **more: str) -> tuple[str, str]:
    found = period_of(calendar(kind, start, **more), date.fromisoformat(day))
    return found.start.isoformat(), found.end.isoformat()


@pytest.mark.parametrize(
    ("kind", "start", "day", "first", "last"),
    [
        ("WEEKLY", "2026-11-02", "2026-11-08", "2026-11-02", "2026-11-08"),
        ("WEEKLY", "2026-11-02", "2026-11-01", "2026-10-26", "2026-11-01"),
        ("Fortnightly", "2026-11-02", "2026-11-16", "2026-11-16", "2026-11-29"),
        ("FORTNIGHTLY", "2026-11-02", "2026-11-01", "2026-10-19", "2026-11-01"),
        ("FourWeekly", "2026-11-02", "2027-01-01", "2026-12-28", "2027-01-24"),
        ("TwiceMonthly", "2026-11-01", "2026-11-15", "2026-11-01", "2026-11-15"),
        ("TWICEMONTHLY", "2026-11-16", "2028-02-29", "2028-02-16", "2028-02-29"),
        ("TWICEMONTHLY", "2026-11-15", "2027-02-28", "2027-02-28", "2027-03-14"),
        ("Monthly", "2026-11-01", "2024-02-29", "2024-02-01", "2024-02-29"),
        ("MONTHLY", "2026-10-21", "2027-01-20", "2026-12-21", "2027-01-20"),
        ("MONTHLY", "2026-01-31", "2026-02-27", "2026-01-31", "2026-02-27"),
        ("MONTHLY", "2026-01-31", "2026-02-28", "2026-02-28", "2026-03-30"),
        ("MONTHLY", "2026-01-31", "2028-02-29", "2028-02-29", "2028-03-30"),
        ("MONTHLY", "2026-01-31", "2026-04-30", "2026-04-30", "2026-05-30"),
        ("Quarterly", "2026-04-06", "2027-01-05", "2026-10-06", "2027-01-05"),
        ("QUARTERLY", "2025-11-30", "2026-02-28", "2026-02-28", "2026-05-29"),
    ],
)
def test_the_period_of_a_day_by_hand(kind, start, day, first, last):
    assert dates(kind, start, day) == (first, last)


def test_a_february_start_means_the_31st_when_the_reference_date_says_so():
    assert dates("MONTHLY", "2026-02-28", "2026-03-30") == ("2026-03-28", "2026-04-27")
    assert dates("MONTHLY", "2026-02-28", "2026-03-30", reference="2026-01-31") == ("2026-02-28", "2026-03-30")


def test_a_february_start_means_the_30th_when_the_period_ends_on_the_29th_of_march():
    assert dates("Monthly", "2026-02-28", "2026-04-29", end="2026-03-29") == ("2026-03-30", "2026-04-29")


def test_a_reference_date_of_the_other_half_of_the_month_means_the_same_halves():
    assert dates("TWICEMONTHLY", "2026-02-28", "2026-03-30", reference="2026-01-15") == ("2026-03-30", "2026-04-14")
    assert dates("TWICEMONTHLY", "2026-11-16", "2026-11-15", reference="2019-07-01") == ("2026-11-01", "2026-11-15")


@pytest.mark.parametrize("kind", ["ANNUAL", "Annual", "Lunar", ""])
def test_a_calendar_without_timesheets_is_a_problem_that_names_it(kind):
    with pytest.raises(Park) as caught:
        period_of(calendar(kind, "2026-11-02"), date(2026, 11, 2))
    assert caught.value.code == "calendar_unsupported"
    assert "Site crew" in caught.value.cause
    assert caught.value.facts == {"calendar": "c"}


def test_a_calendar_whose_own_period_is_not_as_the_rule_has_it_is_not_guessed():
    with pytest.raises(Park) as caught:
        dates("Weekly", "2026-11-02", "2026-11-02", end="2026-11-09")
    assert caught.value.code == "calendar_not_understood"


def test_payday_is_as_long_after_each_period_as_after_the_calendars_own():
    known = calendar("MONTHLY", "2026-01-01", payment="2026-02-05")
    assert payday(known, period_of(known, date(2026, 2, 10))) == date(2026, 3, 5)
    assert payday(calendar("MONTHLY", "2026-01-01"), period_of(known, date(2026, 2, 10))) is None


STARTS = st.dates(date(2016, 1, 1), date(2036, 12, 31))


@settings(max_examples=size("other_examples"))
@given(st.sampled_from(TYPES), STARTS)
def test_periods_tile_twenty_years_without_gap_or_overlap(kind, start):
    known = Calendar(id="c", name="n", type=kind, start=start)
    here, tiles = period_of(known, date(2018, 1, 1)), []
    while here.start < date(2038, 1, 1):
        tiles.append(here)
        here = following(known, here)
    assert all(after.start == before.end + DAY for before, after in pairwise(tiles))
    assert all(preceding(known, after) == before for before, after in pairwise(tiles[:40]))
    assert {len(tile.days) for tile in tiles} <= SPANS[kind]
    assert any(tile.start == start for tile in tiles) or not date(2018, 1, 1) <= start < date(2038, 1, 1)


SPANS = {
    "weekly": {7},
    "fortnightly": {14},
    "fourweekly": {28},
    "twicemonthly": {12, 13, 14, 15, 16},  # from 16 to 27 February when the other half begins on the 31st
    "monthly": {28, 29, 30, 31},
    "quarterly": {89, 90, 91, 92},
}


@settings(max_examples=size("money_examples"))
@given(st.sampled_from(TYPES), STARTS, st.dates(date(2018, 1, 1), date(2037, 12, 31)))
def test_every_day_of_a_period_is_in_that_period(kind, start, day):
    known = Calendar(id="c", name="n", type=kind, start=start)
    found = period_of(known, day)
    assert day in found
    assert {period_of(known, one) for one in (found.start, found.end)} == {found}
    assert found.start - DAY not in found


def test_any_period_start_of_a_calendar_gives_the_same_periods_when_the_reference_date_is_kept():
    """The books move a calendar's start on with each pay run; what was the 31st must not become the 28th."""
    first = calendar("MONTHLY", "2026-01-31")
    here = period_of(first, date(2026, 1, 31))
    for _ in range(30):
        here = following(first, here)
        moved_on = Calendar(id="c", name="n", type="MONTHLY", start=here.start, reference=first.start)
        assert following(moved_on, here) == following(first, here)


@pytest.mark.parametrize("day", range(1, 32))
def test_first_and_last_day_of_any_period_are_enough_to_know_a_monthly_calendar(day):
    """The 2.0 calendars have no reference date but say where the present period ends."""
    first = calendar("Monthly", f"2026-01-{day:02}")
    here = period_of(first, first.start)
    for _ in range(30):
        here = following(first, here)
        told = Calendar(id="c", name="n", type="Monthly", start=here.start, end=here.end)
        assert following(told, here) == following(first, here)


def test_a_period_knows_its_days():
    days = Period(date(2026, 2, 26), date(2026, 3, 1), "c").days
    assert [day.day for day in days] == [26, 27, 28, 1]
