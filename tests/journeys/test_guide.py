"""The guide does what it says: its commands are typed, in order, against the product serving in another process."""

from __future__ import annotations

import json
import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from services.cli import exits, main

ROOT = Path(__file__).resolve().parents[2]
COMPANY, PAYROLL = "9341450000000001", "a0000000-0000-4000-8000-000000000001"
PAYS = r"<!-- the accountant pays (?P<amount>[0-9.]+ of )?(?P<number>INV-[0-9]+) -->"
PROCESSES = r"<!-- the payroll clerk pays (?P<person>[A-Za-z ]+) -->"
STEP = re.compile(rf"```sh\n(?P<block>.*?)```|{PAYS}|{PROCESSES}", re.DOTALL)


def steps(page: str) -> Iterator[tuple[str, str]]:
    """What a reader does: ("type", command line), ("pay", "NUMBER [AMOUNT]") or ("process", person)."""
    for found in STEP.finditer((ROOT / "docs" / "guide" / page).read_text("utf-8")):
        if found["number"]:
            yield "pay", f"{found['number']} {(found['amount'] or '').removesuffix(' of ')}".strip()
        elif found["person"]:
            yield "process", found["person"]
        else:
            yield from (("type", line) for line in found["block"].splitlines() if line)


@pytest.fixture
def serving(tmp_path, monkeypatch):
    """`timebooks up` on a free port and an empty data folder; the address it serves at."""
    for name in [name for name in os.environ if name.startswith(("TIMEBOOKS_", "QUICKBOOKS_", "XERO_"))]:
        monkeypatch.delenv(name)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("TIMEBOOKS_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TIMEBOOKS_PORT", str(port))
    monkeypatch.chdir(ROOT)
    command = [sys.executable, "-c", "import sys; from services.cli import main; sys.exit(main(['up']))"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        assert "serves at" in process.stderr.readline()
        yield f"http://localhost:{port}"
        process.terminate()
        assert process.wait(30) == exits.DONE


def run(capsys, line: str, *codes: int) -> str:
    words = shlex.split(line)
    assert words[0] == "timebooks"
    code = main(words[1:])
    told = capsys.readouterr()
    assert code in (exits.DONE, *codes), f"{line}: exit {code}\n{told.out}{told.err}"
    return told.out


def press(serving: str, provider: str, button: str, **arguments: str) -> None:
    """A button of the emulator's page."""
    answer = requests.post(f"{serving}/emulator/{provider}/_control/{button}", json=arguments, timeout=30)
    assert answer.status_code == 200, answer.text


def test_the_first_invoice_goes_as_the_guide_says(serving, capsys):
    said = []
    for what, text in steps("first-invoice.md"):
        if what == "type":
            said.append(run(capsys, text))
            continue
        number, _, amount = text.partition(" ")
        invoices = json.loads(run(capsys, "timebooks status --json"))["invoices"]
        there = next(one["external"][0]["external_id"] for one in invoices if one["number"] == number)
        press(serving, "quickbooks", "pay", realm=COMPANY, invoice_id=there, **({"amount": amount} if amount else {}))
    assert len(said) >= 15
    invoices = json.loads(run(capsys, "timebooks status --json"))["invoices"]
    assert {one["number"]: one["status"] for one in invoices} == {
        "INV-00001": "paid",
        "INV-00002": "partly_paid",
        "INV-00003": "void",
    }


def test_a_week_is_paid_as_the_guide_says(serving, capsys):
    """Two of the sample's people are on no connected payroll: what is left to do is told, with the exit code for it."""
    said = []
    for what, text in steps("pay-timesheets.md"):
        if what == "type":
            said.append(run(capsys, text, exits.PARTLY))
            continue
        sheets = json.loads(run(capsys, "timebooks timesheets --json"))["items"]
        there = next(one["external_id"] for one in sheets if one["person_name"] == text)
        press(serving, "xero", "pay", tenant=PAYROLL, timesheet=there)
    assert len(said) >= 10
    [sheet] = json.loads(run(capsys, "timebooks timesheets --status processed --json"))["items"]
    assert (sheet["person_name"], sheet["hours"]) == ("Wanda Wattle", 37.3)


@pytest.mark.row("I3")
def test_work_is_taken_out_as_the_guide_says(serving, capsys, monkeypatch, tmp_path):
    page = (ROOT / "docs" / "guide" / "export.md").read_text("utf-8")
    said = [run(capsys, text.replace("--out ", f"--out {tmp_path}/")) for _, text in steps("export.md")]
    assert [path.stat().st_size > 500 for path in sorted(tmp_path.glob("*.*"))] == [True, True, True]
    monkeypatch.setenv("TIMEBOOKS_URL", serving)
    monkeypatch.setenv("TIMEBOOKS_API_KEY", re.search(r"API key (\S+)", said[-1])[1])
    [program] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(compile(program, "export.md", "exec"), {})


def test_the_api_is_called_as_the_guide_says(serving, tmp_path):
    """Every block, in one shell: what a step prints is what the page promises of it."""
    page = (ROOT / "docs" / "guide" / "call-the-api.md").read_text("utf-8")
    page = page.replace("http://localhost:8765", serving).replace("data/api.key", str(tmp_path / "data" / "api.key"))
    script = ["set -eu"]
    for language, block in re.findall(r"```(sh|python)\n(.*?)```", page, re.DOTALL):
        script.append(block if language == "sh" else f"{sys.executable} - <<'END'\n{block}END\n")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environ = {**os.environ, "PATH": path}
    done = subprocess.run(["bash", "-c", "\n".join(script)], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count('"outcome":"new"') == 3
    assert '"hours":7.5' in done.stdout and '"code":"unknown_argument"' in done.stdout
    assert "new\nrecord person " in done.stdout and "7.5 360.00 USD\n" in done.stdout
    assert done.stdout.endswith('{"items":[]}')
