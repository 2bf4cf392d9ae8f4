"""Keeps the append-only record of every accepted write: what tests take as the truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .wire import Body


@dataclass(frozen=True)
class Act:
    """Who writes, when, and with what: the part of an entry that is known before the work is done."""

    actor: str  # api | clerk
    at: datetime
    key: str | None = None  # the Idempotency-Key
    sent: Any = None


@dataclass(frozen=True)
class Entry:
    """One accepted write and how the thing stood afterwards."""

    position: int
    at: datetime
    tenant: str
    actor: str
    kind: str  # timesheet | pay_run | employee | rate
    operation: str  # create update approve revert reject request delete | add_line update_line delete_line | post reopen process
    id: str
    key: str | None
    sent: Any
    result: Body

    def as_json(self) -> Body:
        return {**vars(self), "at": self.at.isoformat()}


class Journal(list[Entry]):
    """Entries in the order in which they were accepted."""

    def record(self, act: Act, tenant: str, kind: str, operation: str, thing: str, result: Body) -> None:
        self.append(Entry(len(self) + 1, act.at, tenant, act.actor, kind, operation, thing, act.key, act.sent, result))

    def matching(self, **wanted: Any) -> Iterator[Entry]:
        """Entries whose fields have the given values; what is given as None is not looked at."""
        asked = {name: value for name, value in wanted.items() if value is not None}
        return (entry for entry in self if asked.items() <= {name: getattr(entry, name) for name in asked}.items())
