"""Shelves the emulator's state in a file, where one is given, so that processes share it and a later one finds it again."""

from __future__ import annotations

import fcntl
import os
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Shelf:
    """A file that one process at a time takes down and puts back."""

    def __init__(self, path: Path) -> None:
        self.path, self._last = path, b""

    @contextmanager
    def alone(self) -> Iterator[None]:
        with self.path.with_name(f"{self.path.name}.lock").open("ab") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            yield

    def taken(self, otherwise: Any) -> Any:
        """What another process has put there since, else what is already in hand."""
        try:
            raw = self.path.read_bytes()
        except FileNotFoundError:
            return otherwise
        if raw == self._last:
            return otherwise
        self._last = raw
        return pickle.loads(raw)  # our own file, in its owner's folder

    def put(self, state: Any) -> None:
        raw = pickle.dumps(state)
        if raw != self._last:
            beside = self.path.with_suffix(".fresh")
            beside.write_bytes(raw)
            beside.chmod(0o600)
            os.replace(beside, self.path)
            self._last = raw
