"""Stretches of time in whole seconds, and the two ways in which they are written: hours to 5 decimals, and h:mm:ss."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal

from shared.kernel.errors import Invalid
from shared.kernel.quote import quoted

HOUR = 3600
_PLACES = Decimal("0.00001")  # half a unit is 0.018 s, so that the seconds come back exactly
_WIDE = Context(prec=40, rounding=ROUND_HALF_UP)
_HMS = re.compile(r"([0-9]{1,5}):([0-5][0-9])(?::([0-5][0-9]))?")


def hours(seconds: int) -> Decimal:
    """Seconds as hours with 5 decimals, half-up; ``seconds_of`` gives the same seconds back."""
    return _WIDE.divide(Decimal(seconds), HOUR).quantize(_PLACES, context=_WIDE)


def seconds_of(quantity: Decimal) -> int:
    """Hours as whole seconds, half-up."""
    if not quantity.is_finite() or quantity.adjusted() > 20:
        raise Invalid("bad_duration", f"{quoted(quantity)} is not a number of hours", "give a finite number of ordinary size")
    return int(_WIDE.multiply(quantity, HOUR).quantize(Decimal(1), context=_WIDE))


def parse_hms(text: object) -> int:
    """``h:mm`` or ``h:mm:ss`` as seconds; the hours may exceed 24."""
    match = _HMS.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise Invalid("bad_duration", f"{quoted(text)} is not a duration", "write h:mm:ss or h:mm, for example 1:30:00")
    return int(match[1]) * HOUR + int(match[2]) * 60 + int(match[3] or 0)


def format_hms(seconds: int) -> str:
    """Seconds as ``h:mm:ss``, with a minus in front when negative."""
    minutes, rest = divmod(abs(seconds), 60)
    return f"{'-' if seconds < 0 else ''}{minutes // 60}:{minutes % 60:02d}:{rest:02d}"
