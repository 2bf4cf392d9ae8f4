"""Invents the organisations an emulator starts with, and others of any size: nobody in them exists."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from .options import Calendar, Employee, Organisation, Rate

AU, NZ, UK, AU_WITHOUT_RIGHTS = (f"a0000000-0000-4000-8000-00000000000{digit}" for digit in "1234")
_ROOT = uuid.UUID("b0000000-0000-4000-8000-000000000000")
_KINDS = {
    "AU": ("ORDINARYTIMEEARNINGS", "OVERTIMEEARNINGS", "ALLOWANCE"),
    "NZ": ("RegularEarnings", "OvertimeEarnings", "Allowance"),
    "UK": ("RegularEarnings", "OvertimeEarnings", "Allowance"),
}
_TYPES = {
    "AU": ("RATEPERUNIT", "MULTIPLE"),
    "NZ": ("RatePerUnit", "MultipleOfOrdinaryEarningsRate"),
    "UK": ("RatePerUnit", "MultipleOfOrdinaryEarningsRate"),
}
_MONDAY, _FIRST = date(2024, 1, 1), date(2024, 1, 1)


def key(tenant: str, kind: str, name: str) -> str:
    """The id of a seeded thing; the same in every emulator."""
    return str(uuid.uuid5(_ROOT, f"{tenant}/{kind}/{name}"))


def rates(tenant: str, region: str) -> tuple[Rate, ...]:
    ordinary, overtime, allowance = _KINDS[region]
    per_unit, multiple = _TYPES[region]
    return (
        Rate(key(tenant, "rate", "Ordinary Hours"), "Ordinary Hours", ordinary, per_unit, Decimal("40")),
        Rate(key(tenant, "rate", "Overtime 1.5"), "Overtime 1.5", overtime, multiple, multiple=Decimal("1.5")),
        Rate(key(tenant, "rate", "Overtime 2.0"), "Overtime 2.0", overtime, multiple, multiple=Decimal(2)),
        Rate(key(tenant, "rate", "Tool Allowance"), "Tool Allowance", allowance, per_unit, Decimal("2.50"), units="Units"),
        Rate(
            key(tenant, "rate", "Retired Rate"), "Retired Rate", ordinary, per_unit, Decimal("30"), current=False, qualifying=None
        ),
    )


def calendar(tenant: str, kind: str) -> Calendar:
    name = kind.capitalize()
    anchor = _MONDAY if kind in ("WEEKLY", "FORTNIGHTLY", "FOURWEEKLY") else _FIRST
    return Calendar(key(tenant, "calendar", name), name, kind, anchor)


def employee(tenant: str, first: str, last: str, on: str | None, start: date = date(2020, 1, 6)) -> Employee:
    """Somebody on a calendar named by its type, paid by the hour, with every seeded rate on the template."""
    named = ("Ordinary Hours", "Overtime 1.5", "Overtime 2.0", "Tool Allowance")
    template = tuple(key(tenant, "rate", name) for name in named)
    mail = f"{first}.{last}@example.invalid".lower().replace(" ", "-")
    on_calendar = key(tenant, "calendar", on.capitalize()) if on else None
    return Employee(key(tenant, "employee", f"{first} {last}"), first, last, mail, on_calendar, template[0], template, start)


def organisation(
    tenant: str, name: str, region: str, zone: str, calendars: tuple[str, ...], people: Sequence[tuple[str, str, str | None]]
) -> Organisation:
    crews = key(tenant, "tracking", "Crew")
    return Organisation(
        tenant,
        name,
        region,
        zone,
        tuple(calendar(tenant, kind) for kind in calendars),
        rates(tenant, region),
        tuple(employee(tenant, *person) for person in people),
        tracking={key(tenant, "option", option): option for option in ("Harbour", "Hinterland")},
        tracking_category=crews,
    )


def crowd(region: str, count: int, kind: str = "WEEKLY") -> Organisation:
    """An organisation with as many invented employees as wanted, all on one calendar."""
    tenant = str(uuid.uuid5(_ROOT, f"crowd/{region}/{count}/{kind}"))
    people = tuple(("Sample", f"Person {each:05d}", kind) for each in range(1, count + 1))
    zone = {"AU": "Australia/Sydney", "NZ": "Pacific/Auckland", "UK": "Europe/London"}[region]
    return organisation(tenant, f"Invented Crowd of {count} ({region})", region, zone, (kind,), people)


def organisations() -> tuple[Organisation, ...]:
    australian = (
        ("Wanda", "Wattle", "WEEKLY"),
        ("Barney", "Billabong", "WEEKLY"),
        ("Fern", "Fortnight", "FORTNIGHTLY"),
        ("Max", "Monthly", "MONTHLY"),
        ("Nora", "Nocalendar", None),
    )
    newzealander = (("Kiri", "Kowhai", "WEEKLY"), ("Tama", "Totara", "FORTNIGHTLY"), ("Moana", "Manuka", "WEEKLY"))
    british = (("Penny", "Pretend", "MONTHLY"), ("Basil", "Bogus", "MONTHLY"), ("Wilma", "Weekly", "WEEKLY"))
    kinds = ("WEEKLY", "FORTNIGHTLY", "FOURWEEKLY", "TWICEMONTHLY", "MONTHLY", "QUARTERLY")
    return (
        organisation(AU, "Invented Billabong Pty Ltd", "AU", "Australia/Sydney", kinds, australian),
        organisation(NZ, "Imaginary Kowhai Ltd", "NZ", "Pacific/Auckland", (*kinds, "ANNUAL"), newzealander),
        organisation(
            UK,
            "Pretend & Sons Ltd",
            "UK",
            "Europe/London",
            ("WEEKLY", "FORTNIGHTLY", "FOURWEEKLY", "MONTHLY", "QUARTERLY", "ANNUAL"),
            british,
        ),
        Organisation(AU_WITHOUT_RIGHTS, "Sample Shopfront Pty Ltd", "AU", "Australia/Perth", payroll="no_rights"),
    )
