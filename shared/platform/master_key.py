"""The installation's master key file: made on first run, and refused when others could read it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from shared.kernel.errors import Invalid
from shared.platform.sealing import KEY_BYTES, new_key


def load_master(path: str | Path) -> bytes:
    """Read the master key (64 hex digits), making the file first when there is none. Two first runs make one key."""
    path = Path(path)
    if not path.exists():
        _make(path)
    mode = path.stat().st_mode & 0o777
    if mode & 0o027:
        raise Invalid(
            "master_key_open",
            f"The master key file {path} can be read by every user of this machine or written by its group (mode {mode:04o}).",
            f"Run: chmod 600 {path}",
        )
    return _parse(path)


def _parse(path: Path) -> bytes:
    try:
        key = bytes.fromhex(path.read_text("ascii").strip())
    except (ValueError, UnicodeDecodeError) as error:
        raise _bad(path, "does not hold hex digits") from error
    if len(key) != KEY_BYTES:
        raise _bad(path, f"holds {len(key)} bytes instead of {KEY_BYTES}")
    if len(set(key)) < KEY_BYTES // 4:
        raise _bad(path, "holds a key that is not random")
    return key


def _bad(path: Path, what: str) -> Invalid:
    return Invalid(
        "master_key_bad",
        f"The master key file {path} {what}.",
        "Put the right file back; nothing sealed can be read without it. For a new installation delete it and start again.",
    )


def _make(path: Path) -> None:
    """Write the whole file beside and link it into place: nobody ever sees half a key, and the first one wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    number, beside = tempfile.mkstemp(dir=path.parent, prefix=".master-key-")  # 0600
    try:
        with os.fdopen(number, "w", encoding="ascii") as file:
            file.write(new_key().hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(beside, path)
    except FileExistsError:
        return  # another process was first; its key is the key
    finally:
        os.unlink(beside)
