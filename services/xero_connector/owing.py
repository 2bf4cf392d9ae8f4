"""What composing a person still has to look at: all of their work but the entries that shut timesheets pay in full.

A timesheet is shut once it is processed and nothing more is wished of it. What happens to it over there opens it again, and
with it the entries that it pays. So a person's history costs nothing, however long it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from services.xero_connector import store
from services.xero_connector.models import open_work, pay_allocation, timesheet, work
from services.xero_connector.planner.timesheet import Allocation, LeftOut
from services.xero_connector.planner.work import PayableWork
from shared.connector.models import binding
from shared.contract.statuses import BindingState
from shared.platform.session import Session, add_new, dialect, insert_in, prepared

Row = Mapping[str, Any]
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Owing:
    """The work of some people that isn't settled, and the days on which it lies, or lay when it was last composed."""

    work: Sequence[PayableWork]
    zones: Mapping[str, str]
    days: frozenset[tuple[str, date]]  # (person, day)

    @property
    def since(self) -> date:
        """The first of its days; where there is none, no day."""
        return min((day for _, day in self.days), default=date.max)


# ---- what has to be looked at again


def touch(session: Session, connection: str, entry: str, people: Iterable[str], days: Collection[date]) -> None:
    """An entry changed: it lies on these days, or lay there."""
    rows = [{"connection": connection, "person": one, "entry": entry, "day": day} for one in sorted(set(people)) for day in days]
    add_new(session, open_work, rows)


def touch_all(session: Session, organisation: str, connection: str, person: str) -> None:
    """Everything of a person: who they are over there changed."""
    _reopen(session, connection, _shut_of(connection, person))
    session.execute(*_opening_all(dialect(session), organisation, connection, person))


def reopen_seen(session: Session, connection: str, externals: Collection[str]) -> None:
    """These timesheets are not processed over there, or not there any more."""
    _reopen(session, connection, _shut_seen(connection, list(externals)))


def _reopen(session: Session, connection: str, opened: Any) -> None:
    """Shut timesheets are shut no more, and what they pay may be owed again."""
    numbers = session.execute(*opened).scalars().all()
    if numbers:
        session.execute(*_opening_paid(dialect(session), connection, numbers))


@prepared
def _shut_of(of_connection: Any, whose: Any) -> Any:
    return _opened(of_connection, timesheet.c.person == whose)


@prepared
def _shut_seen(of_connection: Any, externals: Any) -> Any:
    theirs = sa.select(binding.c.local).where(binding.c.connection == of_connection, binding.c.external_id.in_(externals))
    return _opened(of_connection, timesheet.c.id.in_(theirs))


def _opened(connection: Any, which: sa.ColumnElement[bool]) -> Any:
    mine = (timesheet.c.connection == connection, timesheet.c.shut.is_(sa.true()), which)
    return sa.update(timesheet).where(*mine).values(shut=False).returning(timesheet.c.id)


@prepared
def _opening_all(dialect: str, /, organisation: Any, of_connection: Any, whose: Any) -> Any:
    mine = (work.c.organisation == organisation, work.c.person == whose)
    return _opening(dialect, of_connection, sa.select(work.c.person, work.c.entry, work.c.date).where(*mine))


@prepared
def _opening_paid(dialect: str, /, of_connection: Any, numbers: Any) -> Any:
    paid = sa.select(pay_allocation.c.person, pay_allocation.c.entry, pay_allocation.c.worked).distinct()
    return _opening(dialect, of_connection, paid.where(pay_allocation.c.timesheet.in_(numbers)))


def _opening(dialect: str, connection: Any, found: sa.Select[Any]) -> Any:
    named = sa.type_coerce(connection, sa.String).label("connection")
    new = insert_in(dialect, open_work).from_select(("person", "entry", "day", "connection"), found.add_columns(named))
    return new.on_conflict_do_nothing()


# ---- looking at it


def of(session: Session, organisation: str, connection: str, people: Sequence[str]) -> Owing:
    """What is owed to these people, or was paid to them for what somebody else has worked by now: of that nothing is theirs."""
    rows = session.execute(*_open(organisation, connection, people)).mappings().all()
    days = session.execute(*_open_days(connection, people)).all()
    zones = {row["payee"]: row["person_zone"] for row in sorted(rows, key=lambda row: bool(row["payee"] == row["person"]))}
    reached = ((one.person, one.day + _DAY * n) for one in days for n in (0, 1))  # an entry may reach into the next day
    return Owing([_payable(row) for row in rows], zones, frozenset(reached))


@prepared
def _open(organisation: Any, connection: Any, people: Any) -> sa.Select[Any]:
    mine = (open_work.c.connection == connection, open_work.c.person.in_(people))
    theirs = sa.select(open_work.c.person.label("payee"), open_work.c.entry).where(*mine).distinct().subquery()
    now = sa.select(work, theirs.c.payee).join(theirs, theirs.c.entry == work.c.entry)
    return now.where(work.c.organisation == organisation).order_by(work.c.entry)


@prepared
def _open_days(connection: Any, people: Any) -> sa.Select[Any]:
    mine = (open_work.c.connection == connection, open_work.c.person.in_(people))
    return sa.select(open_work.c.person, open_work.c.day).where(*mine).distinct()


def _payable(row: Row) -> PayableWork:
    now = store.payable(row)
    if row["payee"] == row["person"]:
        return now
    return replace(now, person=row["payee"], seconds=(), start=None, end=None, break_seconds=0)


def beside(session: Session, organisation: str, people: Collection[str], days: Collection[date]) -> list[PayableWork]:
    """Everything that these people began on these days."""
    mine = (work.c.organisation == organisation, work.c.person.in_(people), work.c.date.in_(days))
    rows = session.execute(sa.select(work).where(*mine).order_by(work.c.entry)).mappings().all()
    return [store.payable(row) for row in rows]


def paid(
    session: Session, connection: str, people: Collection[str], entries: Collection[str], closed: Collection[str]
) -> list[Allocation]:
    """What these people are paid for entries by shut timesheets and these closed ones."""
    parts = session.execute(*_parts(list(entries), people)).mappings().all()
    found = _counting(connection, list({part["timesheet"] for part in parts}), list(closed))
    versions = {row.id: row.pushed_version for row in session.execute(*found)}
    return [store.load_allocation(part) for part in parts if versions.get(part["timesheet"]) == part["version"]]


@prepared
def _parts(entries: Any, people: Any) -> sa.Select[Any]:
    return sa.select(pay_allocation).where(pay_allocation.c.entry.in_(entries), pay_allocation.c.person.in_(people))


@prepared
def _counting(connection: Any, some: Any, closed: Any) -> sa.Select[Any]:
    found = (timesheet.c.connection == connection, timesheet.c.id.in_(some))
    counting = (timesheet.c.over.is_(sa.false()), sa.or_(timesheet.c.shut.is_(sa.true()), timesheet.c.id.in_(closed)))
    pushed = sa.select(timesheet.c.id, binding.c.pushed_version).join_from(timesheet, binding, binding.c.local == timesheet.c.id)
    return pushed.where(*found, *counting)


# ---- settled


def shut(session: Session, numbers: Collection[str]) -> None:
    """Of these closed timesheets those are done with that are processed as they were wished."""
    session.execute(*_shutting(list(numbers)))


@prepared
def _shutting(numbers: Any) -> sa.Update:
    done = (binding.c.state == BindingState.SETTLED, binding.c.pushed_version == binding.c.wanted_version)
    settled = sa.select(binding.c.local).where(binding.c.local.in_(numbers), *done)
    return sa.update(timesheet).where(timesheet.c.id.in_(settled)).values(shut=True)


def settle(
    session: Session, connection: str, owing: Owing, others: Iterable[PayableWork], left_out: Iterable[LeftOut]
) -> None:
    """What was composed, is not on a timesheet that may still change, nor left out, is done with. Of the ``others`` that
    were looked at beside it, those that something is owed for are looked at from now on."""
    people = {one.person for one in owing.work}
    owed = {*((one.person, one.entry) for one in left_out), *_on_open_timesheets(session, connection, people)}
    for one in others:
        if (one.person, one.entry) in owed:
            touch(session, connection, one.entry, [one.person], [one.date])
    done = {(one.person, one.entry) for one in owing.work} - owed
    if done:
        rows = [{"of_connection": connection, "of_person": person, "of_entry": entry} for person, entry in sorted(done)]
        session.execute(_DONE, rows)


_DONE = sa.delete(open_work).where(
    *(open_work.c[name] == sa.bindparam(f"of_{name}") for name in ("connection", "person", "entry"))
)


def _on_open_timesheets(session: Session, connection: str, people: Collection[str]) -> set[tuple[str, str]]:
    """What timesheets pay that may still change: as wished, as the books have it, and as it may be on its way there."""
    return {(row.person, row.entry) for row in session.execute(*_changing(connection, list(people)))}


@prepared
def _changing(connection: Any, people: Any) -> sa.Select[Any]:
    parts = sa.select(pay_allocation.c.person, pay_allocation.c.entry).join_from(timesheet, pay_allocation)
    both = parts.join(binding, binding.c.local == timesheet.c.id).distinct()
    now = (pay_allocation.c.version == timesheet.c.version, pay_allocation.c.version == binding.c.pushed_version)
    mine = (timesheet.c.connection == connection, timesheet.c.person.in_(people), *store.MAY_CHANGE)
    return both.where(*mine, sa.or_(*now, binding.c.state.in_([BindingState.SENT, BindingState.UNKNOWN])))
