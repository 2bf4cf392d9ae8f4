"""Calendars and earnings rates as the APIs describe them, read into what the planner needs. Both spellings."""

from __future__ import annotations

from typing import Any

from services.xero_connector.planner.calendars import Calendar
from services.xero_connector.planner.rates import EarningsRate
from services.xero_connector.regions.dates import civil_date
from shared.connector.provider import Wire

_KINDS = {
    "ordinarytimeearnings": "regular",
    "regularearnings": "regular",
    "overtimeearnings": "overtime",
    "allowance": "allowance",
}


def calendar(wire: Wire) -> Calendar:
    """A pay calendar of 1.0 or 2.0."""
    end, reference, payment = wire.get("periodEndDate"), wire.get("ReferenceDate"), _either(wire, "PaymentDate")
    return Calendar(
        id=_either(wire, "PayrollCalendarID"),
        name=_either(wire, "Name") or "",
        type=_either(wire, "CalendarType") or "",
        start=civil_date(wire.get("StartDate") or wire["periodStartDate"]),
        end=civil_date(end) if end else None,
        reference=civil_date(reference) if reference else None,
        payment=civil_date(payment) if payment else None,
    )


def earnings_rate(wire: Wire) -> EarningsRate:
    """An earnings rate of 1.0 or 2.0. One of a fixed amount isn't paid by hours, whatever its kind."""
    kind, pay = _either(wire, "EarningsType") or "", _either(wire, "RateType") or ""
    return EarningsRate(
        id=_either(wire, "EarningsRateID"),
        name=_either(wire, "Name") or "",
        kind=_KINDS.get(kind.casefold(), "other"),
        active=_either(wire, "CurrentRecord") is not False,
        hourly=pay.casefold() != "fixedamount",
    )


def _either(wire: Wire, name: str) -> Any:
    """The field in the spelling of 1.0, or of 2.0."""
    return wire.get(name, wire.get(name[0].lower() + name[1:]))
