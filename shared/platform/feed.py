"""The feed: what changed, in commit order, and how a reader follows it.

Positions are handed out by the database before commit, so a reader could step over a row that commits late. Feed rows
are therefore collected on the session, and ``db.transaction`` inserts them as the last statement before COMMIT, under
one lock.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import takewhile
from typing import Any

import sqlalchemy as sa

from shared.contract.messages import SCHEMA
from shared.kernel.errors import Park
from shared.platform import bulk, clock
from shared.platform.db import FEED_ROW, Database, Instant, feed, metadata, reading, transaction
from shared.platform.faultpoint import faultpoint, works
from shared.platform.session import Session, add_new, put, ready

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
    publish_all(session, organisation, kind, [(subject, version)])


def publish_all(session: Session, organisation: str, kind: str, changed: Iterable[tuple[str, int]]) -> None:
    """Say it of each (subject, version)."""
    at = clock.now()
    rows = [(organisation, kind, subject, version, at) for subject, version in changed]
    if not works("feed_numbering"):
        bulk.insert(session, feed, FEED_ROW, rows)
        return
    session.check_writes()
    session.feed.extend(rows)  # type: ignore[union-attr]


_SELECT_NAME = sa.select(head.c.feed)
_NAME = ready(_SELECT_NAME)


def identity(db: Database) -> str:
    """The id of this feed; a restored or recreated database has another one and its readers start again."""
    with reading(db) as session:
        found = session.execute(_NAME).scalar()
    if found:
        return str(found)
    with transaction(db) as session:
        add_new(session, head, {"one": 1, "feed": secrets.token_hex(8)})
        return str(session.execute(_NAME).scalar_one())


_SELECT_TOP = sa.select(sa.func.max(feed.c.position))
_TOP = ready(_SELECT_TOP)
_NAME_AND_TOP = ready(sa.select(_SELECT_NAME.scalar_subquery(), sa.func.coalesce(_SELECT_TOP.scalar_subquery(), 0)))


def top(session: Session) -> int:
    """The position of the last row."""
    return int(session.execute(_TOP).scalar() or 0)


def told_since(session: Session, organisation: str, position: int) -> bool:
    """Whether anything was told of an organisation after a position."""
    mine = (feed.c.position > position, feed.c.organisation == organisation)
    return session.execute(sa.select(feed.c.position).where(*mine).limit(1)).first() is not None


def page(
    db: Database, after: int, kinds: Sequence[str], limit: int, bodies: Bodies, *, organisation: str | None = None
) -> dict[str, Any]:
    """One page of the feed after a position, of all or one organisation: ``{feed, head, through, rows: [{position, …, body}]}``.

    The body is the subject's state at reading time, so the last of several rows of one subject says it all. A reader goes
    on from ``through``, which lies beyond the last row where what follows is nothing that it wants.
    """
    with reading(db) as session:
        name, top = session.execute(_NAME_AND_TOP).one()  # first: all up to here is visible
        asked = {"after": after, "top": top, "most": limit, "kinds": list(kinds), "mine": organisation}
        wanted = _page(bool(kinds), organisation is not None)
        rows = [dict(row) for row in session.execute(wanted, asked).mappings()]
        _add_bodies(session, rows, bodies)
    through = rows[-1]["position"] if len(rows) == limit else top
    return {"feed": name or identity(db), "head": top, "through": through, "rows": rows}


@cache
def _page(by_kind: bool, of_one: bool) -> Any:
    between = (feed.c.position > sa.bindparam("after"), feed.c.position <= sa.bindparam("top"))
    wanted = sa.select(feed).where(*between).order_by(feed.c.position).limit(sa.bindparam("most"))
    if by_kind:
        wanted = wanted.where(feed.c.kind.in_(sa.bindparam("kinds", expanding=True)))
    return ready(wanted.where(feed.c.organisation == sa.bindparam("mine")) if of_one else wanted)


def _add_bodies(session: Session, rows: Sequence[dict[str, Any]], bodies: Bodies) -> None:
    for kind in {row["kind"] for row in rows}:
        mine = [row for row in rows if row["kind"] == kind]
        found = bodies[kind](session, mine) if kind in bodies else {}
        for row in mine:
            row.update(schema=SCHEMA, body=found.get(row["subject"]))


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
    Raises Park at a row of an unknown schema, with the cursor before it.
    """
    done = 0
    while True:
        feed_id, position = _cursor(db, name)
        answer = fetch(position, limit)
        if feed_id not in ("", answer["feed"]) or position > answer["head"]:
            _start_again(db, name, answer["feed"])
            continue
        faultpoint("follow.fetched")
        known = list(takewhile(_understood, answer["rows"]))
        through = known[-1]["position"] if known else position
        if len(known) == len(answer["rows"]):
            through = answer.get("through", through)
        if through > position:
            done += _apply(db, name, (feed_id, position), (answer["feed"], through), known, apply)
        if len(known) < len(answer["rows"]):
            raise _unknown_schema(answer["rows"][len(known)])
        if not known or through >= answer["head"]:
            return done


def _understood(row: Row) -> bool:
    return str(row["schema"]).split(".")[0] == SCHEMA


def _unknown_schema(row: Row) -> Park:
    return Park(
        "unknown_schema",
        f"The feed speaks schema {row['schema']} from position {row['position']} on, this reader knows {SCHEMA}.",
        "Upgrade this service; it goes on by itself from there, nothing is skipped.",
    )


Mark = tuple[str, int]  # a feed's id and a position in it


def _apply(db: Database, name: str, before: Mark, after: Mark, rows: Sequence[Row], apply: Callable[[Session, Row], None]) -> int:
    """Apply rows and move the cursor, or nothing of it when another reader of the same name was faster; give how many."""
    if not works("cursor_with_effect"):
        with transaction(db) as session:
            _move(session, name, after)
        faultpoint("follow.fetched")
    with transaction(db) as session:
        if works("cursor_with_effect") and _held(session, name) != before:
            return 0  # what the other applied is the same
        for row in rows:
            apply(session, row)
        _move(session, name, after)
        faultpoint("follow.applied")
    return len(rows)


_SELECT_AT = sa.select(cursor.c.feed, cursor.c.position).where(cursor.c.name == sa.bindparam("of"))
_AT, _AT_HELD = ready(_SELECT_AT), ready(_SELECT_AT.with_for_update())


def _cursor(db: Database, name: str) -> Mark:
    with reading(db) as session:
        found = session.execute(_AT, {"of": name}).first()
    return (found.feed, found.position) if found else ("", 0)


def _held(session: Session, name: str) -> Mark:
    """Where the cursor is; nobody else moves it until this transaction ends."""
    row = {"name": name, "feed": "", "position": 0, "at": clock.now()}
    add_new(session, cursor, row)
    found = session.execute(_AT_HELD, {"of": name}).one()
    return found.feed, found.position


def _move(session: Session, name: str, mark: Mark) -> None:
    feed_id, position = mark
    row = {"name": name, "feed": feed_id, "position": position, "at": clock.now()}
    put(session, cursor, row, "feed", "position", "at")


def is_behind(session: Session, name: str) -> bool:
    """Whether this service's own feed has rows that the reader of this name has not followed yet."""
    found = session.execute(_AT, {"of": name}).first()
    return (session.execute(_TOP).scalar() or 0) > (found.position if found else 0)


def skip(session: Session, name: str, feed_id: str) -> None:
    """Put a reader of this service's own feed behind all that is there: it begins to care only now."""
    _move(session, name, (feed_id, session.execute(_TOP).scalar() or 0))


def _start_again(db: Database, name: str, feed_id: str) -> None:
    with transaction(db) as session:
        _move(session, name, (feed_id, 0))
