"""Everything about the emulated service that a test may choose: apps, companies, clocks, memories, limits and webhooks."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from .wire import length


def _sleep(seconds: Any) -> None:
    """Waits for as long as any kind of number says, exact ones included."""
    time.sleep(length(seconds).total_seconds())


@dataclass(frozen=True)
class Client:
    """One registered app; no redirects listed means that any is taken."""

    secret: str
    name: str = "Sample Timekeeping App"
    redirects: tuple[str, ...] = ()


@dataclass(frozen=True)
class Company:
    """One company's settings, as its administrator would choose them."""

    realm: str
    name: str
    country: str = "US"
    currency: str = "USD"
    multicurrency: bool = False
    rates: Mapping[str, Decimal] = field(default_factory=dict)  # home units for one unit of a foreign currency
    custom_numbers: bool = True
    keep_sent_numbers: bool = True  # custom numbers off: a number sent all the same is kept, else it is dropped
    duplicates: str = "refuse"  # same DocNumber again: refuse (6140) | warn (taken, with a Warning) | allow
    next_number: int = 1001
    using_sales_tax: bool = True
    partner_tax: bool = True  # US automated sales tax
    tax_percent: Decimal = Decimal(8)  # what the US engine finds for this company's addresses
    allow_discount: bool = True
    closing_date: str | None = None  # transactions up to this date are closed
    closed_code: str = "6000"
    suspended: bool = False  # subscription ended: reads only
    void_linked: str = "refuse"  # voiding a paid invoice: refuse | unlink
    delete_linked: str = "refuse"
    term_days: int = 30
    payment_bumps_token: bool = True  # a payment counts up its invoice's SyncToken
    payment_updates_invoice: bool = True  # a payment also makes an Update event of its invoice


@dataclass(frozen=True)
class Limits:
    """Requests let through: per company a minute, per company and app a second, batches per company and app a minute."""

    per_minute: int = 500
    per_second: int = 10
    batch_per_minute: int = 40


COMPANIES = (
    Company("9341450000000001", "Imaginary Harbor Design Inc."),
    Company("9341450000000002", "Made-up Orchard Studio LLC", custom_numbers=False),
    Company(
        "9341450000000003",
        "Pretend & Sons Ltd",
        country="GB",
        currency="GBP",
        multicurrency=True,
        rates={"EUR": Decimal("0.85"), "USD": Decimal("0.78"), "JPY": Decimal("0.0052"), "KWD": Decimal("2.55")},
    ),
    Company(
        "9341450000000004",
        "Invented Billabong Pty Ltd",
        country="AU",
        currency="AUD",
        multicurrency=True,
        rates={"USD": Decimal("1.52"), "NZD": Decimal("0.91")},
    ),
)


@dataclass(frozen=True)
class Options:
    """What the whole service does; `Emulator.configure` changes any of it while running."""

    clients: Mapping[str, Client] = field(default_factory=lambda: {"sample-client": Client("sample-secret")})
    companies: tuple[Company, ...] = COMPANIES
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[Any], None] = _sleep

    access_seconds: int = 3600
    refresh_seconds: int = 8_726_400  # idle life of a refresh token
    hard_seconds: int = 157_680_000  # 5 years, whatever happens
    rotation: str = "each"  # a refresh answers with a new token: each time | daily | strict (the old one dies at once)
    refresh_grace: int = 86_400  # how long a replaced refresh token still works (not when strict)
    reconnect: str = "meets"  # a second consent for the same app and company: meets | replaces the first

    memory_seconds: int = 86_400  # how long a requestid is known; 0 forgets at once
    remember_errors: bool = False
    known_request: str = "replay"  # replay | refuse (code 600)
    index_lag: Any = 0  # seconds until a change shows in query and change data capture
    limits: Limits | None = None
    throttle_xml: bool = False
    retry_after: int | None = None

    verifier_token: str = "sample-verifier"
    webhook_url: str = ""
    webhook_format: str = "cloudevents"  # cloudevents | classic
    webhook_when: str = "asked"  # asked (deliver()) | before_answer | after_answer (a thread)
    only_connected: bool = True  # events of companies with a live grant only
    deliver: Callable[[str, Mapping[str, str], bytes], int] | None = None
    public_url: str = "http://127.0.0.1:8099"
