"""Writes the page that says what happens when a timesheet is already there, out of the table that decides it."""

from __future__ import annotations

from services.xero_connector.regions.existing import SAID, TABLE, Row
from services.xero_connector.regions.registry import REGIONS

_HEAD = """# When a timesheet is already there

Xero holds one timesheet per employee and pay period. When one is already there, this is what timebooks does about it, by the
region of the payroll and the state of the timesheet. A plan shows it before anything is sent. *If so chosen* is the connection's
setting that approved timesheets may be corrected; without it a person is asked each time. After a yes, a timesheet that was
requested or rejected is set back to draft first, like an approved one. Payroll API 1.0 in Australia takes changes to drafts only
and sets nothing back: there somebody has to do that in Xero, whoever says yes here.

A draft that timebooks did not make is updated when somebody applies the plan that shows it; a connection that pushes by itself
asks first, and deleting one or setting it to zero always asks first. A state that is not listed is asked about.

Right before a timesheet is changed or deleted it is looked at once more, which in Payroll API 1.0 takes a call for each array. If
somebody changed it in Xero since it was last seen, it stays as it is and a person decides. Xero's times are exact to the second
and a change can't name what it goes over, so this stays open: an edit in the moment between that look and the change, one in the
very second of our last look, and one made while a change of ours that was broken off is finished.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *(_section(key) for key in REGIONS)])


def _section(key: str) -> str:
    mine = [row for row in TABLE if row.region == key]
    rows = [f"| {row.state.value} | {_cell(row, withdrawn=False)} | {_cell(row, withdrawn=True)} |" for row in mine]
    limits = [f"- {limit}" for limit in REGIONS[key].limits]
    head = [f"## {REGIONS[key].title}", "", "| it is | the work changed | nothing of the work is left |", "|---|---|---|"]
    return "\n".join([*head, *rows, "", "What this region can't do:", "", *limits, ""])


def _cell(row: Row, *, withdrawn: bool) -> str:
    plain = SAID[row.withdraw if withdrawn else row.change]
    return f"{plain}; if so chosen: {SAID[row.if_chosen(withdrawn=withdrawn)]}" if row.chosen else plain
