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
from shared.platform.session import Session, insert

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
    session.execute(insert(session, open_work).values(rows).on_conflict_do_nothing())


def touch_all(session: Session, organisation: str, connection: str, person: str) -> None:
    """Everything of a person: who they are over there changed."""
    reopen(session, connection, timesheet.c.person == person)
    mine = (work.c.organisation == organisation, work.c.person == person)
    _insert(session, connection, sa.select(work.c.person, work.c.entry, work.c.date).where(*mine))


def reopen_seen(session: Session, connection: str, externals: Collection[str]) -> None:
    """These timesheets are not processed over there, or not there any more."""
    theirs = sa.select(binding.c.local).where(binding.c.connection == connection, binding.c.external_id.in_(externals))
    reopen(session, connection, timesheet.c.id.in_(theirs))


def reopen(session: Session, connection: str, *which: sa.ColumnElement[bool]) -> None:
    """Shut timesheets are shut no more, and what they pay may be owed again."""
    mine = (timesheet.c.connection == connection, timesheet.c.shut.is_(sa.true()))
    opened = sa.update(timesheet).where(*mine, *which).values(shut=False).returning(timesheet.c.id)
    numbers = session.execute(opened).scalars().all()
    if numbers:
        paid = sa.select(pay_allocation.c.person, pay_allocation.c.entry, pay_allocation.c.worked).distinct()
        _insert(session, connection, paid.where(pay_allocation.c.timesheet.in_(numbers)))


def _insert(session: Session, connection: str, found: sa.Select[Any]) -> None:
    names = ("person", "entry", "day", "connection")
    new = insert(session, open_work).from_select(names, found.add_columns(sa.literal(connection)))
    session.execute(new.on_conflict_do_nothing())


# ---- looking at it


def of(session: Session, organisation: str, connection: str, people: Collection[str]) -> Owing:
    """What is owed to these people, or was paid to them for what somebody else has worked by now: of that nothing is theirs."""
    mine = (open_work.c.connection == connection, open_work.c.person.in_(people))
    theirs = sa.select(open_work.c.person.label("payee"), open_work.c.entry).where(*mine).distinct().subquery()
    now = sa.select(work, theirs.c.payee).join(theirs, theirs.c.entry == work.c.entry)
    rows = session.execute(now.where(work.c.organisation == organisation).order_by(work.c.entry)).mappings().all()
    days = session.execute(sa.select(open_work.c.person, open_work.c.day).where(*mine).distinct()).all()
    zones = {row["payee"]: row["person_zone"] for row in sorted(rows, key=lambda row: bool(row["payee"] == row["person"]))}
    reached = ((one.person, one.day + _DAY * n) for one in days for n in (0, 1))  # an entry may reach into the next day
    return Owing([_payable(row) for row in rows], zones, frozenset(reached))


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
    mine = (pay_allocation.c.entry.in_(entries), pay_allocation.c.person.in_(people))
    parts = session.execute(sa.select(pay_allocation).where(*mine)).mappings().all()
    found = (timesheet.c.connection == connection, timesheet.c.id.in_({part["timesheet"] for part in parts}))
    counting = (timesheet.c.over.is_(sa.false()), sa.or_(timesheet.c.shut.is_(sa.true()), timesheet.c.id.in_(closed)))
    pushed = sa.select(timesheet.c.id, binding.c.pushed_version).join_from(timesheet, binding, binding.c.local == timesheet.c.id)
    versions = {row.id: row.pushed_version for row in session.execute(pushed.where(*found, *counting))}
    return [store.load_allocation(part) for part in parts if versions.get(part["timesheet"]) == part["version"]]


# ---- settled


def shut(session: Session, numbers: Collection[str]) -> None:
    """Of these closed timesheets those are done with that are processed as they were wished."""
    done = (binding.c.state == BindingState.SETTLED, binding.c.pushed_version == binding.c.wanted_version)
    settled = sa.select(binding.c.local).where(binding.c.local.in_(numbers), *done)
    session.execute(sa.update(timesheet).where(timesheet.c.id.in_(settled)).values(shut=True))


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
        which = (open_work.c[name] == sa.bindparam(f"of_{name}") for name in ("connection", "person", "entry"))
        rows = [{"of_connection": connection, "of_person": person, "of_entry": entry} for person, entry in sorted(done)]
        session.execute(sa.delete(open_work).where(*which), rows)


def _on_open_timesheets(session: Session, connection: str, people: Collection[str]) -> set[tuple[str, str]]:
    """What timesheets pay that may still change: as wished, as the books have it, and as it may be on its way there."""
    parts = sa.select(pay_allocation.c.person, pay_allocation.c.entry).join_from(timesheet, pay_allocation)
    both = parts.join(binding, binding.c.local == timesheet.c.id).distinct()
    now = (pay_allocation.c.version == timesheet.c.version, pay_allocation.c.version == binding.c.pushed_version)
    mine = (timesheet.c.connection == connection, timesheet.c.person.in_(people), *store.MAY_CHANGE)
    rows = session.execute(both.where(*mine, sa.or_(*now, binding.c.state.in_([BindingState.SENT, BindingState.UNKNOWN]))))
    return {(row.person, row.entry) for row in rows}
