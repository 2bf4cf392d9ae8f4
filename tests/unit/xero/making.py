"""Short ways to say a piece of payable work, an employee and what the books know."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.xero_connector.planner.calendars import Calendar
from services.xero_connector.planner.due import Books
from services.xero_connector.planner.rates import EarningsRate, Employee, Links
from services.xero_connector.planner.work import ORDINARY, OVERTIME, PayableWork

HOUR = 3600
WEEK = Calendar(id="cal-week", name="Weekly", type="WEEKLY", start=date(2026, 11, 2))  # a Monday
RATES = {
    one.id: one
    for one in (
        EarningsRate(id="rate-ord", name="Ordinary Hours", kind="regular"),
        EarningsRate(id="rate-ot", name="Overtime", kind="overtime"),
        EarningsRate(id="rate-tool", name="Tools", kind="allowance"),
        EarningsRate(id="rate-senior", name="Senior", kind="regular"),
        EarningsRate(id="rate-night", name="Night", kind="regular"),
        EarningsRate(id="rate-old", name="Old", kind="regular", active=False),
        EarningsRate(id="rate-flat", name="Flat", kind="allowance", hourly=False),
    )
}
LINKS = Links(rates={ORDINARY: "rate-ord", OVERTIME: "rate-ot"}, tracking={})


def entry(number: str, day: str, hours: str | int = 8, **fields) -> PayableWork:
    """Approved ordinary work of ``ann``; hours in whole seconds by ``seconds=`` when they are odd."""
    seconds = fields.pop("seconds", None) or ((ORDINARY, int(hours) * HOUR),)
    given = {"person": "ann", "revision": 1, "approved": True} | fields
    return PayableWork(entry=number, date=date.fromisoformat(day), seconds=seconds, **given)


def shift(number: str, start: str, end: str, zone: str, **fields) -> PayableWork:
    """Approved work between two wall-clock times of a zone, all of it ordinary."""
    begin, until = (datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)) for text in (start, end))
    seconds = (until.astimezone(ZoneInfo("UTC")) - begin.astimezone(ZoneInfo("UTC"))) // timedelta(seconds=1)
    clock = {"start": begin, "end": until, "zone": zone, "seconds": ((ORDINARY, seconds - fields.get("break_seconds", 0)),)}
    return entry(number, start[:10], **(clock | fields))


def employee(number: str = "emp-ann", **fields) -> Employee:
    return Employee(**({"id": number, "active": True, "calendars": ((None, "cal-week"),)} | fields))


def books(**fields) -> Books:
    """One organisation with ann on the weekly calendar, every period open."""
    known = {
        "organisation": "org",
        "connection": "con",
        "employees": {"ann": employee(), "bob": employee("emp-bob")},
        "calendars": {"cal-week": WEEK},
        "rates": RATES,
        "links": LINKS,
        "rate_kinds": None,
        "closed": lambda person, period: False,
        "held": {},
    }
    return Books(**(known | fields))


def linked(**more: str) -> Links:
    """The usual links and some more; ``/`` can't be in a keyword, so ``job__overtime`` stands for ``job/overtime``."""
    return replace(LINKS, rates={**LINKS.rates, **{key.replace("__", "/"): rate for key, rate in more.items()}})


def sydney(person: str) -> str:
    return "Australia/Sydney"
