"""Everything about the emulated service that a test may choose: apps, organisations and their payroll, clocks, limits, memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from .wire import span


def wait(seconds: Any) -> None:
    """Holds a request up, as long as any kind of number says."""
    threading.Event().wait(span(seconds).total_seconds())


@dataclass(frozen=True)
class App:
    """A registered app: without a secret it is a native one (PKCE); without redirects any address that is allowed at all is."""

    secret: str = ""
    name: str = "Sample Timekeeping App"
    redirects: tuple[str, ...] = ()
    broad_scopes: bool = False  # made before March 2026: the older, broad scopes too
    several_at_once: bool = False  # advanced tier: several organisations in one consent


@dataclass(frozen=True)
class Calendar:
    """A pay calendar. `anchor` starts one of its periods; all others follow from it."""

    id: str
    name: str
    type: str  # WEEKLY FORTNIGHTLY FOURWEEKLY TWICEMONTHLY MONTHLY QUARTERLY ANNUAL
    anchor: date
    pays_after: int = 3  # days from the period's end to the payment


@dataclass(frozen=True)
class Rate:
    """An earnings rate; `kind` is in the words of its region."""

    id: str
    name: str
    kind: str
    rate_type: str = "RATEPERUNIT"
    per_unit: Decimal | None = None
    multiple: Decimal | None = None
    units: str = "Hours"
    current: bool = True
    qualifying: bool | None = True  # AU; None: the answer does not say, as for old records


@dataclass(frozen=True)
class Employee:
    """A person on the payroll."""

    id: str
    first: str
    last: str
    email: str
    calendar: str | None
    rate: str | None  # the ordinary one (AU)
    template: tuple[str, ...] = ()  # rates on the pay template
    start: date = date(2020, 1, 6)
    end: date | None = None
    updated: datetime | None = None

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"


@dataclass(frozen=True)
class Organisation:
    """One organisation, as its administrator has set it up."""

    tenant: str
    name: str
    region: str  # AU | NZ | UK
    zone: str
    calendars: tuple[Calendar, ...] = ()
    rates: tuple[Rate, ...] = ()
    employees: tuple[Employee, ...] = ()
    payroll: str = "ready"  # ready | no_rights (the connecting user is no payroll administrator) | none (not set up)
    tracking: Mapping[str, str] = field(default_factory=dict)  # options of the timesheet category: id -> name
    tracking_category: str | None = None
    tracking_required: bool = False
    template_rates_only: bool = False  # an earnings rate must stand on the employee's pay template
    second_version: bool = True  # AU: timesheets answer on 2.0 too
    posted_periods: str = "refuse"  # a new timesheet in a period whose pay run is posted: refuse | accept
    day_limit: int = 5000  # 1000 for an app on the smallest tier
    offline: bool = False  # 503 for everything


@dataclass(frozen=True)
class Limits:
    """Calls let through; an organisation's day is its own (`Organisation.day_limit`)."""

    at_once: int = 5
    per_minute: int = 60
    per_day: int | None = None  # instead of each organisation's own
    app_per_minute: int = 10_000


@dataclass(frozen=True)
class Options:
    """What the whole service does; `Emulator.configure` changes any of it while running."""

    apps: Mapping[str, App] = field(
        default_factory=lambda: {
            "sample-client": App("sample-secret"),
            "sample-native": App(name="Sample Native App"),
            "sample-older": App("sample-secret", "Sample Older App", broad_scopes=True),
        }
    )
    organisations: tuple[Organisation, ...] | None = None  # None: the four of `seeds`
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[Any], None] = wait

    code_seconds: int = 300
    access_seconds: int = 1800
    refresh_seconds: int = 60 * 86_400
    refresh_grace: int = 1800  # how long a replaced refresh token may still be tried

    memory_seconds: int = 360  # how long an idempotency key is known; 0 forgets at once
    memory_down: bool = False  # the store of keys is out of order: 500
    limits: Limits | None = None

    arrays: str = "all_or_nothing"  # AU 1.0, one bad element: all_or_nothing | good_ones_stored (despite the 400)
    first_errors: str = "json"  # AU 1.0 refusals: json | xml
    decimals: str = "refuse"  # more than two: refuse | round
    modified_after: str = "second"  # If-Modified-Since counts the second it names: second | strict (later ones only)
    page_size: int = 100

    webhook_key: str = "sample-webhook-key"
    webhook_url: str = ""
    deliver: Callable[[str, Mapping[str, str], bytes], int] | None = None
    public_url: str = "http://localhost:8098"
