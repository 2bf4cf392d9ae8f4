"""Timesheets over HTTP, as they stand in the books."""

from __future__ import annotations

from typing import Any

from services.ingest.timesheets import answers, query
from shared.platform.db import Database, reading
from shared.platform.vault import Vault
from shared.platform.web import Room, argument, page_args, principal


def room(db: Database, vault: Vault) -> Room:
    room = Room("timesheets")

    @room.get("/timesheets", scope="timesheets:read", own=True, asks=answers.Listed, gives=answers.TIMESHEETS)
    def list_timesheets() -> Any:
        """List timesheets, the newest period first, as they stand in the books."""
        part, organisation = page_args(), principal().organisation
        where = query.filtered(argument("status"), principal().whose(argument("person")))
        with reading(db) as session:
            items, total = query.listed(session, vault, organisation, where, limit=part.size, offset=part.offset)
        return {"items": items, "page": part.number, "total": total}

    @room.get("/timesheets/<timesheet>", scope="timesheets:read", own=True, gives=answers.WholeTimesheet)
    def show_timesheet(timesheet: str) -> Any:
        """Show one timesheet, with its history and the entries that it pays."""
        with reading(db) as session:
            return query.one(session, vault, principal().organisation, timesheet, person=principal().own)

    return room
