"""The command about timesheets: whose hours are in the books, and how far they are there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from services.cli.door import Door
from services.cli.entry import command
from services.cli.show import Answer, table
from services.cli.work import pages
from shared.contract.statuses import TimesheetStatus
from shared.kernel.errors import Missing

_STATES = click.Choice([one.value for one in TimesheetStatus])


@command("timesheets")
@click.option("--status", "state", type=_STATES, help="Only those in this state, as approved.")
def list_timesheets(door: Door, state: str | None) -> Answer:
    """Every timesheet: whose, for which days, how many hours, and where it stands in the books."""
    found = list(timesheets(door, state))
    return Answer({"items": found}, timesheet_table(found) if found else "No timesheets.")


def timesheets(door: Door, status: str | None = None) -> Iterator[dict[str, Any]]:
    """Every timesheet, or those of one status, the newest period first."""
    return pages(door, "/timesheets", status=status)


def timesheet_table(listed: list[dict[str, Any]]) -> str:
    """Timesheets as a person reads them."""
    rows = [
        [one["person_name"], one["region"], _period(one), f"{one['hours']:,}", _external(one), one["status"]] for one in listed
    ]
    return table(["person", "region", "period", "hours", "in the books", "status"], rows, right={"hours"})


def _period(one: dict[str, Any]) -> str:
    return f"{one['period_start']} to {one['period_end']}"


def _external(one: dict[str, Any]) -> str:
    return f"{one['provider']} {one['external_id']}" if one["external_id"] else ""


def find_timesheet(door: Door, wanted: str) -> dict[str, Any]:
    """The timesheet of this id, ours or the books'."""
    for one in timesheets(door):
        if wanted in (one["timesheet_id"], one["external_id"]):
            return one
    raise Missing("no_such_timesheet", f"There is no timesheet {wanted}.")
