"""Work in the order of its days, a page at a time from a given place on: for readers of very many rows."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from services.ingest.records.mapping import subject_of, to_record
from services.ingest.records.models import SEALED, TABLES, WORK
from services.ingest.records.models import approval as approvals
from services.ingest.tables import within
from shared.contract.records import KINDS, AnyRecord, Approval, Expense, Kind, Mileage, TimeEntry
from shared.kernel import canonical
from shared.platform.session import Session
from shared.platform.vault import Keyring, Vault

__all__ = ["WORK", "AnyWork", "Place", "Wanted", "Worked", "count", "count_named", "named", "page", "place_before"]

Place = tuple[date, str]
"""Day and id of an entry: pages go on after it, so rows that come or go meanwhile neither shift nor double the others."""
AnyWork = TimeEntry | Expense | Mileage
Worked = Any
"""One entry as readers of many rows see it: a tuple of its record's fields but for those in ``_NOT_READ``, of its ``approval``
here, and ``at``, when its revision was stored. The ``start`` and ``end`` of time are the stored texts. A record
of the contract takes ten times as long to make."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which work is wanted; days are inclusive, None means any. ``client``: the entry's own, else its job's."""

    since: date | None = None
    until: date | None = None
    person: str | None = None
    client: str | None = None
    jobs: Collection[str] | None = None
    tags: Collection[str] | None = None  # ids; an entry has at least one of them
    approved: bool | None = None
    changed_since: datetime | None = None  # what was deleted since then is there too, and says so


_NOT_READ = frozenset({"organisation", "source", "source_id", "content_hash", "origin", "zone"})
_FIELDS = {kind: tuple(field.name for field in fields(KINDS[kind]) if field.name not in _NOT_READ) for kind in WORK}
_ROWS = {kind: namedtuple("Worked", (*_FIELDS[kind], "approval", "at")) for kind in WORK}
_TEXT = frozenset({"tags", "start", "end"})
"""Columns of text in both databases, whose type would be asked to read them one by one."""
_approval = sa.func.coalesce(approvals.c.state, Approval.DRAFT.value)


def page(
    session: Session, vault: Vault, organisation: str, kind: Kind, wanted: Wanted, *, after: Place | None, limit: int
) -> list[Worked]:
    """The next entries of one kind, opened; the words of somebody erased are empty."""
    chosen = _ordered(_select(organisation, kind, wanted, _columns(kind)), TABLES[kind].present, after).limit(limit)
    rows = session.execute(chosen).all()
    keyring = vault.keyring(session, organisation, {row.person for row in rows})
    return _opened(kind, rows, keyring)


def count(session: Session, organisation: str, kinds: Iterable[Kind], wanted: Wanted) -> int:
    """How many entries there are."""
    counted = (_select(organisation, kind, wanted, [sa.func.count()]) for kind in kinds)
    return sum(session.execute(one).scalar_one() for one in counted)


def place_before(session: Session, organisation: str, kinds: Iterable[Kind], wanted: Wanted, offset: int) -> Place | None:
    """The place after which the entry number ``offset`` (from 0) of some kinds comes; None for the first."""
    if not offset:
        return None
    keys = [_select(organisation, kind, wanted, [TABLES[kind].present.c[name] for name in ("date", "id")]) for kind in kinds]
    union = sa.union_all(*keys).subquery()
    found = session.execute(sa.select(union).order_by(union.c.date, union.c.id).offset(offset - 1).limit(1)).first()
    return (found.date, found.id) if found else (date.max, "")


Stored = tuple[AnyRecord, datetime]
"""A record and when its revision was stored."""


def named(
    session: Session, vault: Vault, organisation: str, kind: Kind, *,
    after: str = "", offset: int = 0, limit: int, changed_since: datetime | None = None, client: str | None = None,
) -> list[Stored]:  # fmt: skip
    """The next people, clients, jobs or tags by id."""
    table = TABLES[kind].present
    chosen = sa.select(table).where(*_named(organisation, table, changed_since, client), table.c.id > after)
    rows = session.execute(chosen.order_by(table.c.id).offset(offset).limit(limit)).all()
    keyring = vault.keyring(session, organisation, {subject_of(kind, row) for row in rows})
    return [(to_record(kind, row, keyring), row.at) for row in rows]


def count_named(
    session: Session, organisation: str, kind: Kind, *, changed_since: datetime | None = None, client: str | None = None
) -> int:
    """How many there are."""
    table = TABLES[kind].present
    mine = _named(organisation, table, changed_since, client)
    return int(session.execute(sa.select(sa.func.count()).select_from(table).where(*mine)).scalar_one())


def _named(
    organisation: str, table: sa.Table, changed_since: datetime | None, client: str | None
) -> list[sa.ColumnElement[bool]]:
    theirs = [table.c.client == client] if client is not None else []
    return [within(table, organisation), *_live(table, changed_since), *theirs]


def _columns(kind: Kind) -> list[Any]:
    table = TABLES[kind].present
    read = [sa.type_coerce(table.c[name], sa.Text) if name in _TEXT else table.c[name] for name in _FIELDS[kind]]
    return [*read, _approval.label("state"), table.c["at"]]


def _select(organisation: str, kind: Kind, wanted: Wanted, columns: Sequence[Any]) -> sa.Select[Any]:
    table = TABLES[kind].present
    where = [within(table, organisation), *_live(table, wanted.changed_since), *_conditions(table, wanted)]
    return sa.select(*columns).select_from(table).outerjoin(approvals, approvals.c.entry == table.c.id).where(*where)


def _conditions(table: sa.Table, wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    found = [
        (wanted.since, lambda day: table.c.date >= day),
        (wanted.until, lambda day: table.c.date <= day),
        (wanted.person, lambda person: table.c.person == person),
        (wanted.client, lambda client: _of_client(table, client)),
        (wanted.jobs, lambda jobs: table.c.job.in_(sorted(jobs))),
        (wanted.tags, lambda tags: sa.or_(*(sa.cast(table.c.tags, sa.Text).contains(tag) for tag in sorted(tags)))),
        (wanted.approved, lambda yes: (_approval == Approval.APPROVED.value) if yes else (_approval != Approval.APPROVED.value)),
    ]
    return [condition(value) for value, condition in found if value is not None]


def _live(table: sa.Table, changed_since: datetime | None) -> list[sa.ColumnElement[bool]]:
    return [table.c.deleted.is_(False)] if changed_since is None else [table.c["at"] >= changed_since]


def _of_client(table: sa.Table, client: str) -> sa.ColumnElement[bool]:
    jobs = TABLES[Kind.JOB].present
    theirs = sa.select(jobs.c.id).where(jobs.c.client == client)
    return sa.or_(table.c.client == client, sa.and_(table.c.client.is_(None), table.c.job.in_(theirs)))


def _ordered(chosen: sa.Select[Any], table: sa.Table, after: Place | None) -> sa.Select[Any]:
    if after is not None:
        day, number = after  # the first condition is for the index, which knows days only
        chosen = chosen.where(table.c.date >= day, sa.or_(table.c.date > day, table.c.id > number))
    return chosen.order_by(table.c.date, table.c.id)


@lru_cache(maxsize=4096)
def _tags(text: str) -> tuple[str, ...]:
    """The tags of an entry out of their column's text: many entries have the same."""
    return tuple(canonical.loads(text))


def _opened(kind: Kind, rows: Sequence[Any], keyring: Keyring) -> list[Worked]:
    make, read = _ROWS[kind]._make, _FIELDS[kind]
    sealed = [(read.index(name), keyring.opener(f"{TABLES[kind].present.name}.{name}")) for name in SEALED[kind]]
    number, person, tags = map(read.index, ("id", "person", "tags"))
    found = []
    for row in rows:
        values = [*row]
        for at, words in sealed:
            values[at] = words(values[person], values[number], values[at]) or ""
        values[tags] = _tags(values[tags]) if values[tags] else ()
        found.append(make(values))
    return found
