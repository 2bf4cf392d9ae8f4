"""Following the connectors' feeds, each with a cursor of its own, so that a dead one delays nobody else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from services.ingest.status import project
from shared.platform import feed
from shared.platform.db import Database
from shared.platform.http import Peer
from shared.platform.jobs import Job
from shared.platform.schedule import Tick
from shared.platform.vault import Vault

KIND = "status.follow"  # job kind; its subject is the service
EVERY = 2  # seconds


def handlers(db: Database, vault: Vault, peers: Mapping[str, Peer]) -> dict[str, Callable[[Job], None]]:
    """By job kind."""

    def follow_one(job: Job) -> None:
        follow(db, vault, job.subject, peers[job.subject])

    return {KIND: follow_one}


def ticks(services: Iterable[str], *, every: int = EVERY) -> tuple[Tick, ...]:
    """One for each service."""
    return tuple(Tick(KIND, every, service) for service in services)


def follow(db: Database, vault: Vault, service: str, peer: Peer) -> int:
    """Take everything new from one connector; gives how many feed rows."""

    def fetch(after: int, limit: int) -> Any:
        return peer.get("/feed", {"after": str(after), "limit": str(limit), "kinds": ",".join(project.KINDS)})

    return feed.follow(db, f"status:{service}", fetch, lambda session, row: project.apply(session, vault, service, row))
