"""Xero's settings: what holds without any, and what can't be set."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from services.xero_connector.pace import Granted
from services.xero_connector.settings import load
from shared.kernel.errors import Invalid
from shared.platform.settings import Settings


def loaded(**extra: str):
    blank = Settings(
        data=Path("unused"),
        host="127.0.0.1",
        port=8765,
        public_url="http://localhost:8765",
        broker_url="",
        master_key_file=Path("unused"),
        databases={},
        urls={},
        lease_seconds=30,
        extra=extra,
    )
    return load(blank)


def test_without_settings_xero_itself_is_spoken_to_within_what_the_smallest_tier_allows():
    ours = loaded()
    assert ours.api_url == "https://api.xero.com"
    assert ours.info.oauth.authorize_url == "https://login.xero.com/identity/connect/authorize"
    assert ours.info.oauth.token_url == "https://identity.xero.com/connect/token"
    assert ours.info.oauth.tenant_parameter is None
    assert (ours.au_version, ours.array_size, ours.granted) == ("1.0", 1, Granted(1000, 60))
    assert ours.info.key_memory == timedelta(seconds=300)
    assert ours.info.settle == timedelta(seconds=10)
    assert "timesheet_exists" in ours.info.perhaps_ours


def test_only_the_narrow_scopes_are_asked_for():
    """Apps made since March 2026 are refused the broad ones."""
    scopes = loaded().info.oauth.scope.split()
    assert "offline_access" in scopes
    assert "payroll.timesheets" in scopes
    assert not [scope for scope in scopes if scope.startswith(("accounting.transactions", "accounting.reports"))]


def test_settings_are_taken():
    how_often = {"XERO_CALLS_PER_DAY": "5000", "XERO_CALLS_PER_MINUTE": "90"}
    ours = loaded(XERO_API_URL="http://xero:8098/", XERO_AU_VERSION="2.0", XERO_ARRAY_SIZE="50", **how_often)
    assert (ours.api_url, ours.au_version, ours.array_size) == ("http://xero:8098", "2.0", 50)
    assert (ours.granted, ours.info.calls_per_day) == (Granted(5000, 90), 5000)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("XERO_ARRAY_SIZE", "0"),
        ("XERO_ARRAY_SIZE", "101"),
        ("XERO_ARRAY_SIZE", "ten"),
        ("XERO_KEY_MEMORY_SECONDS", "361"),
        ("XERO_SETTLE_SECONDS", "-1"),
        ("XERO_CALLS_PER_MINUTE", "1"),
        ("XERO_CALLS_PER_DAY", "²"),
        ("XERO_CALLS_PER_DAY", "9" * 5000),
        ("XERO_AU_VERSION", "3.0"),
    ],
)
def test_what_cannot_be_is_refused_by_name(name, text):
    with pytest.raises(Invalid, match=name):
        loaded(**{name: text})
