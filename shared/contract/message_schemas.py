"""Reads and writes the bodies of feed messages; fields of a later minor version are passed over."""

from __future__ import annotations

from functools import partial
from typing import Any

from shared.contract import fields as f
from shared.contract.messages import InvoiceStatusMessage, ProblemMessage
from shared.contract.statuses import BindingState, InvoiceStatus

_LONG = 10**9
_id = partial(f.text, 200, required=True)
_amount = partial(f.number, 10, 15, negative=True, allow_none=True, load_default=None)


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


_STATUS, _PROBLEM = _StatusSchema(), _ProblemSchema()


def load_status(data: dict[str, Any]) -> InvoiceStatusMessage:
    """What the books say of an invoice, from a message's body."""
    return InvoiceStatusMessage(**f.load(_STATUS, data, "the status"))


def dump_status(message: InvoiceStatusMessage) -> dict[str, Any]:
    """The message as a plain object, Decimals as they are."""
    dumped: dict[str, Any] = _STATUS.dump(message)
    return dumped


def load_problem(data: dict[str, Any]) -> ProblemMessage:
    """A problem from a message's body."""
    return ProblemMessage(**f.load(_PROBLEM, data, "the problem"))


def dump_problem(message: ProblemMessage) -> dict[str, Any]:
    """The message as a plain object."""
    dumped: dict[str, Any] = _PROBLEM.dump(message)
    return dumped
