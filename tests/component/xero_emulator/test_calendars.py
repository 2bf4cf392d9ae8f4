"""Pay periods of every kind of calendar, by hand from the calendar on the wall."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from services.xero_connector.emulator.calendars import after, is_period, period_of
from services.xero_connector.emulator.options import Calendar


@pytest.mark.parametrize(
    ("kind", "anchor", "day", "start", "end"),
    [
        ("WEEKLY", "2024-01-01", "2026-11-08", "2026-11-02", "2026-11-08"),
        ("WEEKLY", "2026-11-04", "2026-11-03", "2026-10-28", "2026-11-03"),
        ("FORTNIGHTLY", "2024-01-01", "2026-11-11", "2026-11-02", "2026-11-15"),
        ("FORTNIGHTLY", "2026-11-09", "2026-11-08", "2026-10-26", "2026-11-08"),
        ("FOURWEEKLY", "2024-01-01", "2024-02-25", "2024-01-29", "2024-02-25"),
        ("TWICEMONTHLY", "2024-01-01", "2024-02-15", "2024-02-01", "2024-02-15"),
        ("TWICEMONTHLY", "2024-01-16", "2024-02-29", "2024-02-16", "2024-02-29"),
        ("TWICEMONTHLY", "2024-01-10", "2024-03-02", "2024-02-25", "2024-03-09"),
        ("MONTHLY", "2024-01-01", "2023-02-28", "2023-02-01", "2023-02-28"),
        ("MONTHLY", "2024-01-15", "2024-03-14", "2024-02-15", "2024-03-14"),
        ("MONTHLY", "2024-01-31", "2024-03-01", "2024-02-29", "2024-03-30"),
        ("QUARTERLY", "2024-01-01", "2026-11-30", "2026-10-01", "2026-12-31"),
        ("QUARTERLY", "2024-02-15", "2024-02-14", "2023-11-15", "2024-02-14"),
        ("ANNUAL", "2024-04-06", "2026-04-05", "2025-04-06", "2026-04-05"),
    ],
)
def test_the_period_of_a_day(kind, anchor, day, start, end):
    rule = Calendar("c", kind, kind, date.fromisoformat(anchor))
    period = (date.fromisoformat(start), date.fromisoformat(end))
    assert period_of(rule, date.fromisoformat(day)) == period
    assert is_period(rule, *period) and not is_period(rule, period[0], period[1] - timedelta(days=1))


@pytest.mark.parametrize("kind", ["WEEKLY", "FORTNIGHTLY", "FOURWEEKLY", "TWICEMONTHLY", "MONTHLY", "QUARTERLY", "ANNUAL"])
@pytest.mark.parametrize("anchor", ["2024-01-01", "2023-12-31", "2024-02-29", "2025-01-30"])
def test_every_day_is_in_one_period_and_the_next_begins_after_it(kind, anchor):
    rule = Calendar("c", kind, kind, date.fromisoformat(anchor))
    period = period_of(rule, date(2020, 1, 1))
    while period[1] < date(2030, 1, 1):
        assert period[0] <= period[1]
        assert period_of(rule, period[0]) == period == period_of(rule, period[1])
        following = after(rule, period)
        assert following[0] == period[1] + timedelta(days=1)
        period = following
