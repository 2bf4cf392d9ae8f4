"""What has to be known of a payroll region: its facts as data, its translations as functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.xero_connector.planner.timesheet import Timesheet
from shared.connector.provider import Seen, Wire


class Can(StrEnum):
    """What a region's API can be asked to do, beyond creating, changing and reading a timesheet."""

    APPROVE = "approve"
    REVERT = "revert"
    DELETE = "delete"
    ZERO = "zero"  # set what is there to zero, where it can't be deleted
    MANY_AT_ONCE = "many_at_once"
    CHANGED_SINCE = "changed_since"  # list what changed since a time
    CREATE_PAY_RUN = "create_pay_run"
    POST_PAY_RUN = "post_pay_run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One call of a change. ``path`` is below the timesheet's own; ``body`` None: the call has none."""

    does: str  # line_added | line_changed | line_removed | reverted | approved | deleted
    method: str
    path: str
    body: Wire | None = None


Payload = Callable[[Timesheet, str, str | None], Wire]
"""(timesheet, employee id, id over there or None) -> the object to send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    key: str
    title: str
    country: str
    version: str
    path: str  # below the API host
    can: frozenset[Can]
    rate_kinds: frozenset[str] | None  # kinds of earnings rates on timesheets; None: all
    limits: tuple[str, ...]  # what this region can't do, for its reader
    to_payload: Payload
    to_retire: Payload  # the object to send where retiring is a change; where it is a deletion, what is deleted
    edits: Callable[[Wire, Wire], tuple[Step, ...]]  # (there now, as it shall be) -> calls; () where one payload says all
    read_status: Callable[[Wire], Seen]
    picture: Callable[[Wire], Mapping[str, str]]
