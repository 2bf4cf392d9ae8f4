"""What timesheets look like in answers."""

from __future__ import annotations

from shared.contract import answers as a
from shared.contract import fields as f
from shared.contract.statuses import BindingState, TimesheetStatus
from shared.platform.web import Paged


class Listed(Paged):
    """Which timesheets."""

    status = f.choice(TimesheetStatus, metadata={"description": "Only those in this state."})
    person = f.text(200, metadata={"description": "Only those of the person of this id."})


class Timesheet(a.Answer):
    """A person's pay period, as it stands in the books."""

    timesheet_id = a.ident("timesheet")
    person_id = a.ident("person")
    person_name = a.text("", "Wanda Wattle")
    provider = a.text("Which connector keeps it.", "xero")
    connection = a.ident("connection")
    region = a.text("Which payroll API.", "nz")
    period_start = a.day()
    period_end = a.day("", "2026-03-08")
    hours = a.number("All of its hours.", "37.5", null=True)
    status = a.word(TimesheetStatus)
    binding_state = a.word(BindingState, example="confirmed")
    wanted_version = a.whole("The version composed last.")
    pushed_version = a.whole("The version that the books have.", null=True)
    external_id = a.text("", None)
    deep_link = a.text("Where to see it in the books.", None)
    payment_date = a.day("Once its pay run is posted.", None)
    problem = a.text("The code of what stops it.", None)
    total = a.number("As the books compute it.", None)
    at = a.instant("When the books last said something.")


class Stage(a.Answer):
    """What the books said of it at one time."""

    connection = a.ident("connection")
    status = a.word(TimesheetStatus)
    total = a.number("", None)
    payment_date = a.day("", None)
    at = a.instant()


class PaidEntry(a.Answer):
    """An entry, and the seconds of it that this timesheet pays."""

    entry = a.ident("entry")
    seconds = a.whole("", 27000)


class WholeTimesheet(Timesheet):
    """A timesheet with its history and the entries that it pays."""

    history = a.many(Stage)
    entries = a.many(PaidEntry)


TIMESHEETS = a.page(Timesheet)
