"""Civil days: midnights, zones, and days that hold more work than they have hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.days import long_days, pieces, worked
from shared.kernel.dates import day_length
from tests.sizes import size
from tests.unit.domain.making import entry

HOUR = 3600
ZONES = (
    "Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Asia/Kathmandu", "America/Sao_Paulo",
    "Africa/Casablanca", "Pacific/Apia", "America/Havana", "Asia/Tehran", "Pacific/Chatham", "UTC",
)  # fmt: skip


def at(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def test_an_overnight_shift_falls_onto_two_dates():
    found = pieces(at("2026-03-02T22:00", "Europe/Madrid"), at("2026-03-03T06:00", "Europe/Madrid"), "Europe/Madrid")
    assert found == [(date(2026, 3, 2), 2 * HOUR), (date(2026, 3, 3), 6 * HOUR)]


def test_a_night_shift_in_which_the_clocks_go_forward_is_an_hour_shorter():
    found = pieces(at("2026-03-28T22:00", "Europe/Madrid"), at("2026-03-29T06:00", "Europe/Madrid"), "Europe/Madrid")
    assert found == [(date(2026, 3, 28), 2 * HOUR), (date(2026, 3, 29), 5 * HOUR)]


def test_where_the_clocks_skip_midnight_the_date_begins_at_one():
    """Havana, 8 March 2026: after 23:59:59 comes 01:00."""
    found = pieces(at("2026-03-07T23:00", "America/Havana"), at("2026-03-08T02:00", "America/Havana"), "America/Havana")
    assert found == [(date(2026, 3, 7), HOUR), (date(2026, 3, 8), HOUR)]


@settings(max_examples=size("money_examples"))
@given(
    st.sampled_from(ZONES),
    st.integers(946_684_800, 2_145_830_400),  # 2000 to 2037
    st.integers(1, 60 * HOUR),
)
def test_pieces_add_up_and_each_lies_on_its_date(zone, start, seconds):
    begin = datetime.fromtimestamp(start, UTC)
    end = begin + timedelta(seconds=seconds)
    found = pieces(begin, end, zone)
    assert sum(part for _, part in found) == seconds
    assert [day for day, _ in found] == sorted({day for day, _ in found})
    here = begin
    for day, part in found:
        last = here + timedelta(seconds=part - 1)
        assert {one.astimezone(ZoneInfo(zone)).date() for one in (here, last)} == {day}
        here += timedelta(seconds=part)


@settings(max_examples=size("money_examples"))
@given(st.sampled_from(ZONES), st.dates(date(2000, 1, 2), date(2037, 12, 30)))
def test_a_whole_day_is_as_long_as_the_zone_says(zone, day):
    wide = pieces(
        datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1),
        datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=2),
        zone,
    )
    assert dict(wide).get(day, 0) == day_length(day, zone)


def test_an_entry_without_a_known_zone_stays_on_its_date():
    clock = {"start": datetime.fromisoformat("2026-03-02T22:00"), "end": datetime.fromisoformat("2026-03-03T06:00")}
    naive = entry(seconds=8 * HOUR, **clock)
    assert worked(naive, "Europe/Madrid") == [(date(2026, 3, 2), 8 * HOUR)]


def test_a_break_is_counted_to_the_longest_piece():
    night = {"start": at("2026-03-02T22:00", "Europe/Madrid"), "end": at("2026-03-03T06:00", "Europe/Madrid")}
    found = worked(entry(seconds=7 * HOUR, break_seconds=HOUR, **night), "Europe/Madrid")
    assert found == [(date(2026, 3, 2), 2 * HOUR), (date(2026, 3, 3), 5 * HOUR)]


def zone_of(_person: str) -> str:
    return "America/New_York"


@pytest.mark.parametrize(
    ("day", "length"), [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (date(2026, 3, 2), 24)]
)
def test_a_day_may_be_full_but_not_fuller_than_its_clocks_show(day, length):
    full = [entry("a", 10 * HOUR, date=day), entry("b", (length - 10) * HOUR, date=day)]
    assert long_days(full, zone_of) == []
    (found,) = long_days([*full, entry("c", 1, date=day)], zone_of)
    assert (found.date, found.length, found.seconds, found.entries) == (day, length * HOUR, length * HOUR + 1, ("a", "b", "c"))


def test_people_do_not_share_a_day():
    assert long_days([entry("a", 20 * HOUR), entry("b", 20 * HOUR, person="bob")], zone_of) == []


def test_a_night_shift_counts_on_both_its_days():
    night = entry(
        "n", 8 * HOUR, start=at("2026-03-02T20:00", "America/New_York"), end=at("2026-03-03T04:00", "America/New_York")
    )
    (found,) = long_days([night, entry("d", 21 * HOUR, date=date(2026, 3, 3))], zone_of)
    assert (found.date, found.seconds) == (date(2026, 3, 3), 25 * HOUR)
