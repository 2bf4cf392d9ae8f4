"""A write has all its calls of the day, or does not begin."""

from __future__ import annotations

import pytest

from services.xero_connector import pace
from services.xero_connector.pace import Granted
from shared.kernel.errors import Retry

pytestmark = pytest.mark.parametrize("backend", ["sqlite", "postgresql"], indirect=True)
TENANT = "a-tenant"


@pytest.fixture
def db(make_database):
    return make_database()


def test_a_write_has_all_its_calls_or_does_not_begin(db, clock):
    for _ in range(2):
        pace.take_turn(db, TENANT, Granted(3))
    with pytest.raises(Retry, match="day_limit") as refused, pace.booked(db, TENANT, 2, Granted(3)):
        pytest.fail("begun without the calls for it")
    assert refused.value.cause == "This organisation's 3 calls of 24 hours are used up."
    assert "XERO_CALLS_PER_DAY" in refused.value.remedy
    assert sum(calls for _, calls in pace.made(db, TENANT)) == 2


def test_booked_calls_are_counted_once_and_what_is_left_goes_back(db, clock):
    with pace.booked(db, TENANT, 3, Granted(3)):
        pace.take_turn(db, TENANT, Granted(3))
        clock.advance(minutes=1)
        pace.take_turn(db, TENANT, Granted(3))
    assert [calls for _, calls in pace.made(db, TENANT)] == [1, 1]


def test_a_call_beyond_the_booked_ones_is_counted_like_any_other(db, clock):
    with pace.booked(db, TENANT, 1, Granted(5)):
        pace.take_turn(db, TENANT, Granted(5))
        pace.take_turn(db, TENANT, Granted(5))
    assert sum(calls for _, calls in pace.made(db, TENANT)) == 2


def test_a_write_of_more_calls_than_a_day_has_takes_what_there_is(db, clock):
    with pace.booked(db, TENANT, 9, Granted(4)):
        assert sum(calls for _, calls in pace.made(db, TENANT)) == 4
