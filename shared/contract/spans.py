"""Whether a stretch of work agrees with itself: its start, its end, its zone and its length."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

from shared.kernel.dates import wall, zone_of
from shared.kernel.duration import format_hms
from shared.kernel.errors import Invalid


def settle(start: datetime | None, end: datetime | None, zone: str | None, total: int) -> tuple[datetime | None, datetime | None]:
    """Start and end with their offsets when the zone is known; ``total`` is worked plus break seconds.

    Of two equal readings in the autumn the pair that fits the length is meant; nothing else decides, so a single
    one means the first. Without a zone the readings are compared as they stand.
    """
    if zone is None and start is not None and end is not None and _apart(start, end) == total:
        return start, end
    starts, ends = _readings("start", start, zone), _readings("end", end, zone)
    if start is None or end is None:
        return starts[0], ends[0]
    for first in starts:
        for last in ends:
            if _apart(first, last) == total:
                return first, last
    raise _contradiction(start, end, _apart(starts[0], ends[-1]), total)


def lengths(start: datetime, end: datetime, zone: str | None) -> set[int]:
    """How many seconds may lie between: one number, but for readings that a zone has twice."""
    starts, ends = _readings("start", start, zone), _readings("end", end, zone)
    return {_apart(first, last) for first in starts for last in ends}


def _readings(field: str, moment: datetime | None, zone: str | None) -> list[datetime | None]:
    """What the reading may mean: one or two instants in a zone, else itself."""
    if moment is None or zone is None:
        return [moment]
    if moment.tzinfo is not None:
        local = moment.astimezone(zone_of(zone))
        return [moment.astimezone(timezone(local.utcoffset() or timedelta(0)))]
    try:
        return [wall(moment.date(), moment.time(), zone, fold) for fold in (0, 1)]
    except Invalid as gap:
        gap.facts["field"] = field
        raise


def _apart(start: datetime | None, end: datetime | None) -> int:
    if start is None or end is None or (start.tzinfo is None) != (end.tzinfo is None):
        cause = "only one of start and end has an offset"
        raise Invalid("mixed_offsets", cause, "give both with an offset, or neither, or name the zone")
    between = end - start
    return between.days * 86_400 + between.seconds  # moments are in whole seconds


def _contradiction(start: datetime, end: datetime, apart: int, total: int) -> Invalid:
    shown = f"start {start.isoformat()} and end {end.isoformat()}"
    if apart < 0:
        return Invalid(
            "end_before_start",
            f"the end lies before the start ({shown})",
            "give the end's own date when the work ended on a later day",
        )
    return Invalid(
        "duration_contradicts",
        f"{shown} are {format_hms(apart)} apart, but duration and break together are {format_hms(total)}",
        "mend the start, the end, the duration or the break; if the clocks changed in between, name the zone",
    )


def check_day(day: date, start: datetime | None) -> None:
    """The start's date is the entry's date."""
    if start is not None and start.date() != day:
        raise Invalid(
            "date_contradicts_start",
            f"the date is {day.isoformat()}, but the start lies on {start.date().isoformat()}",
            "give the civil date and the wall-clock start of the place of work, or its zone",
        )
