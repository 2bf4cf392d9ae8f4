"""What a service is to whoever runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from wsgiref.types import WSGIApplication

from shared.platform.db import Database
from shared.platform.jobs import Job
from shared.platform.schedule import Tick


@dataclass(slots=True)
class Service:
    """A built service: its web application under ``prefix``, and what its workers do."""

    name: str
    prefix: str
    db: Database
    app: WSGIApplication
    handlers: Mapping[str, Callable[[Job], None]]  # by job kind
    ticks: tuple[Tick, ...]
