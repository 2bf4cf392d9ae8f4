"""Dates as the payroll APIs write them: milliseconds in Australia 1.0, ISO without a zone in 2.0."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from shared.kernel.errors import Invalid

_EPOCH = date(1970, 1, 1)
_DAY_MS = 86_400_000
_MS = re.compile(r"/Date\((-?[0-9]{1,15})(?:[+-][0-9]{4})?\)/")
_ISO = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?Z?)?")


def ms_date(day: date) -> str:
    """Midnight UTC of the civil day, which is how they mean a date."""
    return f"/Date({(day - _EPOCH).days * _DAY_MS}+0000)/"


def civil_date(text: str) -> date:
    """The civil day in either spelling."""
    return _EPOCH + timedelta(days=milliseconds(text) // _DAY_MS)


def milliseconds(text: str) -> int:
    """Milliseconds since 1970 in either spelling; the offset behind Australian milliseconds shifts nothing."""
    ticks, iso = _MS.fullmatch(text), _ISO.fullmatch(text)
    if ticks:
        return int(ticks[1])
    if not iso:
        raise Invalid("bad_date", "Xero answered with a date that can't be read.", "Report this.", text=text[:40])
    moment = datetime.fromisoformat(f"{iso[1]}T{iso[2] or '00:00:00'}").replace(tzinfo=UTC)
    fraction = (iso[3] or "").ljust(3, "0")[:3]
    return int(moment.timestamp()) * 1000 + int(fraction)
