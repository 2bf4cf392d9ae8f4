"""Date and time patterns of a layout, such as ``DD/MM/YYYY`` and ``hh:mm[:ss] a``, and how a cell is read by them.

Date: ``YYYY`` four digits, ``YY`` two (2000 to 2099), ``MM`` and ``DD`` two, ``M`` and ``D`` one or two, ``MMM`` the month's
name, whole or shortened, ``EEE`` the weekday's; ``serial``: days since 1899-12-30, as spreadsheets count them (of a time: its
part of a day).
Time: ``HH`` ``mm`` ``ss`` two digits, ``H`` one or two; ``hh`` or ``h`` (1 to 12) or ``K`` (0 to 11) with ``a`` for the half of
the day; ``S`` parts of a second; ``Z`` an offset; ``[…]`` may be left out.
``|`` stands between patterns of which any may hold, ``'…'`` around letters that stand for themselves, as does anything that
is not a letter.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import product
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.ingest.sources.words.calendars import months, weekdays
from services.ingest.sources.words.vocabulary import fold, noons
from services.ingest.sources.worklog.plain import plain
from shared.kernel.dates import civil
from shared.kernel.errors import Invalid
from shared.kernel.quote import quoted

_TWO, _ONE_OR_TWO = "[0-9]{2}", "[0-9]{1,2}"
_DATE_TOKENS = {
    "YYYY": "(?P<year>[0-9]{4})",
    "YY": f"(?P<short>{_TWO})",
    "MM": f"(?P<month>{_TWO})",
    "M": f"(?P<month>{_ONE_OR_TWO})",
    "DD": f"(?P<day>{_TWO})",
    "D": f"(?P<day>{_ONE_OR_TWO})",
}
_TIME_TOKENS = {
    "HH": f"(?P<hour>{_TWO})",
    "H": f"(?P<hour>{_ONE_OR_TWO})",
    "K": "(?P<zero>0?[0-9]|1[01])",
    "hh": "(?P<half>0[1-9]|1[0-2])",
    "h": "(?P<half>0?[1-9]|1[0-2])",
    "mm": f"(?P<minute>{_TWO})",
    "ss": f"(?P<second>{_TWO})",
    "S": "[0-9]{1,9}",
    "Z": " ?(?P<offset>Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2})",
    "[": "(?:",
    "]": ")?",
}
_PART = r"(?P<part>0(?:\.[0-9]{1,17})?|[0-9](?:\.[0-9]{1,17})?E-[0-9]{1,2})"
_SERIAL = r"(?P<serial>[1-9][0-9]{4})(?P<fraction>\.[0-9]{1,15})?"
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - civil: a spreadsheet's day 0 has no zone
_DATE_PARTS = ({"month", "name"}, {"day"})
_TIME_PARTS = ({"hour", "half", "zero"},)
_BETWEEN = r"(?:[ ,T]+| *[-–@|] *|,? +(?:at|um|à|às|a las|alle|om|kl\.?|в) +)"
_PIECES = re.compile(r"'([^']*)'|([A-Za-z])(\2*)|(.)", re.DOTALL)


class Reading(NamedTuple):
    """What besides the two patterns decides how a text is read."""

    languages: tuple[str, ...] = ("en",)  # of the names of months and weekdays
    year: str | None = None  # dates without a year lie within a year from this date on; four digits: from its first day
    zone: str | None = None  # moments with an offset are brought into it


PLAIN = Reading()


def check_date_pattern(pattern: object) -> str:
    """The pattern itself when each alternative names a month and a day, each once, and perhaps a year."""
    return _check(pattern, date=True)


def check_time_pattern(pattern: object) -> str:
    """The pattern itself when each alternative names an hour and perhaps minutes, each once."""
    return _check(pattern, date=False)


def lacks_year(pattern: str) -> bool:
    """Whether dates of this checked pattern may come without a year."""
    names = [_names(one, date=True) for one in pattern.split("|")]
    return any(not {"year", "short", "serial"} & each for each in names)


def _check(pattern: object, *, date: bool) -> str:
    if isinstance(pattern, str) and len(pattern) <= 200 and all(_holds(one, date=date) for one in pattern.split("|")):
        return pattern
    what, example = ("date", "DD/MM/YYYY or MMM D, YYYY") if date else ("time", "HH:mm[:ss] or h:mm a")
    raise Invalid("bad_layout", f"{quoted(pattern)} is not a {what} pattern", f"write it like {example}")


def _holds(pattern: str, *, date: bool) -> bool:
    names = _names(pattern, date=date) if len(pattern) <= 60 else set()
    if date:
        return names >= {"serial"} or (all(len(part & names) == 1 for part in _DATE_PARTS) and len({"year", "short"} & names) < 2)
    return names == {"part"} or (
        all(len(part & names) == 1 for part in _TIME_PARTS) and len({"half", "zero", "noon"} & names) != 1
    )


def _names(pattern: str, *, date: bool) -> set[str]:
    """The parts that the pattern names; none when it can't be read: a part twice, a letter unknown, a bracket left open."""
    try:
        return set(re.compile(_compiled(pattern, ("en",), date=date)).groupindex)
    except (re.error, KeyError):
        return set()


@lru_cache(maxsize=256)
def _compiled(pattern: str, languages: tuple[str, ...], *, date: bool) -> str:
    """One alternative as a regular expression. A run of one letter is one token, and has to be known."""
    if pattern == "serial":
        return _SERIAL if date else _PART
    if not date:
        pattern = re.sub(r" (?=a)|(?<=a) ", "", pattern)  # "9:00am" and "9:00 am" are one way to write
    tokens = _DATE_TOKENS if date else _TIME_TOKENS
    found = []
    for literal, letter, rest, sign in _PIECES.findall(pattern):
        token = letter + rest
        if token in ("MMM", "EEE", "a"):
            found.append(_word(token, languages))
        else:
            found.append(tokens[token] if letter else re.escape(literal) or tokens.get(sign, re.escape(sign)))
    return "".join(found)


def _word(token: str, languages: tuple[str, ...]) -> str:
    if token == "a":
        return rf" ?(?P<noon>{_any(noons())}) ?"
    known = [months(each) if token == "MMM" else weekdays(each) for each in languages]
    return rf"(?P<{'name' if token == 'MMM' else 'weekday'}>{_any({name for names in known for name in names})})\.?"


def _any(names: object) -> str:
    ordered = sorted(names, key=len, reverse=True)  # type: ignore[call-overload]
    return "|".join(re.escape(name).replace(r"\.", r"\.?").replace(r"\ ", " ?") for name in ordered)


@lru_cache(maxsize=65_536)
def read_moment(text: str, date_pattern: str, time_pattern: str, by: Reading = PLAIN) -> tuple[date | None, time | None]:
    """The date, the time, or both in either order that the text holds."""
    bare = plain(text)
    for pattern in _moments(date_pattern, time_pattern, by.languages):
        if match := pattern.fullmatch(bare):
            return _moment(match.groupdict(), text, by)
    cause = f"{quoted(text)} is neither a date {date_pattern} nor a time {time_pattern} nor both"
    raise Invalid("bad_time", cause, "write it so, or declare the file's own pattern in the layout")


@lru_cache(maxsize=256)
def _moments(date_pattern: str, time_pattern: str, languages: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    days = [_compiled(one, languages, date=True) for one in date_pattern.split("|")]
    clocks = [_compiled(one, languages, date=False) for one in time_pattern.split("|")]
    pairs = list(product(days, clocks))
    both = [f"{day}{_BETWEEN}{clock}" for day, clock in pairs] + [f"{clock}{_BETWEEN}{day}" for day, clock in pairs]
    close = [f"{day}{clock}" for day, clock in pairs if day.endswith("日")]
    return tuple(re.compile(written, re.IGNORECASE) for written in (*days, *clocks, *both, *close))


def _moment(found: dict[str, str | None], text: str, by: Reading) -> tuple[date | None, time | None]:
    if found.get("serial"):
        return _serial(found)
    if found.get("part"):
        return None, (_EPOCH + timedelta(seconds=int(Decimal(found["part"] or 0) * 86_400 + Decimal("0.5")))).time()
    day, clock = _date(found, text, by), _time(found, text)
    if day and clock and by.zone and found.get("offset"):
        return _shifted(datetime.combine(day, clock), found["offset"] or "", by.zone)
    return day, clock


def _serial(found: dict[str, str | None]) -> tuple[date, time | None]:
    days, _, parts = f"{found['serial']}{found['fraction'] or ''}".partition(".")
    seconds = (int(parts) * 86_400 * 2 // 10 ** len(parts) + 1) // 2 if parts else 0
    moment = _EPOCH + timedelta(days=int(days), seconds=seconds)
    return moment.date(), moment.time() if parts else None


def _shifted(moment: datetime, offset: str, zone: str) -> tuple[date, time]:
    stated = offset if offset[0] in "+-" else "+0000"
    aware = datetime.strptime(f"{moment.isoformat()}{stated}", "%Y-%m-%dT%H:%M:%S%z").astimezone(ZoneInfo(zone))
    return aware.date(), aware.time()


def _date(found: dict[str, str | None], text: str, by: Reading) -> date | None:
    if "day" not in found:
        return None
    name = found.get("name")
    month, day = _number(name, by.languages, months) if name else int(found["month"] or 0), int(found["day"] or 0)
    try:
        whole = civil(_written_year(found) or _year(month, day, by.year or ""), month, day, text)
    except Invalid as problem:
        raise Invalid(problem.code, problem.cause, "give a day of the calendar") from problem
    _check_weekday(found.get("weekday"), whole, text, by)
    return whole


def _written_year(found: dict[str, str | None]) -> int:
    return int(found.get("year") or (f"20{found['short']}" if found.get("short") else 0))


def _check_weekday(weekday: str | None, whole: date, text: str, by: Reading) -> None:
    if weekday and whole.weekday() not in {weekdays(each).get(fold(weekday)) for each in by.languages}:
        raise Invalid("bad_date", f"{quoted(text)} names another weekday than that of {whole}", "mend the date")


def _year(month: int, day: int, since: str) -> int:
    """The year of the first such day from a date on."""
    begin = since if len(since) > 4 else f"{since or '0000'}-01-01"
    return int(begin[:4]) + ((month, day) < (int(begin[5:7]), int(begin[8:10])))


def _number(name: str, languages: tuple[str, ...], table: object) -> int:
    word = fold(name)
    return next(found for each in languages if (found := table(each).get(word)))  # type: ignore[operator]


def _time(found: dict[str, str | None], text: str) -> time | None:
    if not {"hour", "half", "zero"} & found.keys():
        return None
    hour = int(found["hour"] or 0) if "hour" in found else _from_half(found)
    try:
        return time(hour, int(found.get("minute") or 0), int(found.get("second") or 0))
    except ValueError as error:
        raise Invalid("bad_time", f"{quoted(text)} is not a time of day", "give 0:00:00 to 23:59:59") from error


def _from_half(found: dict[str, str | None]) -> int:
    late = noons()[re.sub(r"[.\s]", "", (found["noon"] or "").casefold())] == "p"
    return int(found.get("half") or found.get("zero") or 0) % 12 + (12 if late else 0)
