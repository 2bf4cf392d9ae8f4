"""Documents: composed things to send. Frozen once written; a change is a new version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class LineKind(StrEnum):
    TIME = "time"
    OVERTIME = "overtime"
    EXPENSE = "expense"
    MILEAGE = "mileage"
    DEDUCTION = "deduction"  # negative amount
    CORRECTION = "correction"  # difference to an earlier invoice that can't be changed any more


class Grouping(StrEnum):
    JOB = "job"
    PERSON = "person"
    DAY = "day"
    DETAILED = "detailed"  # one line per entry


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """amount = quantity x unit_price, rounded half-up to the currency's exponent."""

    position: int  # 1-based
    kind: LineKind
    description: str
    quantity: Decimal  # hours (5 decimals), distance, or 1
    unit: str  # "hour" | "mi" | "km" | "each"
    unit_price: Decimal  # at most 7 decimals, in the invoice's currency
    amount: Decimal
    date: date | None = None  # civil day of the work, when all of the line is of one day
    job: str | None = None  # record id
    person: str | None = None  # record id
    taxable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """subtotal = sum of line amounts (deductions included, negative); total = subtotal + tax."""

    id: str
    organisation: str
    version: int
    number: str  # at most 21 characters
    client: str  # record id
    client_name: str
    currency: str  # ISO 4217, one per invoice
    issued: date
    due: date | None
    period_from: date
    period_to: date
    grouping: Grouping
    lines: tuple[InvoiceLine, ...]
    subtotal: Decimal
    tax_name: str | None  # None: no tax
    tax_percent: Decimal
    tax: Decimal  # round half-up(sum of taxable amounts x percent / 100)
    total: Decimal
    withdrawn: bool = False  # voided here: the books shall hold it void
    people: tuple[str, ...] = ()  # record ids of everybody whose work is on it (and the client's), for erasure
