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
    return tmp_path


def test_the_demonstration_ends_with_paid_partly_paid_and_void_and_writes_nothing_twice(elsewhere, capsys):
    assert main(["demo", "--json"]) == exits.DONE
    told = capsys.readouterr()
    value = json.loads(told.out, parse_float=Decimal)
    assert set(value) == {"imported", "invoices", "timesheets", "second_run_writes"}
    assert value["imported"] > 50
    assert [one["status"] for one in value["invoices"]] == ["paid", "partly_paid", "void"]
    assert all(set(one) == {"number", "external_id", "total", "currency", "status"} for one in value["invoices"])
    assert len({one["external_id"] for one in value["invoices"]}) == 3
    assert (value["timesheets"], value["second_run_writes"]) == ([], 0)
    assert os.listdir(elsewhere) == []
    readme = " ".join(README.read_text("utf-8").split())
    for one in value["invoices"]:  # the front page shows what one really sees
        shown = f"{one['number']} {one['external_id']} {one['total']:,} {one['currency']} {one['status']}"
        assert shown in readme


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path, capsys):
    (tmp_path / "mine").write_text("kept")
    assert main(["demo", "--keep", str(tmp_path)]) == exits.CONFLICT
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
