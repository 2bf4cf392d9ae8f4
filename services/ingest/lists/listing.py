"""What a list is: its columns, how a part of it is read, and how its items look in a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from services.ingest.exports.columns import Cell, Column
from shared.platform.auth import Principal
from shared.platform.db import Database
from shared.platform.vault import Vault

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, and where from."""

    db: Database
    vault: Vault
    caller: Principal

    @property
    def organisation(self) -> str:
        return self.caller.organisation


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What is wanted of a list; None means any. Which of these a list knows stands in its ``filters``."""

    since: date | None = None
    until: date | None = None
    client: str | None = None
    job: str | None = None
    person: str | None = None
    tag: str | None = None
    approved: bool | None = None
    status: str | None = None
    period: str = "month"
    group: str = "client"
    year: int | None = None
    changed_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Which items: those after a place (the text of a cursor), or those from a number on."""

    limit: int
    offset: int = 0
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """Items that are stored one by one. ``place``: the text after which a cursor goes on."""

    read: Callable[[Reader, Filter, Part], Sequence[Item]]
    count: Callable[[Reader, Filter], int]
    place: Callable[[Item], str]


@dataclass(frozen=True, slots=True)
class Whole:
    """A list that was computed at once, since each of its items follows from all; ``more``: further members of its JSON."""

    items: Sequence[Item]
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One list. What is computed has pages, and no cursor."""

    name: str
    columns: tuple[Column, ...]
    filters: tuple[str, ...]
    source: Rows | Callable[[Reader, Filter], Whole]
    own: bool = False  # it keeps a worker to their own by itself
    scope: str = "records:read"
    needs: tuple[str, ...] = ()  # arguments without which it makes no sense
    foot: tuple[str, tuple[Column, ...]] | None = None  # which further member stands under the table, and its columns

    def cells(self, item: Item) -> list[Cell]:
        """An item as a row of a file."""
        return cells(self.columns, item)


def cells(columns: Sequence[Column], item: Item) -> list[Cell]:
    """An item's texts in the order of some columns."""
    return [_cell(item.get(column.name)) for column in columns]


def _cell(value: Any) -> Cell:
    if isinstance(value, list | tuple):
        return tuple(_text(one) for one in value)
    return None if value is None else _text(value)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_text(one)}" for name, one in value.items() if one is not None)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else str(value)


def columns(*named: str) -> tuple[Column, ...]:
    """Columns written as ``name:kind``; without a kind they are words of ours."""
    parts = (one.partition(":") for one in named)
    return tuple(Column(name, kind or "word") for name, _, kind in parts)
