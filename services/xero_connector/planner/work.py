"""Work that is to be paid, and how each entry falls onto civil days and kinds of pay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from shared.contract.records import TimeEntry
from shared.domain.days import pieces as by_day
from shared.kernel.dates import zone_of

ORDINARY = "ordinary"
OVERTIME = "overtime"
ALLOWANCE = "allowance:"
"""Kinds of pay are words: ``ordinary``; ``overtime`` and further tiers such as ``overtime:2``; ``allowance:`` and a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PayableWork:
    """The present state of one entry as far as pay goes.

    ``seconds`` are by kind, each kind once. Allowances come on top of the worked time, not out of it. Negative seconds
    are a correction.
    """

    entry: str
    revision: int
    person: str
    date: date  # civil day of the worker on which it began
    seconds: tuple[tuple[str, int], ...]
    start: datetime | None = None
    end: datetime | None = None
    zone: str | None = None
    break_seconds: int = 0
    job: str | None = None
    tags: tuple[str, ...] = ()
    approved: bool = False
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """The part of an entry that lies on one civil day and is of one kind."""

    entry: str
    revision: int
    person: str
    date: date
    kind: str
    seconds: int
    job: str | None = None
    tags: tuple[str, ...] = ()
    order: str = ""  # when it was worked, among the day's pieces


def of_entry(entry: TimeEntry, *, approved: bool) -> PayableWork:
    """A time entry as payable work: its overtime as logged."""
    kinds = ((ORDINARY, entry.seconds - entry.overtime_seconds), (OVERTIME, entry.overtime_seconds))
    return PayableWork(
        entry=entry.id,
        revision=entry.revision,
        person=entry.person,
        date=entry.date,
        seconds=tuple(one for one in kinds if one[1]),
        start=entry.start,
        end=entry.end,
        zone=entry.zone,
        break_seconds=entry.break_seconds,
        job=entry.job,
        tags=entry.tags,
        approved=approved,
        deleted=entry.deleted,
    )


def pieces(work: PayableWork, zone: str) -> tuple[Piece, ...]:
    """An entry by civil day and kind; ``zone`` is the person's, for entries that name none. Deleted or not approved: none."""
    if work.deleted or not work.approved:
        return ()
    worked = [one for one in work.seconds if not is_allowance(one[0])]
    allowances = [(work.date, kind, seconds) for kind, seconds in work.seconds if is_allowance(kind)]
    found = [*_dealt(worked, days(work, zone)), *allowances]
    return tuple(_piece(work, *one) for one in found if one[2])


def is_allowance(kind: str) -> bool:
    return kind.startswith(ALLOWANCE)


def days(work: PayableWork, zone: str) -> list[tuple[date, int]]:
    """The worked seconds by civil day. All on the entry's date unless start, end, break and seconds agree on something better.

    Where wall-clock times have no offset they are read in the zone, and, should that not add up, as plain clocks.
    """
    worked = sum(seconds for kind, seconds in work.seconds if not is_allowance(kind))
    for start, end, place in _readings(work.start, work.end, work.zone or zone):
        found = by_day(start, end, place)
        if worked > 0 and sum(part for _, part in found) == worked + work.break_seconds and found[0][0] == work.date:
            return _without_break(found, work.break_seconds)
    return [(work.date, worked)]


def _readings(start: datetime | None, end: datetime | None, zone: str) -> Iterator[tuple[datetime, datetime, str]]:
    if start is None or end is None:
        return
    if start.tzinfo is not None and end.tzinfo is not None:
        yield start, end, zone
        return
    for place in (zone, "UTC"):
        yield start.replace(tzinfo=zone_of(place)), end.replace(tzinfo=zone_of(place)), place


def _without_break(found: list[tuple[date, int]], left: int) -> list[tuple[date, int]]:
    """When the break was taken isn't known; it is counted to the longest day, what doesn't fit there to the next longest."""
    parts = dict(found)
    for day in sorted(parts, key=lambda one: (-parts[one], one)):
        taken = min(left, parts[day])
        parts[day], left = parts[day] - taken, left - taken
    return list(parts.items())


def _dealt(kinds: Iterable[tuple[str, int]], room: list[tuple[date, int]]) -> list[tuple[date, str, int]]:
    """Kinds laid onto the days in their order, so that overtime is the end of a shift."""
    if len(room) == 1:
        return [(room[0][0], kind, seconds) for kind, seconds in kinds]
    found, waiting = [], [*kinds]
    for day, free in room:
        while free > 0 and waiting:
            kind, seconds = waiting.pop(0)
            taken = min(free, seconds)
            found.append((day, kind, taken))
            free -= taken
            if seconds > taken:
                waiting.insert(0, (kind, seconds - taken))
    return found


def _piece(work: PayableWork, day: date, kind: str, seconds: int) -> Piece:
    began = work.start.isoformat() if work.start and day == work.date else ""
    return Piece(
        entry=work.entry,
        revision=work.revision,
        person=work.person,
        date=day,
        kind=kind,
        seconds=seconds,
        job=work.job,
        tags=work.tags,
        order=began,
    )
