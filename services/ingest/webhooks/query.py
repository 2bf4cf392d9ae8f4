"""What may be read of webhooks: endpoints, what was told to them, and each attempt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from services.ingest.tables import within
from services.ingest.webhooks.models import attempt, delivery, endpoint, event
from shared.kernel import canonical
from shared.kernel.errors import Missing
from shared.platform.session import Session
from shared.platform.vault import Keyring, Vault

STATES = ("waiting", "delivered", "failed")
_SHOWN = ("id", "events", "state", "why", "created", "failures", "failing_since", "rest_until", "old_secret_until")


def endpoints(session: Session, vault: Vault, organisation: str) -> list[dict[str, Any]]:
    """All of an organisation's, the oldest first; a secret is never shown again."""
    keyring = vault.keyring(session, organisation)
    rows = session.execute(sa.select(endpoint).where(within(endpoint, organisation)).order_by(endpoint.c.created, endpoint.c.id))
    return [_shown(keyring, row) for row in rows.mappings()]


def one(session: Session, vault: Vault, organisation: str, number: str) -> dict[str, Any]:
    """Raises Missing."""
    found = session.execute(sa.select(endpoint).where(within(endpoint, organisation), endpoint.c.id == number)).mappings().first()
    if found is None:
        raise Missing("no_such_webhook", "There is no webhook of this id.", "List the webhooks to see their ids.")
    return _shown(vault.keyring(session, organisation), found)


def _shown(keyring: Keyring, row: Mapping[str, Any]) -> dict[str, Any]:
    texts = {name: keyring.open(None, f"webhook_endpoint.{name}", row["id"], row[name]) for name in ("url", "description")}
    return {name: row[name] for name in _SHOWN} | texts


def deliveries(
    session: Session, organisation: str, number: str, state: str | None, *, limit: int, offset: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of what was told to an endpoint, the newest first, and how much there is."""
    mine = [within(delivery, organisation), delivery.c.endpoint == number]
    if state is not None:
        mine.append(delivery.c.state == state)
    total = session.execute(sa.select(sa.func.count()).select_from(delivery).where(*mine)).scalar_one()
    page = _listed().where(*mine).order_by(delivery.c.event.desc()).limit(limit).offset(offset)
    return [dict(row) for row in session.execute(page).mappings()], total


def _listed(*more: Any) -> sa.Select[Any]:
    names = ("state", "attempts", "due_at", "deadline", "ended_at", "status", "why")
    shown = [event.c.id, event.c.event, event.c.subject, event.c.at, *(delivery.c[name] for name in names)]
    return sa.select(*shown, *more).join_from(delivery, event, event.c.number == delivery.c.event)


def told(session: Session, vault: Vault, organisation: str, number: str, named: str) -> dict[str, Any]:
    """One event as it goes to an endpoint: its body, and every attempt with what the receiver said. Raises Missing."""
    mine = (within(delivery, organisation), delivery.c.endpoint == number, event.c.id == named)
    row = session.execute(_listed(event.c.number, event.c.body).where(*mine)).mappings().first()
    if row is None:
        raise Missing("no_such_delivery", "This event was not told to this webhook.", "List the webhook's deliveries.")
    keyring = vault.keyring(session, organisation)
    here = (within(attempt, organisation), attempt.c.endpoint == number, attempt.c.event == row["number"])
    tries = session.execute(sa.select(attempt).where(*here).order_by(attempt.c.id)).mappings()
    names = ("at", "milliseconds", "status", "why")
    return {name: value for name, value in row.items() if name not in ("number", "body")} | {
        "body": canonical.loads(keyring.open(None, "webhook_event.body", named, row["body"]) or "null"),
        "log": [
            {name: this[name] for name in names}
            | {"answer": keyring.open(None, "webhook_attempt.answer", named, this["answer"])}
            for this in tries
        ],
    }
