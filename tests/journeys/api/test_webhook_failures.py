"""Webhooks when things fail: workers that are killed, receivers that stay away, and what is kept how long."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from services.ingest.webhooks import deliver, follow
from services.ingest.webhooks.store import DELIVER
from shared.platform import jobs, schedule
from shared.platform.db import reading
from shared.platform.faultpoint import Rig
from tests.journeys.api.listening import TRAIN, deliveries, passes, subscribes
from tests.journeys.api.receiver import receiving


class Killed(BaseException):
    """Stands for a SIGKILL: nothing of ours runs after it."""


@pytest.mark.parametrize("point", ["job.taken", "http.answered", "follow.applied"])
def test_a_worker_killed_anywhere_loses_no_event_and_tells_none_under_two_ids(product, receiver, point):
    webhook = subscribes(product, receiver, "expense.*")
    product.imports("".join(TRAIN.format(id=f"e{n}", amount=n) for n in range(1, 4)))
    killed = []

    def hook(name):
        if name == point and not killed:
            killed.append(name)
            raise Killed(name)

    ingest = product.ingest
    with Rig(hook=hook):
        for _ in range(8):
            product.clock.advance(seconds=31)  # longer than a lease
            try:
                schedule.ring(ingest.db, ingest.ticks)
                jobs.run_ready(ingest.db, ingest.handlers)
            except Killed:
                continue
    assert killed
    assert sorted({body["amount"] for body in receiver.bodies()}) == [1, 2, 3]
    assert len({headers["webhook-id"] for headers, _ in receiver.heard}) == 3
    assert len(receiver.heard) <= 4
    assert [one["state"] for one in deliveries(product, webhook)] == ["delivered"] * 3


def test_five_days_of_nothing_but_failures_disable_an_endpoint(product, receiver):
    webhook = subscribes(product, receiver, "expense.*")
    receiver.answer = lambda body: 500
    for day in range(7):
        product.imports(TRAIN.format(id=f"e{day}", amount=day + 1))
        passes(product, 1, hours=23)
    shown = product.get("ingest", f"/webhooks/{webhook['id']}")
    assert (shown["state"], shown["why"]) == ("disabled", "failed_for_days")
    assert {one["code"] for one in product.get("ingest", "/problems")["items"]} == {"webhook_failed_for_days"}


def test_after_thirty_days_what_was_told_is_forgotten(product, receiver):
    webhook = subscribes(product, receiver, "expense.*")
    product.imports(TRAIN.format(id="e1", amount="12.50"))
    product.work()
    passes(product, 1, days=29)
    assert len(deliveries(product, webhook)) == 1
    passes(product, 1, days=2)
    assert deliveries(product, webhook) == []
    assert product.post("ingest", f"/webhooks/{webhook['id']}/replay", {"from": "2026-03-01T00:00:00Z"}) == {"replayed": 0}


def test_what_a_receiver_said_goes_with_the_person_who_is_erased(product, receiver):
    webhook = subscribes(product, receiver, "expense.*")
    receiver.answer = lambda body: (200, {}, b"thanks for Robin Sample's train")
    product.imports(TRAIN.format(id="e1", amount="12.50"))
    product.work()
    [one] = deliveries(product, webhook)
    where = f"/webhooks/{webhook['id']}/deliveries/{one['id']}"
    assert product.get("ingest", where)["log"][0]["answer"] == "thanks for Robin Sample's train"
    product.post("ingest", "/erasures", {"person": receiver.bodies()[0]["person_id"]})
    assert product.get("ingest", where)["log"][0]["answer"] is None


def test_of_several_receivers_that_never_answer_one_at_a_time_holds_a_worker(product, receiver):
    """While one that failed is waited for, another that failed gets a later turn, and its worker goes on."""
    begun, go_on = threading.Event(), threading.Event()
    with receiving() as slow:
        mine = [subscribes(product, slow, "expense.*"), subscribes(product, receiver, "expense.*")]
        slow.answer = receiver.answer = lambda body: 500
        product.imports(TRAIN.format(id="e1", amount="1"))
        product.work()  # both have failed before
        slow.answer = lambda body: begun.set() or (go_on.wait(10) and 500)
        product.clock.advance(minutes=6)
        waiting = sa.select(jobs.job.c.subject, jobs.job.c.id).where(jobs.job.c.state == "ready")
        with reading(product.ingest.db) as session:
            numbers = {row.subject: row.id for row in session.execute(waiting)}
        db, handlers, heard = product.ingest.db, product.ingest.handlers, len(receiver.heard)
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(jobs.run, db, numbers[mine[0]["id"]], handlers)
            assert begun.wait(10)
            assert jobs.run(db, numbers[mine[1]["id"]], handlers) == "done"
            assert len(receiver.heard) == heard
            go_on.set()
            assert first.result(10) == "done"
        passes(product, 1, seconds=2)
        assert len(receiver.heard) > heard


def test_however_many_receivers_are_slow_one_of_two_workers_is_there_for_the_others(product, receiver, monkeypatch):
    """They take what they are told, but long after; whoever answers at once hears of it while the first of them is waited for."""
    begun, go_on = threading.Event(), threading.Event()
    monkeypatch.setattr(deliver, "SLOW", -1)  # whoever answered now was slow
    monkeypatch.setattr(deliver, "_slow", set())
    with receiving() as slow:
        for _ in range(3):
            subscribes(product, slow, "expense.*")
        product.imports(TRAIN.format(id="e1", amount="1"))
        product.work()
        assert len(slow.heard) == 3
        subscribes(product, receiver, "expense.*")
        slow.answer = lambda body: begun.set() or (go_on.wait(10) and 204)
        product.imports(TRAIN.format(id="e2", amount="2"))
        product.clock.advance(seconds=2)
        db, handlers = product.ingest.db, product.ingest.handlers
        schedule.ring(db, [tick for tick in product.ingest.ticks if tick.kind == follow.KIND])
        for number in _ready(db, follow.KIND):
            jobs.run(db, number, handlers)
        waiting = _ready(db, DELIVER)
        assert len(waiting) == 4
        with ThreadPoolExecutor(2) as workers:
            ends = [workers.submit(jobs.run, db, number, handlers) for number in waiting]
            assert begun.wait(10)
            for _ in range(100):
                if receiver.heard:
                    break
                time.sleep(0.05)
            assert (len(receiver.heard), len(slow.heard)) == (1, 4)
            go_on.set()
            assert {end.result(10) for end in ends} == {"done"}


def _ready(db, kind):
    wanted = sa.select(jobs.job.c.id).where(jobs.job.c.state == "ready", jobs.job.c.kind == kind).order_by(jobs.job.c.id)
    with reading(db) as session:
        return session.execute(wanted).scalars().all()
