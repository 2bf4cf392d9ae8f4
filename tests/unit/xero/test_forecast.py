"""What a push will take: calls by the rules of each region, and the time by those of the limits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.xero_connector.forecast import Forecast, Limits, Writes, calls, counted, done_at, forecast
from services.xero_connector.regions.registry import REGIONS

NOW = datetime(2026, 11, 9, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def limits(per_day=1000, made=()):
    return Limits(SECOND, per_day, timedelta(hours=24), made)


@pytest.mark.parametrize(("size", "expected"), [(1, 1000), (25, 40), (30, 34)])
@pytest.mark.parametrize("approve", [False, True])
def test_australia_takes_a_call_for_each_array_approved_or_not(size, expected, approve):
    assert calls(REGIONS["au1"], Writes(creates=1000), approve=approve, array_size=size) == expected


@pytest.mark.parametrize(("size", "expected"), [(1, 1010), (25, 41), (5, 202)])
def test_what_is_there_already_in_australia_is_looked_at_by_the_array(size, expected):
    assert calls(REGIONS["au1"], Writes(creates=990, updates=10), approve=False, array_size=size) == expected


@pytest.mark.parametrize("region", ["au2", "nz", "uk"])
def test_elsewhere_a_creation_is_a_call_and_so_is_its_approval(region):
    assert calls(REGIONS[region], Writes(creates=1000), approve=False, array_size=25) == 1000
    assert calls(REGIONS[region], Writes(creates=1000), approve=True, array_size=25) == 2000


def test_a_correction_is_looked_at_set_back_changed_line_by_line_and_approved():
    assert calls(REGIONS["nz"], Writes(updates=1, lines=3, set_back=1), approve=True, array_size=1) == 6


def test_a_withdrawn_one_is_looked_at_and_deleted():
    assert calls(REGIONS["uk"], Writes(retires=2), approve=False, array_size=1) == 4


def test_a_plan_is_added_up():
    changes = [
        ("create", 5, "planned"),
        ("update", 2, "approved"),
        ("update", 0, "approved"),
        ("update", 1, "draft"),
        ("retire", 0, "approved"),
        ("blocked", 0, "approved"),
    ]
    assert counted(changes) == Writes(creates=1, updates=3, retires=1, lines=3, set_back=2)


def test_calls_follow_each_other_at_full_pace():
    assert done_at(61, limits(), NOW) == NOW + 60 * SECOND
    assert done_at(0, limits(), NOW) == NOW


def test_beyond_the_days_calls_it_goes_on_24_hours_after_the_first():
    assert done_at(1001, limits(), NOW) == NOW + timedelta(hours=24)
    assert done_at(1100, limits(), NOW) == NOW + timedelta(hours=24, seconds=99)


def test_calls_of_before_leave_fewer_until_they_are_24_hours_old():
    soon = NOW + timedelta(hours=2)
    assert done_at(10, limits(per_day=10, made=[(soon, 1)]), NOW) == soon
    assert done_at(9, limits(per_day=10, made=[(soon, 1)]), NOW) == NOW + 8 * SECOND


def test_both_together():
    made = forecast(REGIONS["nz"], Writes(creates=3), limits(), NOW, approve=True, array_size=1)
    assert made == Forecast(6, NOW + 5 * SECOND)
