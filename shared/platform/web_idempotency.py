"""Idempotency-Key: the same request sent again gets the first one's answer, and its effect happens once.

The request is claimed in a transaction of its own, so that a second one meanwhile is told to wait. The answer is kept in
the transaction of the effect: there is never one without the other. A claim whose process died lapses; should that
process still live, its ``done`` finds the claim taken over and undoes its effect.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Response, request

from shared.kernel import canonical
from shared.kernel.errors import Conflict, Invalid
from shared.platform import clock
from shared.platform.auth import Principal
from shared.platform.db import Database, Instant, metadata, transaction
from shared.platform.session import Session, insert
from shared.platform.vault import Vault

LEASE = timedelta(seconds=60)
KEPT = timedelta(hours=48)

idempotency = sa.Table(
    "idempotency",
    metadata,
    sa.Column("organisation", sa.String(64), primary_key=True),
    sa.Column("caller", sa.String(80), primary_key=True),
    sa.Column("route", sa.String(120), primary_key=True),
    sa.Column("key", sa.String(200), primary_key=True),
    sa.Column("body_hash", sa.String(64), nullable=False),  # HMAC
    sa.Column("claim", sa.String(32), nullable=False),
    sa.Column("claimed_until", Instant, nullable=False),
    sa.Column("status", sa.Integer),  # NULL: still running
    sa.Column("answer", sa.LargeBinary),  # sealed; NULL also once forgotten
    sa.Column("created_at", Instant, nullable=False),
    sa.Index("idempotency_age", "created_at"),
)
_KEY = re.compile(r"[!-~]{1,200}", re.ASCII)
_PLACE = "idempotency.answer"


class Once:
    """One claimed request. ``replay`` is the kept answer when it was done before; else finish it with ``done``."""

    def __init__(self, vault: Vault, mine: dict[str, str], claim: str, replay: Response | None) -> None:
        self._vault, self._mine, self._claim, self.replay = vault, mine, claim, replay
        self._ended = replay is not None or not mine

    def done(self, session: Session, value: Any, status: int = 200) -> tuple[Any, int]:
        """Keep the answer, in the transaction of the effect; give it for returning from the route."""
        if self._mine:
            keyring = self._vault.keyring(session, self._mine["organisation"])
            sealed = keyring.seal(None, _PLACE, _row_id(self._mine), canonical.dumps(value).decode())
            kept = sa.update(idempotency).where(_is(self._mine), idempotency.c.claim == self._claim)
            if session.execute(kept.values(status=status, answer=sealed)).rowcount != 1:
                raise _conflict("request_taken_over", "The same request was sent again and is being done there.")
            self._ended = True
        return value, status


@contextmanager
def once(db: Database, vault: Vault, caller: Principal, route: str, body: bytes) -> Iterator[Once]:
    """Claim the request that is being served; without an Idempotency-Key header nothing is claimed.

    Raises Conflict while the same request is being done, Invalid when the key came with another body. A failure inside
    gives the claim back: nothing was done, so the same key may be used again.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        yield Once(vault, {}, "", None)
        return
    if not _KEY.fullmatch(key):
        raise Invalid("bad_idempotency_key", "The Idempotency-Key is not 1 to 200 printable ASCII characters.", "Use a UUID.")
    mine = {"organisation": caller.organisation, "caller": caller.key or caller.subject, "route": route, "key": key}
    claimed = _claim(db, vault, mine, body)
    through = False
    try:
        yield claimed
        through = True
    finally:
        if not (through and claimed._ended):  # a failure after ``done`` has undone the kept answer too
            _give_back(db, mine, claimed._claim)


def _claim(db: Database, vault: Vault, mine: dict[str, str], body: bytes) -> Once:
    claim = secrets.token_hex(8)
    with transaction(db) as session:
        now = clock.lease_now(session)
        keyring = vault.keyring(session, mine["organisation"])
        row = {**mine, "body_hash": keyring.mac(body), "claim": claim, "claimed_until": now + LEASE, "created_at": now}
        new = insert(session, idempotency).values(row).on_conflict_do_nothing()
        if session.execute(new.returning(idempotency.c.claim)).first() is not None:
            return Once(vault, mine, claim, None)
        found = session.execute(sa.select(idempotency).where(_is(mine)).with_for_update()).first()
        if found is None:  # given back a moment ago
            raise _conflict("request_running", "The same request failed a moment ago.")
        if found.body_hash != row["body_hash"]:
            raise Invalid("idempotency_key_reused", "This Idempotency-Key came before with another body.", "Use a new key.")
        if found.status is None and found.claimed_until > now:
            raise _conflict("request_running", "The same request is being done right now.")
        if found.status is None:
            session.execute(sa.update(idempotency).where(_is(mine)).values(claim=claim, claimed_until=now + LEASE))
            return Once(vault, mine, claim, None)
        text = keyring.open(None, _PLACE, _row_id(mine), found.answer)
    return Once(vault, mine, claim, _replayed(text, found.status))


def _replayed(text: str | None, status: int) -> Response:
    if text is None:
        cause = "This request was done before; its answer isn't kept any more."
        raise Conflict("answer_forgotten", cause, "Read the present state instead.")
    return Response(text, status, {"Idempotent-Replayed": "true"}, content_type="application/json")


def _conflict(code: str, cause: str) -> Conflict:
    return Conflict(code, cause, "Send it again in a moment for its answer.")


def _give_back(db: Database, mine: dict[str, str], claim: str) -> None:
    with transaction(db) as session:
        ours = sa.and_(_is(mine), idempotency.c.claim == claim, idempotency.c.status.is_(None))
        session.execute(sa.delete(idempotency).where(ours))


def forget(db: Database) -> int:
    """Remove keys older than 48 hours; give how many."""
    with transaction(db) as session:
        old = idempotency.c.created_at < clock.now() - KEPT
        return int(session.execute(sa.delete(idempotency).where(old)).rowcount)


def forget_answers(session: Session, organisation: str) -> None:
    """After an erasure: kept answers may name the person. The keys stay, so nothing is done twice."""
    done = sa.and_(idempotency.c.organisation == organisation, idempotency.c.status.is_not(None))
    session.execute(sa.update(idempotency).where(done).values(answer=None))


def _is(mine: dict[str, str]) -> sa.ColumnElement[bool]:
    return sa.and_(*(idempotency.c[name] == value for name, value in mine.items()))


def _row_id(mine: dict[str, str]) -> str:
    return "|".join((mine["caller"], mine["route"], mine["key"]))
