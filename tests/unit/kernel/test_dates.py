"""Civil dates stay, and what the clocks do twice a year is known for every zone."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.kernel.dates import day_length, parse_date, parse_instant, utc_text, wall, zone_of
from shared.kernel.errors import Invalid
from tests.sizes import size

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
YEARS = (2024, 2025)


@cache
def changes() -> list[tuple[str, datetime, timedelta, timedelta]]:
    """(zone, first instant after, offset before, offset after) of every change of clocks of all zones in YEARS."""
    found = []
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        at = datetime(YEARS[0], 1, 1, tzinfo=UTC)
        while at.year <= YEARS[-1]:
            before, after = at.astimezone(zone).utcoffset(), (at + 5 * DAY).astimezone(zone).utcoffset()
            if before != after:
                found.append((name, _first(zone, at, at + 5 * DAY), before, after))
            at += 5 * DAY
    return found


def _first(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    before = low.astimezone(zone).utcoffset()
    while high - low > SECOND:
        middle = low + (high - low) // (2 * SECOND) * SECOND
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
    return high


def test_all_zones_change_their_clocks_as_often_as_expected():
    assert len(changes()) > 600


def test_a_time_in_a_gap_is_refused_in_every_zone():
    gaps = [change for change in changes() if change[3] > change[2]]
    assert len(gaps) > 300
    for name, instant, before, after in gaps:
        skipped = (instant + before + (after - before) / 2).replace(tzinfo=None)
        with pytest.raises(Invalid) as caught:
            wall(skipped.date(), skipped.time(), name)
        assert caught.value.code == "dst_gap"


def test_a_time_that_comes_twice_has_two_readings_in_every_zone():
    folds = [change for change in changes() if change[3] < change[2]]
    assert len(folds) > 300
    for name, instant, before, after in folds:
        twice = (instant + after + (before - after) / 2).replace(tzinfo=None)
        first, second = (wall(twice.date(), twice.time(), name, fold) for fold in (0, 1))
        assert second - first == before - after
        assert first < instant < second
        assert first.replace(tzinfo=None) == second.replace(tzinfo=None) == twice


def test_a_day_is_as_long_as_its_change_of_clocks_makes_it_in_every_zone():
    for name, instant, before, after in changes():
        last, first = (instant + before).replace(tzinfo=None) - SECOND, (instant + after).replace(tzinfo=None)
        if last.date() == first.date():
            assert day_length(first.date(), name) == (24 * HOUR + before - after) // SECOND, name


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        ("2024-03-10", "America/New_York", "23"),
        ("2024-11-03", "America/New_York", "25"),
        ("2024-11-04", "America/New_York", "24"),
        ("2024-03-31", "Europe/Madrid", "23"),
        ("2024-10-06", "Australia/Lord_Howe", "23.5"),
        ("2024-04-07", "Australia/Lord_Howe", "24.5"),
        ("2018-11-04", "America/Sao_Paulo", "23"),  # the clocks skipped midnight itself
        ("2011-12-30", "Pacific/Apia", "0"),  # the day that Samoa left out
        ("2024-02-29", "Asia/Kathmandu", "24"),
    ],
)
def test_the_length_of_a_day_is_what_its_clocks_show(day, zone, hours):
    assert day_length(date.fromisoformat(day), zone) == Decimal(hours) * 3600


@pytest.mark.parametrize("zone", ["America/St_Johns", "America/Havana", "Asia/Gaza", "Africa/Casablanca", "Antarctica/Troll"])
def test_the_days_of_a_year_add_up_to_its_minutes(zone):
    """A change close to midnight shares a day's reading between two days; together they are the time that passed."""
    for year in (2006, 2010, 2025):
        days = [date(year, 1, 1) + DAY * at for at in range(365)]
        start, end = (wall(day, time(0, 30), zone) for day in (days[0], date(year + 1, 1, 1)))
        assert sum(day_length(day, zone) for day in days) == (end - start) // SECOND


def test_the_offset_of_a_wall_clock_time_is_fixed():
    start = wall(date(2024, 11, 2), time(22), "America/New_York")
    end = wall(date(2024, 11, 3), time(6), "America/New_York")
    assert start.tzinfo == timezone(timedelta(hours=-4))
    assert end - start == 9 * HOUR


DAYS = st.dates(date(1950, 1, 1), date(2150, 12, 31))


@given(DAYS, st.times(), st.sampled_from(sorted(available_timezones())), st.integers(0, 1))
@settings(max_examples=size("money_examples"))
def test_no_civil_date_moves(day, clock, zone, fold):
    try:
        moment = wall(day, clock, zone, fold)
    except Invalid as problem:
        assert problem.code == "dst_gap"
        return
    assert (moment.date(), moment.time()) == (day, clock.replace(fold=0))
    assert moment == moment.astimezone(ZoneInfo(zone))


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
@settings(max_examples=size("money_examples"))
def test_a_date_is_read_as_it_is_written(day):
    assert parse_date(day.isoformat()) == day


@pytest.mark.parametrize(
    "text",
    [
        *("2024-02-30", "2023-02-29", "2024-13-01", "2024-00-10", "20240301", "2024-3-1", "2024-W10-1", "2024-060", "01/03/2024"),
        *("1899-12-31", "2200-01-01", "0000-01-01", "２０２４-01-01", "2024-03-01T00:00:00", " 2024-03-01", "2024-03-01\n", ""),
        *(None, 20240301, date(2024, 3, 1)),
    ],
)
def test_what_is_no_date_is_refused(text):
    with pytest.raises(Invalid) as caught:
        parse_date(text)
    assert caught.value.code == "bad_date"
    assert "YYYY-MM-DD" in caught.value.remedy


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2024-03-01T09:00:00Z", "2024-03-01T09:00:00Z"),
        ("2024-03-01T09:00+05:30", "2024-03-01T03:30:00Z"),
        ("2024-03-01T09:00:00.250-08:00", "2024-03-01T17:00:00.250000Z"),
        ("2025-09-10T21:31:25.179550663Z", "2025-09-10T21:31:25.179550Z"),
    ],
)
def test_an_instant_keeps_its_point_in_time(text, utc):
    assert utc_text(parse_instant(text)) == utc


@pytest.mark.parametrize(
    "text",
    [
        *("2024-03-01T09:00:00", "2024-03-01 09:00:00Z", "2024-03-01T24:00:00Z", "2024-03-01T23:59:60Z", "2024-03-01T09Z"),
        *("2024-03-01T09:00:00+24:00", "20240301T090000Z", "2024-03-01T09:00:00z", "", None, 0),
    ],
)
def test_what_is_no_instant_is_refused(text):
    with pytest.raises(Invalid):
        parse_instant(text)


def test_a_naive_instant_is_a_mistake_of_the_program():
    with pytest.raises(ValueError, match="offset"):
        utc_text(datetime.fromisoformat("2024-03-01T09:00:00"))


@pytest.mark.parametrize(
    "name",
    [
        "Mars/Olympus",
        "europe/madrid ",
        "right/UTC",
        "posix/UTC",
        "../../etc/passwd",
        "/etc/localtime",
        "America",
        "",
        "A\x00",
        None,
        1,
    ],
)
def test_what_is_no_zone_is_refused(name):
    with pytest.raises(Invalid) as caught:
        zone_of(name)
    assert caught.value.code == "unknown_zone"
