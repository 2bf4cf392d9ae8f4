"""Every write of timesheets."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import sqlalchemy as sa

from services.ingest.tables import within
from services.ingest.timesheets.models import timesheet_entry, timesheet_history, timesheet_status
from shared.contract.messages import TimesheetStatusMessage
from shared.contract.statuses import TimesheetStatus
from shared.platform import clock
from shared.platform.session import Session, insert

_TOLD = tuple(field.name for field in fields(TimesheetStatusMessage) if field.name in timesheet_status.c)
_SHOWN = ("status", "total", "payment_date")
"""What a line of the history is written for."""
_KEY = ("timesheet", "connection")


def keep(
    session: Session, organisation: str, service: str, binding: str, message: TimesheetStatusMessage, stored: Any | None
) -> None:
    """The newest word of one connection on one timesheet; the history gets a line when the books say something else."""
    values = {name: getattr(message, name) for name in _TOLD}
    values |= {"organisation": organisation, "service": service, "binding": binding, "at": clock.now()}
    new = insert(session, timesheet_status).values(values)
    changed = {name: new.excluded[name] for name in values if name not in (*_KEY, "organisation")}
    session.execute(new.on_conflict_do_update(index_elements=_KEY, set_=changed, where=within(timesheet_status, organisation)))
    _keep_entries(session, organisation, message)
    same = stored is not None and all(getattr(stored, name) == values[name] for name in _SHOWN)
    if same or message.status == TimesheetStatus.PLANNED:  # it is not in the books yet: they say nothing
        return
    names = ("organisation", *_KEY, "generation", "version", *_SHOWN, "at")
    line = insert(session, timesheet_history).values({name: values[name] for name in names})
    session.execute(line.on_conflict_do_nothing())


def _keep_entries(session: Session, organisation: str, message: TimesheetStatusMessage) -> None:
    key = {"timesheet": message.timesheet, "connection": message.connection}
    mine = (timesheet_entry.c[name] == value for name, value in key.items())
    session.execute(sa.delete(timesheet_entry).where(within(timesheet_entry, organisation), *mine))
    rows = [{**key, "organisation": organisation, "entry": entry, "seconds": seconds} for entry, seconds in message.entries]
    if rows:
        session.execute(sa.insert(timesheet_entry), rows)
