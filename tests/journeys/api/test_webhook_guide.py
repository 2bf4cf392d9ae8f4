"""The guide to webhooks does what it says: its programs run, each in a process of its own, against the serving product."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from shared.platform import jobs, schedule
from tests.journeys.product import Product

GUIDE = Path(__file__).parents[3] / "docs/guide/webhooks.md"
PROGRAMS = dict(re.findall(r"```python (\w+)\.py\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL))
WHO = {"kind": "person", "source": "worklog", "source_id": "p1", "name": "Robin Sample"}
SPENT = {"kind": "expense", "source": "worklog", "source_id": "e1", "person": "p1", "date": "2026-03-02", "amount": "12.50",
         "currency": "EUR", "billable": True}  # fmt: skip


@pytest.fixture
def product(make_database, clock):
    clock.now = datetime.now(UTC).replace(microsecond=0)  # the receiver believes nothing that is older than five minutes
    return Product(make_database, clock)


@pytest.fixture
def address(product):
    server = make_server("127.0.0.1", 0, product.ingest.app)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def listens(port):
    with socket.socket() as knock:
        return knock.connect_ex(("127.0.0.1", port)) == 0


def run(name, environ):
    command = [sys.executable, "-c", PROGRAMS[name]]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def works(product):
    for _ in range(2):
        schedule.ring(product.ingest.db, product.ingest.ticks)
        jobs.run_ready(product.ingest.db, product.ingest.handlers)
        product.clock.advance(seconds=2)


@pytest.mark.row("I3")
def test_a_receiver_is_written_subscribed_tried_and_caught_up_as_the_guide_says(product, address):
    port = free_port()
    environ = os.environ | {
        "TIMEBOOKS_URL": address,
        "TIMEBOOKS_API_KEY": product.owner,
        "RECEIVER_URL": f"http://localhost:{port}/hooks",
        "PORT": str(port),
        "SINCE": "2026-01-01T00:00:00Z",
    }
    environ["WEBHOOK_ID"], environ["WEBHOOK_SECRET"] = run("subscribe", environ)
    command = [sys.executable, "-c", PROGRAMS["receiver"]]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as receiver:
        while not listens(port):
            assert receiver.poll() is None
        run("test", environ)
        product.post("ingest", "/records", {"schema": "1", "records": [WHO, SPENT]})
        works(product)
        assert receiver.stdout
        assert [receiver.stdout.readline().split() for _ in range(2)] == [
            ["webhook.test", "None", "None"],
            ["expense.created", "12.5", "EUR"],
        ]
        assert run("replay", environ) == ["2"]
        works(product)
        receiver.terminate()
        assert receiver.stdout.read() == ""  # told again under the same ids
    told = product.get("ingest", f"/webhooks/{environ['WEBHOOK_ID']}/deliveries")["items"]
    assert [one["state"] for one in told] == ["delivered", "delivered"]
