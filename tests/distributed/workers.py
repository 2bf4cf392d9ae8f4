"""The connector's worker groups at a running stack: who is at which job, and what the job rows say."""

from __future__ import annotations

import socket
from typing import Any

import sqlalchemy as sa
from celery import Celery

from shared.platform import jobs
from shared.platform.celery_app import application, bell
from shared.platform.db import open_database, reading, transaction
from tests.distributed.stack import Stack

BULK = ("quickbooks-bulk", "second-bulk@%h")
"""The group of compose.yaml, and a second one of the same command."""


class Workers:
    """Looks at workers with Celery's own remote control, and at job rows."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._app: Celery = application(stack.environment["TIMEBOOKS_BROKER_URL"], "quickbooks")
        self.db = open_database(stack.environment["TIMEBOOKS_QUICKBOOKS_DATABASE_URL"])
        self.db.ring = bell(self._app, self.db, "quickbooks")
        self.until_up()

    def close(self) -> None:
        self.db.dispose()
        self._app.close()

    def start(self, *names: str) -> None:
        for name in names:
            second = name == BULK[1]
            self.stack.start(BULK[0] if second else name, hostname=name if second else "")

    def until_up(self) -> None:
        """Wait until both bulk groups answer."""
        self.stack.until(lambda: len(self.up()) == len(BULK), "both bulk groups answer")

    def up(self) -> set[str]:
        heard = self._app.control.ping(destination=self._nodes(), timeout=0.3, limit=len(BULK))
        return {node for answer in heard for node in answer}

    def at_work(self) -> dict[str, list[str]]:
        """Bulk group -> ids of the jobs that it is at: what `celery inspect active` says."""
        asked = self._app.control.inspect(destination=self._nodes(), timeout=1, limit=len(BULK))
        active = asked.active() or {}
        return {self._group(node): [task["id"] for task in tasks] for node, tasks in active.items()}

    def follow(self) -> None:
        """Let the connector look at ingest's feed now and not only in a second or two."""
        with transaction(self.db) as session:
            jobs.ask(session, "follow", "*", organisation="*", queue="interactive")

    def pushes(self, connection: str) -> list[Any]:
        """A connection's push jobs, the newest first."""
        mine = (jobs.job.c.kind == "push", jobs.job.c.subject == connection)
        with reading(self.db) as session:
            return list(session.execute(sa.select(jobs.job).where(*mine).order_by(jobs.job.c.id.desc())).mappings())

    def job(self, number: int) -> Any:
        with reading(self.db) as session:
            return session.execute(sa.select(jobs.job).where(jobs.job.c.id == number)).mappings().first()

    @staticmethod
    def _nodes() -> list[str]:
        return [f"{name.partition('@')[0]}@{socket.gethostname().partition('.')[0]}" for name in BULK]

    @staticmethod
    def _group(node: str) -> str:
        return next(name for name in BULK if name.partition("@")[0] == node.partition("@")[0])
