"""Who is connected, and what can be linked there: organisations, employees, earnings rates and tracking options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from services.xero_connector import payroll_reading
from services.xero_connector.regions.region import Region
from services.xero_connector.regions.registry import for_country
from services.xero_connector.sdk import Books, claims, thing, things
from shared.connector.provider import RemoteObject, Tenant, Wire
from shared.kernel.errors import Missing, Reconnect
from shared.platform import clock

LAST_DAYS = timedelta(days=92)  # the longest pay period
NO_RIGHTS = ("no_rights", "scope_missing")
_ALSO = {"regular": ("ordinary",), "overtime": ("overtime",)}
_ZONES = {
    "AUSEASTERNSTANDARDTIME": "Australia/Sydney",
    "EAUSTRALIASTANDARDTIME": "Australia/Brisbane",
    "TASMANIASTANDARDTIME": "Australia/Hobart",
    "CENAUSTRALIASTANDARDTIME": "Australia/Adelaide",
    "AUSCENTRALSTANDARDTIME": "Australia/Darwin",
    "WAUSTRALIASTANDARDTIME": "Australia/Perth",
    "NEWZEALANDSTANDARDTIME": "Pacific/Auckland",
    "GMTSTANDARDTIME": "Europe/London",
}
"""Their names for time zones; one that isn't here is left out, for a person to choose."""


def tenants(books: Books, au_version: str) -> Sequence[Tenant]:
    """The organisation that was connected with this token, or the known one, as it describes itself."""
    return [_tenant(_for(books, row), str(row["id"]), au_version) for row in connections(books)]


def connections(books: Books) -> Sequence[Wire]:
    """A person's token reaches every organisation that this person connected: the consent tells which of them is meant."""
    event = claims(books.token).get("authentication_event_id")
    asked = {"auth_event_id": event} if event and not books.tenant else {}
    rows = things({"connections": books.identity("get_connections", **asked)}, "connections")
    organisations = [row for row in rows if row.get("tenantType") == "ORGANISATION"]
    return [row for row in organisations if books.tenant in ("", row["tenantId"])]


def _for(books: Books, row: Wire) -> Books:
    return Books(books.connector, books.api_url, str(row["tenantId"]), books.token, books.region, books.granted)


def _tenant(books: Books, connection: str, au_version: str) -> Tenant:
    described = next(iter(things(books.accounting("get_organisations"), "Organisations")), {})
    region = for_country(str(described.get("CountryCode") or ""), au_version)
    books.region = region.key
    facts: dict[str, Any] = {"connection_id": connection, "region": region.key, "limits": list(region.limits)}
    zone = _ZONES.get(str(described.get("Timezone") or "").upper().replace(" ", ""))
    return Tenant(
        id=books.tenant,
        name=str(described.get("Name") or ""),
        country=region.country,
        currency=str(described.get("BaseCurrency") or ""),
        facts=facts | _payroll_facts(books) | ({"zone": zone} if zone else {}),
    )


def _payroll_facts(books: Books) -> dict[str, Any]:
    """Whether payroll answers to whoever connected. Without the rights all else can be kept until somebody has them."""
    try:
        calendars = payroll_reading.calendars(books)
        category = _tracking_category(books)
    except Reconnect as failure:
        if failure.code not in NO_RIGHTS:
            raise
        return {"rights": "missing", "tracking": False, "calendars": []}
    return {"rights": "ok", "tracking": category is not None, "calendars": sorted(one.name for one in calendars.values())}


# ---- what can be linked


def references(books: Books, region: Region, kind: str) -> Sequence[RemoteObject]:
    made = {"employee": _employees, "earnings_rate": _rates, "tracking": _options}
    return made[kind](books, region)


def _employees(books: Books, region: Region) -> list[RemoteObject]:
    """Whose employment ended lately can still be linked, so that the last days are paid."""
    lately = clock.now().date() - LAST_DAYS
    rows = payroll_reading.employee_rows(books)
    known = ((row, payroll_reading.employee(row)) for row in rows)
    return [replace(_person(row), active=one.active and (one.ended is None or one.ended >= lately)) for row, one in known]


def _person(row: Wire) -> RemoteObject:
    names = (row.get(first) or row.get(second) for first, second in (("firstName", "FirstName"), ("lastName", "LastName")))
    email = row.get("email") or row.get("Email")
    return RemoteObject(id=payroll_reading.employee_id(row), name=" ".join(name for name in names if name), email=email)


def _rates(books: Books, region: Region) -> list[RemoteObject]:
    """A rate that this region doesn't take on timesheets is shown, and suggested for nothing."""
    rates = payroll_reading.rates(books).values()
    fits = {rate.id for rate in rates if rate.hourly and (region.rate_kinds is None or rate.kind in region.rate_kinds)}
    return [
        RemoteObject(id=rate.id, name=rate.name, also=_ALSO.get(rate.kind, ()) if rate.id in fits else (), active=rate.active)
        for rate in rates
    ]


def _options(books: Books, region: Region) -> list[RemoteObject]:
    """The options of the one category that payroll tracks timesheets by."""
    category = _tracking_category(books)
    if category is None:
        return []
    every = things(books.accounting("get_tracking_categories"), "TrackingCategories")
    options = [option for one in every if one["TrackingCategoryID"] == category for option in one.get("Options") or ()]
    return [
        RemoteObject(id=str(one["TrackingOptionID"]), name=str(one["Name"]), active=one.get("Status", "ACTIVE") == "ACTIVE")
        for one in options
    ]


def _tracking_category(books: Books) -> str | None:
    if payroll_reading.is_australian(books):
        chosen = thing(books.payroll("get_settings"), "Settings").get("TrackingCategories") or {}
        return (chosen.get("TimesheetCategories") or {}).get("TrackingCategoryID")
    chosen = thing(books.payroll("get_tracking_categories"), "trackingCategories")
    return chosen.get("timesheetTrackingCategoryID")


def leave(books: Books, connection: str | None) -> None:
    """End this one connection over there; revoking the token would end all of that person's."""
    found = [connection] if connection else [str(row["id"]) for row in connections(books)]
    for one in found:
        try:
            books.identity("delete_connection", one)
        except (Missing, Reconnect):
            continue  # it has ended already
