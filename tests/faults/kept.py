"""A connector that was connected once and is copied for each test: to connect again would be a fourth of many of them."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.platform.db import Database
from tests.conftest import template_of
from tests.faults.stands import STANDS


@dataclass(frozen=True, slots=True)
class Kept:
    """Templates of a stand's databases in the order it asks for them, what it and its emulator remember, and when it was."""

    databases: Sequence[str]
    memory: bytes
    now: datetime


_kept: dict[tuple[str, ...], Kept] = {}


def opened(
    connector: str, places: Sequence[str], make_database: Callable[..., Database], clock: Any, backend: str
) -> Any:
    """A stand with these connections open, as it was when they were first opened in this process."""
    key = (connector, backend, *places)
    if key not in _kept:
        first = STANDS[connector](make_database, clock)
        for place in places:
            first.opened(place)
        _kept[key] = Kept([template_of(db) for db in (first.wishes.db, first.db)], pickle.dumps(first.memory()), clock.now)
    kept = _kept[key]
    templates = iter(kept.databases)
    made = STANDS[connector](lambda *_: make_database(like=next(templates)), clock)
    made.remember(pickle.loads(kept.memory))
    clock.now = kept.now
    return made
