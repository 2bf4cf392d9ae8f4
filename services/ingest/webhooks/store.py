"""Every write of webhooks but those of a running delivery, which are in ``deliver``."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from services.ingest.tables import within
from services.ingest.webhooks import events, signing
from services.ingest.webhooks.models import attempt, delivery, endpoint, event
from services.ingest.webhooks.news import News
from shared.kernel import canonical
from shared.kernel.errors import Conflict, Missing
from shared.platform import audit, clock, feed, jobs
from shared.platform.session import Session, insert, prepared, put
from shared.platform.vault import Keyring, Vault

DELIVER = "webhook.deliver"  # job kind; its subject is the endpoint
FOLLOWER = "webhooks"
TRIED_FOR = timedelta(hours=24)
OLD_SECRET = timedelta(hours=24)
"""How long the secret before goes on signing beside the new one."""
MOST_ENDPOINTS = 50  # of an organisation


def add(session: Session, keyring: Keyring, asked: Mapping[str, Any], actor: str, *, feed_id: str) -> tuple[str, str]:
    """A new endpoint; gives its id and its secret, which is not told again."""
    mine = within(endpoint, keyring.organisation)
    if session.execute(sa.select(sa.func.count()).where(mine)).scalar_one() >= MOST_ENDPOINTS:
        raise Conflict("too_many_webhooks", f"There are {MOST_ENDPOINTS} webhooks already.", "Delete one that is not needed.")
    if session.execute(sa.select(endpoint.c.id).limit(1)).first() is None:
        feed.skip(session, FOLLOWER, feed_id)  # nobody has listened so far
    number, secret = str(uuid4()), signing.new_secret()
    row = {"id": number, "organisation": keyring.organisation, "state": "live", "created": clock.now(), "failures": 0}
    row |= _sealed(keyring, number, asked) | {"secret": keyring.seal(None, "webhook_endpoint.secret", number, secret)}
    session.execute(insert(session, endpoint), row)
    audit.record(session, keyring.organisation, actor, "webhook.created", number)
    return number, secret


def _sealed(keyring: Keyring, number: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {"events": sorted(set(asked["events"]))} if "events" in asked else {}
    for name in ("url", "description"):
        if name in asked:
            row[name] = keyring.seal(None, f"webhook_endpoint.{name}", number, asked[name])
    return row


def _mine(organisation: str, number: str) -> sa.ColumnElement[bool]:
    return sa.and_(within(endpoint, organisation), endpoint.c.id == number)


def held(session: Session, organisation: str, number: str) -> Any:
    """The endpoint's row, nobody else's to change until the transaction ends. Raises Missing."""
    row = session.execute(sa.select(endpoint).where(_mine(organisation, number)).with_for_update()).first()
    if row is None:
        raise Missing("no_such_webhook", "There is no webhook of this id.", "List the webhooks to see their ids.")
    return row


def change(session: Session, keyring: Keyring, number: str, asked: Mapping[str, Any], actor: str) -> None:
    """Another address, other events or another description; what is waiting goes to the new address."""
    held(session, keyring.organisation, number)
    values = _sealed(keyring, number, asked)
    if not values:  # an UPDATE without any would name every column
        return
    session.execute(sa.update(endpoint).where(_mine(keyring.organisation, number)).values(values))
    audit.record(session, keyring.organisation, actor, "webhook.changed", number)


def remove(session: Session, organisation: str, number: str, actor: str) -> None:
    """The endpoint goes, with everything that was to be told or was told to it."""
    held(session, organisation, number)
    for table in (attempt, delivery):
        session.execute(sa.delete(table).where(within(table, organisation), table.c.endpoint == number))
    session.execute(sa.delete(endpoint).where(_mine(organisation, number)))
    audit.record(session, organisation, actor, "webhook.deleted", number)


def rotate(session: Session, keyring: Keyring, number: str, actor: str) -> str:
    """A new secret; the one before signs as well for a day, so that the receiver can change over."""
    before = held(session, keyring.organisation, number)
    text = keyring.open(None, "webhook_endpoint.secret", number, before.secret) or ""
    secret = signing.new_secret()
    values = {
        "secret": keyring.seal(None, "webhook_endpoint.secret", number, secret),
        "old_secret": keyring.seal(None, "webhook_endpoint.old_secret", number, text),
        "old_secret_until": clock.now() + OLD_SECRET,
    }
    session.execute(sa.update(endpoint).where(_mine(keyring.organisation, number)).values(values))
    audit.record(session, keyring.organisation, actor, "webhook.secret_rotated", number)
    return secret


def pause(session: Session, organisation: str, number: str, actor: str) -> None:
    """Nothing is sent until it is resumed; what happens meanwhile waits, for as long as anything is tried."""
    if held(session, organisation, number).state == "live":
        session.execute(sa.update(endpoint).where(_mine(organisation, number)).values(state="paused"))
        audit.record(session, organisation, actor, "webhook.paused", number)


def resume(session: Session, organisation: str, number: str, actor: str) -> bool:
    """Send again, after a pause or after it was disabled; gives whether it was not live."""
    if held(session, organisation, number).state == "live":
        return False
    well = {"state": "live", "why": None, "failures": 0, "failing_since": None, "rest_until": None}
    session.execute(sa.update(endpoint).where(_mine(organisation, number)).values(well))
    jobs.ask(session, DELIVER, number, organisation=organisation)
    audit.record(session, organisation, actor, "webhook.resumed", number)
    return True


# ---- telling


@prepared
def _listening(organisation: Any, at: Any) -> Any:
    shown = sa.select(endpoint.c.id, endpoint.c.events, endpoint.c.state)
    return shown.where(within(endpoint, organisation), endpoint.c.created <= at)


def tell(session: Session, vault: Vault, news: News) -> None:
    """Keep an event for every endpoint that wants it; once kept, it is never kept again. A disabled one may replay it."""
    rows = session.execute(*_listening(news.organisation, news.at)).all()
    wanted = [row for row in rows if events.wants(row.events, news.event)]
    number = keep(session, vault, news) if wanted else None
    if number is not None:
        for one in wanted:
            if one.state != "disabled":
                send(session, news.organisation, one.id, [number])


def keep(session: Session, vault: Vault, news: News) -> int | None:
    """The event's number; None when it is there already."""
    keyring = vault.keyring(session, news.organisation)
    sealed = keyring.seal(None, "webhook_event.body", news.id, canonical.dumps(news.body).decode())
    row = {name: getattr(news, name) for name in ("id", "organisation", "event", "subject", "at")} | {"body": sealed}
    new = insert(session, event).values(row).on_conflict_do_nothing().returning(event.c.number)
    found: int | None = session.execute(new).scalar()
    return found


def send(session: Session, organisation: str, number: str, found: Sequence[int]) -> None:
    """Put events on their way to an endpoint, from the beginning if they were before."""
    now = clock.lease_now(session)
    fresh: dict[str, Any] = {"state": "waiting", "attempts": 0, "due_at": now, "deadline": now + TRIED_FOR}
    fresh |= {"ended_at": None, "status": None, "why": None}
    rows = [{"endpoint": number, "event": one, "organisation": organisation, **fresh} for one in found]
    if rows:
        put(session, delivery, rows, *fresh)
    jobs.ask(session, DELIVER, number, organisation=organisation)


def replay(session: Session, organisation: str, number: str, *, named: Collection[str], since: datetime, until: datetime) -> int:
    """Send again what was told or is kept: the events of these ids, or those of a time that the endpoint wants."""
    row = held(session, organisation, number)
    if row.state == "disabled":
        raise Conflict("webhook_disabled", "This webhook is disabled.", "Resume it first, then replay.")
    chosen = event.c.id.in_(named) if named else sa.and_(event.c.at >= since, event.c.at < until)
    mine = sa.select(event.c.number, event.c.event).where(within(event, organisation), chosen).order_by(event.c.number)
    found = [one.number for one in session.execute(mine) if named or events.wants(row.events, one.event)]
    for start in range(0, len(found), 1_000):
        send(session, organisation, number, found[start : start + 1_000])
    return len(found)


def forget_answers(session: Session, organisation: str) -> None:
    """After an erasure: what receivers said may name the person. Bodies hold ids only."""
    told = sa.and_(within(attempt, organisation), attempt.c.answer.is_not(None))
    session.execute(sa.update(attempt).where(told).values(answer=None))


def forget(session: Session, before: datetime) -> int:
    """Remove events from before this instant, with their deliveries and attempts; gives how many events."""
    old = sa.select(event.c.number).where(event.c.at < before).order_by(event.c.at).limit(5_000)
    numbers = list(session.execute(old).scalars())
    for start in range(0, len(numbers), 500):
        some = numbers[start : start + 500]
        for table in (attempt, delivery):
            session.execute(sa.delete(table).where(table.c.event.in_(some)))
        session.execute(sa.delete(event).where(event.c.number.in_(some)))
    return len(numbers)
