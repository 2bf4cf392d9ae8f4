"""What may be read of timesheets: lists, one with all that is known of it, and which of them pays an entry."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from services.ingest.records import query as records
from services.ingest.tables import within
from services.ingest.timesheets.models import timesheet_entry, timesheet_history, timesheet_status
from shared.contract.statuses import TimesheetStatus as S
from shared.kernel.errors import Invalid, Missing
from shared.kernel.quote import quoted
from shared.platform.session import Session, prepared
from shared.platform.vault import Vault

ERASED = "(erased)"
"""What stands where somebody's name was."""
_AT_ONCE = 500
_SHOWN = ("region", "period_start", "period_end", "hours", "status", "binding_state", "wanted_version", "pushed_version",
          "external_id", "connection", "deep_link", "payment_date", "problem", "total", "at")  # fmt: skip
_LEAST_FIRST = (S.REJECTED, S.PLANNED, S.DRAFT, S.REQUESTED, S.APPROVED, S.PROCESSED, S.DELETED)
"""An entry over the end of a period is paid by two timesheets, and is as far as the one that lags behind."""


def stored(session: Session, organisation: str, timesheet: str, connection: str) -> Any | None:
    """What a connection last said of a timesheet."""
    return session.execute(*_stored(organisation, timesheet, connection)).first()


@prepared
def _stored(organisation: Any, timesheet: Any, connection: Any) -> sa.Select[Any]:
    mine = (timesheet_status.c.timesheet == timesheet, timesheet_status.c.connection == connection)
    return sa.select(timesheet_status).where(within(timesheet_status, organisation), *mine)


def filtered(status: str | None, person: str | None) -> list[sa.ColumnElement[bool]]:
    """The condition for what a reader asked to see; what was planned, never sent and given up was never a timesheet."""
    if status is not None and status not in tuple(S):
        raise Invalid("bad_argument", f"status is {quoted(status)}.", f"Give one of: {', '.join(S)}.")
    asked = ((timesheet_status.c.status, status), (timesheet_status.c.person, person))
    known = sa.or_(timesheet_status.c.status != S.DELETED, timesheet_status.c.external_id.is_not(None))
    return [known, *(column == value for column, value in asked if value is not None)]


def listed(
    session: Session,
    vault: Vault,
    organisation: str,
    where: Sequence[sa.ColumnElement[bool]],
    *,
    limit: int,
    offset: int,
) -> tuple[list[dict[str, Any]], int]:
    """A page of timesheets, the newest period first, and how many there are."""
    t = timesheet_status.c
    mine = (within(timesheet_status, organisation), *where)
    total = session.execute(sa.select(sa.func.count()).select_from(timesheet_status).where(*mine)).scalar_one()
    page = sa.select(timesheet_status).where(*mine).order_by(t.period_start.desc(), t.person, t.timesheet, t.connection)
    return _items(session, vault, organisation, session.execute(page.limit(limit).offset(offset)).all()), total


def one(
    session: Session, vault: Vault, organisation: str, timesheet: str, *, person: str | None = None
) -> dict[str, Any]:
    """A timesheet with its history and the entries that it pays.

    Raises Missing when the organisation has none of this id; ``person``: or it is somebody else's.
    """
    mine = sa.select(timesheet_status).where(within(timesheet_status, organisation), timesheet_status.c.timesheet == timesheet)
    mine = mine.where(timesheet_status.c.person == person) if person is not None else mine
    rows = session.execute(mine.order_by(timesheet_status.c.at.desc(), timesheet_status.c.connection).limit(1)).all()
    if not rows:
        raise Missing("no_such_timesheet", "There is no timesheet of this id.", "List the timesheets to see their ids.")
    [item] = _items(session, vault, organisation, rows)
    return item | {
        "history": history(session, organisation, timesheet),
        "entries": _entries(session, organisation, timesheet, item["connection"]),
    }


def _items(session: Session, vault: Vault, organisation: str, rows: Sequence[Any]) -> list[dict[str, Any]]:
    people = records.people(session, vault, organisation, {row.person for row in rows})
    return [
        {"timesheet_id": row.timesheet, "person_id": row.person, "provider": row.service}
        | {"person_name": (people[row.person].name if row.person in people else "") or ERASED}
        | {name: getattr(row, name) for name in _SHOWN}
        for row in rows
    ]


def history(session: Session, organisation: str, timesheet: str) -> list[dict[str, Any]]:
    """What the books said of a timesheet, the first first."""
    names = ("connection", "status", "total", "payment_date", "at")
    mine = sa.select(*(timesheet_history.c[name] for name in names)).where(within(timesheet_history, organisation))
    rows = session.execute(mine.where(timesheet_history.c.timesheet == timesheet).order_by(timesheet_history.c.id))
    return [dict(row._mapping) for row in rows]


def _entries(session: Session, organisation: str, timesheet: str, connection: str) -> list[dict[str, Any]]:
    t = timesheet_entry.c
    here = (within(timesheet_entry, organisation), t.timesheet == timesheet, t.connection == connection)
    rows = session.execute(sa.select(t.entry, t.seconds).where(*here).order_by(t.entry))
    return [dict(row._mapping) for row in rows]


def statuses_of(session: Session, organisation: str, entries: Iterable[str]) -> dict[str, str]:
    """Entry -> status of the timesheet that pays it; entries that none pays are left out."""
    t, said = timesheet_entry.c, timesheet_status.c
    same = sa.and_(said.timesheet == t.timesheet, said.connection == t.connection)
    mine = sa.select(t.entry, said.status).join_from(timesheet_entry, timesheet_status, same)
    mine = mine.where(within(timesheet_entry, organisation, by_id=True), said.status != S.DELETED)
    found: dict[str, str] = {}
    for some in _portions(entries):
        for row in session.execute(mine.where(t.entry.in_(some))):
            found[row.entry] = min(found.get(row.entry, S.DELETED), row.status, key=_LEAST_FIRST.index)
    return found


def by_binding(session: Session, organisation: str, bindings: Collection[str]) -> dict[str, str]:
    """Binding -> timesheet, for those of the bindings that are a timesheet's."""
    t = timesheet_status.c
    mine = sa.select(t.binding, t.timesheet).where(within(timesheet_status, organisation, by_id=True))
    pages = [mine.where(t.binding.in_(some)) for some in _portions(bindings)]
    return {row.binding: row.timesheet for page in pages for row in session.execute(page)}


def _portions(ids: Iterable[str]) -> list[list[str]]:
    every = sorted(set(ids))
    return [every[start : start + _AT_ONCE] for start in range(0, len(every), _AT_ONCE)]


def lines(session: Session, organisation: str, wanted: Collection[int]) -> dict[int, dict[str, Any]]:
    """Line of the history -> what it said of which timesheet; ``before`` is the status before it of the same books."""
    t, told = timesheet_history.c, timesheet_status.c
    before = timesheet_history.alias("before")
    same = tuple(before.c[name] == t[name] for name in ("timesheet", "connection", "generation"))
    earlier = sa.select(before.c.status).where(*same, before.c.id < t.id).order_by(before.c.id.desc()).limit(1).scalar_subquery()
    shown = (told.person, told.period_start, told.period_end, t.id, t.timesheet, t.connection, t.status, t.total, t.payment_date)
    here = sa.and_(told.timesheet == t.timesheet, told.connection == t.connection)
    mine = sa.select(*shown, earlier.label("before")).join_from(timesheet_history, timesheet_status, here)
    mine = mine.where(within(timesheet_history, organisation), t.id.in_(sorted(wanted)))
    return {row["id"]: dict(row) for row in session.execute(mine).mappings()}
