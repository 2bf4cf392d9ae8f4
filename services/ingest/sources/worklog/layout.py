"""How a report is laid out: which of its columns is which of ours, and how it writes dates, times and numbers.

A layout is a JSON object; ``docs/reference/layout.md`` describes it for those who write one by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import partial
from typing import Any

from marshmallow import ValidationError, validates_schema
from marshmallow import fields as m

from services.ingest.sources.files.dialect import QUOTINGS
from services.ingest.sources.words.calendars import LANGUAGES
from services.ingest.sources.words.vocabulary import words
from services.ingest.sources.worklog.patterns import Reading, check_date_pattern, check_time_pattern, lacks_year
from shared.contract import fields as f
from shared.kernel import canonical
from shared.kernel.dates import parse_date
from shared.kernel.errors import Invalid
from shared.kernel.money import check_currency
from shared.kernel.quote import quoted

HEADER = (
    "kind,source_id,date,start,end,duration,break,overtime,person,client,job,tags,"
    "rate,currency,amount,distance,unit,category,billable,notes"
)
OF_TRIPS = ("vehicle", "odometer_start", "odometer_end", "from_place", "to_place")
COLUMNS = (*HEADER.split(","), *OF_TRIPS)
"""Our columns, in the order of our own layout."""

ENCODINGS = (
    *("utf-8", "utf-16", "utf-16-le", "utf-16-be", "us-ascii", "shift_jis", "cp932", "euc-jp"),
    *("gb18030", "big5", "euc-kr", "koi8-r", "koi8-u", "mac-roman"),
    *(f"cp{page}" for page in (437, 850, 852, 866, 874, *range(1250, 1259))),
    *(f"iso-8859-{part}" for part in (*range(1, 12), *range(13, 17))),
)
UNITS = ("h", "min", "s", "d", "h:mm", "h:mm:ss", "h:mm[:ss]")
KINDS = ("time", "expense", "mileage", "break")
NAMED = ("person", "client", "job")
MEASURED = ("duration", "break", "overtime")
DELIMITERS = (",", ";", "\t", "|", ":")
THOUSANDS = ("", ",", ".", " ", "'", "\u00a0", "\u202f", "\u2019")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One layout. Every field but ``columns`` has our own layout's value unless given."""

    columns: dict[str, tuple[str, ...]]  # our column -> the file's headers; the texts of several are joined by a blank
    constants: dict[str, str] = field(default_factory=dict)  # our column -> the value of rows that have none
    skip: tuple[dict[str, str], ...] = ()  # rows to leave out: {header: its exact text, …}; all of one object must hold
    kinds: dict[str, str] = field(default_factory=dict)  # word of the file -> one of KINDS; rows of breaks are left out
    totals: tuple[str, ...] = ()  # words that begin a row of totals, which has no date; "": it has numbers alone
    tail: bool = False  # after a blank row or one of totals, rows without a date are left out: the summary below
    headings: tuple[str, ...] = ()  # words before a person's name in a line of its own: the rows below are that person's
    people: dict[str, str] = field(
        default_factory=dict
    )  # text that stands alone in a line -> whose the rows below are; "": left out
    above: tuple[str, ...] = ()  # of NAMED: an empty cell stands for the value above it
    running: tuple[str, ...] = ()  # words in place of an end or a duration that is still to come; "": nothing stands there
    date: str = "YYYY-MM-DD"  # see patterns
    dates: dict[str, str] = field(default_factory=dict)  # our column -> its own pattern, where it differs
    time: str = "H:mm[:ss]"  # see patterns
    language: tuple[str, ...] = ("en",)  # of names of months and weekdays, some of LANGUAGES
    year: str | None = None  # of dates without one: a year, or the date from which on they are meant
    decimal: str = "."  # "." | ","
    thousands: str = ""  # what groups digits by three, one of THOUSANDS; "": nothing
    signs: dict[str, str] = field(default_factory=dict)  # what stands at an amount, such as "$" -> its currency
    unit: str = "h:mm[:ss]"  # of a duration that is a plain number: "h" | "min" | "s" | "d"; h:mm… refuses plain numbers
    units: dict[str, str] = field(default_factory=dict)  # our column -> its own unit, where it differs
    whole: tuple[str, ...] = ()  # of MEASURED: their plain numbers are whole; one with decimals is of another unit, and refused
    gross: bool = False  # a duration includes the break
    overnight: bool = False  # an end without a date that lies before its start is on the next day
    twelve: bool = False  # hours from 1 to 12 without their half of the day: start and end tell the length alone
    rounded: bool = False  # durations are rounded: where start and end are given and agree, they say how long it was
    zone: str | None = None  # IANA zone of start and end; None: not known
    tags: str = ",;"  # characters between the tags of one cell
    yes: tuple[str, ...] = ("yes", "y", "true", "1", "x")  # words for billable, in any case
    no: tuple[str, ...] = ("no", "n", "false", "0")  # words for not billable, in any case
    delimiter: str = ","  # between the cells of a CSV file, one of DELIMITERS
    quoting: str = "doubled"  # in a CSV file, one of QUOTINGS
    encoding: str = "utf-8"  # of a CSV file, one of ENCODINGS
    header: int = 1  # number of the row with the headers, counted from 1
    find: bool = False  # the headers stand in that row or below it: in the first row that holds them all
    ragged: bool = False  # a row may lack cells at its end
    sheet: str | None = None  # name of a workbook's sheet, or of another file's table; None: the first
    more: tuple[Layout, ...] = ()  # further tables of the same file
    closed: bool = False  # our own layout: columns may be missing and none may be unknown; never in a declared layout

    def parts(self) -> tuple[Layout, ...]:
        """One layout for each table of the file."""
        return (replace(self, more=()), *self.more)

    def by(self) -> Reading:
        """What besides the patterns decides how dates and times are read."""
        return Reading(self.language, self.year, self.zone)

    def wanted(self) -> frozenset[str]:
        """The headers that are read: those of the columns and those of the rows to skip."""
        return frozenset(name for names in self.columns.values() for name in names).union(*self.skip)


OWN = Layout(
    columns={column: (column,) for column in COLUMNS}, totals=(*words("total"), *words("subtotal")), closed=True
)
"""Our own layout, which needs no declaration."""


def header(value: object) -> str:
    """A header as it is compared: clean, with single blanks."""
    return canonical.clean_text(" ".join(value.split()) if isinstance(value, str) else value, limit=200)


def _headers(value: object) -> tuple[str, ...]:
    names = value if isinstance(value, list) else [value]
    if not 1 <= len(names) <= 10:
        raise Invalid("bad_layout", f"{len(names)} headers are named for one column", "name 1 to 10 headers")
    return tuple(map(header, names))


def _separators(value: object) -> str:
    if not isinstance(value, str) or len(value) > 10 or any(letter.isalnum() for letter in value):
        raise Invalid("bad_layout", f"{quoted(value)} cannot stand between tags", 'give up to ten signs such as ",;", or ""')
    return value


def _year(value: object) -> str:
    if isinstance(value, str) and len(value) == 4 and value.isascii() and value.isdigit():
        parse_date(f"{value}-01-01")
    else:
        parse_date(value)
    return str(value)


_ours = partial(f.choice, COLUMNS)
_word = partial(f.text, 500, empty=True)


_OF_THE_FILE = ("more", "delimiter", "quoting", "encoding")


class _LayoutSchema(f.Strict):
    columns = m.Dict(keys=_ours(), values=f.Checked(_headers), required=True)
    constants = m.Dict(keys=_ours(), values=_word())
    skip = m.List(m.Dict(keys=f.Checked(header), values=_word()))
    kinds = m.Dict(keys=_word(), values=f.choice(KINDS))
    totals = m.List(_word())
    tail = f.flag()
    headings = m.List(f.text(100))
    people = m.Dict(keys=f.text(500), values=_word())
    above = m.List(f.choice(NAMED))
    running = m.List(_word())
    date = f.Checked(check_date_pattern)
    dates = m.Dict(keys=f.choice(("date", "start", "end")), values=f.Checked(check_date_pattern))
    time = f.Checked(check_time_pattern)
    language = m.List(f.choice(LANGUAGES), validate=m.validate.Length(min=1, max=5))
    year = f.Checked(_year, allow_none=True)
    decimal = f.choice((".", ","))
    thousands = f.choice(THOUSANDS)
    signs = m.Dict(keys=f.text(10), values=f.Checked(check_currency))
    unit = f.choice(UNITS)
    units = m.Dict(keys=f.choice(MEASURED), values=f.choice(UNITS))
    whole = m.List(f.choice(MEASURED))
    gross = f.flag()
    overnight = f.flag()
    twelve = f.flag()
    rounded = f.flag()
    zone = f.zone()
    tags = f.Checked(_separators)
    yes = m.List(_word())
    no = m.List(_word())
    delimiter = f.choice(DELIMITERS)
    quoting = f.choice(tuple(QUOTINGS))
    encoding = f.choice(ENCODINGS)
    header = f.whole(1000, lowest=1)
    find = f.flag()
    ragged = f.flag()
    sheet = f.text(200)
    more = m.List(m.Nested(lambda: _LayoutSchema(exclude=_OF_THE_FILE)), validate=m.validate.Length(max=50))

    @validates_schema
    def _holds_together(self, values: dict[str, Any], **_: Any) -> None:
        for name, cause, remedy in _faults(values):
            raise ValidationError([Invalid("bad_layout", cause, remedy)], name)


def _faults(values: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(field, cause, remedy) of what a layout lacks or contradicts as a whole."""
    given = {*values["columns"], *values.get("constants", ())}
    if "person" not in given and not [*values.get("headings", ()), *values.get("people", ())]:
        yield "columns", "nothing says whose work it is", 'map the column "person", or give the person under "constants"'
    if not given & {"date", "start"}:
        yield "columns", "nothing says on which day it was", 'map the column "date", or "start" where it holds the date as well'
    if not given & {"duration", "amount", "distance"} and not {"start", "end"} <= given:
        yield "columns", "nothing says how much it was", 'map "duration", "start" and "end", "amount" or "distance"'
    patterns = [values.get("date", "YYYY-MM-DD"), *values.get("dates", {}).values()]
    if not values.get("year") and any(map(lacks_year, patterns)):
        yield "date", "it has no year", 'give the pattern with YYYY or YY, or say the year of the dates in "year"'
    if values.get("thousands") and values["thousands"] == values.get("decimal", "."):
        yield "thousands", "it is the decimal sign as well", 'give the sign that groups digits, or ""'


_SCHEMA = _LayoutSchema()


def load(data: bytes | str | dict[str, Any]) -> Layout:
    """A layout from its JSON text or object; Invalid names every field that is wrong."""
    return _layout(f.load(_SCHEMA, data if isinstance(data, dict) else canonical.loads(data), "the layout"))


def _layout(values: dict[str, Any]) -> Layout:
    if "more" in values:
        values["more"] = [_layout(each) for each in values["more"]]
    return Layout(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})


def dump(layout: Layout) -> dict[str, Any]:
    """The layout as the JSON object that ``load`` reads, without what our own layout has as well."""
    return {
        each.name: _plain(getattr(layout, each.name))
        for each in fields(layout)
        if each.name == "columns" or getattr(layout, each.name) != _default(each)
    }


def _default(each: Any) -> Any:
    return each.default if each.default_factory is MISSING else each.default_factory()


def _plain(value: Any) -> Any:
    if isinstance(value, Layout):
        return dump(value)
    if isinstance(value, dict):
        return {name: _only(below) for name, below in value.items()}
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


def _only(headers: Any) -> Any:
    """A column's only header stands alone."""
    return headers[0] if isinstance(headers, tuple) and len(headers) == 1 else _plain(headers)
