"""Reads and writes the bodies of feed messages; fields of a later minor version are passed over."""

from __future__ import annotations

from functools import partial
from typing import Any

from marshmallow import fields

from shared.contract import fields as f
from shared.contract.messages import ConnectionMessage, InvoiceStatusMessage, ProblemMessage, TimesheetStatusMessage, WorkMessage
from shared.contract.statuses import BindingState, ConnectionState, InvoiceStatus, TimesheetStatus

_LONG = 10**9
_id = partial(f.text, 200, required=True)
_amount = partial(f.number, 10, 15, negative=True, allow_none=True, load_default=None)
_word = partial(f.text, allow_none=True, load_default=None)


def _seconds(**options: Any) -> fields.List[Any]:
    """Pairs of a word and whole seconds."""
    return fields.List(fields.Tuple((_id(), f.whole(_LONG, lowest=-_LONG, required=True))), **options)


class _StatusSchema(f.Tolerant):
    invoice = _id()
    version = f.whole(_LONG, lowest=1, required=True)
    connection = _id()
    generation = f.whole(_LONG, required=True)
    status = f.choice(InvoiceStatus, required=True)
    binding_state = f.choice(BindingState, required=True)
    wanted_version = f.whole(_LONG, required=True)
    pushed_version = f.whole(_LONG, required=True)
    external_id = f.text(200, allow_none=True, load_default=None)
    external_number = f.text(200, allow_none=True, load_default=None)
    deep_link = f.text(2000, allow_none=True, load_default=None)
    total = _amount()
    balance = _amount()
    currency = f.currency(required=True)
    problem = f.text(200, allow_none=True, load_default=None)


class _TimesheetSchema(f.Tolerant):
    timesheet = _id()
    version = f.whole(_LONG, lowest=1, required=True)
    connection = _id()
    generation = f.whole(_LONG, required=True)
    person = _id()
    period_start = f.civil_date(required=True)
    period_end = f.civil_date(required=True)
    hours = f.number(2, 6, negative=True, required=True)
    region = f.text(40, required=True)
    status = f.choice(TimesheetStatus, required=True)
    binding_state = f.choice(BindingState, required=True)
    wanted_version = f.whole(_LONG, required=True)
    pushed_version = f.whole(_LONG, required=True)
    external_id = _word(200)
    deep_link = _word(2000)
    total = _amount()
    payment_date = f.civil_date(allow_none=True, load_default=None)
    problem = _word(200)
    entries = _seconds(required=True)


class _WorkSchema(f.Tolerant):
    entry = _id()
    revision = f.whole(_LONG, lowest=1, required=True)
    person = _id()
    person_name = f.text(500, required=True)
    date = f.civil_date(required=True)
    seconds = _seconds(required=True)
    start = f.moment(allow_none=True, load_default=None)
    end = f.moment(allow_none=True, load_default=None)
    zone = f.zone(allow_none=True, load_default=None)
    person_zone = f.zone(required=True)
    break_seconds = f.whole(_LONG, load_default=0)
    job = _word(200)
    tags = fields.List(_id(), load_default=())
    names = fields.Dict(keys=_id(), values=f.text(500, required=True), load_default=dict)
    approved = f.flag(required=True)
    deleted = f.flag(required=True)


class _ProblemSchema(f.Tolerant):
    problem = _id()
    version = f.whole(_LONG, lowest=1, required=True)
    connection = f.text(200, allow_none=True, load_default=None)
    code = _id()
    subject = f.text(200, empty=True, required=True)
    title = f.text(500, empty=True, required=True)
    cause = f.text(4000, multiline=True, empty=True, required=True)
    remedy = f.text(4000, multiline=True, empty=True, required=True)
    about = f.text(200, allow_none=True, load_default=None)
    blocks = f.whole(_LONG, required=True)
    open = f.flag(required=True)


class _ConnectionSchema(f.Tolerant):
    connection = _id()
    state = f.choice(ConnectionState, required=True)


_CONNECTION = _ConnectionSchema()
_STATUS, _PROBLEM, _TIMESHEET, _WORK = _StatusSchema(), _ProblemSchema(), _TimesheetSchema(), _WorkSchema()


def load_status(data: dict[str, Any]) -> InvoiceStatusMessage:
    """What the books say of an invoice, from a message's body."""
    return InvoiceStatusMessage(**f.load(_STATUS, data, "the status"))


def dump_status(message: InvoiceStatusMessage) -> dict[str, Any]:
    """The message as a plain object, Decimals as they are."""
    dumped: dict[str, Any] = _STATUS.dump(message)
    return dumped


def load_connection(data: dict[str, Any]) -> ConnectionMessage:
    """How a connection stands, from a message's body."""
    return ConnectionMessage(**f.load(_CONNECTION, data, "the connection"))


def load_problem(data: dict[str, Any]) -> ProblemMessage:
    """A problem from a message's body."""
    return ProblemMessage(**f.load(_PROBLEM, data, "the problem"))


def dump_problem(message: ProblemMessage) -> dict[str, Any]:
    """The message as a plain object."""
    dumped: dict[str, Any] = _PROBLEM.dump(message)
    return dumped


def load_timesheet_status(data: dict[str, Any]) -> TimesheetStatusMessage:
    """What the books say of a timesheet, from a message's body."""
    values = f.load(_TIMESHEET, data, "the timesheet's status")
    return TimesheetStatusMessage(**values | {"entries": tuple(values["entries"])})


def dump_timesheet_status(message: TimesheetStatusMessage) -> dict[str, Any]:
    """The message as a plain object: dates as text, Decimals as they are."""
    dumped: dict[str, Any] = _TIMESHEET.dump(message)
    return dumped


def load_work(data: dict[str, Any]) -> WorkMessage:
    """A payable entry from a message's body."""
    values = f.load(_WORK, data, "the work")
    return WorkMessage(**values | {"seconds": tuple(values["seconds"]), "tags": tuple(values["tags"])})


def dump_work(message: WorkMessage) -> dict[str, Any]:
    """The message as a plain object: dates and times as text."""
    dumped: dict[str, Any] = _WORK.dump(message)
    return dumped
