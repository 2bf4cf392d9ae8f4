"""The calls of 24 hours: never more than the limit in any of them, wherever the day over there begins."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.xero_connector import day, pace
from shared.kernel.errors import Retry

pytestmark = pytest.mark.parametrize("backend", ["sqlite", "postgresql"], indirect=True)
TENANT = "a-tenant"
SOON = timedelta(0)


@pytest.fixture
def db(make_database):
    return make_database()


def test_no_24_hours_hold_more_than_the_limit(db, clock):
    day.count(db, TENANT, 2, 3, SOON)
    clock.advance(hours=23)
    day.count(db, TENANT, 1, 3, SOON)
    with pytest.raises(Retry) as used_up:
        day.count(db, TENANT, 1, 3, SOON)
    assert (used_up.value.code, used_up.value.facts) == ("day_limit", {"limit": "day", "whole_tenant": True})
    assert 3600 < used_up.value.after <= 3610
    clock.advance(seconds=used_up.value.after)
    day.count(db, TENANT, 2, 3, SOON)
    with pytest.raises(Retry):
        day.count(db, TENANT, 1, 3, SOON)


def test_midnight_gives_nothing_back(db, clock):
    clock.now = clock.now.replace(hour=23, minute=59)
    day.count(db, TENANT, 3, 3, SOON)
    clock.advance(minutes=2)
    with pytest.raises(Retry):
        day.count(db, TENANT, 1, 3, SOON)


def test_each_organisation_has_calls_of_its_own(db, clock):
    day.count(db, TENANT, 3, 3, SOON)
    day.count(db, "another-tenant", 3, 3, SOON)
    assert [calls for _, calls in day.made(db, TENANT)] == [3]


def test_a_write_has_all_its_calls_or_does_not_begin(db, clock):
    day.count(db, TENANT, 2, 3, SOON)
    with pytest.raises(Retry), pace.booked(db, TENANT, 2, 3):
        pytest.fail("begun without the calls for it")
    assert [calls for _, calls in day.made(db, TENANT)] == [2]


def test_booked_calls_are_counted_once_and_what_is_left_goes_back(db, clock):
    with pace.booked(db, TENANT, 3, 3):
        pace.take_turn(db, TENANT, 3)
        clock.advance(minutes=1)
        pace.take_turn(db, TENANT, 3)
    assert [calls for _, calls in day.made(db, TENANT)] == [1, 1]


def test_a_call_beyond_the_booked_ones_is_counted_like_any_other(db, clock):
    with pace.booked(db, TENANT, 1, 5):
        pace.take_turn(db, TENANT, 5)
        pace.take_turn(db, TENANT, 5)
    assert sum(calls for _, calls in day.made(db, TENANT)) == 2


def test_a_write_of_more_calls_than_a_day_has_takes_what_there_is(db, clock):
    with pace.booked(db, TENANT, 9, 4):
        assert sum(calls for _, calls in day.made(db, TENANT)) == 4


def test_counts_of_earlier_days_are_dropped(db, clock):
    day.count(db, TENANT, 1, 3, SOON)
    clock.advance(days=3)
    day.count(db, TENANT, 1, 3, SOON)
    with db.engine.connect() as opened:
        names = opened.exec_driver_sql("SELECT bucket FROM quota_bucket ORDER BY bucket").scalars().all()
    assert len(names) == 2  # the one that is held while counting, and today's
