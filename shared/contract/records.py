"""Records: what was logged, in one form for every source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar


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


class Origin(NamedTuple):
    """Where a record came from: a row of a stored file, or a request."""

    via: str  # "file" | "request"
    ref: str  # content hash of the file | id of the request
    row: int | None = None  # 1-based row of the file, the header being row 1; None for a request


@dataclass(frozen=True, kw_only=True)
class Record:
    """The header that every record carries. ``id`` is uuid5 of (organisation, kind, source, source_id).

    Without slots: a million of them are made of dicts and changed, which takes a tenth of the time so.
    """

    id: str
    organisation: str
    source: str  # "worklog", "toggl", "api", …: a lower-case word of at most 40 characters
    source_id: str  # the source's own id, or one derived from the content when the source has none; at most 200 characters
    revision: int = 0  # 1 for the first stored version; 0 while not stored
    content_hash: str = ""  # HMAC over the canonical content, set when stored
    origin: Origin | None = None
    deleted: bool = False  # tombstone: the source no longer has it


@dataclass(frozen=True, kw_only=True)
class Person(Record):
    name: str  # one line, at most 500 characters
    email: str | None = None  # at most 254 characters
    zone: str | None = None  # IANA zone of the person's civil dates; None: the organisation's


@dataclass(frozen=True, kw_only=True)
class Client(Record):
    name: str  # one line, at most 500 characters
    email: str | None = None  # at most 254 characters
    address: str | None = None  # lines, at most 1,000 characters together
    currency: str | None = None  # ISO 4217


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One line of a job's rate card. The line with a person beats the one without; later ``since`` beats earlier."""

    rate: Decimal  # per hour in the job's currency, 0 or more, at most 7 decimals
    overtime_rate: Decimal | None = None  # per hour in the job's currency, 0 or more; None: the ordinary rate
    person: str | None = None  # record id; None: everybody
    since: date | None = None  # first civil day it holds; None: always


@dataclass(frozen=True, kw_only=True)
class Job(Record):
    name: str  # one line, at most 500 characters
    client: str | None = None  # record id
    currency: str | None = None  # ISO 4217, of the rate card; None: the client's
    rates: tuple[Rate, ...] = ()  # the rate card, at most 200 lines, one per (person, since)


@dataclass(frozen=True, kw_only=True)
class Tag(Record):
    name: str  # one line, at most 500 characters


@dataclass(frozen=True, kw_only=True)
class Work(Record):
    """What time, expense and mileage have in common. References are record ids."""

    date: date  # civil date of the worker, never moved by a zone; years 1900 to 2199
    person: str  # record id of who worked, spent or drove
    client: str | None = None  # record id; None: the job's client
    job: str | None = None  # record id
    tags: tuple[str, ...] = ()  # record ids, each once, sorted; at most 50
    currency: str | None = None  # ISO 4217, of the rate or amount; None: the job's, then the client's, then the organisation's
    billable: bool = True  # false: never composed into an invoice
    notes: str = ""  # lines, at most 4,000 characters together


@dataclass(frozen=True, kw_only=True)
class TimeEntry(Work):
    """A stretch of work. All durations are whole seconds.

    ``start`` and ``end`` are wall-clock times: with an offset when the zone is known, without one when it isn't.
    end - start = seconds + break_seconds, in true seconds where the offsets are known. ``overtime_seconds`` is the
    part of ``seconds`` that is overtime. The start lies on ``date``; the end may lie on a later day.
    """

    seconds: int  # worked, breaks excluded: 0 to 31 days
    break_seconds: int = 0  # not worked between start and end
    overtime_seconds: int = 0  # 0 to ``seconds``
    start: datetime | None = None  # whole seconds; None: not known
    end: datetime | None = None  # whole seconds; None: not known
    zone: str | None = None  # IANA zone of start and end; None: not known
    rate: Decimal | None = None  # per hour, 0 or more, at most 7 decimals; None: the job's rate card


@dataclass(frozen=True, kw_only=True)
class Expense(Work):
    amount: Decimal  # in ``currency``, in whole smallest coins; negative for a refund
    category: str = ""  # the source's word for it, at most 100 characters


@dataclass(frozen=True, kw_only=True)
class Mileage(Work):
    distance: Decimal  # in ``unit``, 0 or more, at most 3 decimals
    unit: str = "mi"  # "mi" | "km"
    rate: Decimal | None = None  # per ``unit``, 0 or more, at most 7 decimals; None: must be set when composing
    vehicle: str = ""  # which one, at most 100 characters
    odometer_start: Decimal | None = None  # in ``unit``, 0 or more, at most 3 decimals; None: not read
    odometer_end: Decimal | None = None  # end - start is the distance, as exactly as both were read
    from_place: str = ""  # at most 200 characters
    to_place: str = ""  # at most 200 characters


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
    Kind.MILEAGE: ("notes", "vehicle", "from_place", "to_place"),
}
"""Fields that are sealed at rest: a person's and a client's under their own key, those of work under the person's."""

R = TypeVar("R", bound=Record)


def made(of: type, values: dict[str, Any]) -> Any:
    """A record of the values of all its fields: as its constructor makes it, in a tenth of the time."""
    record = object.__new__(of)
    object.__setattr__(record, "__dict__", values)
    return record


def changed(record: R, **values: Any) -> R:
    """What ``dataclasses.replace`` gives, in a tenth of the time."""
    have = record.__dict__ | values
    if len(have) != len(record.__dict__):
        raise TypeError(f"a {type(record).__name__} has no {', '.join(values.keys() - record.__dict__.keys())}")
    return made(type(record), have)  # type: ignore[no-any-return]


__all__ = [
    *(known.__name__ for known in KINDS.values()),
    *("KINDS", "PERSONAL", "AnyRecord", "Approval", "Kind", "Origin", "Rate", "Record", "Work"),
    *("changed", "made"),
]
