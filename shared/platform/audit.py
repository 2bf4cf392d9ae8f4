"""Audit: one hash chain per organisation over who did what.

Rows are written unchained, in the transaction of what they tell. Chaining them there would make every change of an
organisation wait for the one before it, and numbering them by id would break the chain on PostgreSQL, which hands out ids
before commit: a row that commits late would appear inside the part already sealed. So ``chain`` gives positions
afterwards, under one lock, to the rows it sees committed; a late row simply comes after them.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from shared.kernel import canonical
from shared.platform import clock
from shared.platform.db import Database, Instant, audit, metadata, transaction
from shared.platform.session import Session, insert, prepared, put

AUDIT_LOCK = 0xA0D17  # advisory lock of PostgreSQL; SQLite has one writer anyway
AT_ONCE = 1_000

audit_head = sa.Table(
    "audit_head",
    metadata,
    sa.Column("organisation", sa.String(64), primary_key=True),
    sa.Column("length", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)
audit_first_use = sa.Table(
    "audit_first_use",
    metadata,
    sa.Column("organisation", sa.String(64), primary_key=True),
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("hour", Instant, primary_key=True),
)

_ID = re.compile(r"[A-Za-z0-9_.:/+-]{0,80}", re.ASCII)
_START = "0" * 64


@dataclass(frozen=True, slots=True)
class Report:
    """What ``verify`` found. ``first_bad``: position of the first row that doesn't fit; sealed + 1 when the end is missing."""

    ok: bool
    sealed: int
    unsealed: int
    first_bad: int | None


def record(session: Session, organisation: str, actor: str, action: str, subject: str, **facts: object) -> None:
    """Note in the running transaction that ``actor`` did ``action`` to ``subject``. Facts are ids, numbers and dates only."""
    for name, value in {"actor": actor, "action": action, "subject": subject, **facts}.items():
        _check(name, value)
    session.check_writes()
    session.audit.append((organisation, clock.now(), actor, action, subject, facts))


def first_use(session: Session, organisation: str, key: str) -> bool:
    """Note the first use of a key within an hour; give whether this was it."""
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    row = {"organisation": organisation, "key": key, "hour": hour}
    new = insert(session, audit_first_use).values(row).on_conflict_do_nothing()
    if session.execute(new.returning(audit_first_use.c.hour)).first() is None:
        return False
    record(session, organisation, key, "key.used", key, hour=hour)
    return True


def chain(db: Database) -> int:
    """Seal what was written since the last time, in every organisation; give how many rows that were."""
    done = 0
    while True:
        with transaction(db) as session:
            sealed = _chain_some(session, db)
        done += sealed
        if sealed < AT_ONCE:
            return done


def verify(session: Session, organisation: str) -> Report:
    """Compute the whole chain again: a row edited, removed, put in, moved, or cut off at the end is found."""
    mine = audit.c.organisation == organisation
    head = session.execute(sa.select(audit_head).where(audit_head.c.organisation == organisation)).first()
    count, last = (head.length, head.hash) if head else (0, _START)
    unsealed = session.execute(sa.select(sa.func.count()).where(mine, audit.c.position.is_(None))).scalar_one()
    previous, seen = _START, 0
    while rows := session.execute(
        sa.select(audit).where(mine, audit.c.position > seen).order_by(audit.c.position).limit(AT_ONCE)
    ).all():
        for row in rows:
            fits = row.position == seen + 1 <= count and row.hash == _link(previous, row._mapping, row.position)
            if not fits:
                return Report(False, count, unsealed, seen + 1)
            previous, seen = row.hash, row.position
    stray = session.execute(sa.select(sa.func.count()).where(mine, audit.c.position < 1)).scalar_one()
    ok = seen == count and previous == last and not stray
    return Report(ok, count, unsealed, None if ok else seen + 1)


_UNSEALED = sa.select(audit).where(audit.c.position.is_(None)).order_by(audit.c.id).limit(AT_ONCE)
_SEAL = (
    sa.update(audit)
    .where(audit.c.id == sa.bindparam("row"))
    .values(position=sa.bindparam("place"), hash=sa.bindparam("link"))
)


def _chain_some(session: Session, db: Database) -> int:
    if not db.sqlite:
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(AUDIT_LOCK)))
    # One statement sees only what was committed when it began, and it begins after the lock: no row is passed over.
    rows = session.execute(_UNSEALED).mappings().all()
    heads = _heads(session, {row["organisation"] for row in rows})
    sealed = []
    for row in rows:
        count, previous = heads.get(row["organisation"], (0, _START))
        link = _link(previous, row, count + 1)
        heads[row["organisation"]] = (count + 1, link)
        sealed.append({"row": row["id"], "place": count + 1, "link": link})
    if sealed:
        session.execute(_SEAL, sealed)
        _keep_heads(session, heads)
    return len(sealed)


def _heads(session: Session, organisations: set[str]) -> dict[str, tuple[int, str]]:
    rows = session.execute(*_heads_of(list(organisations)))
    return {row.organisation: (row.length, row.hash) for row in rows}


@prepared
def _heads_of(organisations: Any) -> sa.Select[Any]:
    return sa.select(audit_head).where(audit_head.c.organisation.in_(organisations))


def _keep_heads(session: Session, heads: dict[str, tuple[int, str]]) -> None:
    rows = [{"organisation": one, "length": count, "hash": link} for one, (count, link) in heads.items()]
    put(session, audit_head, rows, "length", "hash")


def _link(previous: str, row: Any, position: int) -> str:
    """Hash of one row and all before it."""
    told = {name: row[name] for name in ("id", "organisation", "at", "actor", "action", "subject", "facts")}
    return hashlib.sha256(previous.encode() + canonical.dumps({**told, "position": position})).hexdigest()


def _check(name: str, value: object) -> None:
    """Refuse what could be free text: a programming error, so no Failure."""
    if isinstance(value, str) and _ID.fullmatch(value):
        return
    if not (value is None or isinstance(value, bool | int | Decimal | date)):
        raise TypeError(f"audit fact {name} is a {type(value).__name__} that is no id, number or date")
