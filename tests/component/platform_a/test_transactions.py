"""A transaction is the only way to write: all of it or nothing, feed rows and jobs included."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from shared.platform import audit, bulk, clock, feed, jobs
from shared.platform.db import MOST_FEED_ROWS, in_transaction, reading, savepoint, transaction
from tests.component.platform_a.conftest import PATIENCE, Gate, job_rows, rows


class Boom(Exception):
    """What a handler's own mistake looks like."""


def announce(session, subject, version=1):
    feed.publish(session, "o", "thing.changed", subject, version)


def test_what_is_rolled_back_publishes_nothing_and_asks_for_nothing(db):
    rung = []
    db.ring = rung.extend
    with pytest.raises(Boom), transaction(db) as session:
        announce(session, "a")
        jobs.ask(session, "push", "a", organisation="o")
        raise Boom
    assert (rows(db), job_rows(db), rung) == ([], [], [])


def test_jobs_are_rung_after_the_commit_and_once_each(db):
    rung = []

    def ring(numbers):
        assert not in_transaction()
        rung.append([row["id"] for row in job_rows(db)])
        rung.append(list(numbers))

    db.ring = ring
    with transaction(db) as session:
        number = jobs.ask(session, "push", "a", organisation="o")
        jobs.ask(session, "push", "a", organisation="o")
    assert rung == [[number], [number]]


def test_a_rolled_back_savepoint_drops_its_own_feed_rows_and_jobs_only(db):
    rung = []
    db.ring = rung.extend
    with transaction(db) as session:
        announce(session, "before")
        kept = jobs.ask(session, "push", "kept", organisation="o")
        with pytest.raises(Boom), savepoint(session):
            announce(session, "undone")
            jobs.ask(session, "push", "undone", organisation="o")
            raise Boom
        with savepoint(session):
            announce(session, "inside")
        announce(session, "after")
    assert rows(db) == [("before", 1), ("inside", 1), ("after", 1)]
    assert [row["subject"] for row in job_rows(db)] == ["kept"]
    assert rung == [kept]


def test_a_savepoint_inside_one_that_is_undone_goes_with_it(db):
    with transaction(db) as session:
        with pytest.raises(Boom), savepoint(session):
            with savepoint(session):
                announce(session, "inner")
            raise Boom
        announce(session, "after")
    assert rows(db) == [("after", 1)]


def test_a_transaction_of_five_thousand_feed_rows_is_taken_and_one_more_is_refused_whole(db):
    with transaction(db) as session:
        for number in range(MOST_FEED_ROWS):
            announce(session, f"s{number}")
    assert rows(db) == [(f"s{number}", 1) for number in range(MOST_FEED_ROWS)]
    with pytest.raises(ValueError, match="5001 feed rows"), transaction(db) as session:
        for number in range(MOST_FEED_ROWS + 1):
            announce(session, f"t{number}")
    assert len(rows(db)) == MOST_FEED_ROWS


def test_a_transaction_inside_a_transaction_of_the_same_database_is_refused_at_once(db, other):
    with transaction(db) as session:
        with pytest.raises(RuntimeError, match="inside a transaction"), transaction(db):
            pass
        with transaction(other) as beside:
            announce(beside, "elsewhere")
        announce(session, "a")
    assert (rows(db), rows(other)) == ([("a", 1)], [("elsewhere", 1)])


def test_whether_a_transaction_is_open_is_known_and_belongs_to_the_thread(db, aside):
    assert not in_transaction()
    with transaction(db):
        assert in_transaction()
        assert aside(in_transaction).result(PATIENCE) is False
        with reading(db):
            assert in_transaction()
        assert in_transaction()
    with reading(db):
        assert in_transaction()
    assert not in_transaction()


def test_a_failed_transaction_leaves_nothing_open(db):
    with pytest.raises(Boom), transaction(db):
        raise Boom
    assert not in_transaction()
    with transaction(db) as session:
        announce(session, "a")
    assert rows(db) == [("a", 1)]


def test_a_read_refuses_to_write_and_nothing_of_it_stays(db):
    row = {"name": "n", "feed": "f", "position": 1, "at": clock.now()}
    writes = [
        lambda session: session.execute(sa.insert(feed.cursor), row),
        lambda session: session.exec_driver_sql("DELETE FROM feed_cursor"),
        lambda session: bulk.insert(session, feed.cursor, tuple(row), [tuple(row.values())]),
        lambda session: audit.record(session, "org", "somebody", "something.done", "it"),
        lambda session: announce(session, "a"),
    ]
    for write in writes:
        with pytest.raises(RuntimeError, match="in a read"), reading(db) as session:
            write(session)
    with reading(db) as session:
        assert session.execute(sa.select(feed.cursor)).all() == []
    with transaction(db) as session:  # the same connection: it is given back as it was
        session.execute(sa.insert(feed.cursor), row)
        session.rollback()
    with reading(db) as session:
        assert session.execute(sa.select(feed.cursor)).all() == []


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_what_is_read_often_stays_prepared_and_is_planned_with_its_values(db):
    for number in range(20):
        with reading(db) as session:
            session.execute(sa.select(feed.cursor).where(feed.cursor.c.name == f"n{number}"))
    kept = sa.text("SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE '%feed_cursor%'")
    with reading(db) as session:
        [(generic, custom)] = session.execute(kept).all()
    assert generic == 0 and custom > 10


def test_readers_are_not_held_up_by_a_writer(db, aside):
    gate = Gate()

    def write():
        with transaction(db) as session:
            announce(session, "slow")
            gate.wait()

    writer = aside(write)
    gate.reached()
    assert aside(rows, db).result(PATIENCE) == []
    gate.open()
    writer.result(PATIENCE)
    assert rows(db) == [("slow", 1)]


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
@pytest.mark.parametrize(("idle", "failing"), [(0, 0), (3600, 1)], ids=["one that lay idle", "one that was just used"])
def test_connections_that_the_server_has_ended_are_given_up(db, monkeypatch, idle, failing):
    """After a restart of the server nothing fails, or the first unit of work of those that come at once."""
    monkeypatch.setattr("shared.platform.db.IDLE", idle)
    with reading(db) as first, reading(db) as second:
        pids = [session.execute(sa.select(sa.func.pg_backend_pid())).scalar_one() for session in (first, second)]
    killer = sa.create_engine(db.engine.url, poolclass=sa.NullPool)
    with killer.connect() as connection:
        for pid in pids:
            connection.execute(sa.select(sa.func.pg_terminate_backend(pid)))
    failed = 0
    for subject in "abc":
        try:
            with transaction(db) as session:
                announce(session, subject)
        except sa.exc.OperationalError:
            failed += 1
    assert (failed, len(rows(db))) == (failing, 3 - failing)
