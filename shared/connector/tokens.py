"""Keeping a connection's tokens alive: one refresh at a time, whatever the number of workers, and none lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa

from shared.connector import oauth, store
from shared.connector.context import Connection, Connector
from shared.connector.models import connection as table
from shared.connector.oauth import Tokens
from shared.connector.provider import Client
from shared.contract.statuses import ConnectionState
from shared.kernel.errors import Failure, Reconnect, Retry
from shared.platform import clock
from shared.platform.db import reading, transaction
from shared.platform.faultpoint import faultpoint, works
from shared.platform.session import Session

AHEAD = timedelta(minutes=2)
"""An access token that ends sooner is refreshed first."""
LEASE = timedelta(seconds=60)
LOOKS, BETWEEN = 200, 0.05
"""How often to look whether another worker's refresh is done, and the seconds between, before the job comes again later."""

T = TypeVar("T")


class Expired(Failure):
    """The provider says the access token is not good (any more); nothing was done."""


@dataclass(frozen=True, slots=True)
class _Held:
    organisation: str
    state: str
    version: int
    access: str | None
    refresh: str | None
    access_expires_at: datetime | None


def use(c: Connector, connection: Connection, call: Callable[[Client], T]) -> T:
    """Make a call with a good token; a token refused in mid-flight is refreshed once and the call made once more."""
    token, version = access(c, connection.id)
    try:
        return call(c.client(c, connection, token))
    except Expired:
        token, _ = access(c, connection.id, refused=version)
    try:
        return call(c.client(c, connection, token))
    except Expired:
        raise Reconnect(
            "token_refused", f"{c.provider.info.title} refuses even a fresh token.", f"Connect {c.provider.info.title} again."
        ) from None


def access(c: Connector, connection: str, *, refused: int | None = None) -> tuple[str, int]:
    """An access token and its version. ``refused``: the version that the provider has just turned down."""
    for _ in range(LOOKS):
        held = _held(c, connection)
        if held.state != ConnectionState.LIVE or held.refresh is None:
            raise Reconnect("not_connected", "This connection is not live.", f"Connect {c.provider.info.title} again.")
        if held.version != refused and held.access and _fresh(held):
            return held.access, held.version
        fence = _lease(c, connection, held.version)
        if fence is not None:
            _refresh(c, connection, held, fence)
        else:
            clock.sleep(BETWEEN)
    raise Retry("token_busy", "Another worker is refreshing this connection's token.", after=2)


def _fresh(held: _Held) -> bool:
    return held.access_expires_at is not None and held.access_expires_at > clock.now() + AHEAD


_ROW = sa.select(table).where(table.c.id == sa.bindparam("of"))


def _held(c: Connector, connection: str) -> _Held:
    with reading(c.db) as session:
        row = session.execute(_ROW, {"of": connection}).mappings().one()
        keys = c.vault.keyring(session, row["organisation"], [])
        access_token = keys.open(None, "connection.access_token", connection, row["access_token"])
        refresh_token = keys.open(None, "connection.refresh_token", connection, row["refresh_token"])
    return _Held(row["organisation"], row["state"], row["token_version"], access_token, refresh_token, row["access_expires_at"])


def _lease(c: Connector, connection: str, version: int) -> int | None:
    """Take the right to refresh; None when somebody else has it or has already done it."""
    with transaction(c.db) as session:
        now = clock.lease_now(session)
        free = sa.or_(table.c.refresh_lease_until.is_(None), table.c.refresh_lease_until < now)
        mine = sa.update(table).where(table.c.id == connection, table.c.token_version == version)
        if works("refresh_fence"):
            mine = mine.where(free)
        taken = {"refresh_fence": table.c.refresh_fence + 1, "refresh_lease_until": now + LEASE}
        found: int | None = session.execute(mine.values(taken).returning(table.c.refresh_fence)).scalar()
    return found


def _refresh(c: Connector, connection: str, held: _Held, fence: int) -> None:
    """Refresh under the lease. A lease that ran out without an answer tries the old token once more: providers
    keep the one before good for a while, just for that."""
    faultpoint("token.before_refresh")
    try:
        tokens = oauth.refresh(c, held.refresh or "")
    except Reconnect:
        _lost(c, connection, held, fence)
        raise
    except Failure:
        _let_go(c, connection, fence)
        raise
    faultpoint("token.answered")
    with transaction(c.db) as session:
        mine = sa.update(table).where(table.c.id == connection)
        if works("refresh_fence"):
            mine = mine.where(table.c.refresh_fence == fence)
        session.execute(mine.values(**sealed(c, session, held.organisation, connection, tokens)))
    faultpoint("token.stored")


def _let_go(c: Connector, connection: str, fence: int) -> None:
    with transaction(c.db) as session:
        mine = sa.update(table).where(table.c.id == connection, table.c.refresh_fence == fence)
        session.execute(mine.values(refresh_lease_until=None))


def _lost(c: Connector, connection: str, held: _Held, fence: int) -> None:
    with transaction(c.db) as session:
        mine = sa.update(table).where(table.c.id == connection, table.c.refresh_fence == fence)
        lost = mine.values(refresh_lease_until=None, state=ConnectionState.NEEDS_RECONNECT)
        if session.execute(lost).rowcount:
            store.tell_connection(session, held.organisation, connection)


def sealed(c: Connector, session: Session, organisation: str, connection: str, tokens: Tokens) -> dict[str, Any]:
    """The columns that hold new tokens."""
    keys = c.vault.keyring(session, organisation, [])
    return {
        "access_token": keys.seal(None, "connection.access_token", connection, tokens.access),
        "refresh_token": keys.seal(None, "connection.refresh_token", connection, tokens.refresh),
        "access_expires_at": tokens.access_expires_at,
        "refresh_expires_at": tokens.refresh_expires_at,
        "token_version": table.c.token_version + 1,
        "refresh_lease_until": None,
    }
