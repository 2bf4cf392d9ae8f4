"""Every write of timesheets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import sqlalchemy as sa

from services.ingest.tables import within
from services.ingest.timesheets.models import timesheet_entry, timesheet_history, timesheet_status
from shared.contract.messages import TIMESHEET_STATUS_CHANGED, TimesheetStatusMessage
from shared.contract.statuses import TimesheetStatus
from shared.platform import clock, feed
from shared.platform.session import Session, dialect, insert, insert_in, prepared

_TOLD = tuple(field.name for field in fields(TimesheetStatusMessage) if field.name in timesheet_status.c)
_SHOWN = ("status", "total", "payment_date")
"""What a line of the history is written for."""
_KEY = ("timesheet", "connection")


def keep(
    session: Session, organisation: str, service: str, binding: str, message: TimesheetStatusMessage, stored: Any | None
) -> None:
    """The newest word of one connection on one timesheet; the history gets a line when the books say something else, and the
    feed a row whose version is that line."""
    values = {name: getattr(message, name) for name in _TOLD}
    values |= {"organisation": organisation, "service": service, "binding": binding, "at": clock.now()}
    keeping, _ = _keeping(dialect(session), tuple(values))
    session.execute(keeping, values)
    _keep_entries(session, organisation, message)
    same = stored is not None and all(getattr(stored, name) == values[name] for name in _SHOWN)
    if same or message.status == TimesheetStatus.PLANNED:  # it is not in the books yet: they say nothing
        return
    names = ("organisation", *_KEY, "generation", "version", *_SHOWN, "at")
    adding, _ = _adding(dialect(session))
    number = session.execute(adding, {name: values[name] for name in names}).scalar()
    if number is not None:
        feed.publish(session, organisation, TIMESHEET_STATUS_CHANGED, message.timesheet, number)


@prepared
def _adding(dialect: str, /) -> Any:
    return insert_in(dialect, timesheet_history).on_conflict_do_nothing().returning(timesheet_history.c.id)


@prepared
def _keeping(dialect: str, told: Sequence[str], /) -> Any:
    new = insert_in(dialect, timesheet_status)
    changed = {name: new.excluded[name] for name in told if name not in (*_KEY, "organisation")}
    mine = within(timesheet_status, new.excluded.organisation)
    return new.on_conflict_do_update(index_elements=_KEY, set_=changed, where=mine)


def _keep_entries(session: Session, organisation: str, message: TimesheetStatusMessage) -> None:
    key = {"timesheet": message.timesheet, "connection": message.connection}
    session.execute(*_dropping(organisation, message.timesheet, message.connection))
    rows = [{**key, "organisation": organisation, "entry": entry, "seconds": seconds} for entry, seconds in message.entries]
    if rows:
        session.execute(insert(session, timesheet_entry), rows)


@prepared
def _dropping(organisation: Any, timesheet: Any, connection: Any) -> sa.Delete:
    mine = (timesheet_entry.c.timesheet == timesheet, timesheet_entry.c.connection == connection)
    return sa.delete(timesheet_entry).where(within(timesheet_entry, organisation), *mine)
