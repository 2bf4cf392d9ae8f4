"""The bell: one message a job at a real broker, and a broker that is away or hangs costs nobody more than a moment."""

from __future__ import annotations

import json
import os
import signal
import time

import pytest
import redis
import sqlalchemy as sa

from shared.platform import celery_app, jobs
from shared.platform.celery_app import MOST_AT_ONCE, application, bell, register, send
from shared.platform.db import transaction
from tests import servers
from tests.component.platform_a.conftest import job_row, job_rows
from tests.component.platform_a.raw_server import free_port

AT_ONCE = 1.0  # seconds


@pytest.fixture(scope="module")
def valkey():
    """A broker of these tests' own, since they stop it."""
    broker = servers.Valkey()
    yield broker
    broker.stop()


@pytest.fixture
def queue(valkey):
    """What lies in a queue of the broker, oldest first: the message's headers and body."""
    client = redis.Redis.from_url(valkey.redis_url)
    client.flushall()

    def read(name="sample.bulk"):
        return [json.loads(raw) for raw in reversed(client.lrange(name, 0, -1))]

    yield read
    client.close()


@pytest.fixture
def app(valkey):
    made = application(valkey.broker_url, "sample")
    yield made
    made.close()


@pytest.fixture
def rung(db, app, queue):
    db.ring = bell(app, db, "sample")
    return db


def ask(db, *subjects, queue="bulk"):
    with transaction(db) as session:
        return [jobs.ask(session, "push", subject, organisation="o", queue=queue) for subject in subjects]


def timed(function, *arguments):
    start = time.monotonic()
    function(*arguments)
    return time.monotonic() - start


def ids(messages):
    return [message["headers"]["id"] for message in messages]


def test_each_job_is_one_message_in_its_services_queue_and_named_after_the_row(rung, queue):
    slow = ask(rung, "a", "b")
    quick = ask(rung, "c", queue="interactive")
    assert ids(queue()) == [f"job-{number}" for number in slow]
    assert ids(queue("sample.interactive")) == [f"job-{number}" for number in quick]
    assert {message["headers"]["task"] for message in queue()} == {celery_app.TASK}


def test_messages_carry_nothing_but_the_number(rung, queue):
    [number] = ask(rung, "somebody@example.test")
    assert "example" not in json.dumps(queue()) + str(queue()[0]["body"])
    assert queue()[0]["headers"]["argsrepr"] == f"[{number}]"


def test_a_request_sends_a_hundred_at_most_and_the_sweep_sends_the_rest(rung, queue, app):
    numbers = ask(rung, *(f"s{number:03}" for number in range(MOST_AT_ONCE + 30)))
    assert len(queue()) == MOST_AT_ONCE
    assert send(app, rung, "sample", jobs.sweep(rung)) == 30
    assert sorted(ids(queue())) == sorted(f"job-{number}" for number in numbers)


@pytest.fixture
def dead(valkey):
    """The broker is killed; ``dead()`` starts it again in the same place."""
    valkey.crash()
    started = []

    def again():
        if not started:
            started.append(True)
            valkey.again()

    yield again
    again()


def test_a_dead_broker_costs_a_request_nothing_and_its_jobs_go_out_when_it_is_back(rung, queue, app, dead):
    assert timed(ask, rung, "a", "b", "c") < AT_ONCE
    assert {row["sent_at"] for row in job_rows(rung)} == {None}
    assert send(app, rung, "sample", jobs.sweep(rung)) == 0
    dead()
    assert send(app, rung, "sample", jobs.sweep(rung)) == 3
    assert len(queue()) == 3


def test_a_broker_that_dies_under_a_living_connection_costs_nothing_either(rung, queue, request):
    ask(rung, "a")
    assert len(queue()) == 1
    request.getfixturevalue("dead")
    assert timed(ask, rung, "b") < AT_ONCE
    assert [row["sent_at"] is None for row in job_rows(rung)] == [False, True]


def test_a_broker_that_hangs_is_given_up_after_two_seconds(rung, queue, valkey):
    ask(rung, "a")
    os.kill(valkey.process.pid, signal.SIGSTOP)
    try:
        assert timed(ask, rung, *(f"s{number}" for number in range(20))) < 4
    finally:
        os.kill(valkey.process.pid, signal.SIGCONT)
    assert job_row(rung, 2)["sent_at"] is None


def test_an_address_where_no_broker_is_costs_nothing(db):
    for url in (f"redis://127.0.0.1:{free_port()}/0", "redis://no-such-host.invalid/0"):
        app = application(url, "sample")
        db.ring = bell(app, db, "sample")
        assert timed(ask, db, url) < 2 * AT_ONCE
        app.close()


def test_what_is_committed_stays_so_when_the_bell_itself_fails(rung, queue):
    with rung.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE job RENAME TO away"))
    rung.ring([1])  # told, not raised
    assert queue() == []


def test_what_celery_is_told(valkey):
    app = application(valkey.broker_url, "sample")
    told = app.conf
    assert (told.task_acks_late, told.worker_prefetch_multiplier, told.task_ignore_result) == (False, 1, True)
    assert (told.result_backend, told.task_publish_retry, told.accept_content) == (None, False, ["json"])
    assert told.broker_connection_max_retries is None
    app.close()


def test_a_bell_that_nobody_hears_is_dropped_before_the_next_ones_pile_up(db, app):
    register(app, db, "sample", {}, lambda: None, every=1)
    [entry] = app.conf.beat_schedule.values()
    assert (entry["task"], entry["schedule"]) == (celery_app.BELL, 1)
    assert entry["options"] == {"expires": 2, "queue": "sample.interactive"}
    assert set(app.tasks) >= {celery_app.TASK, celery_app.BELL}


def test_a_bell_goes_round_and_sends_what_has_no_message(db, app, queue):
    rounds = []
    register(app, db, "sample", {}, lambda: rounds.append(True), every=1)
    ask(db, "a", "b")
    app.tasks[celery_app.BELL].run()
    assert (rounds, ids(queue())) == ([True], ["job-1", "job-2"])


def test_a_message_does_its_job(db, app):
    done = []
    register(app, db, "sample", {"push": lambda job: done.append(job.subject)}, lambda: None, every=1)
    [number] = ask(db, "a")
    assert app.tasks[celery_app.TASK].run(number) == "done"
    assert app.tasks[celery_app.TASK].run(number) == "gone"
    assert done == ["a"]
