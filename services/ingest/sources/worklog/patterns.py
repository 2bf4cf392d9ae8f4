"""Date and time patterns of a layout, such as ``DD/MM/YYYY`` and ``hh:mm[:ss] a``, and how a cell is read by them.

Date: ``YYYY`` four digits, ``YY`` two (2000 to 2099), ``MM`` and ``DD`` two, ``M`` and ``D`` one or two, ``MMM`` Jan to Dec.
Time: ``HH`` ``mm`` ``ss`` two digits, ``H`` one or two; ``hh`` or ``h`` with ``a`` for AM and PM; ``[…]`` may be left out.
Anything that is not a letter stands for itself. Digits are ASCII.
"""

from __future__ import annotations

import re
from datetime import date, time
from functools import lru_cache

from shared.kernel.dates import civil
from shared.kernel.errors import Invalid
from shared.kernel.quote import quoted

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TWO, _ONE_OR_TWO = "[0-9]{2}", "[0-9]{1,2}"
_DATE_TOKENS = {
    "YYYY": "(?P<year>[0-9]{4})",
    "YY": f"(?P<short>{_TWO})",
    "MMM": f"(?P<name>{'|'.join(_MONTHS)})",
    "MM": f"(?P<month>{_TWO})",
    "M": f"(?P<month>{_ONE_OR_TWO})",
    "DD": f"(?P<day>{_TWO})",
    "D": f"(?P<day>{_ONE_OR_TWO})",
}
_TIME_TOKENS = {
    "HH": f"(?P<hour>{_TWO})",
    "H": f"(?P<hour>{_ONE_OR_TWO})",
    "hh": f"(?P<half>{_TWO})",
    "h": f"(?P<half>{_ONE_OR_TWO})",
    "mm": f"(?P<minute>{_TWO})",
    "ss": f"(?P<second>{_TWO})",
    "a": r"(?P<noon>[ap])\.?m\.?",
    "[": "(?:",
    "]": ")?",
}
_DATE_PARTS = ({"year", "short"}, {"month", "name"}, {"day"})
_TIME_PARTS = ({"hour", "half"}, {"minute"})


def check_date_pattern(pattern: object) -> str:
    """The pattern itself when it names a year, a month and a day, each once."""
    return _check(pattern, date=True)


def check_time_pattern(pattern: object) -> str:
    """The pattern itself when it names an hour and minutes, each once."""
    return _check(pattern, date=False)


def _check(pattern: object, *, date: bool) -> str:
    names = _names(pattern, date=date) if isinstance(pattern, str) and len(pattern) <= 40 else set()
    needed = _DATE_PARTS if date else _TIME_PARTS
    if not isinstance(pattern, str) or any(len(part & names) != 1 for part in needed) or len({"half", "noon"} & names) == 1:
        what, example = ("date", "DD/MM/YYYY or MMM D, YYYY") if date else ("time", "HH:mm[:ss] or h:mm a")
        raise Invalid("bad_layout", f"{quoted(pattern)} is not a {what} pattern", f"write it like {example}")
    return pattern


def _names(pattern: str, *, date: bool) -> set[str]:
    """The parts that the pattern names; none when it can't be read: a part twice, a letter unknown, a bracket left open."""
    try:
        return set(re.compile(_compiled(pattern, date=date)).groupindex)
    except (re.error, KeyError):
        return set()


@lru_cache(maxsize=256)
def _compiled(pattern: str, *, date: bool) -> str:
    """The pattern as a regular expression. A run of one letter is one token, and has to be known."""
    tokens = _DATE_TOKENS if date else _TIME_TOKENS
    pieces = re.findall(r"([A-Za-z])(\1*)|(.)", pattern, re.DOTALL)
    return "".join(tokens[letter + rest] if letter else tokens.get(sign, re.escape(sign)) for letter, rest, sign in pieces)


def read_moment(text: str, date_pattern: str, time_pattern: str) -> tuple[date | None, time | None]:
    """The date, the time, or the date and then the time that the text holds."""
    for pattern in _moments(date_pattern, time_pattern):
        match = pattern.fullmatch(text)
        if match:
            return _date(match.groupdict(), text), _time(match.groupdict(), text)
    cause = f"{quoted(text)} is neither a date {date_pattern} nor a time {time_pattern} nor both"
    raise Invalid("bad_time", cause, "write it so, or declare the file's own pattern in the layout")


@lru_cache(maxsize=256)
def _moments(date_pattern: str, time_pattern: str) -> tuple[re.Pattern[str], ...]:
    day, clock = _compiled(date_pattern, date=True), _compiled(time_pattern, date=False)
    return tuple(re.compile(written, re.IGNORECASE | re.ASCII) for written in (day, clock, f"{day}[ ,T]+{clock}"))


def _date(found: dict[str, str | None], text: str) -> date | None:
    if "day" not in found:
        return None
    year = found.get("year") or f"20{found['short']}"
    name = found.get("name")
    month = _MONTHS.index(name.lower()) + 1 if name else int(found["month"] or 0)
    try:
        return civil(int(year), month, int(found["day"] or 0), text)
    except Invalid as problem:
        raise Invalid(problem.code, problem.cause, "give a day of the calendar") from problem


def _time(found: dict[str, str | None], text: str) -> time | None:
    if "minute" not in found:
        return None
    hour = int(found.get("hour") or found.get("half") or 0)
    if "half" in found:
        hour = hour % 12 + (12 if found["noon"] in ("p", "P") else 0) if 1 <= hour <= 12 else 99
    try:
        return time(hour, int(found["minute"] or 0), int(found.get("second") or 0))
    except ValueError as error:
        raise Invalid("bad_time", f"{quoted(text)} is not a time of day", "give 0:00:00 to 23:59:59") from error
