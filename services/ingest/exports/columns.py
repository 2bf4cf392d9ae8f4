"""The columns that work is shown in: every format writes these very texts, so that all of them agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import Any

from services.ingest.exports.lines import Line
from shared.kernel.duration import hours

Cell = str | tuple[str, ...] | None
"""A cell's text, several texts, or nothing."""
Row = list[Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``kind``: text (anybody's words), word (ours: ids, states), number, date, moment, flag or list of texts."""

    name: str
    kind: str
    title: str = ""

    @property
    def heading(self) -> str:
        return self.title or self.name.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True)
class _Field:
    column: Column
    cell: Callable[[Line], Cell]
    when: str = ""  # what has to be asked for; "": always there


@lru_cache(maxsize=65_536)
def number(value: Decimal) -> str:
    """A number as its shortest exact text with at least one decimal: 7.5, 48.0."""
    text = format(value, "f")
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction.rstrip('0') or '0'}"


def money(value: Decimal) -> str:
    """An amount with all the decimals of its currency, which it was rounded to."""
    return format(value, "f")


@lru_cache(maxsize=65_536)
def hours_text(seconds: int) -> str:
    """Hours that give the seconds back."""
    return number(hours(seconds))


def minutes_text(seconds: int) -> str:
    return str((seconds + 30) // 60)


def _maybe(write: Callable[[Any], str], value: Any) -> str | None:
    return None if value is None else write(value)


def _moment(value: Any) -> str:
    return str(value.isoformat(timespec="minutes"))


_NOT_TIME = ("expense", "mileage")


def _if_time(write: Callable[[Line], str]) -> Callable[[Line], str | None]:
    return lambda line: None if line.kind in _NOT_TIME else write(line)


def _field(name: str, kind: str, cell: Callable[[Line], Cell], when: str = "", title: str = "") -> _Field:
    return _Field(Column(name, kind, title), cell, when)


_FIELDS = (
    _field("kind", "word", attrgetter("kind")),
    _field("id", "word", attrgetter("id"), title="ID"),
    _field("date", "date", lambda line: line.date.isoformat()),
    _field("user_id", "word", attrgetter("person"), title="Person ID"),
    _field("user", "text", attrgetter("person_name"), title="Person"),
    _field("client_id", "word", attrgetter("client"), title="Client ID"),
    _field("client", "text", attrgetter("client_name")),
    _field("job_id", "word", attrgetter("job"), title="Job ID"),
    _field("job", "text", attrgetter("job_name")),
    _field("start", "moment", lambda line: _maybe(_moment, line.start), "detail"),
    _field("end", "moment", lambda line: _maybe(_moment, line.end), "detail"),
    _field("break_min", "number", _if_time(lambda line: minutes_text(line.break_seconds)), "detail", "Break (minutes)"),
    _field("hours", "number", _if_time(lambda line: hours_text(line.seconds))),
    _field("overtime_h", "number", _if_time(lambda line: hours_text(line.overtime_seconds)), "overtime", "Overtime hours"),
    _field("rate", "number", lambda line: _maybe(number, line.rate)),
    _field("overtime_rate", "number", lambda line: _maybe(number, line.overtime_rate), "overtime"),
    _field("distance", "number", lambda line: _maybe(number, line.distance), "mileage"),
    _field("unit", "word", lambda line: line.unit or None, "mileage"),
    _field("category", "text", lambda line: line.category or None, "expenses"),
    _field("amount", "number", lambda line: _maybe(money, line.amount)),
    _field("currency", "word", attrgetter("currency")),
    _field("tags", "list", attrgetter("tags")),
    _field("billable", "flag", lambda line: "true" if line.billable else "false"),
    _field("approval", "word", attrgetter("approval")),
    _field("notes", "text", attrgetter("notes")),
)


def columns(asked: frozenset[str]) -> tuple[Column, ...]:
    """The columns of an export; ``asked``: expenses, mileage, overtime, detail."""
    return tuple(field.column for field in _FIELDS if not field.when or field.when in asked)


def cells(asked: frozenset[str]) -> Callable[[Line], list[Cell]]:
    """Gives a line's cells in the order of ``columns``."""
    chosen = [field.cell for field in _FIELDS if not field.when or field.when in asked]
    return lambda line: [cell(line) for cell in chosen]
