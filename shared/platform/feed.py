"""The feed: what changed, in commit order, and how a reader follows it.

Positions are handed out by the database before commit, so a reader could step over a row that commits late. Feed rows
are therefore collected on the session, and ``db.transaction`` inserts them as the last statement before COMMIT, under
one lock.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared.contract.messages import SCHEMA
from shared.kernel.errors import Park
from shared.platform import clock
from shared.platform import db as database
from shared.platform.db import Database, Instant, feed, metadata, reading, transaction
from shared.platform.faultpoint import faultpoint, works

head = sa.Table(
    "feed_head",
    metadata,
    sa.Column("one", sa.Integer, primary_key=True),
    sa.Column("feed", sa.String(32), nullable=False),
)
cursor = sa.Table(
    "feed_cursor",
    metadata,
    sa.Column("name", sa.String(80), primary_key=True),
    sa.Column("feed", sa.String(32), nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("at", Instant, nullable=False),
)

Row = Mapping[str, Any]
Bodies = Mapping[str, Callable[[Session, Sequence[Row]], Mapping[str, Any]]]
"""kind -> function giving the present body of each subject of some feed rows; a subject that is gone may be left out."""


def publish(session: Session, organisation: str, kind: str, subject: str, version: int) -> None:
    """Say in the running transaction that ``subject`` is now at ``version``. Nothing personal goes in here."""
    row = {"organisation": organisation, "kind": kind, "subject": subject, "version": version, "at": clock.now()}
    session.info["feed"].append(row)
    if not works("feed_numbering"):
        session.execute(sa.insert(feed), [session.info["feed"].pop()])


def identity(db: Database) -> str:
    """The id of this feed; a restored or recreated database has another one and its readers start again."""
    with reading(db) as session:
        found = session.execute(sa.select(head.c.feed)).scalar()
    if found:
        return str(found)
    with transaction(db) as session:
        new = database.insert(session, head).values(one=1, feed=secrets.token_hex(8))
        session.execute(new.on_conflict_do_nothing())
        return str(session.execute(sa.select(head.c.feed)).scalar_one())


def page(
    db: Database, after: int, kinds: Sequence[str], limit: int, bodies: Bodies, *, organisation: str | None = None
) -> dict[str, Any]:
    """One page of the feed after a position, of all or one organisation: ``{feed, head, rows: [{position, …, body}]}``.

    The body is the subject's state at reading time, so the last of several rows of one subject says it all.
    """
    name = identity(db)
    with reading(db) as session:
        wanted = sa.select(feed).where(feed.c.position > after).order_by(feed.c.position).limit(limit)
        if kinds:
            wanted = wanted.where(feed.c.kind.in_(kinds))
        if organisation is not None:
            wanted = wanted.where(feed.c.organisation == organisation)
        rows = [dict(row) for row in session.execute(wanted).mappings()]
        top = session.execute(sa.select(sa.func.max(feed.c.position))).scalar() or 0
        for kind in {row["kind"] for row in rows}:
            mine = [row for row in rows if row["kind"] == kind]
            found = bodies[kind](session, mine) if kind in bodies else {}
            for row in mine:
                row.update(schema=SCHEMA, body=found.get(row["subject"]))
    return {"feed": name, "head": top, "rows": rows}


def follow(
    db: Database,
    name: str,
    fetch: Callable[[int, int], Row],
    apply: Callable[[Session, Row], None],
    *,
    limit: int = 200,
) -> int:
    """Apply every new row of another service's feed, page by page; give how many.

    ``fetch(after, limit)`` goes over the network, outside any transaction; ``apply(session, row)`` runs in the transaction
    that moves the cursor. A reader beyond the head, or of a feed with another id (a restored backup), starts again at 0.
    """
    done = 0
    while True:
        feed_id, position = _cursor(db, name)
        answer = fetch(position, limit)
        if feed_id not in ("", answer["feed"]) or position > answer["head"]:
            _start_again(db, name, answer["feed"])
            continue
        faultpoint("follow.fetched")
        rows = answer["rows"]
        if rows:
            _apply(db, name, answer["feed"], position, rows, apply)
        done += len(rows)
        if len(rows) < limit:
            return done


def _apply(
    db: Database, name: str, feed_id: str, before: int, rows: Sequence[Row], apply: Callable[[Session, Row], None]
) -> None:
    if not works("cursor_with_effect"):
        with transaction(db) as session:
            _move(session, name, feed_id, rows[-1]["position"])
        faultpoint("follow.fetched")
    with transaction(db) as session:
        if works("cursor_with_effect") and not _claim(session, name, before):
            return  # another reader of the same name was faster; what it applied is the same
        for row in rows:
            if str(row["schema"]).split(".")[0] != SCHEMA:
                raise Park(
                    "unknown_schema",
                    f"The feed speaks schema {row['schema']}, this reader knows {SCHEMA}.",
                    "Upgrade this service; it goes on by itself from here, nothing is skipped.",
                )
            apply(session, row)
        _move(session, name, feed_id, rows[-1]["position"])
        faultpoint("follow.applied")


def _cursor(db: Database, name: str) -> tuple[str, int]:
    with reading(db) as session:
        found = session.execute(sa.select(cursor.c.feed, cursor.c.position).where(cursor.c.name == name)).first()
    return (found.feed, found.position) if found else ("", 0)


def _claim(session: Session, name: str, before: int) -> bool:
    row = {"name": name, "feed": "", "position": 0, "at": clock.now()}
    session.execute(database.insert(session, cursor).values(row).on_conflict_do_nothing())
    found = session.execute(sa.select(cursor.c.position).where(cursor.c.name == name).with_for_update()).scalar_one()
    return bool(found == before)


def _move(session: Session, name: str, feed_id: str, position: int) -> None:
    new = database.insert(session, cursor).values(name=name, feed=feed_id, position=position, at=clock.now())
    changed = {"feed": new.excluded.feed, "position": new.excluded.position, "at": new.excluded.at}
    session.execute(new.on_conflict_do_update(index_elements=["name"], set_=changed))


def _start_again(db: Database, name: str, feed_id: str) -> None:
    with transaction(db) as session:
        _move(session, name, feed_id, 0)
