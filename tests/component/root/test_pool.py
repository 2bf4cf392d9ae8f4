"""The embedded mode's threads do what the job rows say, and nothing gets lost when they stop."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from services.pool import THREADS, Pool
from shared.platform import jobs
from shared.platform.db import reading, transaction
from shared.platform.schedule import Tick
from shared.platform.service import Service

SECONDS = 10
"""Patience of these tests; what they wait for takes milliseconds."""


@pytest.fixture
def backend():
    return "sqlite"  # the pool is the embedded mode's


@pytest.fixture
def run(make_database):
    """Starts a pool over one service with these handlers; stopped at the end."""
    pools = []

    def start(handlers, ticks=(), db=None):
        service = Service("sample", "/sample", db or make_database(), lambda environ, start: [], handlers, tuple(ticks))
        pool = Pool((service,))
        pool.start()
        pools.append(pool)
        return service, pool

    yield start
    for pool in pools:
        pool.stop()


def ask(db, kind, subject="one", queue="bulk", due=None):
    with transaction(db) as session:
        return jobs.ask(session, kind, subject, organisation="o", queue=queue, due=due)


def state(db, number):
    with reading(db) as session:
        return session.execute(sa.select(jobs.job.c.state).where(jobs.job.c.id == number)).scalar_one()


def test_a_job_is_done_as_soon_as_it_is_committed(run):
    done = threading.Event()
    service, _ = run({"greet": lambda job: done.set()})
    ask(service.db, "greet")
    assert done.wait(SECONDS)


def test_a_job_that_another_process_asked_for_is_found(run):
    done = threading.Event()
    service, _ = run({"greet": lambda job: done.set()})
    service.db.ring = lambda numbers: None
    ask(service.db, "greet")
    assert done.wait(SECONDS)


def test_interactive_work_does_not_wait_for_bulk_work(run):
    free, done = threading.Event(), threading.Event()
    service, _ = run({"slow": lambda job: free.wait(SECONDS), "quick": lambda job: done.set()})
    for number in range(THREADS["bulk"] + 2):
        ask(service.db, "slow", f"s{number}")
    ask(service.db, "quick", queue="interactive")
    assert done.wait(SECONDS)
    free.set()


def test_more_jobs_than_fit_in_hand_are_all_done(run):
    left, done = [300], threading.Event()
    lock = threading.Lock()

    def count(job):
        with lock:
            left[0] -= 1
            if not left[0]:
                done.set()

    service, _ = run({"count": count})
    with transaction(service.db) as session:
        for number in range(300):
            jobs.ask(session, "count", f"c{number}", organisation="o")
    assert done.wait(SECONDS)


def test_work_of_a_process_that_died_is_taken_up_again(run, make_database):
    db, done = make_database(), threading.Event()
    number = ask(db, "greet")
    taken = jobs.take(db, number)
    assert taken
    with transaction(db) as session:  # its lease ran out
        past = datetime.now(UTC) - timedelta(seconds=1)
        session.execute(sa.update(jobs.job).values(lease_until=past))
    run({"greet": lambda job: done.set()}, db=db)
    assert done.wait(SECONDS)


def test_what_comes_round_is_asked_for_by_itself(run):
    done = threading.Event()
    run({"round": lambda job: done.set()}, [Tick("round", 3600)])
    assert done.wait(SECONDS)


def test_stopping_lets_running_work_end_and_leaves_the_rest_in_its_row(run):
    running, free = threading.Event(), threading.Event()

    def slow(job):
        running.set()
        free.wait(SECONDS)

    service, pool = run({"slow": slow})
    first = ask(service.db, "slow", "first")
    assert running.wait(SECONDS)
    later = ask(service.db, "slow", "later", due=datetime.now(UTC) + timedelta(hours=1))
    threading.Timer(0.05, free.set).start()
    pool.stop()
    assert (state(service.db, first), state(service.db, later)) == ("done", "ready")
