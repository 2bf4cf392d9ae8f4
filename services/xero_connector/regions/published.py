"""Writes the page that says what happens when a timesheet is already there, out of the table that decides it."""

from __future__ import annotations

from services.xero_connector.regions.existing import SAID, TABLE, Action, Row
from services.xero_connector.regions.registry import REGIONS

_HEAD = """# When a timesheet is already there

Xero holds one timesheet per employee and pay period. When one is already there, this is what timebooks does about it, by the region
of the payroll and the state of the timesheet. A plan shows it before anything is sent. *If so chosen* is the connection's setting that
approved timesheets may be corrected; without it a person is asked each time.

A draft that timebooks did not make is updated when somebody applies the plan that shows it; a connection that pushes by itself asks
first, and deleting one or setting it to zero always asks first. A state that is not listed is asked about.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *(_section(key) for key in REGIONS)])


def _section(key: str) -> str:
    region = REGIONS[key]
    rows = [
        f"| {row.state.value} | {_cell(row, row.change)} | {_cell(row, row.withdraw)} |" for row in TABLE if row.region == key
    ]
    limits = [f"- {limit}" for limit in region.limits]
    head = [f"## {region.title}", "", "| it is | the work changed | nothing of the work is left |", "|---|---|---|"]
    return "\n".join([*head, *rows, "", "What this region can't do:", "", *limits, ""])


def _cell(row: Row, action: Action) -> str:
    if row.chosen is None:
        return SAID[action]
    return f"{SAID[action]}; if so chosen: {SAID[row.chosen]}"
