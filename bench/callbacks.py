"""A provider's callbacks in, at ten times what is usual: repeated, shuffled, some forged; how long each waits for its answer.

The service runs in processes of its own, as it does in each mode: waitress on SQLite, gunicorn on PostgreSQL. Callbacks are sent
at their set times whatever the answers take, and each is timed from its set time on, so a late one makes those behind it late.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import http.client
import json
import os
import random
import resource
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from bench.serving import serving
from services.catalog import entry, settings_from
from shared.connector.models import connection, inbound_event
from shared.platform import clock
from shared.platform.db import reading, transaction
from tests import servers

REALM, VERIFIER = "9341450000000001", "sample-verifier"
PATH = "/quickbooks/callbacks/webhook"
SENDERS = 64


@dataclass(frozen=True, slots=True)
class Callback:
    """One POST; ``event`` is "" for a forged one's, which must not be kept."""

    event: str
    genuine: bool
    headers: dict[str, str]
    body: bytes


def callbacks(count: int, *, repeated: float, forged: float, seed: int) -> list[Callback]:
    """So many POSTs in a random order: a share of the genuine ones repeats another, a share of all is signed wrongly."""
    chance = random.Random(seed)
    wrong = round(count * forged)
    fresh = round((count - wrong) * (1 - repeated))
    made = [_signed(str(uuid4()), VERIFIER) for _ in range(fresh)]
    made += [chance.choice(made[:fresh]) for _ in range(count - wrong - fresh)]
    made += [_signed(str(uuid4()), "somebody-else") for _ in range(wrong)]
    chance.shuffle(made)
    return made


def _signed(event: str, key: str) -> Callback:
    told = {"specversion": "1.0", "id": event, "source": "intuit.sample", "type": "qbo.invoice.updated.v1",
            "time": "2026-03-02T09:00:00Z", "intuitentityid": "145", "intuitaccountid": REALM, "data": {}}  # fmt: skip
    body = json.dumps([told]).encode()
    signature = base64.b64encode(hmac.digest(key.encode(), body, hashlib.sha256)).decode()
    return Callback(event, key == VERIFIER, {"intuit-signature": signature, "Content-Type": "application/json"}, body)


def send(port: int, made: list[Callback], rate: int) -> list[tuple[Callback, int, float]]:
    """Each at its time; gives status (0: none) and seconds from that time to the answer."""
    answers: list[tuple[Callback, int, float]] = []
    begin = time.perf_counter() + 0.5

    def work(first: int) -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for place in range(first, len(made), SENDERS):
            due = begin + place / rate
            time.sleep(max(0, due - time.perf_counter()))
            try:
                line.request("POST", PATH, made[place].body, made[place].headers)
                status = line.getresponse()
                status.read()
                answers.append((made[place], status.status, time.perf_counter() - due))
            except (OSError, http.client.HTTPException):
                line.close()
                answers.append((made[place], 0, time.perf_counter() - due))
        line.close()

    threads = [threading.Thread(target=work, args=(first,)) for first in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@contextmanager
def connected(url: str, folder: Path) -> Iterator[tuple[int, Any]]:
    """The connector's web processes on a fresh database with one connected company; gives the port and the database."""
    key = folder / "master.key"
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("TIMEBOOKS_", "QUICKBOOKS_"))}
    environ |= {"TIMEBOOKS_DATA": str(folder), "TIMEBOOKS_MASTER_KEY_FILE": str(key), "TIMEBOOKS_QUICKBOOKS_DATABASE_URL": url}
    environ |= {"QUICKBOOKS_WEBHOOK_VERIFIER": VERIFIER, "QUICKBOOKS_CLIENT_ID": "sample", "QUICKBOOKS_CLIENT_SECRET": "sample"}
    environ |= {"TIMEBOOKS_INGEST_URL": "http://127.0.0.1:9"}
    one = entry("quickbooks")
    settings = settings_from(environ)
    db = one.open(settings)
    one.migrate(db)
    one.build(settings, db)  # makes the master key
    with transaction(db) as session:
        session.execute(sa.insert(connection).values(_company()))
    with serving("services.wsgi:create('quickbooks')", environ, folder / "web.log", sqlite=db.sqlite) as web:
        yield web.port, db
    db.dispose()


def _processor_ms() -> float:
    """What ended children have taken; a service's start, about 2 s, is in it."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (used.ru_utime + used.ru_stime) * 1000


def _company() -> dict[str, Any]:
    facts = {"id": str(uuid4()), "organisation": "sample", "tenant": REALM, "name": b"", "country": "US", "currency": "USD"}
    facts |= {"facts": {}, "options": {}, "state": "live", "push": "on_plan", "token_version": 0, "refresh_fence": 0}
    return facts | {"connected_by": "bench", "connected_at": clock.now()}


def measure(url: str, made: list[Callback], rate: int) -> dict[str, Any]:
    """One run on one database."""
    before = _processor_ms()
    with tempfile.TemporaryDirectory() as folder, connected(url or f"sqlite:///{folder}/bench.db", Path(folder)) as (port, db):
        send(port, callbacks(200, repeated=0, forged=0, seed=7), rate)  # warm
        answers = send(port, made, rate)
        with reading(db) as session:
            kept = set(session.execute(sa.select(inbound_event.c.event)).scalars())
    waits = sorted(wait for _, _, wait in answers)
    wanted = {one.event for one in made if one.genuine}
    return {
        "p50_ms": round(waits[len(waits) // 2] * 1000, 1),
        "p99_ms": round(waits[len(waits) * 99 // 100] * 1000, 1),
        "worst_ms": round(waits[-1] * 1000, 1),
        "lost": len(wanted - kept),
        "not_answered_200": sum(status != 200 for one, status, _ in answers if one.genuine),
        "forged_accepted": sum(status != 401 for one, status, _ in answers if not one.genuine)
        + len(kept & {one.event for one in made if not one.genuine}),
        "processor_ms": round((_processor_ms() - before) / len(made), 2),
        "rate": round(len(made) / (len(made) / rate + max(0, waits[-1])), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="the JSON alone")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--rate", type=int, default=500, help="callbacks a second")
    parser.add_argument("--repeated", type=int, default=30, help="percent of the genuine ones")
    parser.add_argument("--forged", type=int, default=5, help="percent of all")
    asked = parser.parse_args()
    found: dict[str, dict[str, Any]] = {}
    server = servers.postgres()
    shares = {"repeated": asked.repeated / 100, "forged": asked.forged / 100}
    for name, url in {"sqlite": "", "postgresql": server.url(server.create())}.items():
        made = callbacks(asked.rate * asked.seconds, **shares, seed=1)
        found[name] = measure(url, made, asked.rate)
        if not asked.json:
            print(f"{name:10} {found[name]}")
    worst = {figure: max(one[figure] for one in found.values()) for figure in ("p99_ms", "lost", "forged_accepted")}
    print(json.dumps({**worst, "asked_rate": asked.rate, "callbacks": asked.rate * asked.seconds, **found}))


if __name__ == "__main__":
    main()
