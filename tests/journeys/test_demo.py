"""The demonstration does the whole job by itself, and says so in one JSON object."""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path

import pytest

from services.cli import exits, main

README = Path(__file__).resolve().parents[2] / "README.md"


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A folder in which the demonstration must leave nothing, and settings that it must not look at."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TIMEBOOKS_DATA", str(tmp_path / "mine"))
    monkeypatch.setenv("TIMEBOOKS_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("QUICKBOOKS_CLIENT_ID", "a-real-account")
    monkeypatch.setenv("XERO_CLIENT_ID", "another-real-account")
    return tmp_path


@pytest.fixture
def page():
    """The front page, spaces aside."""
    return " ".join(README.read_text("utf-8").split())


def test_the_demonstration_bills_a_month_and_pays_a_week_and_writes_nothing_twice(elsewhere, page, capsys):
    assert main(["demo", "--json"]) == exits.DONE
    told = capsys.readouterr()
    value = json.loads(told.out, parse_float=Decimal)
    assert set(value) == {"imported", "invoices", "timesheets", "second_run_writes"}
    assert (value["imported"], value["second_run_writes"]) == (74, 0)
    assert os.listdir(elsewhere) == []
    billed(value["invoices"], page)
    paid(value["timesheets"], page)


def billed(invoices, page):
    assert [one["status"] for one in invoices] == ["paid", "partly_paid", "void"]
    assert all(set(one) == {"number", "external_id", "total", "currency", "status"} for one in invoices)
    assert len({one["external_id"] for one in invoices}) == 3
    for one in invoices:  # the front page shows what one really sees
        shown = f"{one['number']} {one['external_id']} {one['total']:,} {one['currency']} {one['status']}"
        assert shown in page


def paid(timesheets, page):
    week = {"period_start": "2026-03-16", "period_end": "2026-03-22"}
    assert [{name: value for name, value in one.items() if name != "external_id"} for one in timesheets] == [
        {"person": "Wanda Wattle", "region": "AU", **week, "hours": Decimal("37.30"), "status": "processed"},
        {"person": "Kiri Kowhai", "region": "NZ", **week, "hours": Decimal("39.50"), "status": "processed"},
        {"person": "Wilma Weekly", "region": "UK", **week, "hours": Decimal("32.00"), "status": "approved"},
    ]
    assert len({one["external_id"] for one in timesheets}) == 3
    for one in timesheets:
        assert f"{one['person']} {one['region']} {one['period_start']} to {one['period_end']} {one['hours']} " in page


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path, capsys):
    (tmp_path / "mine").write_text("kept")
    assert main(["demo", "--keep", str(tmp_path)]) == exits.CONFLICT
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
