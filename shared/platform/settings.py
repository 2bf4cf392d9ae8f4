"""Settings, read once from the environment by whoever starts a process."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from shared.kernel.errors import Invalid

_ROOMS = re.compile(r"_(IMPORT|SIGN_IN|WEBHOOK|LIMIT|RECEIPT|EXPORTS?)_")
"""In the names of settings that rooms of services read themselves."""


@dataclass(frozen=True, slots=True)
class Settings:
    """``databases`` and ``urls`` are by service name; an empty ``urls`` entry means the service runs in this process."""

    data: Path
    host: str
    port: int
    public_url: str  # what providers redirect to; some refuse 127.0.0.1, so localhost by default
    broker_url: str  # "": embedded, no broker
    master_key_file: Path
    databases: Mapping[str, str]
    urls: Mapping[str, str]
    lease_seconds: int  # how long a taken job stays with a worker that no longer answers
    resend_seconds: int = 5  # how long a job's message may be on its way before it may count as lost
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)  # the rest of the environment: the services' own settings

    @classmethod
    def load(cls, environ: Mapping[str, str], services: tuple[str, ...]) -> Settings:
        """Raises Invalid naming the variable that can't be read."""
        data = Path(environ.get("TIMEBOOKS_DATA", "data")).absolute()
        port = _number(environ, "TIMEBOOKS_PORT", 8765)
        key = environ.get("TIMEBOOKS_MASTER_KEY_FILE")
        return cls(
            data=data,
            host=environ.get("TIMEBOOKS_HOST", "127.0.0.1"),
            port=port,
            public_url=environ.get("TIMEBOOKS_PUBLIC_URL", f"http://localhost:{port}").rstrip("/"),
            broker_url=environ.get("TIMEBOOKS_BROKER_URL", ""),
            master_key_file=Path(key) if key else data / "master.key",
            databases={name: environ.get(_of(name, "DATABASE_URL")) or f"sqlite:///{data / name}.db" for name in services},
            urls={name: environ.get(_of(name, "URL"), "").rstrip("/") for name in services},
            lease_seconds=_number(environ, "TIMEBOOKS_LEASE_SECONDS", 30),
            resend_seconds=_number(environ, "TIMEBOOKS_RESEND_SECONDS", 5),
            extra={name: value for name, value in environ.items() if not name.startswith("TIMEBOOKS_") or _ROOMS.search(name)},
        )


def _of(service: str, what: str) -> str:
    return f"TIMEBOOKS_{service.upper()}_{what}"


def _number(environ: Mapping[str, str], name: str, otherwise: int) -> int:
    text = environ.get(name, str(otherwise))
    if not text.isascii() or not text.isdigit():
        raise Invalid("bad_setting", f"{name} is {text!r}, which is not a whole number.", f"Set {name} to a whole number.")
    return int(text)
