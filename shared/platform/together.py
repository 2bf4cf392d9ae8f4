"""One transaction for what several callers want written at the same time: while one commits, the next ones gather.

Every caller returns once its own is committed, or raises what the transaction raised; then nothing of it is stored.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from shared.platform.db import Database, transaction
from shared.platform.session import Session

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class _Part(Generic[T]):
    value: T
    written: bool = False


class Together(Generic[T]):
    """Writes with ``write(session, values)``: the values of all who came while the one before was written."""

    def __init__(self, db: Database, write: Callable[[Session, Sequence[T]], None]) -> None:
        self._db, self._write = db, write
        self._gathering, self._writing = threading.Lock(), threading.Lock()
        self._parts: list[_Part[T]] = []

    def __call__(self, value: T) -> None:
        """Write it, with others or alone."""
        part = _Part(value)
        with self._gathering:
            self._parts.append(part)
        with self._writing:
            if part.written:
                return
            with self._gathering:
                parts, self._parts = self._parts, []
            if part not in parts:  # somebody wrote it with theirs, and failed
                parts.append(part)
            with transaction(self._db) as session:
                self._write(session, [one.value for one in parts])
            for one in parts:
                one.written = True
