"""What a column called "Pay" is: the price of the entry, that of an hour, or what the worker gets. Told by numbers, or asked."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from services.ingest.sources.detect.columns import Column
from services.ingest.sources.detect.findings import Inquiry, Option, Question
from services.ingest.sources.detect.roles import Assigned
from services.ingest.sources.detect.scan import Table
from services.ingest.sources.detect.trials import Trial, comes_to, hours_of, nearly, trials
from services.ingest.sources.worklog.layout import Layout

_APART = Decimal("1.25")  # how many times as long one row has to be as another, so that rounding explains nothing


def as_amount(assigned: Assigned) -> Assigned:
    """The columns with the pay in the amount's place, where that is free, to try whether the rows agree so."""
    pay = [] if assigned.one("amount") or not assigned.one("rate") else assigned.roles.get("pay", [])
    return replace(assigned, roles={**assigned.roles, "amount": pay}) if pay else assigned


def pay(table: Table, assigned: Assigned, layout: Layout, inquiry: Inquiry, *, measured: bool) -> None:
    """Make it a rate, an amount, or neither. ``measured``: the lengths of the rows are known, so that they can tell."""
    column = assigned.one("pay")
    if column is None or not column.filled:
        return
    meant = _hourless(assigned) or _told(table, assigned, column, layout, inquiry)
    if meant is None and measured:
        meant = inquiry.ask(_question(column))
    if meant in ("rate", "amount"):
        assigned.roles[meant] = [column]


def _hourless(assigned: Assigned) -> str | None:
    """Where no row has hours there is no price of one."""
    return None if assigned.one("duration") or assigned.one("start") else "amount"


def _told(table: Table, assigned: Assigned, column: Column, layout: Layout, inquiry: Inquiry) -> str | None:
    """What the rows show it to be, if they do."""

    def shows(rate: Column | None, amount: Column | None) -> Trial | None:
        trial = replace(assigned, roles={**assigned.roles, "rate": [rate], "amount": [amount]})
        return comes_to(table, trial, layout) if rate and amount else None

    rate, amount = assigned.one("rate"), assigned.one("amount")
    if shown := shows(rate, column):
        inquiry.note("amount", column.head.text, f"row {shown.row}: it is {rate.head.text} times the hours")
        return "amount"
    if shown := shows(column, amount):
        inquiry.note("rate", column.head.text, f"row {shown.row}: times the hours it is {amount.head.text}")
        return "rate"
    for wage in assigned.roles.get("wage", []):
        if shown := shows(wage, column):
            told = f"row {shown.row}: {shown.texts['amount']} is {wage.head.text} times the hours, not what is billed"
            inquiry.note("not_taken", column.head.text, told)
            return "none"
    if shows(rate, amount):
        inquiry.note("not_taken", column.head.text, "rate and amount say what is billed")
        return "none"
    return _grows(table, replace(assigned, roles={**assigned.roles, "amount": [column]}), layout, inquiry)


def _grows(table: Table, assigned: Assigned, layout: Layout, inquiry: Inquiry) -> str | None:
    """Whether it grows with the hours in all rows alike, as no price of an hour does."""
    told = sorted((each for each in trials(table, assigned, layout) if _hours(each) and each.numbers.get("amount")), key=_hours)
    if not told or _hours(told[-1]) < _APART * _hours(told[0]):
        return None
    shortest, longest = told[0], told[-1]
    rate = longest.numbers["amount"] / _hours(longest)
    if not all(nearly(replace(each, numbers={**each.numbers, "rate": rate})) for each in told):
        return None
    shown = [f"{each.texts['amount']} in row {each.row}" for each in (shortest, longest)]
    inquiry.note("amount", assigned.roles["amount"][0].head.text, f"{shown[0]} and {shown[1]} come to the same for an hour")
    return "amount"


def _hours(trial: Trial) -> Decimal:
    return hours_of(trial) or Decimal(0)


def _question(column: Column) -> Question:
    row, text = column.first or (0, "")
    asked = f"Row {row} has {text} in the column {column.head.text}. What is that?"
    choices = (
        Option("amount", "the price of the whole entry", f"row {row} is billed at {text}"),
        Option("rate", "the price of an hour", f"an hour of row {row} is billed at {text}"),
        Option("none", "what the worker is paid, which is not billed", f"row {row} is billed without it"),
    )
    return Question("pay", "column", asked, choices)
