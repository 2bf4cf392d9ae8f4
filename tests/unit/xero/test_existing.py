"""What happens when a timesheet is already there: the table, and the page that publishes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.xero_connector.regions.existing import SAID, TABLE, Action, decide
from services.xero_connector.regions.published import page
from services.xero_connector.regions.registry import REGIONS

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "xero-existing-timesheets.md"


def test_the_published_page_is_the_table():
    assert PAGE.read_text(encoding="utf-8") == page(), "write services.xero_connector.regions.published.page() to it"


def test_every_region_and_action_is_spoken_for():
    assert {row.region for row in TABLE} == set(REGIONS)
    assert {state for row in TABLE for state in [row.state] if row.region == "au1"} == {
        "draft",
        "requested",
        "approved",
        "rejected",
        "processed",
    }
    assert set(SAID) == set(Action)


@pytest.mark.parametrize(
    ("region", "state", "told", "action"),
    [
        ("au1", "draft", {}, Action.UPDATE),
        ("au1", "draft", {"withdrawn": True}, Action.ZERO),
        ("au1", "approved", {"correct_approved": True, "confirmed": True}, Action.STOP),
        ("au1", "requested", {}, Action.STOP),
        ("au1", "requested", {"confirmed": True}, Action.STOP),
        ("au1", "rejected", {"confirmed": True, "withdrawn": True}, Action.STOP),
        ("nz", "draft", {"withdrawn": True}, Action.DELETE),
        ("nz", "approved", {}, Action.ASK),
        ("nz", "approved", {"correct_approved": True}, Action.REVERT),
        ("uk", "approved", {"confirmed": True, "withdrawn": True}, Action.REVERT_DELETE),
        ("nz", "requested", {"correct_approved": True}, Action.ASK),
        ("nz", "requested", {"confirmed": True}, Action.REVERT),
        ("uk", "requested", {"confirmed": True}, Action.ASK),
        ("au2", "approved", {"correct_approved": True}, Action.REVERT),
        *((region, "processed", {"confirmed": True, "correct_approved": True}, Action.CORRECT_NEXT) for region in REGIONS),
        ("nz", "draft", {"ours": False}, Action.UPDATE),
        ("nz", "draft", {"ours": False, "automatic": True}, Action.ASK),
        ("nz", "draft", {"ours": False, "automatic": True, "confirmed": True}, Action.UPDATE),
        ("nz", "draft", {"ours": False, "withdrawn": True}, Action.ASK),
        ("au1", "draft", {"ours": False, "withdrawn": True, "confirmed": True}, Action.ZERO),
    ],
)
def test_what_is_done(region, state, told, action):
    assert decide(region, state, **told) is action
