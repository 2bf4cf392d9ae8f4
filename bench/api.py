"""A write that commits, one at a time: time entries over HTTP beside a bare handler with one INSERT on the same database.

Both run as each mode runs: waitress on SQLite, gunicorn on PostgreSQL, with the same numbers of processes and threads, one after
the other, several times by turns. Clients send the next request when the last is answered.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from bench.bare import metadata
from bench.serving import serving
from services.catalog import entry, settings_from
from services.ingest.accounts.operator import operator_token
from shared.platform.vault import Vault, load_master
from tests import servers

CLIENTS = 8
WEB = {"ours": "services.wsgi:create('ingest')", "bare": "bench.bare:create()"}
ENTRY = {"date": "2026-03-04", "seconds": 5400, "notes": "Planning", "rate": 48, "currency": "USD"}


def send(port: int, path: str, headers: dict[str, str], sent: bytes, seconds: float) -> list[float]:
    """Seconds that each answered write took. Anything but 201 ends the run."""
    waits: list[float] = []
    wrong: list[bytes] = []
    end = time.perf_counter() + seconds

    def work() -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while time.perf_counter() < end and not wrong:
            began = time.perf_counter()
            line.request("POST", path, sent, headers)
            answer = line.getresponse()
            body = answer.read()
            waits.append(time.perf_counter() - began)
            if answer.status != 201:
                wrong.append(body)
        line.close()

    threads = [threading.Thread(target=work) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise SystemExit(f"refused: {wrong[0].decode()}")
    return waits


def measure(url: str, folder: Path, seconds: float, turns: int) -> dict[str, Any]:
    """One database: of both the writes a second, the 99th percentile and the web processes' processor time for one write (the
    database server's left out), medians over the turns."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("TIMEBOOKS_")}
    environ |= {"TIMEBOOKS_DATA": str(folder), "TIMEBOOKS_INGEST_DATABASE_URL": url, "TIMEBOOKS_LIMIT_CALLS": "100000000"}
    key, person = _prepared(environ)
    sent = json.dumps({**ENTRY, "user_id": person}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    paths = {"ours": "/api/v1/worklog/time-entries", "bare": "/bare"}
    found: dict[str, list[list[float]]] = {what: [] for what in WEB}
    taken: dict[str, list[float]] = {what: [] for what in WEB}
    for _ in range(turns):
        for what in WEB:
            with serving(WEB[what], environ, folder / "web.log", sqlite=url.startswith("sqlite")) as web:
                send(web.port, paths[what], headers, sent, min(1.0, seconds))  # warm
                before = web.processor_ms()
                found[what].append(sorted(send(web.port, paths[what], headers, sent, seconds)))
                taken[what].append((web.processor_ms() - before) / len(found[what][-1]))
    rps = {what: median(len(waits) / seconds for waits in runs) for what, runs in found.items()}
    p99 = {what: median(waits[len(waits) * 99 // 100] for waits in runs) * 1000 for what, runs in found.items()}
    figures = {f"rps_{what}": round(value, 1) for what, value in rps.items()}
    figures |= {f"p99_ms_{what}": round(value, 1) for what, value in p99.items()}
    figures |= {f"processor_ms_{what}": round(median(values), 2) for what, values in taken.items()}
    return {"of_bare": round(rps["ours"] / rps["bare"], 2), **figures}


def _prepared(environ: dict[str, str]) -> tuple[str, str]:
    """Migrate, make an organisation with a person, and give its owner's key and the person's id."""
    one, settings = entry("ingest"), settings_from(environ)
    db = one.open(settings)
    one.migrate(db)
    metadata.create_all(db.engine)
    client = one.build(settings, db).app.test_client()
    operator = operator_token(Vault(load_master(settings.master_key_file)))
    asked = {"organisation": "Sample Studio", "owner": "Olive Owner", "zone": "America/New_York", "currency": "USD"}
    made = client.post("/api/v1/worklog/accounts", json=asked, headers={"Authorization": f"Bearer {operator}"}).get_json()
    bearer = {"Authorization": f"Bearer {made['key']}"}
    person = client.post("/api/v1/worklog/people", json={"name": "Robin Sample"}, headers=bearer).get_json()
    db.dispose()
    return made["key"], person["id"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="the JSON alone")
    parser.add_argument("--seconds", type=float, default=8, help="of each run")
    parser.add_argument("--turns", type=int, default=3)
    asked = parser.parse_args()
    found: dict[str, dict[str, Any]] = {}
    server = servers.postgres()
    places: dict[str, Callable[[str], str]] = {
        "sqlite": lambda folder: f"sqlite:///{folder}/ingest.db",
        "postgresql": lambda _: server.url(server.create()),
    }
    for name, url in places.items():
        with tempfile.TemporaryDirectory() as folder:
            found[name] = measure(url(folder), Path(folder), asked.seconds, asked.turns)
        if not asked.json:
            print(f"{name:10} {found[name]}")
    print(json.dumps({"of_bare": min(one["of_bare"] for one in found.values()), **found}))


if __name__ == "__main__":
    main()
