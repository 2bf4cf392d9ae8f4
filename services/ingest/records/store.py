"""Every write of records."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.ingest.records.mapping import ROW
from services.ingest.records.models import TABLES, announcement, approval
from services.ingest.tables import within
from shared.contract.records import Approval, Kind
from shared.platform import bulk
from shared.platform.session import Session, dialect, insert, prepared, put, ready

AT_ONCE = 1_000
"""Ids in one statement."""

_INTAKE_LOCK = 0x1D1  # first half of a PostgreSQL advisory lock; the second is the organisation's hash


def lock(session: Session, organisation: str) -> None:
    """Let one intake of an organisation run at a time, so that reading what is stored and writing what differs are one step.

    SQLite has one writer anyway.
    """
    if session.dialect.name != "sqlite":
        session.execute(_TAKE_LOCK, {"of": organisation})


_TAKE_LOCK = ready(
    sa.select(sa.func.pg_advisory_xact_lock(_INTAKE_LOCK, sa.func.hashtext(sa.bindparam("of", type_=sa.String)))),
)


def states(session: Session, organisation: str, kind: Kind, ids: Sequence[str]) -> dict[str, tuple[int, str]]:
    """Revision and content hash of those that are stored."""
    found: dict[str, tuple[int, str]] = {}
    for some in chunks(ids):
        rows = session.execute(*_states(dialect(session), TABLES[kind].present, organisation, some))
        found |= {number: (revision, content_hash) for number, revision, content_hash in rows.all()}
    return found


@prepared
def _states(dialect: str, table: sa.Table, /, organisation: Any, some: Any) -> sa.Select[Any]:
    mine = (within(table, organisation, by_id=True), among(dialect, table.c.id, some))
    return sa.select(table.c.id, table.c.revision, table.c.content_hash).where(*mine)


def states_of(
    session: Session, organisation: str, wanted: Mapping[Kind, Collection[str]]
) -> dict[Kind, dict[str, tuple[int, str]]]:
    """The same of several kinds, in one statement unless the ids are very many."""
    some = {kind: list(ids) for kind, ids in wanted.items() if ids}
    if len(some) < 2 or sum(map(len, some.values())) > AT_ONCE:
        return {kind: states(session, organisation, kind, ids) for kind, ids in some.items()}
    found: dict[Kind, dict[str, tuple[int, str]]] = {kind: {} for kind in some}
    asked = _states_of(dialect(session), tuple(some), organisation, *map(some.get, Kind))
    for kind, number, revision, content_hash in session.execute(*asked):
        found[Kind(kind)][number] = revision, content_hash
    return found


@prepared
def _states_of(
    dialect: str, kinds: tuple[Kind, ...], /, organisation: Any, person: Any, client: Any, job: Any, tag: Any, time: Any,
    expense: Any, mileage: Any,
) -> sa.CompoundSelect[Any]:  # fmt: skip
    ids = dict(zip(Kind, (person, client, job, tag, time, expense, mileage), strict=True))

    def of(kind: Kind) -> sa.Select[Any]:
        table = TABLES[kind].present
        mine = (within(table, organisation, by_id=True), among(dialect, table.c.id, ids[kind]))
        return sa.select(sa.literal(kind.value), table.c.id, table.c.revision, table.c.content_hash).where(*mine)

    return sa.union_all(*map(of, kinds))


def keep(session: Session, kind: Kind, rows: Sequence[tuple[Any, ...]], *, replaced: Collection[str]) -> None:
    """Write new revisions, rows as ``mapping.to_row`` gives them; one whose hash is the same stays as it is.

    What they replace moves to the past table first.
    """
    table, past = TABLES[kind].present, TABLES[kind].past
    for some in chunks(replaced):
        session.execute(*_moving(dialect(session), table, past, some))
    bulk.upsert(session, table, ROW[kind], rows, key="id", differs="content_hash")


@prepared
def _moving(dialect: str, table: sa.Table, past: sa.Table, /, some: Any) -> Any:
    names = [column.name for column in past.columns]
    before = sa.select(*(table.c[name] for name in names)).where(among(dialect, table.c.id, some))
    return sa.insert(past).from_select(names, before)


def announce_later(session: Session, organisation: str, kind: str, ids: Iterable[str]) -> None:
    """Note stored records whose feed rows follow in transactions of their own; ``kind``: a Kind, or ``work.NOTE``."""
    row = {"organisation": organisation, "kind": kind, "subjects": "\n".join(ids)}
    session.execute(insert(session, announcement), row)


def approve(
    session: Session, organisation: str, states: Mapping[str, tuple[Approval, int]], actor: str, at: datetime
) -> None:
    """Set the approval of entries: id -> (state, the revision that the person saw)."""
    rows = [
        {"entry": entry, "organisation": organisation, "state": state.value, "revision": revision, "actor": actor, "at": at}
        for entry, (state, revision) in states.items()
    ]
    if rows:
        put(session, approval, rows, "state", "revision", "actor", "at")


def forget(session: Session, organisation: str, kind: Kind, subject: str) -> None:
    """Null what could still tell an erased person's or client's name: the equality hash and the sealed fields, past ones too."""
    table, past = TABLES[kind].present, TABLES[kind].past
    mine = sa.and_(within(table, organisation), table.c.id == subject)
    session.execute(sa.update(table).where(mine).values(name_hash=None))
    for one in (table, past):
        hidden = {"content_hash": "erased"}
        session.execute(sa.update(one).where(within(one, organisation), one.c.id == subject).values(hidden))


def among(dialect: str, column: Any, ids: Any) -> sa.ColumnElement[bool]:
    """``column IN ids``; on PostgreSQL as one array, since it plans a thousand single parameters badly."""
    if dialect == "sqlite":
        return column.in_(ids)
    return column.in_(sa.select(sa.func.unnest(sa.type_coerce(ids, postgresql.ARRAY(sa.Text)))))


def chunks(ids: Collection[str]) -> Iterator[list[str]]:
    """The ids, so many at a time as one statement takes."""
    listed = list(ids)
    for start in range(0, len(listed), AT_ONCE):
        yield listed[start : start + AT_ONCE]
