"""Which forms one text may have: a day, a clock time, both, a stretch of time, a number; without deciding which is meant."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from services.ingest.sources.words.calendars import LANGUAGES, months, weekdays
from services.ingest.sources.words.vocabulary import distances, fold, noons
from services.ingest.sources.worklog.plain import plain
from services.ingest.sources.worklog.stretches import stretch, with_unit
from shared.kernel.money import EXPONENT

_FILLERS = {"de", "del", "of", "th", "st", "nd", "rd", "г", "года", "den", "the", "do", "da", "di"}
_TOKENS = re.compile(r"\d+|[^\W\d_]+|.", re.DOTALL)
_DAY_SIGNS = set(" ./-,()年月日년월일'’")
_NUMERIC_DAY = re.compile(r"\d{1,4}(?:[./-] ?\d{1,4}| \d{1,4}){1,2}\.?")
_NUMBER = re.compile(r"\d+(?:[.,' ]\d+)*|[.,]\d+")
_SIGN = re.compile(r"[^\W\d_]{1,4}\.?\$?|[^\w\s.,'()+\-/:%#&*\"]{1,2}|[A-Z]{1,3}\$|kr\.?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Day:
    """A date as written: its notation, and the numbers in it. Named months and weekdays may be known in several languages."""

    notation: str  # such as "#/#/#4" or "#. M #4", where #4 has four digits
    numbers: tuple[int, ...]
    widths: tuple[int, ...]
    month: str = ""  # folded name
    weekday: str = ""


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day as written."""

    pattern: str  # in the layout's tokens, with H for the hour
    hour: int
    noon: bool
    offset: str = ""  # "utc", "zero" for +00:00, or "local": what stands behind it, if anything


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written: its digits and marks without sign and currency, and these."""

    text: str
    sign: str  # what stands beside it, such as "$" or "EUR"
    negative: bool


@dataclass(frozen=True, slots=True)
class Form:
    """What a text may be; several may hold, as for 9:30."""

    day: Day | None = None
    pair: Day | None = None  # a day that may as well be a number, as 01.03 or 20240301
    clock: Clock | None = None  # beside a day, or alone
    stretch: int | None = None
    number: Number | None = None
    unit: str = ""  # of the number, where it is said beside it: h, min, s

    def as_day(self) -> Day | None:
        """The day, in a column that holds some."""
        return self.day or self.pair

    @property
    def word(self) -> bool:
        return self.day is None and self.clock is None and self.stretch is None and self.number is None

    @property
    def only_number(self) -> bool:
        return self.number is not None and self.stretch is None and self.as_day() is None


WORD = Form()


@lru_cache(maxsize=65_536)
def form_of(text: str) -> Form:
    """Everything that the text may be."""
    bare = plain(text)
    return _form(bare) if len(bare) <= 60 and any(map(str.isdecimal, bare)) else WORD


def _form(bare: str) -> Form:
    if compact := compact_day(bare):
        return Form(pair=compact, number=_number(bare))
    number, unit = _measured(bare)
    clock, rest = _clock(bare)
    day = _day(rest) if rest else None
    if clock and day:
        return Form(day, clock=clock)
    if day and number and len(day.numbers) == 2:
        return Form(pair=day, stretch=stretch(bare), number=number, unit=unit)
    return Form(day, None, None if rest else clock, stretch(bare), number, unit)


def compact_day(bare: str) -> Day | None:
    """Eight digits that may be a date: 20240531, or 31052024 with the year behind. Never both: no month is 19 or 20."""
    if len(bare) != 8 or not bare.isascii() or not bare.isdecimal():
        return None
    first = bare[:2] in ("19", "20") and 1 <= int(bare[4:6]) <= 12
    if not first and bare[4:6] not in ("19", "20"):
        return None
    cuts = ((0, 4), (4, 6), (6, 8)) if first else ((0, 2), (2, 4), (4, 8))
    digits = [bare[begin:end] for begin, end in cuts]
    return _built(COMPACT[not first], digits, "", "")


COMPACT = ("#4##", "###4")
"""Notations of dates in eight digits."""


def _measured(bare: str) -> tuple[Number | None, str]:
    """A number, and the unit of time beside it."""
    number = _number(bare)
    worded = None if number else with_unit(bare)
    return (_number(worded[0]), worded[1]) if worded else (number, "")


@cache
def _clock_pattern() -> re.Pattern[str]:
    noon = "|".join(re.escape(word).replace(r"\ ", " ?") for word in sorted(noons(), key=len, reverse=True))
    colon = r"(?P<hour>\d{1,2}):(?P<minute>[0-5]\d)(?P<second>:[0-5]\d)?(?P<part>[.,]\d{1,9})?"
    other = r"(?P<hour2>\d{1,2}) ?(?P<sign>[hH時시]) ?(?:(?P<minute2>\d{1,2})(?P<end>[分분]?))?"
    hours = r"(?P<hour3>\d{1,2})(?P<dot>\.[0-5]\d)?"
    offset = r"(?P<offset> ?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}))?"
    return re.compile(
        rf"(?:^|(?<=[\sT,日\-–@]))(?:(?P<before>{noon}) ?)?(?:{colon}|{other}|{hours})(?: ?(?P<after>{noon})(?!\w))?"
        rf"{offset}(?=$|[\s,])",
        re.IGNORECASE,
    )


def _clock(bare: str) -> tuple[Clock | None, str]:
    """The clock time in a text, and what else stands there."""
    for match in _clock_pattern().finditer(bare):
        found = match.groupdict()
        noon = bool(found["before"] or found["after"])
        if found["hour3"] and not noon:
            continue
        hour = int(found["hour"] or found["hour2"] or found["hour3"])
        if hour > (12 if noon else 24):
            continue
        rest = f"{bare[: match.start()]} {bare[match.end() :]}"
        rest = re.sub(r"[\s,\-–@|]+$|^[\s,\-–@|]+|(?<=\d)T\s*$|\s(?:at|um|à|às|a las|alle|om|kl\.?|в)\s*$", "", rest)
        return Clock(_clock_shape(found), hour, noon, _offset(found["offset"])), rest.strip()
    return None, bare


def _offset(written: str | None) -> str:
    if not written:
        return ""
    if written.strip()[0] not in "+-":
        return "utc"
    return "local" if set(written) & set("123456789") else "zero"


def _clock_shape(found: dict[str, str | None]) -> str:
    body = _clock_body(found)
    body = f"a{body}" if found["before"] else f"{body}a" if found["after"] else body
    return f"{body}Z" if found["offset"] else body


def _clock_body(found: dict[str, str | None]) -> str:
    if found["hour"]:
        part = found["part"] or ""
        return "H:mm" + (":ss" if found["second"] else "") + (f"{part[0]}S" if part else "")
    if sign := found["hour2"] and found["sign"]:
        written = f"'{sign}'" if sign in "hH" else sign
        return f"H{written}" + (f"mm{found['end']}" if found["minute2"] else "")
    return "H.mm" if found["dot"] else "H"


@cache
def _names() -> tuple[frozenset[str], frozenset[str]]:
    known = [
        frozenset(name for each in LANGUAGES for name in table(each) if len(name) > 1 or not name.isascii())
        for table in (months, weekdays)
    ]
    return known[0], known[1]


def _day(bare: str) -> Day | None:
    """The date that a text may be: two or three numbers, or one or two and a month's name."""
    if not bare:
        return None
    if not bare.isascii() or any(map(str.isalpha, bare)):
        return _named_day(bare)
    if not _NUMERIC_DAY.fullmatch(bare):
        return None
    notation = re.sub(r"\d+", lambda match: _numeral(match[0]), bare)
    return _built(notation, re.findall(r"\d+", bare), "", "")


def _numeral(digits: str) -> str:
    return "#4" if len(digits) == 4 else "#"


def _named_day(bare: str) -> Day | None:
    named: dict[str, str] = {}
    digits: list[str] = []
    notation: list[str] = []
    for token in _TOKENS.findall(bare):
        piece = _piece(token, notation, named)
        if piece is None:
            return None
        digits += [token] if token.isdecimal() else []
        notation.append(piece)
    return _built("".join(notation), digits, named.get("M", ""), named.get("W", ""))


def _piece(token: str, before: list[str], named: dict[str, str]) -> str | None:
    """What one token is in a notation; None when it has no place in a date."""
    if token.isdecimal():
        return _numeral(token)
    if token in "年月日년월일" and before and before[-1][0] == "#":
        return token
    word = fold(token)
    if word in _FILLERS:
        return f"'{token}'"
    for sign, known in zip("MW", _names(), strict=True):
        if word in known and named.setdefault(sign, word) is word:
            return sign
    return token if token in _DAY_SIGNS else None


def _built(notation: str, digits: list[str], month: str, weekday: str) -> Day | None:
    widths = tuple(map(len, digits))
    parts = len(digits) + bool(month)
    if parts not in (2, 3) or any(width > 4 or width == 3 for width in widths) or (parts == 2 and 4 in widths):
        return None
    return Day(notation, tuple(map(int, digits)), widths, month, weekday)


def _number(bare: str) -> Number | None:
    """The number with what stands around it."""
    core = bare.strip("()+- ")
    match = _NUMBER.search(core)
    if match is None:
        return None
    before, after = core[: match.start()].strip(), core[match.end() :].strip()
    around = (before + after).strip("-+ ")
    if (before.strip("-+ ") and after) or (around and not is_sign(around)):
        return None
    return Number(match[0], around, bare[0] in "-(" or bare[-1] == "-" or "-" in before)


@lru_cache(maxsize=4096)
def is_sign(text: str) -> bool:
    """Whether the text names a currency or a unit of distance, as they stand beside numbers."""
    return text.upper() in EXPONENT or fold(text) in SIGNS or text in SIGNS or fold(text) in distances()


SIGNS: dict[str, tuple[str, ...]] = {
    "$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "CLP", "COP", "ARS"),
    "us$": ("USD",),
    "ca$": ("CAD",),
    "c$": ("CAD",),
    "a$": ("AUD",),
    "au$": ("AUD",),
    "nz$": ("NZD",),
    "s$": ("SGD",),
    "hk$": ("HKD",),
    "mx$": ("MXN",),
    "r$": ("BRL",),
    "€": ("EUR",),
    "£": ("GBP", "EGP", "LBP"),
    "¥": ("JPY", "CNY"),
    "円": ("JPY",),
    "元": ("CNY",),
    "kr": ("SEK", "NOK", "DKK", "ISK"),
    "₹": ("INR",),
    "₽": ("RUB",),
    "руб": ("RUB",),
    "р": ("RUB",),
    "zł": ("PLN",),
    "kč": ("CZK",),
    "ft": ("HUF",),
    "lei": ("RON",),
    "₺": ("TRY",),
    "₪": ("ILS",),
    "₩": ("KRW",),
    "₴": ("UAH",),
    "₫": ("VND",),
    "฿": ("THB",),
    "₱": ("PHP",),
    "₦": ("NGN",),
    "fr": ("CHF",),
    "sfr": ("CHF",),
    "rs": ("INR", "PKR", "LKR"),
    "د.إ": ("AED",),
    "ر.س": ("SAR",),
    "ج.م": ("EGP",),
    "euro": ("EUR",),
    "eur": ("EUR",),
}
"""What stands beside amounts -> the currencies that it may mean."""


@lru_cache(maxsize=512)
def currencies_of(sign: str) -> tuple[str, ...]:
    """The currencies that a sign or code may mean."""
    if sign.upper() in EXPONENT:
        return (sign.upper(),)
    return SIGNS.get(sign) or SIGNS.get(fold(sign)) or SIGNS.get(sign.casefold(), ())


def telling(codes: tuple[str, ...]) -> str | None:
    """The currency of a sign that means but one; a pound is one of Britain."""
    return codes[0] if len(codes) == 1 or codes[:1] == ("GBP",) else None
