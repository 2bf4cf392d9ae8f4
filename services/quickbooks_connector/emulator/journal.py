"""Keeps the append-only record of every write that was accepted: what tests take as the truth."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from .wire import Body


@dataclass(frozen=True)
class Entry:
    """One accepted write: `body` as it was sent, `result` as it stood afterwards."""

    position: int
    at: datetime
    realm: str
    actor: str  # api | accountant
    entity: str
    operation: str  # create | update | void | delete | emailed | merge
    id: str
    requestid: str | None
    body: Body
    result: Body

    def as_json(self) -> Body:
        return {**asdict(self), "at": self.at.isoformat()}


class Journal:
    """Entries in the order in which they were accepted; nothing is ever taken out."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def add(self, **facts: Any) -> None:
        self._entries.append(Entry(position=len(self._entries) + 1, **facts))

    def read(self, **wanted: str | None) -> list[Entry]:
        """Entries whose named fields have the given values; a field given as None is not looked at."""
        asked = {name: value for name, value in wanted.items() if value is not None}
        return [entry for entry in self._entries if all(getattr(entry, name) == value for name, value in asked.items())]
