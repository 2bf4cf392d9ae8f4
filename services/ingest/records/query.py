"""What other rooms and the pages may read of records; everything comes as contract dataclasses, opened."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from services.ingest.records.mapping import KIND_OF, name_hash, subject_of, to_record
from services.ingest.records.models import TABLES, WORK
from services.ingest.records.models import approval as approvals
from services.ingest.records.store import among, chunks
from services.ingest.tables import within
from shared.contract.records import AnyRecord, Approval, Client, Expense, Job, Kind, Mileage, Person, Tag, TimeEntry
from shared.kernel.errors import Invalid
from shared.kernel.quote import quoted
from shared.platform.session import Session, dialect, prepared
from shared.platform.vault import Vault

_DATES = 500  # in one statement


@dataclass(frozen=True, slots=True)
class Logged:
    """A piece of work and its approval here; ``approved_revision`` is the revision that the person saw (None: nobody yet)."""

    record: TimeEntry | Expense | Mileage
    approval: Approval
    approved_revision: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which work is meant; dates are inclusive, None means any."""

    kinds: tuple[Kind, ...] = WORK
    since: date | None = None
    until: date | None = None
    client: str | None = None
    job: str | None = None
    person: str | None = None
    ids: Collection[str] | None = None
    approval: Collection[Approval] | None = None
    billable: bool | None = None
    deleted: bool | None = False


def entries(
    session: Session,
    vault: Vault,
    organisation: str,
    *,
    limit: int | None = None,
    offset: int = 0,
    **choice: Any,
) -> list[Logged]:
    """Time, expenses and mileage by (date, id); ``choice`` as the fields of Choice."""
    wanted = Choice(**choice)
    if not wanted.kinds:
        return []
    index = session.execute(*_chosen(session, organisation, wanted, limit, offset)).all()
    found = _work(session, vault, organisation, [(Kind(row.kind), row.id) for row in index])
    return [Logged(found[row.id], Approval(row.state), row.revision) for row in index]


def count_entries(session: Session, organisation: str, **choice: Any) -> int:
    """How many there are of them."""
    wanted = Choice(**choice)
    return session.execute(*_chosen(session, organisation, wanted, count=True)).scalar_one() if wanted.kinds else 0


def approval_of(session: Session, organisation: str, entry: str) -> tuple[Approval, int | None]:
    """How work stands, and the revision that was approved last."""
    row = session.execute(*_approval_of(organisation, entry)).first()
    return (Approval(row.state), row.revision) if row else (Approval.DRAFT, None)


@prepared
def _approval_of(organisation: Any, entry: Any) -> sa.Select[Any]:
    mine = (approvals.c.organisation == organisation, approvals.c.entry == entry)
    return sa.select(approvals.c.state, approvals.c.revision).where(*mine)


_VALUES = ("since", "until", "client", "job", "person", "ids", "approval", "billable", "deleted")


def _chosen(
    session: Session, organisation: str, choice: Choice, limit: int | None = None, offset: int = 0, *, count: bool = False
) -> tuple[Any, dict[str, Any]]:
    values = [getattr(choice, name) for name in _VALUES]
    given = frozenset(name for name, value in zip(_VALUES, values, strict=True) if value is not None)
    shape = (dialect(session), choice.kinds, given, count, limit is not None)
    return _index(*shape, organisation, *values, limit, offset)


@prepared
def _index(
    dialect: str, kinds: tuple[Kind, ...], given: frozenset[str], count: bool, cut: bool, /, organisation: Any, since: Any,
    until: Any, client: Any, job: Any, person: Any, ids: Any, approval: Any, billable: Any, deleted: Any, limit: Any, offset: Any,
) -> sa.Select[Any]:  # fmt: skip
    """What is chosen, by (date, id), or how many; only what is ``given`` is asked for."""

    def of(kind: Kind) -> sa.Select[Any]:
        table = TABLES[kind].present
        state = sa.func.coalesce(approvals.c.state, Approval.DRAFT.value)
        where = {
            "since": table.c.date >= since,
            "until": table.c.date <= until,
            "client": table.c.client == client,
            "job": table.c.job == job,
            "person": table.c.person == person,
            "ids": among(dialect, table.c.id, ids),
            "approval": state.in_(approval),
            "billable": table.c.billable == billable,
            "deleted": table.c.deleted == deleted,
        }
        mine = (within(table, organisation, by_id="ids" in given), *(where[name] for name in sorted(given)))
        columns = (sa.literal(kind.value).label("kind"), table.c.id, table.c.date, state.label("state"), approvals.c.revision)
        return sa.select(*columns).outerjoin(approvals, approvals.c.entry == table.c.id).where(*mine)

    union = sa.union_all(*(of(kind) for kind in kinds)).subquery()
    if count:
        return sa.select(sa.func.count()).select_from(union)
    ordered = sa.select(union).order_by(union.c.date, union.c.id)
    return ordered.limit(limit).offset(offset) if cut else ordered


def _work(session: Session, vault: Vault, organisation: str, index: list[tuple[Kind, str]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for kind in {kind for kind, _ in index}:
        found |= by_id(session, vault, organisation, kind, [one for of, one in index if of is kind])
    return found


def by_id(
    session: Session, vault: Vault, organisation: str, kind: Kind, ids: Iterable[str] | None = None
) -> dict[str, AnyRecord]:
    """Records of one kind, tombstones included; all of the organisation's where no ids are given."""
    table, found = TABLES[kind].present, dict[str, AnyRecord]()
    for some in [None] if ids is None else chunks(sorted(set(ids))):
        rows = session.execute(*_by_id(dialect(session), table, some is None, organisation, some)).all()
        keyring = vault.keyring(session, organisation, {subject_of(kind, row) for row in rows})
        found.update((row.id, to_record(kind, row, keyring)) for row in rows)
    return found


@prepared
def _by_id(dialect: str, table: sa.Table, every: bool, /, organisation: Any, some: Any) -> sa.Select[Any]:
    mine = sa.select(table).where(within(table, organisation, by_id=not every))
    return mine if every else mine.where(among(dialect, table.c.id, some))


def people(session: Session, vault: Vault, organisation: str, ids: Iterable[str] | None = None) -> dict[str, Person]:
    return by_id(session, vault, organisation, Kind.PERSON, ids)  # type: ignore[return-value]


def clients(session: Session, vault: Vault, organisation: str, ids: Iterable[str] | None = None) -> dict[str, Client]:
    return by_id(session, vault, organisation, Kind.CLIENT, ids)  # type: ignore[return-value]


def jobs(session: Session, vault: Vault, organisation: str, ids: Iterable[str] | None = None) -> dict[str, Job]:
    return by_id(session, vault, organisation, Kind.JOB, ids)  # type: ignore[return-value]


def tags(session: Session, vault: Vault, organisation: str, ids: Iterable[str] | None = None) -> dict[str, Tag]:
    return by_id(session, vault, organisation, Kind.TAG, ids)  # type: ignore[return-value]


def named_tags(session: Session, organisation: str, wanted: Collection[str]) -> list[str]:
    """The ids of tags given by name or id. Raises Invalid naming one that isn't there."""
    table = TABLES[Kind.TAG].present
    mine = sa.select(table.c.id, table.c.name).where(within(table, organisation), table.c.deleted.is_(False))
    rows = session.execute(mine.where(sa.or_(table.c.id.in_(wanted), table.c.name.in_(wanted)))).all()
    missing = set(wanted) - {row.id for row in rows} - {row.name for row in rows}
    if missing:
        cause = f"tags: there is no tag {quoted(min(missing))}."
        raise Invalid("unknown_tag", cause, "Give tags by name or id as they are listed, or leave tags out.", field="tags")
    return [row.id for row in rows]


def page(
    session: Session, vault: Vault, organisation: str, kind: Kind, *, limit: int, offset: int, only: str | None = None
) -> tuple[list[AnyRecord], int]:
    """A page of one kind by id, without tombstones, and how many there are; ``only``: this one if it is there."""
    table = TABLES[kind].present
    mine = [within(table, organisation), table.c.deleted.is_(False), *([table.c.id == only] if only is not None else [])]
    total = session.execute(sa.select(sa.func.count()).select_from(table).where(*mine)).scalar_one()
    ids = session.execute(sa.select(table.c.id).where(*mine).order_by(table.c.id).limit(limit).offset(offset)).scalars().all()
    found = by_id(session, vault, organisation, kind, ids)
    return [found[one] for one in ids], total


def history(session: Session, vault: Vault, organisation: str, kind: Kind, record: str) -> list[AnyRecord]:
    """Every revision of one record, the first one first."""
    stored = TABLES[kind]
    rows: list[Any] = []
    for table in (stored.past, stored.present):
        mine = sa.select(table).where(within(table, organisation), table.c.id == record).order_by(table.c.revision)
        rows += session.execute(mine).all()
    keyring = vault.keyring(session, organisation, {subject_of(kind, row) for row in rows})
    return [to_record(kind, row, keyring) for row in rows]


def find(session: Session, organisation: str, kind: Kind, ids: Iterable[str]) -> set[str]:
    """Those of the ids that are stored here."""
    pages = (_present(dialect(session), TABLES[kind].present, organisation, some) for some in chunks(sorted(set(ids))))
    return {one for page in pages for one in session.execute(*page).scalars()}


@prepared
def _present(dialect: str, table: sa.Table, /, organisation: Any, some: Any) -> sa.Select[Any]:
    return sa.select(table.c.id).where(within(table, organisation, by_id=True), among(dialect, table.c.id, some))


def owners(session: Session, organisation: str, kind: Kind, ids: Iterable[str]) -> dict[str, str]:
    """Whose each piece of work is, of those that are stored here."""
    pages = (_owners(dialect(session), TABLES[kind].present, organisation, some) for some in chunks(sorted(set(ids))))
    return {row.id: row.person for page in pages for row in session.execute(*page)}


@prepared
def _owners(dialect: str, table: sa.Table, /, organisation: Any, some: Any) -> sa.Select[Any]:
    return sa.select(table.c.id, table.c.person).where(within(table, organisation, by_id=True), among(dialect, table.c.id, some))


def sources(session: Session, organisation: str, kind: Kind) -> set[str]:
    """Where records of this kind came from."""
    table = TABLES[kind].present
    return set(session.execute(sa.select(table.c.source).where(within(table, organisation)).distinct()).scalars())


def known_source(session: Session, organisation: str, source: str) -> bool:
    """Whether any work came from this source."""
    return bool(session.execute(*_known_source(organisation, source)).scalar())


@prepared
def _known_source(organisation: Any, source: Any) -> sa.Select[Any]:
    tables = [TABLES[kind].present for kind in WORK]
    found = [sa.select(table.c.id).where(within(table, organisation), table.c.source == source).exists() for table in tables]
    return sa.select(sa.or_(*found))


def per_day(
    session: Session, organisation: str, source: str, since: date, until: date
) -> dict[tuple[Kind, str, date], int]:
    """How many entries of a source, deleted ones too, there are of each kind, person and day."""
    found: dict[tuple[Kind, str, date], int] = {}
    for kind in WORK:
        rows = session.execute(*_per_day(TABLES[kind].present, organisation, source, since, until))
        found.update(((kind, person, day), number) for person, day, number in rows)
    return found


@prepared
def _per_day(table: sa.Table, /, organisation: Any, source: Any, since: Any, until: Any) -> sa.Select[Any]:
    mine = (within(table, organisation), table.c.source == source, table.c.date.between(since, until))
    return sa.select(table.c.person, table.c.date, sa.func.count()).where(*mine).group_by(table.c.person, table.c.date)


def spans(
    session: Session, organisation: str, people: Collection[str], since: date, until: date, *, beside: str
) -> Iterator[TimeEntry]:
    """When some people worked in a period according to other sources than ``beside``: entries without their words."""
    for some in chunks(people):
        for row in session.execute(*_spans(dialect(session), organisation, some, since, until, beside)).mappings():
            yield TimeEntry(source_id="", **row)


@prepared
def _spans(dialect: str, /, organisation: Any, people: Any, since: Any, until: Any, beside: Any) -> sa.Select[Any]:
    table = TABLES[Kind.TIME].present
    names = ("id", "organisation", "source", "date", "person", "seconds", "break_seconds", "start", "end", "zone")
    then = (table.c.source != beside, table.c.date.between(since, until), table.c.deleted.is_(False))
    mine = sa.select(*(table.c[name] for name in names)).where(within(table, organisation), *then)
    return mine.where(among(dialect, table.c.person, people))


def on_days(
    session: Session, vault: Vault, organisation: str, days: Collection[tuple[Kind, str, date]], source: str
) -> list[AnyRecord]:
    """All of a source, deleted ones too, on some days of some people."""
    found: list[AnyRecord] = []
    for kind in sorted({kind for kind, _, _ in days}):
        table = TABLES[kind].present
        dates = sorted({day for of, _, day in days if of is kind})
        mine = sa.select(table.c.id, table.c.person, table.c.date).where(within(table, organisation), table.c.source == source)
        pages = (mine.where(table.c.date.in_(dates[at : at + _DATES])) for at in range(0, len(dates), _DATES))
        ids = [row.id for page in pages for row in session.execute(page) if (kind, row.person, row.date) in days]
        found += by_id(session, vault, organisation, kind, ids).values()
    return found


def by_name(session: Session, vault: Vault, organisation: str, records: Sequence[Any]) -> dict[str, list[str]]:
    """For each of some records of one kind, the ids of those stored that have its name (a job also its client) or its id."""
    if not records:
        return {}
    kind = KIND_OF[type(records[0])]
    table, keyring = TABLES[kind].present, vault.keyring(session, organisation)
    hashed = "name_hash" in table.c
    column = table.c.name_hash if hashed else table.c.name
    keys = {record.id: _key(record, name_hash(keyring, record.name) if hashed else record.name) for record in records}
    named = _by_name(dialect(session), column, organisation, sorted({name for name, _ in keys.values()}), sorted(keys))
    found: dict[Any, list[str]] = {}
    for row in session.execute(*named):
        found.setdefault(row.id, []).append(row.id)
        found.setdefault(_key(row, getattr(row, column.name)), []).append(row.id)
    return {one: sorted({*found.get(one, ()), *found.get(key, ())}) for one, key in keys.items()}


@prepared
def _by_name(dialect: str, column: sa.Column[Any], /, organisation: Any, names: Any, ids: Any) -> sa.Select[Any]:
    table = column.table
    live = sa.and_(table.c.deleted.is_(False), among(dialect, column, names))
    same = sa.or_(live, among(dialect, table.c.id, ids))
    return sa.select(table).where(within(table, organisation), same).order_by(table.c.id)


def _key(record: Any, name: str) -> tuple[str, str | None]:
    return name, getattr(record, "client", None)
