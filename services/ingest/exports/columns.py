"""The columns that work is shown in: every format writes these very texts, so that all of them agree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import Any

from services.ingest.exports.lines import Line
from shared.contract.records import Kind
from shared.kernel.duration import HOUR

Cell = str | tuple[str, ...] | None
"""A cell's text, several texts, or nothing."""
Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``kind``: text (anybody's words), word (ours: ids, states), number, date, moment, flag or list of texts."""

    name: str
    kind: str
    title: str = ""

    @property
    def heading(self) -> str:
        return self.title or self.name.replace("_", " ").capitalize()


Cells = Callable[[Sequence[Line]], Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class _Field:
    column: Column
    cells: Cells  # of some lines at once: a call for each cell took most of an export's time
    when: str = ""  # what has to be asked for; "": always there


@lru_cache(maxsize=4096)
def number(value: Decimal) -> str:
    """A number as its shortest exact text with at least one decimal: 7.5, 48.0."""
    text = format(value, "f")
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction.rstrip('0') or '0'}"


def money(value: Decimal) -> str:
    """An amount with all the decimals of its currency, which it was rounded to."""
    return format(value, "f")


def hours_text(seconds: int) -> str:
    """Hours that give the seconds back: ``number(hours(seconds))``, in whole numbers, which take a fifth of the time."""
    whole, rest = divmod(seconds, HOUR)
    places = f"{(rest * 100_000 + HOUR // 2) // HOUR:05}".rstrip("0")
    return f"{whole}.{places or '0'}"


def minutes_text(seconds: int) -> str:
    return str((seconds + 30) // 60)


def _each(name: str, write: Callable[[Any], str] | None = None) -> Cells:
    """A member of each line, written where it is there."""
    place = itemgetter(Line._fields.index(name))
    if write is None:
        return lambda lines: list(map(place, lines))
    return lambda lines: [None if value is None else write(value) for value in map(place, lines)]


def _of_time(name: str, write: Callable[[Any], str]) -> Cells:
    """The same, where it is time that was logged."""
    members = attrgetter("kind", name)
    return lambda lines: [write(value) if kind is Kind.TIME else None for kind, value in map(members, lines)]


def _driven(name: str, write: Callable[[Any], str] = str) -> Cells:
    """The same, of what is known of a trip."""
    of = attrgetter(name)
    return lambda lines: [None if (value := line.driven and of(line.driven)) in (None, "") else write(value) for line in lines]


def _field(name: str, kind: str, cells: Cells, when: str = "", title: str = "") -> _Field:
    return _Field(Column(name, kind, title), cells, when)


_FIELDS = (
    _field("kind", "word", _each("kind")),
    _field("id", "word", _each("id"), title="ID"),
    _field("date", "date", _each("date", lru_cache(maxsize=4096)(date.isoformat))),
    _field("user_id", "word", _each("person"), title="Person ID"),
    _field("user", "text", _each("person_name"), title="Person"),
    _field("client_id", "word", _each("client"), title="Client ID"),
    _field("client", "text", _each("client_name")),
    _field("job_id", "word", _each("job"), title="Job ID"),
    _field("job", "text", _each("job_name")),
    _field("start", "moment", _each("start"), "detail"),
    _field("end", "moment", _each("end"), "detail"),
    _field("break_min", "number", _of_time("break_seconds", minutes_text), "detail", "Break (minutes)"),
    _field("hours", "number", _of_time("seconds", hours_text)),
    _field("overtime_h", "number", _of_time("overtime_seconds", hours_text), "overtime", "Overtime hours"),
    _field("rate", "number", _each("rate", number)),
    _field("overtime_rate", "number", _each("overtime_rate", number), "overtime"),
    _field("distance", "number", _each("distance", number), "mileage"),
    _field("unit", "word", lambda lines: [line.unit or None for line in lines], "mileage"),
    _field("category", "text", lambda lines: [line.category or None for line in lines], "expenses"),
    _field("amount", "number", _each("amount", money)),
    _field("currency", "word", _each("currency")),
    _field("tags", "list", _each("tags")),
    _field("billable", "flag", lambda lines: ["true" if line.billable else "false" for line in lines]),
    _field("approval", "word", _each("approval")),
    _field("notes", "text", _each("notes")),
    *(_field(name, "text", _driven(name), "mileage") for name in ("from_place", "to_place", "vehicle")),
    *(_field(name, "number", _driven(name, number), "mileage") for name in ("odometer_start", "odometer_end")),
)


def columns(asked: frozenset[str]) -> tuple[Column, ...]:
    """The columns of an export; ``asked``: expenses, mileage, overtime, detail."""
    return tuple(field.column for field in _FIELDS if not field.when or field.when in asked)


def rows(asked: frozenset[str]) -> Callable[[Sequence[Line]], list[Row]]:
    """Gives the cells of some lines in the order of ``columns``."""
    chosen = [field.cells for field in _FIELDS if not field.when or field.when in asked]
    return lambda lines: list(zip(*(cells(lines) for cells in chosen), strict=True))
