"""How the file writes times of day: with 24 hours, with halves of the day, with seconds, with an offset."""

from __future__ import annotations

from collections.abc import Iterable

from services.ingest.sources.detect.columns import Column, Seen
from services.ingest.sources.detect.findings import Inquiry
from services.ingest.sources.detect.roles import Assigned
from services.ingest.sources.detect.scan import Table

_CLOCKED = {"start", "end", "begin", "finish"}
PLAIN = "H:mm[:ss]"


def clock_columns(tables: Iterable[tuple[Table, Assigned]]) -> list[Column]:
    """The columns that hold times of day by their role."""
    return [column for _, assigned in tables for role in ("date", "start", "end") for column in assigned.roles.get(role, [])]


def time_pattern(tables: list[tuple[Table, Assigned]], inquiry: Inquiry) -> str:
    """The layout's pattern for all times of the file."""
    found: dict[str, Seen] = {}
    for column in clock_columns(tables):
        for pattern, hours in column.clocks.items():
            for hour, seen in hours.items():
                found.setdefault(_general(pattern, hour), seen)
    parts = [seen for column in clock_columns(tables) if (seen := part_of_day(column))]
    found |= {"serial": min(parts)} if parts else {}
    for pattern, (row, text) in found.items():
        inquiry.note("time", pattern, f"{text} in row {row}")
    return "|".join(sorted(found, key=found.__getitem__)) or PLAIN


def _general(pattern: str, hour: int) -> str:
    """The pattern that reads times with and without seconds alike; at noon some count 0 and some 12."""
    general = pattern.replace("H:mm:ss", "H:mm[:ss]") if ":ss" in pattern else pattern.replace("H:mm", "H:mm[:ss]")
    if "a" not in general:
        return general
    return general.replace("H", "h" if hour else "K").replace("a", "a" if general.startswith("a") else " a")


def part_of_day(column: Column) -> Seen | None:
    """The first time that is written as a part of a day, as spreadsheets keep it."""
    if column.head.roles() & _CLOCKED:
        return column.typed.get("number") or next((seen for _, seen in column.numbers.values()), None)
    return None


def halves_untold(tables: list[tuple[Table, Assigned]]) -> bool:
    """Whether all hours lie between 1 and 12 and nothing says in which half of the day."""
    hours = {
        hour for column in clock_columns(tables) for pattern, each in column.clocks.items() for hour in each if "a" not in pattern
    }
    return bool(hours) and all(1 <= hour <= 12 for hour in hours)
