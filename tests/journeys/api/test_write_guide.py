"""The guide to writing does what it says: its commands are run, in order, against ingest on a port of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from werkzeug.serving import make_server

from tests.component.ingest.conftest import PREFIX, Caller

GUIDE = (Path(__file__).resolve().parents[3] / "docs/guide/write-records.md").read_text("utf-8")


def blocks(language: str) -> str:
    return "\n".join(re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL))


@pytest.fixture
def serving(owner: Caller, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    server = make_server("127.0.0.1", 0, owner.service.app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("URL", f"http://127.0.0.1:{server.server_port}{PREFIX}")
    monkeypatch.setenv("KEY", owner.key)
    monkeypatch.chdir(tmp_path)
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.skipif(not shutil.which("curl"), reason="this machine has no curl")
def test_what_the_guide_types_is_done(serving: Any, owner: Caller) -> None:
    script = f"set -euo pipefail\n{blocks('sh')}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, env=os.environ, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "%PDF" in done.stdout
    [invoice] = owner.told("GET", "/invoices")["items"]
    assert (invoice["number"], str(invoice["total"])) == ("WL-7", "402.04")
    assert owner.told("GET", "/problems")["items"] == []
    numbers = {kind: owner.told("GET", f"/records?kind={kind}")["total"] for kind in ("time", "expense", "mileage", "client")}
    assert numbers == {"time": 2, "expense": 1, "mileage": 1, "client": 2}


def test_the_program_of_the_guide_runs(serving: Any, owner: Caller) -> None:
    exec(compile(blocks("python"), "write-records.md", "exec"), {})
    [trip] = owner.told("GET", "/records?kind=mileage")["items"]
    assert (str(trip["distance"]), trip["revision"]) == ("9.5", 2)
