"""Civil days: how a stretch of work falls over midnights, and which days hold more work than they have hours."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from shared.contract.records import TimeEntry
from shared.kernel.dates import day_length, zone_of

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LongDay:
    """A civil day on which a person has logged more than its clocks show."""

    person: str
    date: date
    seconds: int
    length: int
    entries: tuple[str, ...]


def pieces(start: datetime, end: datetime, zone: str) -> list[tuple[date, int]]:
    """The true seconds of [start, end) on each civil date of the zone; both instants need an offset."""
    place, found = zone_of(zone), []
    here, end = start.astimezone(UTC), end.astimezone(UTC)
    while here < end:
        day = here.astimezone(place).date()
        until = min(end, max(_midnight_after(day, zone), here + _SECOND))
        found.append((day, (until - here) // _SECOND))
        here = until
    return found


def _midnight_after(day: date, zone: str) -> datetime:
    """The first instant of the next date; where the clocks skip midnight, the instant at which they skip it."""
    after = datetime.combine(day + timedelta(days=1), time(0), zone_of(zone)).astimezone(UTC)
    while after.astimezone(zone_of(zone)).date() <= day:  # the gap swallowed midnight on the early side
        after += timedelta(minutes=15)
    return after


def worked(entry: TimeEntry, zone: str) -> list[tuple[date, int]]:
    """The seconds of an entry by civil date: over its midnights when start and end are known, else all on its date.

    When the break was taken isn't known; it is counted to the longest piece. The entry's own date never moves.
    """
    if entry.start is None or entry.end is None or entry.start.tzinfo is None or entry.end.tzinfo is None:
        return [(entry.date, entry.seconds)]
    found = pieces(entry.start, entry.end, zone)
    if sum(seconds for _, seconds in found) != entry.seconds + entry.break_seconds or len(found) < 2:
        return [(entry.date, entry.seconds)]
    longest = max(range(len(found)), key=lambda at: found[at][1])
    found[longest] = (found[longest][0], found[longest][1] - entry.break_seconds)
    return found


def long_days(entries: Iterable[TimeEntry], zone_of_person: Callable[[str], str]) -> list[LongDay]:
    """The days with more work than they have hours: 24, or 23 or 25 when the clocks change."""
    seconds: dict[tuple[str, date], int] = {}
    ids: dict[tuple[str, date], list[str]] = {}
    zones: dict[tuple[str, date], str] = {}
    for entry in entries:
        zone = entry.zone or zone_of_person(entry.person)
        for day, part in worked(entry, zone):
            key = (entry.person, day)
            seconds[key] = seconds.get(key, 0) + part
            ids.setdefault(key, []).append(entry.id)
            zones.setdefault(key, zone)
    found = []
    for key in sorted(seconds):
        length = day_length(key[1], zones[key])
        if seconds[key] > length:
            named = tuple(ids[key])
            found.append(LongDay(person=key[0], date=key[1], seconds=seconds[key], length=length, entries=named))
    return found
