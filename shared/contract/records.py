"""Records: what was logged, in one form for every source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class Kind(StrEnum):
    PERSON = "person"
    CLIENT = "client"
    JOB = "job"
    TAG = "tag"
    TIME = "time"
    EXPENSE = "expense"
    MILEAGE = "mileage"


class Approval(StrEnum):
    """Approval here; it gates what is composed. Approval in the books is another thing and never overwrites it."""

    DRAFT = "draft"
    HELD = "held"  # approved, but a warning waits for a person to confirm it
    APPROVED = "approved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a record came from: a row of a stored file, or a request."""

    via: str  # "file" | "request"
    ref: str  # content hash of the file | id of the request
    row: int | None = None  # 1-based row of the file, the header being row 1; None for a request


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The header that every record carries. ``id`` is uuid5 of (organisation, kind, source, source_id)."""

    id: str
    organisation: str
    source: str  # "worklog", "toggl", "api", …
    source_id: str  # the source's own id, or one derived from the content when the source has none
    revision: int = 0  # 1 for the first stored version; 0 while not stored
    content_hash: str = ""  # HMAC over the canonical content, set when stored
    origin: Origin | None = None
    deleted: bool = False  # tombstone: the source no longer has it


@dataclass(frozen=True, slots=True, kw_only=True)
class Person(Record):
    name: str
    email: str | None = None
    zone: str | None = None  # IANA zone of the person's civil dates; None: the organisation's


@dataclass(frozen=True, slots=True, kw_only=True)
class Client(Record):
    name: str
    email: str | None = None
    address: str | None = None
    currency: str | None = None  # ISO 4217


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One line of a job's rate card. The line with a person beats the one without; later ``since`` beats earlier."""

    rate: Decimal  # per hour, at most 7 decimals
    overtime_rate: Decimal | None = None  # per hour; None: the ordinary rate
    person: str | None = None  # record id; None: everybody
    since: date | None = None  # first civil day it holds; None: always


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(Record):
    name: str
    client: str | None = None  # record id
    currency: str | None = None  # ISO 4217, of the rate card
    rates: tuple[Rate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag(Record):
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Work(Record):
    """What time, expense and mileage have in common. References are record ids."""

    date: date  # civil date of the worker, never moved by a zone
    person: str
    client: str | None = None
    job: str | None = None
    tags: tuple[str, ...] = ()
    currency: str | None = None  # ISO 4217; None: the job's, then the client's, then the organisation's
    billable: bool = True
    notes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeEntry(Work):
    """A stretch of work. All durations are whole seconds.

    ``start`` and ``end`` are wall-clock times: with an offset when the zone is known, without one when it isn't.
    end - start = seconds + break_seconds. ``overtime_seconds`` is the part of ``seconds`` that is overtime.
    """

    seconds: int
    break_seconds: int = 0
    overtime_seconds: int = 0
    start: datetime | None = None
    end: datetime | None = None
    zone: str | None = None  # IANA
    rate: Decimal | None = None  # per hour; None: the job's rate card


@dataclass(frozen=True, slots=True, kw_only=True)
class Expense(Work):
    amount: Decimal  # in ``currency``; negative for a refund
    category: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mileage(Work):
    distance: Decimal  # in ``unit``, at most 3 decimals
    unit: str = "mi"  # "mi" | "km"
    rate: Decimal | None = None  # per unit of distance; None: must be set when composing


AnyRecord = Person | Client | Job | Tag | TimeEntry | Expense | Mileage
KINDS: dict[Kind, type[Record]] = {
    Kind.PERSON: Person,
    Kind.CLIENT: Client,
    Kind.JOB: Job,
    Kind.TAG: Tag,
    Kind.TIME: TimeEntry,
    Kind.EXPENSE: Expense,
    Kind.MILEAGE: Mileage,
}
PERSONAL: dict[Kind, tuple[str, ...]] = {
    Kind.PERSON: ("name", "email"),
    Kind.CLIENT: ("name", "email", "address"),
    Kind.JOB: (),
    Kind.TAG: (),
    Kind.TIME: ("notes",),
    Kind.EXPENSE: ("notes",),
    Kind.MILEAGE: ("notes",),
}
"""Fields that are sealed at rest: a person's and a client's under their own key, notes under the person's."""

__all__ = [*(k.__name__ for k in KINDS.values()), "AnyRecord", "Approval", "Kind", "KINDS", "Origin", "PERSONAL", "Rate", "Record", "Work"]
