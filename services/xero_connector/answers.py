"""What payroll's routes are asked with, and what they answer."""

from __future__ import annotations

from services.xero_connector import rules
from services.xero_connector.statuses import PayRunStatus
from shared.contract import answers as a
from shared.contract import fields as f


class Calendar(a.Answer):
    """A pay calendar over there."""

    id = a.ident("calendar")
    name = a.text("", "Weekly")
    type = a.text("", "WEEKLY")
    start = a.day("The first day of one of its periods.")
    end = a.day("", None)
    reference = a.day("", None)
    payment = a.day("", None)


class Rate(a.Answer):
    """An earnings rate over there."""

    id = a.ident("rate")
    name = a.text("", "Ordinary Hours")
    kind = a.text("", "regular")
    active = a.flag("", True)
    hourly = a.flag("Whether it is paid by hours.", True)


class Payroll(a.Answer):
    """What is known of a company's payroll."""

    region = a.text("Which payroll API.", "nz")
    title = a.text("", "New Zealand")
    cannot = a.many(a.text("What can't be done from here.", "Pay runs are posted in the books."))
    rights = a.text("Whether payroll answers: ok or missing.", "ok", null=True)
    tracking = a.flag("Whether timesheets can be tracked by category.", null=True)
    read_at = a.instant("", null=True)
    employees = a.whole("How many.", 3)
    calendars = a.many(Calendar)
    rates = a.many(Rate)


class _Tier(f.Strict):
    after = f.text(20, required=True, metadata={"description": "Hours, as 8:00:00.", "example": "8:00:00"})
    kind = f.text(60, required=True, metadata={"description": "The kind of pay from there on.", "example": "overtime"})


class _Rule(f.Strict):
    """An overtime rule; an empty one: overtime is what was logged as such."""

    daily = f.fields.List(f.fields.Nested(_Tier), metadata={"maxItems": rules.MOST_TIERS})
    weekly = f.fields.List(f.fields.Nested(_Tier), metadata={"maxItems": rules.MOST_TIERS})
    seventh_day = f.text(60, metadata={"description": "The kind of pay of a seventh day in a row."})
    public_holiday = f.text(60, metadata={"description": "The kind of pay of a public holiday."})
    holidays = f.text(10, metadata={"description": "Whose public holidays, as AU-NSW."})
    week_begins = f.choice(rules.DAYS)


class Rule(a.Answer):
    """The rule that overtime goes by."""

    rule = a.by_name("As it was set; null or empty: overtime is what was logged as such.", {}, null=True)


class PayRun(a.Answer):
    """A pay run over there."""

    id = a.ident("payrun")
    calendar = a.ident("calendar")
    start = a.day()
    end = a.day("", "2026-03-08")
    payment = a.day("The day of payment.", "2026-03-11", null=True)
    status = a.word(PayRunStatus)
    scheduled = a.flag("An unscheduled one draws no timesheets in.", True)


class _Draft(f.Strict):
    calendar = f.text(100, required=True, metadata={"description": "The id of a pay calendar."})


class _Confirmed(f.Strict):
    confirm = f.text(100, metadata={"description": "The pay run's id once more: posting can't be undone from here."})


PAY_RUNS, RULE, DRAFT, CONFIRMED = a.listing(PayRun), _Rule(), _Draft(), _Confirmed()
RULE_EXAMPLE = {"daily": [{"after": "8:00:00", "kind": "overtime"}], "weekly": [{"after": "38:00:00", "kind": "overtime"}]}
