"""What a made report consists of: how it is to be written, the sheet in the making, and what it says in truth."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

YEAR = 2026
PEOPLE = ("Ada Sample", "Kim Sample", "Lee Sample")


@dataclass(frozen=True, slots=True)
class Truth:
    """One entry as it really was."""

    day: date
    person: str
    seconds: int | None  # None: an expense
    money: Decimal | None  # what it costs or is worth
    currency: str | None


@dataclass(frozen=True, slots=True)
class Made:
    """A report, what it leaves open with the answers, how each other point is settled, and what it says in truth."""

    name: str
    data: bytes
    open: dict[str, str]
    settled: dict[str, str]
    truth: tuple[Truth, ...]


@dataclass(slots=True)
class Sheet:
    """A table in the making: title lines, and headers with a text for each entry."""

    titles: list[str] = field(default_factory=list)
    columns: dict[str, list[object]] = field(default_factory=dict)


@dataclass(slots=True)
class Plan:
    """How one file is written."""

    pick: random.Random  # how things are written
    roll: random.Random  # what was done
    kind: str  # time | expense
    words: dict[str, str]
    order: str  # of dates, in truth: D-M-Y | M-D-Y
    mark: str  # decimal, in truth
    unit: str  # of durations, in truth: h | min | s
    currency: str | None
    way: dict[str, str]  # how each point is settled or left open

    @property
    def money(self) -> bool:
        return "currency" in self.way
