"""Short ways to subscribe, to let time pass, and to see what was told."""

from __future__ import annotations

from shared.platform import jobs, schedule

WORK = "time,a1,2026-03-02,09:00,17:00,7:30:00,0:30:00,,Robin Sample,Harbour Bakery,Website,,48,USD,,,,,yes,Planning\n"
TRAIN = "expense,{id},2026-03-02,,,,,,Robin Sample,Harbour Bakery,Website,,,USD,{amount},,,travel,yes,\n"


def subscribes(product, receiver, *events, key=None):
    return product.post("ingest", "/webhooks", {"url": receiver.url, "events": list(events)}, key=key)


def passes(product, times, **amount):
    """Time goes by, with what ingest alone does in it."""
    for _ in range(times):
        product.clock.advance(**amount)
        for _ in range(3):
            schedule.ring(product.ingest.db, product.ingest.ticks)
            jobs.run_ready(product.ingest.db, product.ingest.handlers)
            product.clock.advance(seconds=5)


def deliveries(product, webhook, **filters):
    return product.get("ingest", f"/webhooks/{webhook['id']}/deliveries", **filters)["items"]
