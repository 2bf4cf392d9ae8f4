"""Messages: the present state of one subject, as services tell each other through the feed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

SCHEMA = "1"
"""Version of the shared schema. Within it only additions; a reader that meets another major version stops and waits."""

RECORD_CHANGED = "record.changed"  # ingest: the subject is a record, its version the revision; no body
INVOICE_CHANGED = "invoice.changed"  # ingest: body is documents.Invoice
INVOICE_STATUS_CHANGED = "invoice.status_changed"  # connectors: body is InvoiceStatusMessage
WORK_CHANGED = "work.changed"  # ingest: subject is the time entry's record id, version its revision; body is WorkMessage
TIMESHEET_STATUS_CHANGED = "timesheet.status_changed"  # connectors: body is TimesheetStatusMessage
PERSON_ERASED = "person.erased"  # ingest: subject is the person's or client's record id; body is {}
SESSION_REUSE = "session.reuse"  # ingest: somebody holds a copy of a refresh token; subject is the session, which has ended
CONNECTION_CHANGED = "connection.changed"  # connectors: body is ConnectionMessage; its version says nothing
PROBLEM_CHANGED = "problem.changed"  # connectors: body is ProblemMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceStatusMessage:
    """What the books say of one invoice, as one connection sees it. ``version`` counts this subject's changes up from 1."""

    invoice: str
    version: int
    connection: str
    generation: int
    status: str  # statuses.InvoiceStatus
    binding_state: str  # statuses.BindingState
    wanted_version: int  # version of the invoice that the books shall have
    pushed_version: int  # version they have; 0: none
    external_id: str | None
    external_number: str | None
    deep_link: str | None
    total: Decimal | None  # as the books computed it
    balance: Decimal | None
    currency: str
    problem: str | None  # code of the open problem


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkMessage:
    """The present state of one time entry as far as pay goes; of an entry whose person was erased there is none."""

    entry: str  # record id
    revision: int  # of the entry; approving it changes none
    person: str  # record id
    person_name: str
    date: date  # civil date of the worker on which it began
    seconds: tuple[tuple[str, int], ...]  # whole seconds worked by kind, each kind once: "ordinary", "overtime"; none of 0
    start: datetime | None  # wall clock of the worker: with an offset when the zone is known, without one when it isn't
    end: datetime | None  # likewise
    zone: str | None  # IANA zone of start and end; None: not known
    person_zone: str  # IANA zone of the person's civil dates: the person's own, else the organisation's
    break_seconds: int  # whole seconds not worked between start and end
    job: str | None  # record id
    tags: tuple[str, ...]  # record ids
    names: dict[str, str]  # record id -> name, of the job and the tags
    approved: bool  # here; nothing is paid before
    deleted: bool  # the source no longer has it


@dataclass(frozen=True, slots=True, kw_only=True)
class TimesheetStatusMessage:
    """What the books say of one timesheet, as one connection sees it. ``version`` counts this subject's changes up from 1."""

    timesheet: str  # document id
    version: int
    connection: str
    generation: int
    person: str  # record id
    period_start: date  # civil dates in the calendar of the books, both inclusive
    period_end: date
    hours: Decimal  # as wanted, 2 decimals
    region: str  # which of the books' payrolls: a short word
    status: str  # statuses.TimesheetStatus
    binding_state: str  # statuses.BindingState
    wanted_version: int  # version of the timesheet that the books shall have
    pushed_version: int  # version they have; 0: none
    external_id: str | None
    deep_link: str | None
    total: Decimal | None  # hours as the books have them
    payment_date: date | None  # civil date on which the pay run that holds it pays
    problem: str | None  # code of the open problem
    entries: tuple[tuple[str, int], ...]  # (time entry's record id, whole seconds) that it pays; none once withdrawn or deleted


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionMessage:
    """How one connection stands now."""

    connection: str
    state: str  # statuses.ConnectionState


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemMessage:
    """Something a person can mend. ``open`` false closes it."""

    problem: str
    version: int
    connection: str | None
    code: str
    subject: str
    about: str | None  # record id of the person or client whom the cause may name: seal it under their key
    title: str
    cause: str
    remedy: str
    blocks: int  # how many things wait for it
    open: bool
