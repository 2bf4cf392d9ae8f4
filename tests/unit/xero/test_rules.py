"""An overtime rule is read as it was written, or refused in words."""

from __future__ import annotations

from datetime import date

import pytest

from services.xero_connector import rules
from services.xero_connector.planner.overtime import Rule, Tier
from shared.kernel.errors import Invalid


def test_a_whole_rule_is_read():
    found = rules.load(
        {
            "daily": [{"after": "8:00:00", "kind": "overtime"}, {"after": "10:00:00", "kind": "overtime:2"}],
            "weekly": [{"after": "38:00:00", "kind": "overtime"}],
            "seventh_day": "overtime:2",
            "public_holiday": "holiday",
            "holidays": "AU-NSW",
            "week_begins": "sunday",
        }
    )
    assert found is not None
    assert found.rule == Rule(
        daily=(Tier(28_800, "overtime"), Tier(36_000, "overtime:2")),
        weekly=(Tier(136_800, "overtime"),),
        seventh_day="overtime:2",
        public_holiday="holiday",
        week_begins=6,
    )
    assert found.kinds == ("holiday", "overtime", "overtime:2")
    assert found.is_holiday(date(2026, 12, 25)) and not found.is_holiday(date(2026, 12, 24))


def test_an_empty_rule_is_none():
    assert rules.load({}) is None
    assert rules.load({"daily": [], "week_begins": "monday"}) is None


@pytest.mark.parametrize(
    "body",
    [
        {"hourly": []},
        {"daily": "8:00:00"},
        {"daily": [{"after": "25:00:00", "kind": "overtime"}]},
        {"daily": [{"after": "8:00:00", "kind": "ordinary"}]},
        {"daily": [{"after": 8, "kind": "overtime"}]},
        {"daily": [{"after": "8:00:00", "kind": "a"}, {"after": "8:00:00", "kind": "b"}]},
        {"seventh_day": 7},
        {"public_holiday": "holiday"},
        {"public_holiday": "holiday", "holidays": "Atlantis"},
        {"public_holiday": "holiday", "holidays": "AU-MOON"},
        {"week_begins": "someday"},
    ],
)
def test_what_cant_be_a_rule_is_refused_with_a_remedy(body):
    with pytest.raises(Invalid) as refused:
        rules.load(body)
    assert refused.value.code == "bad_rule" and refused.value.remedy
