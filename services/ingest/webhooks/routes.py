"""Webhooks over HTTP: who hears of what, what was told, and telling it again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from marshmallow import fields, validate

from services.ingest.webhooks import answers, deliver, events, follow, query, store, tidy
from services.ingest.webhooks.client import Outlet
from services.ingest.webhooks.deliver import Report
from services.ingest.webhooks.news import News
from services.ingest.webhooks.target import LONGEST
from shared.contract import fields as f
from shared.kernel.dates import parse_instant
from shared.kernel.errors import Conflict, Invalid
from shared.kernel.quote import quoted
from shared.platform import clock, feed
from shared.platform.db import Database, reading, transaction
from shared.platform.jobs import Job
from shared.platform.schedule import Tick
from shared.platform.vault import Vault
from shared.platform.web import Room, argument, page_args, principal, raw_body, sent
from shared.platform.web_idempotency import once

READ, WRITE = "webhooks:read", "webhooks:write"
TICKS = (Tick(follow.KIND, follow.EVERY, wanted=follow.is_behind), Tick(tidy.KIND, tidy.EVERY))


_MOMENT = {"type": "string", "format": "date-time"}


def _events(**options: Any) -> fields.List[Any]:
    one = f.Checked(events.chosen, metadata={"type": "string", "enum": list(events.CHOICES)})
    return fields.List(one, validate=validate.Length(min=1, max=len(events.CHOICES)), **options)


class _New(f.Strict):
    url = f.text(LONGEST, required=True)
    events = _events(required=True)
    description = f.text(500)


class _Changed(f.Strict):
    url = f.text(LONGEST)
    events = _events()
    description = f.text(500)


class _Replay(f.Strict):
    ids = fields.List(f.text(40), validate=validate.Length(min=1, max=1_000))
    since = f.Checked(parse_instant, data_key="from", metadata=_MOMENT)
    until = f.Checked(parse_instant, data_key="to", metadata=_MOMENT)


_NEW, _CHANGED, _REPLAY = _New(), _Changed(), _Replay()


def handlers(db: Database, vault: Vault, outlet: Outlet, report: Report) -> dict[str, Callable[[Job], None]]:
    """By job kind."""

    def read_feed(job: Job) -> None:
        follow.follow(db, vault)

    def send(job: Job) -> None:
        deliver.deliver(db, vault, outlet, report, job)

    def look_after(job: Job) -> None:
        tidy.tidy(db, report)

    return {follow.KIND: read_feed, store.DELIVER: send, tidy.KIND: look_after}


def subscriptions(db: Database, vault: Vault, outlet: Outlet, report: Report) -> Room:
    """Who hears of what."""
    room = Room("webhooks")

    @room.post("/webhooks", scope=WRITE, takes=_NEW, **answers.CREATE)
    def create() -> Any:
        caller, asked = principal(), sent()
        outlet.check(asked["url"])
        with once(db, vault, caller, "POST /webhooks", raw_body()) as claim:
            if claim.replay:
                return claim.replay
            feed_id = feed.identity(db)
            with transaction(db) as session:
                keyring = vault.keyring(session, caller.organisation)
                number, secret = store.add(session, keyring, asked, caller.subject, feed_id=feed_id)
                made = query.one(session, vault, caller.organisation, number)
                return claim.done(session, made | {"secret": secret}, 201)

    @room.get("/webhooks", scope=READ, **answers.LIST)
    def list_all() -> Any:
        with reading(db) as session:
            return {"items": query.endpoints(session, vault, principal().organisation)}

    @room.get("/webhooks/<endpoint>", scope=READ, **answers.SHOW)
    def show(endpoint: str) -> Any:
        with reading(db) as session:
            return query.one(session, vault, principal().organisation, endpoint)

    @room.put("/webhooks/<endpoint>", scope=WRITE, takes=_CHANGED, **answers.CHANGE)
    def change(endpoint: str) -> Any:
        caller, asked = principal(), sent()
        if "url" in asked:
            outlet.check(asked["url"])
        with transaction(db) as session:
            store.change(session, vault.keyring(session, caller.organisation), endpoint, asked, caller.subject)
            return query.one(session, vault, caller.organisation, endpoint)

    @room.delete("/webhooks/<endpoint>", scope=WRITE, **answers.REMOVE)
    def remove(endpoint: str) -> None:
        with transaction(db) as session:
            store.remove(session, principal().organisation, endpoint, principal().subject)
            report(session, principal().organisation, endpoint, "", 0)

    return room


def switches(db: Database, vault: Vault, report: Report) -> Room:
    """A new secret, a pause, and going on."""
    room = Room("switches")

    @room.post("/webhooks/<endpoint>/secret", scope=WRITE, gives=answers.WebhookWithSecret)
    def rotate(endpoint: str) -> Any:
        """Make a new secret; the old one signs beside it for a while."""
        caller = principal()
        with transaction(db) as session:
            keyring = vault.keyring(session, caller.organisation)
            secret = store.rotate(session, keyring, endpoint, caller.subject)
            return query.one(session, vault, caller.organisation, endpoint) | {"secret": secret}

    @room.post("/webhooks/<endpoint>/pause", scope=WRITE, gives=answers.Webhook)
    def pause(endpoint: str) -> Any:
        """Pause a webhook; its events are kept."""
        caller = principal()
        with transaction(db) as session:
            store.pause(session, caller.organisation, endpoint, caller.subject)
            return query.one(session, vault, caller.organisation, endpoint)

    @room.post("/webhooks/<endpoint>/resume", scope=WRITE, gives=answers.Webhook)
    def resume(endpoint: str) -> Any:
        """Go on with a webhook that was paused or disabled."""
        caller = principal()
        with transaction(db) as session:
            if store.resume(session, caller.organisation, endpoint, caller.subject):
                report(session, caller.organisation, endpoint, "", 0)
            return query.one(session, vault, caller.organisation, endpoint)

    return room


def deliveries(db: Database, vault: Vault) -> Room:
    """What was told, and telling it again."""
    room = Room("deliveries")

    @room.get("/webhooks/<endpoint>/deliveries", scope=READ, **answers.DELIVERIES)
    def list_deliveries(endpoint: str) -> Any:
        part, state, organisation = page_args(), argument("state"), principal().organisation
        if state not in (None, *query.STATES):
            raise Invalid("bad_argument", f"state is {quoted(state)}.", f"Give one of: {', '.join(query.STATES)}.")
        with reading(db) as session:
            query.one(session, vault, organisation, endpoint)
            rows, total = query.deliveries(session, organisation, endpoint, state, limit=part.size, offset=part.offset)
        return {"items": rows, "page": part.number, "page_size": part.size, "total": total}

    @room.get("/webhooks/<endpoint>/deliveries/<event>", scope=READ, **answers.SHOW_DELIVERY)
    def show_delivery(endpoint: str, event: str) -> Any:
        with reading(db) as session:
            return query.told(session, vault, principal().organisation, endpoint, event)

    @room.post("/webhooks/<endpoint>/replay", scope=WRITE, takes=_REPLAY, **answers.REPLAY)
    def replay(endpoint: str) -> Any:
        caller, asked = principal(), sent()
        if ("ids" in asked) == ("since" in asked):
            raise Invalid("bad_choice", "Events are named by ids, or by a time with from and to.", "Give one or the other.")
        now = clock.now()
        since, until = asked.get("since", now), asked.get("until", now + timedelta(seconds=1))
        with transaction(db) as session:
            named = asked.get("ids", ())
            count = store.replay(session, caller.organisation, endpoint, named=named, since=since, until=until)
        return {"replayed": count}, 202

    @room.post("/webhooks/<endpoint>/test", scope=WRITE, **answers.TEST)
    def send_test(endpoint: str) -> Any:
        organisation, number = principal().organisation, f"evt_{uuid4().hex}"
        with transaction(db) as session:
            if store.held(session, organisation, endpoint).state != "live":
                raise Conflict("webhook_not_live", "This webhook is paused or disabled.", "Resume it first.")
            at = clock.now()
            told = {"event": events.TEST, "id": number, "organisation": organisation, "at": at, "webhook_id": endpoint}
            kept = store.keep(session, vault, News(number, organisation, events.TEST, endpoint, at, told))
            store.send(session, organisation, endpoint, [kept] if kept else [])
        return {"id": number}, 202

    return room
