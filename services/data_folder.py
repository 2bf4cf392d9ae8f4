"""The data folder: who holds it, at which address that process serves, and the key that commands on this machine use."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any

from shared.kernel.errors import Conflict

LOCK, KEY, SESSION = "lock", "api.key", "session.json"


class Lock:
    """While entered, no other process runs the product on this folder. The system frees it if the process dies."""

    def __init__(self, folder: Path, address: str = "") -> None:
        self._folder, self._address = folder, address

    def __enter__(self) -> Lock:
        make_private(self._folder)
        self._file = os.open(self._folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        if not _try_lock(self._file):
            os.close(self._file)
            pid, address = _holder(self._folder)
            raise Conflict(
                "data_folder_in_use",
                f"Process {pid or 'unknown'} already works on {self._folder}.",
                f"It serves at {address}." if address else "Wait until it ends, or set TIMEBOOKS_DATA to another folder.",
            )
        os.ftruncate(self._file, 0)
        os.write(self._file, json.dumps({"pid": os.getpid(), "address": self._address}).encode())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        os.ftruncate(self._file, 0)
        os.close(self._file)


def address(folder: Path) -> str | None:
    """Where the process that holds this folder serves; "" when it holds it without serving, None when nobody does."""
    try:
        file = os.open(folder / LOCK, os.O_RDWR)
    except FileNotFoundError:
        return None
    free = _try_lock(file)
    os.close(file)
    return None if free else _holder(folder)[1]


def _try_lock(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(folder: Path) -> tuple[int, str]:
    try:
        held = json.loads((folder / LOCK).read_bytes())
        return held["pid"], held["address"]
    except (ValueError, KeyError):  # it has the lock, and is about to say who it is
        return 0, ""


def make_private(folder: Path) -> None:
    """Make the folder, readable by its owner alone; one that is there stays as it is."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def keep_key(folder: Path, key: str) -> Path:
    """Store the API key that commands on this machine use, readable by its owner alone."""
    return _keep(folder, KEY, key + "\n")


def _keep(folder: Path, name: str, text: str) -> Path:
    """Whoever reads it meanwhile sees all of the old or of the new."""
    make_private(folder)
    path, new = folder / name, folder / f"{name}.{os.getpid()}"
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(text)
    new.replace(path)
    return path


def keep_session(folder: Path, held: dict[str, Any]) -> None:
    """Store the session of whoever signed in on this machine, as the key is."""
    _keep(folder, SESSION, json.dumps(held))


def kept_session(folder: Path) -> dict[str, Any] | None:
    """The session kept here."""
    path = folder / SESSION
    return dict(json.loads(path.read_bytes())) if path.exists() else None


def forget_session(folder: Path) -> None:
    """Keep it no more."""
    (folder / SESSION).unlink(missing_ok=True)


def kept_key(folder: Path) -> str:
    """The API key that ``init`` stored here; "" when there is none."""
    path = folder / KEY
    return path.read_text("ascii").strip() if path.exists() else ""
