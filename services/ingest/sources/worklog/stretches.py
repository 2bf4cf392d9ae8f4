"""Durations as people write them: ``1:30``, ``1h 30m``, ``90 min``, ``PT1H30M``, or a plain number in a unit said elsewhere."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, lru_cache

from services.ingest.sources.words.vocabulary import durations
from services.ingest.sources.worklog.plain import plain

SECONDS = {"h": 3600, "min": 60, "s": 1, "d": 86_400}
_COLON = re.compile(r"([0-9]{1,5}):([0-5][0-9])(?::([0-5][0-9])(?:[.,][0-9]{1,9})?)?")
_ISO = re.compile(r"P(?:([0-9]{1,3})D)?T?(?:([0-9]{1,5})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,8})(?:[.,][0-9]{1,9})?S)?")
_HOUR = re.compile(r"([0-9]{1,3}) ?[hH] ?([0-5][0-9])")
_PARTS = re.compile(r"([0-9]+(?:[.,'][0-9]+)*) ?([^\W\d_]+)\.?[ ,]*")


@lru_cache(maxsize=65_536)
def stretch(text: str) -> int | None:
    """Whole seconds of a text that says its unit itself, so that no layout has to; else None. Negative with its sign."""
    bare = plain(text)
    if bare[:1] == "-":
        positive = stretch(bare[1:].lstrip())
        return None if positive is None else -positive
    return _colon(bare) if ":" in bare else _iso(bare) if bare[:1] == "P" else _worded(bare)


def _colon(text: str) -> int | None:
    match = _COLON.fullmatch(text.removesuffix(" h").removesuffix("h"))
    return match and int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0)  # type: ignore[return-value]


def _iso(text: str) -> int | None:
    match = _ISO.fullmatch(text)
    if not match or not any(match.groups()):
        return None
    return sum(int(part or 0) * size for part, size in zip(match.groups(), (86_400, 3600, 60, 1), strict=True))


def _worded(text: str) -> int | None:
    """``1h 30m`` and its like: units that grow smaller, each once, the numbers whole."""
    if hour := _HOUR.fullmatch(text):
        return int(hour[1]) * 3600 + int(hour[2]) * 60
    found, at, last = 0, 0, 3601
    for match in _PARTS.finditer(text):
        size = SECONDS.get(durations().get(match[2].casefold(), ""))
        if match.start() != at or size is None or size >= last or not match[1].isdecimal():
            return None
        found, at, last = found + int(match[1]) * size, match.end(), size
    return found if at == len(text) and at and len(text) < 40 else None


@cache
def _worded_number() -> re.Pattern[str]:
    words = "|".join(sorted(map(re.escape, durations()), key=len, reverse=True))
    return re.compile(rf"(-?[0-9][0-9.,' ]*?) ?({words})\.?", re.IGNORECASE)


@lru_cache(maxsize=8192)
def with_unit(text: str) -> tuple[str, str] | None:
    """The number of a text such as ``1.5 h`` and its unit: h, min or s."""
    match = _worded_number().fullmatch(plain(text))
    return (match[1], durations()[match[2].casefold()]) if match else None


def rounded(value: Decimal, unit: str) -> int:
    """A number of some unit in whole seconds, half-up."""
    return int((value * SECONDS[unit]).to_integral_value(ROUND_HALF_UP))
