"""The command line says what it did, how it ended, and what to type next."""

from __future__ import annotations

import json
import stat
from decimal import Decimal

import pytest

from services.cli import exits
from services.cli.show import money, table
from shared.kernel.errors import Conflict, Denied, Invalid, Missing, Park, Reconnect, Retry

PROMISED = (
    "up demo init key import connect disconnect references approve compose plan push sync void status problems erase doctor"
)


def test_every_promised_command_is_listed(run):
    code, out, _ = run("--help")
    assert code == exits.DONE
    listed = {line.split()[0] for line in out.split("Commands:")[1].splitlines() if line.strip()}
    assert set(PROMISED.split()) <= listed


@pytest.mark.parametrize("name", PROMISED.split())
def test_every_command_explains_itself(run, name):
    code, out, _ = run(name, "--help")
    assert (code, out.startswith(f"Usage: timebooks {name}")) == (exits.DONE, True)
    assert name == "key" or "--json" in out


@pytest.mark.parametrize("line", ["nonsense", "import", "import /no/such", "compose --from 1.3.26", "erase", "plan --keep ours"])
def test_wrong_usage_ends_with_2(run, line):
    code, out, err = run(*line.split())
    assert (code, out) == (exits.USAGE, "")
    assert "Error:" in err


def test_init_keeps_the_key_so_that_the_next_command_just_works(run, tmp_path):
    code, out, _ = run("init", "Vale & Ferreira", "--zone", "Europe/Berlin", "--currency", "EUR", "--json")
    made = json.loads(out)
    path = tmp_path / "data" / "api.key"
    assert (code, path.read_text().strip()) == (exits.DONE, made["key"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    code, out, _ = run("key", "list", "--json")
    assert (code, [one["role"] for one in json.loads(out)["items"]]) == (exits.DONE, ["owner"])


def test_a_second_init_is_a_conflict_and_replaces_nothing(run, tmp_path):
    run("init", "First")
    before = (tmp_path / "data" / "api.key").read_text()
    code, _, err = run("init", "Second")
    assert (code, "--again" in err) == (exits.CONFLICT, True)
    assert (tmp_path / "data" / "api.key").read_text() == before


def test_without_a_key_the_next_command_is_init(run):
    code, out, err = run("status")
    assert (code, out) == (exits.SIGN_IN, "")
    assert "next:  timebooks init" in err


def test_an_error_is_one_json_document_too(run):
    code, out, err = run("status", "--json")
    assert (code, err) == (exits.SIGN_IN, "")
    assert json.loads(out)["error"] | {"message": ""} == {
        "code": "no_key",
        "message": "",
        "remedy": "Make an organisation first, or set TIMEBOOKS_API_KEY.",
        "next": "timebooks init NAME",
    }


def test_a_revoked_key_asks_to_sign_in(run, monkeypatch):
    run("init", "Vale")
    made = json.loads(run("key", "new", "phone", "--role", "auditor", "--json")[1])
    assert run("key", "revoke", made["id"])[0] == exits.DONE
    monkeypatch.setenv("TIMEBOOKS_API_KEY", made["key"])
    assert run("key", "list")[0] == exits.SIGN_IN


def test_a_product_that_is_not_there_is_unavailable(run, monkeypatch):
    monkeypatch.setenv("TIMEBOOKS_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("TIMEBOOKS_API_KEY", "tbk_x")
    code, _, err = run("status")
    assert (code, "timebooks doctor" in err) == (exits.AWAY, True)


def test_doctor_finds_a_new_installation_in_order_but_for_the_key(run):
    code, out, _ = run("doctor", "--json")
    found = json.loads(out)
    assert (code, [one["check"] for one in found["checks"] if not one["ok"]]) == (exits.FAILED, ["API key"])
    run("init", "Vale")
    assert run("doctor")[0] == exits.DONE


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (Invalid("bad", "x"), 1),
        (Missing("gone", "x"), 1),
        (Denied("no", "x"), 4),
        (Reconnect("grant_ended", "x"), 4),
        (Conflict("grant_ended", "x"), 4),
        (Retry("away", "x"), 5),
        (Conflict("plan_moved", "x"), 6),
        (Park("reference_missing", "x"), 3),
    ],
)
def test_each_failure_has_its_exit_code(failure, code):
    assert exits.code_of(failure) == code


def test_columns_are_aligned_and_money_stands_to_the_right():
    rows = [["INV-1", money(Decimal("1234.5"), "USD"), "USD"], ["INV-20", money(900, "JPY"), "JPY"]]
    assert table(["number", "total", "currency"], rows, right={"total"}).splitlines() == [
        "number     total  currency",
        "INV-1   1,234.50  USD",
        "INV-20       900  JPY",
    ]
