"""Guards the emulator's state: one lock for a process's threads and, where it lives in a file, for all that share it."""

from __future__ import annotations

import fcntl
import os
import pickle
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any


class Guard:
    """The emulator's lock. With a file, entering reads what another process left there, leaving writes what has changed."""

    def __init__(self, path: Path | None, load: Callable[[Any], None], state: Callable[[], Any]) -> None:
        self._path, self._load, self._state = path, load, state
        self._lock = threading.RLock()
        self._depth = 0
        self._seen = b""
        self._gate: IO[bytes] | None = None

    def __enter__(self) -> None:
        self._lock.acquire()
        self._depth += 1
        if self._depth == 1 and self._path is not None:
            self._gate = open(f"{self._path}.lock", "ab")
            fcntl.flock(self._gate, fcntl.LOCK_EX)
            self._read(self._path)

    def __exit__(self, *_: object) -> None:
        try:
            if self._depth == 1 and self._path is not None and self._gate is not None:
                self._write(self._path)
                self._gate.close()
        finally:
            self._depth -= 1
            self._lock.release()

    def _read(self, path: Path) -> None:
        found = path.read_bytes() if path.exists() else b""
        if found and found != self._seen:
            self._load(pickle.loads(found))  # our own file, in the owner's data folder
            self._seen = found

    def _write(self, path: Path) -> None:
        now = pickle.dumps(self._state())
        if now == self._seen:
            return
        fresh = path.with_name(f"{path.name}.new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "wb") as file:
            file.write(now)
        fresh.replace(path)
        self._seen = now
