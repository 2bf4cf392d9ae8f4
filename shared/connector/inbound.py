"""Callbacks in: verified on the raw bytes, stored, answered. What they say is never believed, only looked after."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from shared.connector.context import Connector
from shared.connector.models import connection, inbound_event
from shared.connector.provider import Poke
from shared.contract.statuses import ConnectionState
from shared.kernel import canonical
from shared.kernel.errors import Invalid
from shared.platform import clock, jobs
from shared.platform.faultpoint import faultpoint, works
from shared.platform.logs import log
from shared.platform.session import Session, add_new, prepared
from shared.platform.together import Together

Keep = Callable[[Sequence[Poke]], None]


def keeping(c: Connector) -> Keep:
    """Stores what callbacks bring; those that come at once are stored in one transaction."""
    return Together(c.db, _keep)


def receive(c: Connector, raw: bytes, headers: Mapping[str, str], keep: Keep) -> bool:
    """Take a callback in; False when it is not the provider's. A genuine one is taken whatever it says: a refusal would
    only make the provider hold back the ones behind it."""
    signed = raw if works("signature_raw_bytes") else _rewritten(raw)
    if not c.provider.verify(signed, headers):
        log("callback.forged", provider=c.provider.info.key)
        return False
    try:
        pokes = c.provider.parse(raw)
    except (Invalid, KeyError, TypeError, AttributeError, ValueError):
        log("callback.unreadable", provider=c.provider.info.key)
        return True
    if pokes:
        keep(pokes)
        faultpoint("inbound.committed")
    return True


def _rewritten(raw: bytes) -> bytes:
    try:
        return canonical.dumps(canonical.loads(raw))
    except Invalid:
        return raw


def _keep(session: Session, brought: Sequence[Sequence[Poke]]) -> None:
    """Store events not seen before, and hurry the pull of the companies they name."""
    now, pokes = clock.now(), [poke for one in brought for poke in one]
    rows = [{"id": str(uuid4()), "received_at": now, **asdict(poke)} for poke in pokes]
    add_new(session, inbound_event, rows)
    for row in session.execute(*_live(sorted({poke.tenant for poke in pokes}))):
        jobs.ask(session, "pull", row.id, organisation=row.organisation, queue="interactive")
    faultpoint("inbound.before_commit")


@prepared
def _live(tenants: Any) -> sa.Select[Any]:
    named = (connection.c.tenant.in_(tenants), connection.c.state == ConnectionState.LIVE)
    return sa.select(connection.c.id, connection.c.organisation).where(*named)
