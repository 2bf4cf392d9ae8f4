"""One fresh database, and small things that several of these tests do."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from shared.platform import feed, jobs
from shared.platform.db import Database, reading

PATIENCE = 20
"""Seconds that anything here may wait for another thread; what it waits for takes milliseconds."""


@pytest.fixture
def db(make_database) -> Database:
    return make_database()


@pytest.fixture
def other(make_database) -> Database:
    """A second database: another service's."""
    return make_database()


@pytest.fixture
def aside():
    """``aside(function, …)`` runs it in another thread and gives its Future."""
    pool = ThreadPoolExecutor(16)

    def start(function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        return pool.submit(function, *arguments)

    yield start
    pool.shutdown(wait=True)


class Gate:
    """A place where one thread waits until another lets it pass."""

    def __init__(self) -> None:
        self._reached, self._open = threading.Event(), threading.Event()

    def wait(self) -> None:
        self._reached.set()
        assert self._open.wait(PATIENCE)

    def reached(self) -> None:
        assert self._reached.wait(PATIENCE)

    def open(self) -> None:
        self._open.set()


def rows(db: Database) -> list[tuple[str, int]]:
    """Everything in the feed, in order: (subject, version)."""
    with reading(db) as session:
        found = session.execute(sa.select(feed.feed.c.subject, feed.feed.c.version).order_by(feed.feed.c.position))
        return [tuple(row) for row in found]


def job_rows(db: Database, **only: Any) -> list[Any]:
    """Job rows as they are, oldest first."""
    with reading(db) as session:
        wanted = sa.select(jobs.job).filter_by(**only).order_by(jobs.job.c.id)
        return list(session.execute(wanted).mappings())


def job_row(db: Database, number: int) -> Any:
    [row] = job_rows(db, id=number)
    return row
