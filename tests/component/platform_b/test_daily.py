"""The calls of 24 hours: never more than the limit in any of them, wherever the day over there begins."""

from __future__ import annotations

import pytest

from shared.kernel.errors import Retry
from shared.platform import daily

pytestmark = pytest.mark.parametrize("backend", ["sqlite", "postgresql"], indirect=True)
BUCKET = "somebody-day"


@pytest.fixture
def db(make_database):
    return make_database()


def test_no_24_hours_hold_more_than_the_limit(db, clock):
    daily.count(db, BUCKET, 2, 3)
    clock.advance(hours=23)
    daily.count(db, BUCKET, 1, 3)
    with pytest.raises(Retry) as used_up:
        daily.count(db, BUCKET, 1, 3)
    assert (used_up.value.code, used_up.value.facts) == ("day_limit", {"limit": "day", "whole_tenant": True})
    assert 3600 < used_up.value.after <= 3610
    clock.advance(seconds=used_up.value.after)
    daily.count(db, BUCKET, 2, 3)
    with pytest.raises(Retry):
        daily.count(db, BUCKET, 1, 3)


def test_midnight_gives_nothing_back(db, clock):
    clock.now = clock.now.replace(hour=23, minute=59)
    daily.count(db, BUCKET, 3, 3)
    clock.advance(minutes=2)
    with pytest.raises(Retry):
        daily.count(db, BUCKET, 1, 3)


def test_each_bucket_has_calls_of_its_own(db, clock):
    daily.count(db, BUCKET, 3, 3)
    daily.count(db, "another-day", 3, 3)
    assert [calls for _, calls in daily.made(db, BUCKET)] == [3]


def test_counts_of_earlier_days_are_dropped(db, clock):
    daily.count(db, BUCKET, 1, 3)
    clock.advance(days=3)
    daily.count(db, BUCKET, 1, 3)
    with db.engine.connect() as opened:
        names = opened.exec_driver_sql("SELECT bucket FROM quota_bucket ORDER BY bucket").scalars().all()
    assert len(names) == 2  # the one that is held while counting, and today's
