"""How many calls a push will take and when it will be done, as the rules of a region and of its limits have it; pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.xero_connector.regions.region import Can, Region
from shared.connector.provider import Operation
from shared.contract.statuses import TimesheetStatus

Change = tuple[str, int, str]
"""(operation, lines that differ from what is there, status of what is there)"""
_SET_BACK = (TimesheetStatus.APPROVED, TimesheetStatus.REQUESTED, TimesheetStatus.REJECTED)


@dataclass(frozen=True, slots=True)
class Writes:
    """What is to be written, counted. ``lines`` and ``set_back`` concern what is there already."""

    creates: int = 0
    updates: int = 0
    retires: int = 0
    lines: int = 0  # to be added, changed or removed
    set_back: int = 0  # to a draft, before anything can be changed


@dataclass(frozen=True, slots=True)
class Limits:
    """What an organisation may be asked. ``made``: its calls that still count, with the time until which they do."""

    between: timedelta  # one call and the next
    per_day: int
    counts: timedelta  # how long a call counts
    made: Sequence[tuple[datetime, int]] = ()


@dataclass(frozen=True, slots=True)
class Forecast:
    calls: int
    done_at: datetime


def forecast(region: Region, writes: Writes, limits: Limits, now: datetime, *, approve: bool, array_size: int) -> Forecast:
    """What a push will take if nothing is refused."""
    needed = calls(region, writes, approve=approve, array_size=array_size)
    return Forecast(needed, done_at(needed, limits, now))


def counted(changes: Iterable[Change]) -> Writes:
    """Add up what a plan would write."""
    every = list(changes)
    of = {kind: sum(operation == kind for operation, *_ in every) for kind in Operation}
    there = [(lines, status) for operation, lines, status in every if operation == Operation.UPDATE]
    set_back = sum(lines > 0 and status in _SET_BACK for lines, status in there)
    set_back += sum(operation == Operation.RETIRE and status in _SET_BACK[:2] for operation, _, status in every)
    lines = sum(lines for lines, _ in there)
    return Writes(of[Operation.CREATE], of[Operation.UPDATE], of[Operation.RETIRE], lines, set_back)


def calls(region: Region, writes: Writes, *, approve: bool, array_size: int) -> int:
    """Calls of a push: whole timesheets by the array where the region takes them, else one by one and changed line by line.

    What is there already is looked at right before it is changed, an array by one list of what changed.
    """
    if Can.MANY_AT_ONCE in region.can:
        return -(-(writes.creates + writes.updates) // array_size) + -(-writes.updates // array_size)  # looked at before
    created = writes.creates * (2 if approve else 1)
    updated = writes.updates * 2 + writes.lines  # looked at before; approved, or looked at again, after
    return created + updated + writes.retires * 2 + writes.set_back


def done_at(calls: int, limits: Limits, now: datetime) -> datetime:
    """When the last of so many calls will have been made, at full pace and within any 24 hours' number."""
    counting = deque(sorted(limits.made))
    used, at, last = sum(many for _, many in counting), now, now
    for _ in range(calls):
        while counting and (counting[0][0] <= at or used >= limits.per_day):
            until, many = counting.popleft()
            at, used = max(at, until), used - many
        counting.append((at + limits.counts, 1))
        used, last, at = used + 1, at, at + limits.between
    return last
