"""Sessions: begun by signing in on a device, kept by refreshing, ended by the person, an owner, or a token used twice.

A session's refresh tokens are one family: each refresh makes the next, and the one before is dead. If its answer was lost, the
one before gives the same successor for 30 seconds. Later, or on another device, somebody has a copy: the family ends.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from services.ingest.accounts import refresh
from services.ingest.accounts.alarm import Alarm
from services.ingest.accounts.models import SESSION, account_user, user_session
from services.ingest.accounts.pages import page
from services.ingest.tables import within
from shared.contract.messages import SESSION_REUSE
from shared.kernel.errors import Missing
from shared.platform import audit, auth, clock, feed
from shared.platform.auth import NotAuthenticated, Principal
from shared.platform.db import Database, transaction
from shared.platform.faultpoint import works
from shared.platform.session import Session, prepared
from shared.platform.vault import Vault
from shared.platform.web import Page

GRACE = timedelta(seconds=30)
IDLE, WHOLE = timedelta(days=30), timedelta(days=180)
"""How long a session lasts without a refresh, and at most."""
_PLACE = "user_session.device_name"


@dataclass(frozen=True, slots=True)
class Held:
    """What somebody who is signed in holds: who they are, and the refresh token of their session."""

    principal: Principal
    refresh_token: str


def device_hash(vault: Vault, device: str) -> str:
    """What tells equal devices apart from others."""
    return hmac.new(vault.derive(b"device"), device.encode(), hashlib.sha256).hexdigest()


def begin(session: Session, vault: Vault, user: Any, device: str, alarm: Alarm, *, failed: int) -> Held:
    """A session of ``user`` on a device, in place of the one before on it; ``failed`` attempts went before."""
    now, number, hashed = clock.now(), SESSION + secrets.token_hex(16), device_hash(vault, device)
    same = (user_session.c.holder == user.id, user_session.c.device == hashed)
    _end(session, user.organisation, same, "replaced")
    row = {
        "id": number,
        "organisation": user.organisation,
        "holder": user.id,
        "device": hashed,
        "device_name": vault.keyring(session, user.organisation).seal(user.person, _PLACE, number, device),
        "generation": 1,
        "rotated": now,
        "created": now,
        "expires": now + IDLE,
    }
    session.execute(sa.insert(user_session).values(row))
    audit.record(session, user.organisation, user.id, "session.begun", number, failed=failed)
    alarm(session, user.organisation, user.id, "")
    return Held(_principal(user, number), refresh.write(vault, number, 1))


def renew(db: Database, vault: Vault, token: str, device: str, alarm: Alarm) -> Held:
    """The next refresh token of a session. Raises NotAuthenticated; a copied token has ended its session by then."""
    found = refresh.read(vault, token)
    if found is None:
        raise _refused()
    number, generation = found
    with transaction(db) as session:
        row = session.execute(*_held(number)).first()
        if row is None or _is_over(row):
            raise _refused()
        if not hmac.compare_digest(row.device, device_hash(vault, device)):
            _alert(session, row, "other_device", alarm)
        elif generation == row.generation:
            _rotate(session, row)
            return Held(_principal(row, number), refresh.write(vault, number, generation + 1))
        elif _was_lost(row, generation):
            return Held(_principal(row, number), refresh.write(vault, number, row.generation))
        elif generation < row.generation and works("refresh_reuse"):
            _alert(session, row, "reuse", alarm)
    raise _refused()  # after the commit: the end of the family stays


def _is_over(row: Any) -> bool:
    """Whether a session has ended by itself or otherwise, or whose it is has left."""
    return row.ended is not None or row.left is not None or min(row.expires, row.until or row.expires) <= clock.now()


def _was_lost(row: Any, generation: int) -> bool:
    """Whether this is the token just before the one that holds: its answer may have been lost."""
    return works("refresh_grace") and generation == row.generation - 1 and clock.now() - row.rotated <= GRACE


def _rotate(session: Session, row: Any) -> None:
    now = clock.now()
    until = min(now + IDLE, row.created + WHOLE)
    mine = sa.update(user_session).where(within(user_session, row.organisation), user_session.c.id == row.number)
    session.execute(mine.values(generation=row.generation + 1, rotated=now, expires=until))


def _alert(session: Session, row: Any, reason: str, alarm: Alarm) -> None:
    """End a family of which somebody holds a copy, and tell of it."""
    _end(session, row.organisation, (user_session.c.id == row.number,), reason)
    audit.record(session, row.organisation, row.id, f"session.{reason}", row.number)
    feed.publish(session, row.organisation, SESSION_REUSE, row.number, 1)
    alarm(session, row.organisation, row.id, reason)


def end(session: Session, organisation: str, number: str, actor: str, *, holder: str | None = None, reason: str) -> None:
    """End a session; ``holder``: only if it is theirs. Again changes nothing. Raises Missing."""
    mine = [user_session.c.id == number, *([user_session.c.holder == holder] if holder is not None else [])]
    if session.execute(sa.select(user_session.c.id).where(within(user_session, organisation), *mine)).first() is None:
        raise Missing("no_such_device", "There is no signed-in device of this id.", "List the devices to see their ids.")
    if _end(session, organisation, mine, reason):
        audit.record(session, organisation, actor, f"session.{reason}", number)


def end_all(session: Session, organisation: str, holder: str, reason: str, *, but: str = "") -> None:
    """End every session of somebody but one."""
    _end(session, organisation, (user_session.c.holder == holder, user_session.c.id != but), reason)


def _end(session: Session, organisation: str, which: Sequence[sa.ColumnElement[bool]], reason: str) -> int:
    live = sa.update(user_session).where(within(user_session, organisation), *which, user_session.c.ended.is_(None))
    return int(session.execute(live.values(ended=clock.now(), reason=reason)).rowcount)


@prepared
def _held(number: Any) -> Any:
    """A session with whose it is; nobody else rotates it until the transaction ends."""
    s, user = user_session.c, account_user.c
    columns = (s.id.label("number"), s.generation, s.rotated, s.created, s.expires, s.ended, s.device)
    person = (user.id, user.organisation, user.role, user.person, user.until, user.ended.label("left"))
    mine = sa.select(*columns, *person).join_from(user_session, account_user, user.id == s.holder)
    return mine.where(s.id == number).with_for_update(of=user_session)


def _principal(user: Any, number: str) -> Principal:
    return Principal(user.organisation, user.id, user.role, auth.ROLES[user.role], "session", number, user.person or "")


def _refused() -> NotAuthenticated:
    return NotAuthenticated("refresh_refused", "This refresh token does not hold, or no more.", "Sign in again.")


# ---- shown


def listed(session: Session, vault: Vault, organisation: str, holder: str, *, part: Page) -> tuple[list[dict[str, Any]], int]:
    """A page of the devices on which somebody has signed in, the latest first, and how many there are."""
    mine = sa.select(user_session, account_user.c.person).join(account_user, account_user.c.id == user_session.c.holder)
    mine = mine.where(within(user_session, organisation), user_session.c.holder == holder)
    rows, total = page(session, mine.order_by(user_session.c.created.desc(), user_session.c.id), part)
    keyring = vault.keyring(session, organisation, {row.person for row in rows})
    names = ("id", "created", "expires", "ended", "reason")
    return [
        {name: getattr(row, name) for name in names}
        | {"device_id": keyring.open(row.person, _PLACE, row.id, row.device_name), "user": row.holder, "last_used": row.rotated}
        for row in rows
    ], total


def bodies(session: Session, rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """What the feed says of sessions that ended because a token was copied."""
    found = session.execute(sa.select(user_session).where(user_session.c.id.in_({row["subject"] for row in rows})))
    return {row.id: {"session": row.id, "user": row.holder, "reason": row.reason, "ended": row.ended} for row in found}
