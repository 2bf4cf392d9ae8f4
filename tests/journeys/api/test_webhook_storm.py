"""A day of webhooks on the virtual clock: many events, receivers that fail, and one that is never there."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa

from services.ingest.webhooks.models import delivery
from services.ingest.webhooks.tidy import KIND as TIDY
from shared.platform import jobs, schedule
from shared.platform.db import reading
from tests.journeys.api.receiver import AnyTime, receiving
from tests.journeys.product import Product
from tests.sizes import seed, size

AT_ONCE = 1_000


def spend(product, count):
    """So many expenses come in."""
    who = {"kind": "person", "source": "worklog", "source_id": "p1", "name": "Robin Sample"}
    product.post("ingest", "/records", {"schema": "1", "records": [who]})
    facts = {"kind": "expense", "source": "worklog", "person": "p1", "date": "2026-03-02", "amount": "1", "currency": "USD"}
    rows = [{**facts, "source_id": f"e{number}", "billable": True} for number in range(count)]
    for start in range(0, count, AT_ONCE):
        product.post("ingest", "/records", {"schema": "1", "records": rows[start : start + AT_ONCE]})


def a_day_goes_by(product, clock):
    """Every job runs when it is due, and the clock goes from one to the next."""
    db, end = product.ingest.db, clock.now + timedelta(hours=24, minutes=30)
    ready = sa.select(sa.func.min(jobs.job.c.due_at)).where(jobs.job.c.state == "ready", jobs.job.c.kind.like("webhook.%"))
    schedule.ring(db, product.ingest.ticks)
    while clock.now < end:
        jobs.run_ready(db, product.ingest.handlers, limit=10**6)
        with reading(db) as session:
            due = session.execute(ready).scalar()
        if due is None:
            break
        clock.now = max(clock.now, due)
    clock.now = end
    schedule.ring(db, [tick for tick in product.ingest.ticks if tick.kind == TIDY])
    jobs.run_ready(db, product.ingest.handlers)


@pytest.mark.row("E4", "E5")
def test_of_a_day_of_events_each_is_delivered_or_marked_and_every_signature_holds(make_database, clock):
    count, chance = size("webhook_events"), random.Random(seed())
    product = Product(make_database, clock, extra={"TIMEBOOKS_LIMIT_CALLS": "100000"})
    taken: list[Counter[str]] = [Counter(), Counter()]

    def fails_often(mine):
        def answer(body):
            if chance.random() < 0.2:
                return chance.choice([500, 500, 500, 404, 302, 500, 500, 500, 500, (503, {"Retry-After": "2"})])
            taken[mine][body["id"]] += 1
            return 204

        return answer

    with receiving() as first, receiving() as second:
        with receiving() as never_there:
            pass
        ids = {}
        for number, receiver in enumerate((first, second, never_there)):
            receiver.answer = fails_often(number)
            ids[number] = product.post("ingest", "/webhooks", {"url": receiver.url, "events": ["expense.*"]})
        spend(product, count)
        a_day_goes_by(product, clock)
    for number, receiver in enumerate((first, second)):
        verifier = AnyTime(ids[number]["secret"])
        for headers, body in receiver.heard:
            verifier.verify(body, headers)
        assert len(receiver.heard) >= count
    with reading(product.ingest.db) as session:
        columns = (delivery.c.endpoint, delivery.c.state, sa.func.count())
        rows = session.execute(sa.select(*columns).group_by(*columns[:2])).all()
    ended = {(endpoint, state): many for endpoint, state, many in rows}
    for number in (0, 1):
        delivered = ended.get((ids[number]["id"], "delivered"), 0)
        assert delivered == len(taken[number])
        assert set(taken[number].values()) == {1}
        assert delivered + ended.get((ids[number]["id"], "failed"), 0) == count
        assert delivered >= count * 0.999  # eight failures in a row are rare
    assert ended[ids[2]["id"], "failed"] == count
    assert sum(ended.values()) == 3 * count
