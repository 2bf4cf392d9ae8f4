"""Civil dates, wall-clock times and instants: strict readers, and what daylight saving does to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from shared.kernel.errors import Invalid
from shared.kernel.quote import quoted

FIRST_YEAR, LAST_YEAR = 1900, 2199  # another century is a slip of the pen, and arithmetic stays far from datetime's ends

_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_INSTANT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2})(:[0-9]{2})?(?:\.([0-9]{1,9}))?(Z|[+-][0-9]{2}:[0-9]{2})")
_HOUR = timedelta(hours=1)


def parse_date(text: object) -> date:
    """A civil date, written ``YYYY-MM-DD`` and in no other way."""
    if not isinstance(text, str):
        raise _bad_date(text, "is not a date")
    return _parsed(text)


@lru_cache(maxsize=4096)  # a file has few days and many rows
def _parsed(text: str) -> date:
    match = _DATE.fullmatch(text)
    if match is None:
        raise _bad_date(text, "is not a date")
    return civil(int(match[1]), int(match[2]), int(match[3]), text)


def civil(year: int, month: int, day: int, shown: object) -> date:
    """The date of these numbers; ``shown`` is what the sender wrote, for the message."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise _bad_date(shown, f"is not between {FIRST_YEAR} and {LAST_YEAR}")
    try:
        return date(year, month, day)
    except ValueError as error:
        raise _bad_date(shown, "is not in the calendar") from error


def _bad_date(text: object, why: str) -> Invalid:
    return Invalid("bad_date", f"{quoted(text)} {why}", "write the civil date as YYYY-MM-DD, for example 2024-02-29")


def parse_instant(text: object) -> datetime:
    """A point in time with its offset, ISO 8601: ``2024-03-01T09:00:00Z`` or ``…+01:00``. Below microseconds is cut off."""
    match = _INSTANT.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise _bad_instant(text)
    day, clock, seconds, fraction, offset = match.groups()
    parse_date(day)
    try:
        return datetime.fromisoformat(f"{day}T{clock}{seconds or ':00'}.{(fraction or '').ljust(6, '0')[:6]}{offset}")
    except ValueError as error:
        raise _bad_instant(text) from error


def _bad_instant(text: object) -> Invalid:
    return Invalid(
        "bad_instant",
        f"{quoted(text)} is not a date and time with an offset",
        "write it as 2024-03-01T09:00:00+01:00, or with Z for UTC",
    )


def utc_text(instant: datetime) -> str:
    """An aware datetime in UTC as ``2024-03-01T08:00:00Z``; a naive one is a mistake of the program."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs an offset")
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def zone_of(name: object) -> ZoneInfo:
    """The IANA zone of this name."""
    if not isinstance(name, str) or name not in _zones():
        raise Invalid("unknown_zone", f"{quoted(name)} is not an IANA time zone", "write it as Europe/Madrid or America/New_York")
    return ZoneInfo(name)


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def wall(day: date, clock: time, zone: str, fold: int = 0) -> datetime:
    """The wall-clock time of a zone with its offset fixed, so that differences are true seconds.

    ``fold`` 1 means the second of two equal readings in the autumn. A reading that the clocks skip is refused.
    """
    place = zone_of(zone)
    reading = datetime.combine(day, clock.replace(tzinfo=None, fold=fold), place)
    instant = reading.astimezone(UTC)
    if instant.astimezone(place).replace(tzinfo=None, fold=0) != reading.replace(tzinfo=None, fold=0):
        raise Invalid(
            "dst_gap",
            f"{day.isoformat()} {clock.isoformat()} does not exist in {zone}: the clocks skip it",
            "give the time that the clocks showed after the change",
            zone=zone,
        )
    return instant.astimezone(timezone(instant.astimezone(place).utcoffset() or timedelta(0)))


@lru_cache(maxsize=4096)
def day_length(day: date, zone: str) -> int:
    """How many seconds the clocks of the zone show this civil date: 86,400 but for the days when they change."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    total = timedelta(0)
    for start, end, offset in _steady(zone_of(zone), midnight - 18 * _HOUR, midnight + 42 * _HOUR):
        seen = min(end + offset, midnight + 24 * _HOUR) - max(start + offset, midnight)
        total += max(seen, timedelta(0))
    return round(total / timedelta(seconds=1))


def _steady(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """The pieces of [start, end), in UTC, within which the zone's offset stays the same."""
    since, here, offset = start, start, _offset(zone, start)
    while here < end:
        ahead = min(here + _HOUR, end)
        if _offset(zone, ahead) != offset:
            ahead = _change(zone, here, ahead)
            yield since, ahead, offset
            since, offset = ahead, _offset(zone, ahead)
        here = ahead
    yield since, end, offset


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first second within (before, after] that has another offset than ``before``."""
    offset = _offset(zone, before)
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        before, after = (middle, after) if _offset(zone, middle) == offset else (before, middle)
    return after


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta(0)
