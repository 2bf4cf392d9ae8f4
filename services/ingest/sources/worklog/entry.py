"""What a row's values make together: the fields of a time entry, an expense or a mileage trip."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NoReturn

from services.ingest.sources.worklog.cells import Moment
from services.ingest.sources.worklog.layout import OF_TRIPS, Layout
from shared.contract.records import Kind
from shared.contract.spans import lengths
from shared.kernel.duration import format_hms, hours
from shared.kernel.errors import Invalid
from shared.kernel.money import parse_decimal, round_money

Values = Mapping[str, Any]
"""Our column -> its value as ``cells`` reads it; columns without a value are not there."""

_EVERY = {"kind", "source_id", "date", "person", "client", "job", "tags", "currency", "billable", "notes"}
PLACE: dict[Kind, frozenset[str]] = {
    Kind.TIME: frozenset(_EVERY | {"start", "end", "duration", "break", "overtime", "rate", "amount"}),
    Kind.EXPENSE: frozenset(_EVERY | {"amount", "category"}),
    Kind.MILEAGE: frozenset(_EVERY | {"distance", "unit", "rate", *OF_TRIPS}),
}
"""Which columns say something in a row of each kind."""

_DAY, _HALF_A_DAY = 86_400, 43_200
_NOON = 12
_SECOND = timedelta(seconds=1)
_ROUNDING = 180  # seconds: half of a tenth of an hour, the coarsest that a duration is rounded to
_RATE = Decimal("0.0000001")


def fields_of(kind: Kind, values: Values, layout: Layout) -> dict[str, Any]:
    """The fields as ``load_record`` takes them, references and the source id left out. Invalid names its ``column``."""
    day = values.get("date") or values.get("start", (None, None))[0]
    if day is None:
        _refuse("date", "missing_field", "the row has no date", "give the date of the work")
    common = {name: values[name] for name in ("currency", "billable", "notes") if name in values}
    if kind is Kind.TIME:
        return common | _time(values, day, layout)
    own = {name: values[name] for name in ("amount", "category", "distance", "unit", "rate", *OF_TRIPS) if name in values}
    return common | own | {"date": day}


def signless(values: Values) -> Iterator[tuple[str, Invalid]]:
    """An amount in no known currency, where signs say what amounts are in."""
    money = next((column for column in ("amount", "rate") if set("123456789").intersection(values.get(column, ""))), None)
    if money and "currency" not in values:
        remedy = 'say the currency of amounts without a sign under "constants", or have the file looked at anew'
        yield money, Invalid("no_sign", "no sign says in which currency it is, as the layout expects", remedy)


def _time(values: Values, day: date, layout: Layout) -> dict[str, Any]:
    pause = values.get("break", 0)
    stated = values["duration"] - (pause if layout.gross else 0) if "duration" in values else None
    start = _start(values.get("start"), day)
    end = _end(values.get("end"), start, day, None if stated is None else stated + pause)
    if layout.overnight:
        end = _next_day(values, start, end)
    if layout.twelve and start and end:
        _check_twelve(start, end)
        return _timed(values, day, _halved(stated, start, end, pause), None, None, layout)
    worked = _worked(stated, start, end, pause, layout)
    return _timed(values, day, worked, start, end, layout)


def _check_twelve(start: datetime, end: datetime) -> None:
    """Refuse an hour that no clock of twelve shows: then the half of the day is told after all."""
    for column, moment in (("start", start), ("end", end)):
        if not 1 <= moment.hour <= _NOON:
            cause = f"{moment:%H:%M} is of a clock of 24 hours, where the layout has one of twelve"
            _refuse(column, "not_twelve", cause, "say how the file writes its times")


def _halved(stated: int | None, start: datetime, end: datetime, pause: int) -> int:
    """What was worked between hours of an untold half of the day."""
    return (end - start) // _SECOND % _HALF_A_DAY - pause if stated is None else stated


def _timed(
    values: Values, day: date, worked: int, start: datetime | None, end: datetime | None, layout: Layout
) -> dict[str, Any]:
    pause = values.get("break", 0)
    if worked < 0:
        _refuse("break", "break_too_long", f"the break of {format_hms(pause)} is longer than the whole", "mend the break")
    return {
        "date": day,
        "seconds": worked,
        "break_seconds": pause,
        "overtime_seconds": values.get("overtime", 0),
        "start": start,
        "end": end,
        "zone": layout.zone if start or end else None,
        "rate": _rate(values, worked),
    }


def _next_day(values: Values, start: datetime | None, end: datetime | None) -> datetime | None:
    """The end on the day after its start, where it has no date and would lie before."""
    turned = start and end and end < start and not values["end"][0]
    return end + timedelta(days=1) if end and turned else end


def _worked(stated: int | None, start: datetime | None, end: datetime | None, pause: int, layout: Layout) -> int:
    """What was worked: as stated, or from start to end where nothing is stated or only a rounded duration."""
    if stated is None:
        return _between(start, end, layout.zone) - pause
    if not layout.rounded or start is None or end is None:
        return stated
    exact = _between(start, end, layout.zone) - pause
    return exact if abs(exact - stated) <= _ROUNDING else stated


def _start(moment: Moment | None, day: date) -> datetime | None:
    return datetime.combine(moment[0] or day, moment[1] or time()) if moment else None


def _end(moment: Moment | None, start: datetime | None, day: date, total: int | None) -> datetime | None:
    """The end; one without a date lies as many days later as the duration says."""
    if moment is None:
        return None
    if moment[0] or start is None:
        return _start(moment, day)
    end = datetime.combine(start.date(), moment[1] or time())
    if total is None:
        return end
    between = end - start
    lacking = total - between.days * _DAY - between.seconds
    later = (lacking + _DAY // 2) // _DAY
    return end + timedelta(days=later) if later > 0 else end


def _between(start: datetime | None, end: datetime | None, zone: str | None) -> int:
    """The seconds from start to end, when the row gives no duration."""
    if start is None or end is None:
        _refuse("duration", "missing_field", "the row has neither a duration nor both start and end", "give the duration")
    found = lengths(start, end, zone)
    if len(found) > 1:
        cause = f"the clocks of {zone} show {start.isoformat()} or {end.isoformat()} twice"
        _refuse("duration", "ambiguous_time", cause, "give the duration as well")
    if min(found) < 0:
        remedy = "give the duration as well, or the end with its date, when the work ended on a later day"
        _refuse("end", "end_before_start", f"the end {end.time()} lies before the start {start.time()}", remedy)
    return min(found)


def _rate(values: Values, worked: int) -> str | None:
    """The hourly rate: as given, or what makes the price of the whole entry of its hours."""
    rate: str | None = values.get("rate")
    if "amount" not in values:
        return rate
    price, quantity = _told("amount", parse_decimal, values["amount"], places=4), hours(worked)
    if rate is None and quantity:
        return format((price / quantity).quantize(_RATE, ROUND_HALF_UP), "f")
    hourly = _told("rate", parse_decimal, rate or "0")
    if _told("currency", round_money, hourly * quantity, values.get("currency", "USD")) != price:
        cause = f"{quantity} h at {rate or 'no rate'} do not cost {values['amount']}"
        _refuse("amount", "amount_contradicts", cause, "mend the rate or the amount, or give one of them")
    return rate


def _told(column: str, read: Callable[..., Decimal], *values: Any, **options: Any) -> Decimal:
    """What ``read`` makes of the values; its refusal names the column."""
    try:
        return read(*values, **options)
    except Invalid as problem:
        problem.facts["column"] = column
        raise


def _refuse(column: str, code: str, cause: str, remedy: str) -> NoReturn:
    raise Invalid(code, cause, remedy, column=column)
