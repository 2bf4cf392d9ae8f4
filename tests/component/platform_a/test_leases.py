"""Leases and fences: who holds a job, for how long, and what becomes of one who no longer does."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
import sqlalchemy as sa

from shared.platform import jobs
from shared.platform.db import reading, transaction
from shared.platform.faultpoint import Rig
from shared.platform.jobs import LeaseLost
from tests import engines
from tests.component.platform_a.conftest import PATIENCE, Gate, job_row

written = sa.Table("written", sa.MetaData(), sa.Column("n", sa.Integer, primary_key=True), sa.Column("by", sa.Integer))


@pytest.fixture
def db(make_database):
    return make_database(written.metadata)


@pytest.fixture
def no_heart():
    """Leases run out here as they do when the whole process has stopped."""
    jobs.heart().enabled = False
    yield
    jobs.heart().enabled = True


def ask(db, subject="one"):
    with transaction(db) as session:
        return jobs.ask(session, "push", subject, organisation="o")


def write(db, job, n=1):
    with jobs.fenced(db, job) as session:
        session.execute(sa.insert(written).values(n=n, by=job.fence))


def writers(db):
    with reading(db) as session:
        return list(session.execute(sa.select(written.c.by).order_by(written.c.n)).scalars())


def test_a_lease_keeps_others_away_until_it_runs_out_and_each_taking_has_a_higher_fence(db, clock):
    number = ask(db)
    first = jobs.take(db, number)
    clock.advance(seconds=30)
    assert jobs.take(db, number) is None
    clock.advance(seconds=1)
    second = jobs.take(db, number)
    assert (first.fence, second.fence) == (1, 2)


def test_how_long_a_lease_lasts_is_a_setting_of_the_database(clock, new_database_url):
    from shared.platform.db import metadata

    short = engines.opened(new_database_url(metadata), lease_seconds=2, resend_seconds=1)
    try:
        number = ask(short)
        assert jobs.take(short, number)
        assert (job_row(short, number)["lease_until"] - clock.now).total_seconds() == 2
    finally:
        short.dispose()


def taken_over(db, clock, no_heart):
    """A worker pauses beyond its lease, another takes its job over and writes; then the first wants to write as well."""
    number = ask(db)
    paused = jobs.take(db, number)
    clock.advance(seconds=31)
    other = jobs.take(db, number)
    write(db, other, n=1)
    write(db, paused, n=2)


def test_a_paused_workers_write_is_refused_and_with_the_fence_off_it_is_not(db, clock, no_heart, make_database):
    with pytest.raises(LeaseLost):
        taken_over(db, clock, no_heart)
    assert writers(db) == [2]
    unfenced = make_database(written.metadata)
    with Rig(off=frozenset({"lease_fence"})):
        taken_over(unfenced, clock, no_heart)
    assert writers(unfenced) == [2, 1]


def test_a_paused_worker_that_finds_its_job_taken_ends_without_touching_it(db, clock, no_heart):
    number = ask(db)

    def pause(job):
        clock.advance(seconds=31)
        assert jobs.take(db, number)
        write(db, job)

    assert jobs.run(db, number, {"push": pause}) == "lost"
    assert (job_row(db, number)["state"], job_row(db, number)["fence"], writers(db)) == ("running", 2, [])


@pytest.mark.parametrize("how", ["returns", "retries", "parks", "breaks"])
def test_whatever_a_paused_worker_says_in_the_end_the_others_row_stays(db, clock, no_heart, how):
    from shared.kernel.errors import Park, Retry

    number = ask(db)
    raised = {"retries": Retry("r", "c"), "parks": Park("p", "c", "r"), "breaks": LookupError()}

    def pause(job):
        clock.advance(seconds=31)
        assert jobs.take(db, number)
        if how in raised:
            raise raised[how]

    assert jobs.run(db, number, {"push": pause}) == "lost"
    row = job_row(db, number)
    assert (row["state"], row["fence"], row["ended_at"]) == ("running", 2, None)


def test_a_job_whose_lease_ran_out_but_that_nobody_took_goes_on(db, clock, no_heart):
    number = ask(db)

    def slow(job):
        clock.advance(seconds=300)
        write(db, job)

    assert jobs.run(db, number, {"push": slow}) == "done"
    assert writers(db) == [1]


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_taker_waits_for_a_write_under_way_and_then_holds_the_job_alone(db, clock, no_heart, aside):
    number, gate = ask(db), Gate()
    first = jobs.take(db, number)

    def slow_write():
        with jobs.fenced(db, first) as session:
            gate.wait()
            session.execute(sa.insert(written).values(n=1, by=first.fence))

    writing = aside(slow_write)
    gate.reached()
    clock.advance(seconds=31)
    taking = aside(jobs.take, db, number)
    with pytest.raises(TimeoutError):
        taking.result(0.1)
    gate.open()
    writing.result(PATIENCE)
    assert taking.result(PATIENCE).fence == 2
    with pytest.raises(LeaseLost):
        write(db, first, n=2)


def test_the_heartbeat_carries_a_job_that_takes_longer_than_its_lease(db, clock):
    db.lease = timedelta(milliseconds=60)  # the thread beats in real time, the lease runs out in the test's
    number, tries = ask(db), []

    def long(job):
        for _ in range(10):
            clock.now += db.lease * 2 / 3
            tries.append(jobs.take(db, number))
            until = time.monotonic() + PATIENCE
            while job_row(db, number)["lease_until"] < clock.now + db.lease:
                assert time.monotonic() < until, "the lease was not renewed"
        write(db, job)

    assert jobs.run(db, number, {"push": long}) == "done"
    assert set(tries) == {None}
    assert (writers(db), job_row(db, number)["crashes"]) == ([1], 0)


def test_the_heartbeat_thread_ends_when_nothing_runs_and_comes_back(make_database):
    db = make_database()
    db.lease /= 300
    name = "lease-heartbeat"

    def beating(job):
        assert name in [thread.name for thread in threading.enumerate()]

    for subject in ("one", "two"):
        assert jobs.run(db, ask(db, subject), {"push": beating}) == "done"
        end = time.monotonic() + PATIENCE
        while name in [thread.name for thread in threading.enumerate()] and time.monotonic() < end:
            threading.Event().wait(0.01)
        assert name not in [thread.name for thread in threading.enumerate()]


def test_a_heartbeat_does_not_bring_back_a_lease_that_another_worker_took(db, clock, no_heart):
    number = ask(db)
    lost = jobs.take(db, number)
    clock.advance(seconds=31)
    jobs.take(db, number)
    until = job_row(db, number)["lease_until"]
    clock.advance(seconds=5)
    jobs.heart()._renew(db, lost)
    assert job_row(db, number)["lease_until"] == until


def test_a_database_that_is_away_for_a_moment_does_not_end_the_heartbeat(db, clock, no_heart):
    taken = jobs.take(db, ask(db))
    with db.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE job RENAME TO away"))
    jobs.heart()._renew(db, taken)
    with db.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE away RENAME TO job"))
    clock.advance(seconds=5)
    jobs.heart()._renew(db, taken)
    assert job_row(db, taken.id)["lease_until"] == clock.now + db.lease
