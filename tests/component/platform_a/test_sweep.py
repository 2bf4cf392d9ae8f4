"""The sweep: every due job gets a message that somebody will hear, and none is sent twice for a mere backlog.

The broker here is a list that the tests take from, first in, first out, as a queue is.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.platform import jobs
from shared.platform.db import transaction
from shared.platform.faultpoint import Rig
from tests.component.platform_a.conftest import PATIENCE, Gate, job_row, job_rows


class Died(BaseException):
    """The worker ends here, without a word."""


class Broker:
    """A queue of messages, what rings into it, and workers that take from it."""

    def __init__(self, db, clock):
        self.db, self.clock, self.messages, self.sent, self.done = db, clock, [], 0, []
        db.ring = lambda numbers: self.send(jobs.mark_sent(db, numbers))

    def send(self, marked):
        self.messages += [number for number, _ in marked]
        self.sent += len(marked)

    def sweep(self):
        before = self.sent
        self.send(jobs.sweep(self.db))
        return self.sent - before

    def take(self):
        """A worker begins what the first message says; None when there is nothing in it."""
        return jobs.take(self.db, self.messages.pop(0)) if self.messages else None

    def work(self):
        """A worker does what the first message says."""
        return jobs.run(self.db, self.messages.pop(0), {"push": lambda job: self.done.append(job.subject)})

    def later(self, **amount):
        self.clock.advance(**amount)


@pytest.fixture
def broker(db, clock):
    return Broker(db, clock)


@pytest.fixture(autouse=True)
def no_heart():
    jobs.heart().enabled = False
    yield
    jobs.heart().enabled = True


def ask(db, *subjects, due=None, queue="bulk"):
    numbers = []
    for subject in subjects:
        with transaction(db) as session:
            numbers.append(jobs.ask(session, "push", subject, organisation="o", due=due, queue=queue))
    return numbers


def names(count):
    return [f"s{number}" for number in range(count)]


def test_a_job_is_sent_once_and_the_sweep_has_nothing_to_add(db, broker):
    ask(db, "one")
    assert (len(broker.messages), broker.sweep()) == (1, 0)
    assert broker.work() == "done"
    broker.later(seconds=60)
    assert broker.sweep() == 0


def test_a_job_asked_for_again_while_its_message_waits_is_not_sent_again(db, broker):
    for _ in range(20):
        ask(db, "one")
    assert len(broker.messages) == 1


def test_a_job_that_comes_due_later_is_sent_when_its_time_has_come(db, broker, clock):
    ask(db, "one", due=clock.now + timedelta(seconds=10))
    assert (broker.sweep(), broker.messages) == (0, [])
    broker.later(seconds=10)
    assert (broker.sweep(), broker.sweep()) == (1, 0)


def never_sent(db, broker):
    """The process died between its commit and its message."""
    db.ring = lambda numbers: None
    ask(db, "one")
    broker.later(seconds=1)
    broker.sweep()
    while broker.messages:
        broker.work()
    return broker.done


def test_a_job_whose_message_was_never_sent_is_done_and_with_the_sweep_off_it_is_not(db, broker, clock, make_database):
    assert never_sent(db, broker) == ["one"]
    with Rig(off=frozenset({"sweep"})):
        apart = make_database()
        assert never_sent(apart, Broker(apart, clock)) == []


def test_a_backlog_is_never_sent_again_however_long_it_waits(db, broker):
    """One worker, each job a second: the last message waits for a minute."""
    ask(db, *names(60))
    for _ in range(60):
        working = broker.take()
        broker.later(seconds=1)
        assert broker.sweep() == 0
        with transaction(db) as session:
            assert jobs._end(session, working, "done", None)
        assert broker.sweep() == 0
    assert (broker.sent, broker.messages, jobs.due(db)) == (60, [], [])


def test_a_backlog_that_is_asked_for_over_time_is_not_sent_again_either(db, broker):
    """Jobs come as fast as they are done, behind a backlog of twenty."""
    ask(db, *names(20))
    for number in range(20, 80):
        ask(db, f"s{number}")
        broker.later(seconds=1)
        assert broker.sweep() == 0
        assert broker.work() == "done"
    while broker.messages:
        broker.later(seconds=1)
        assert (broker.work(), broker.sweep()) == ("done", 0)
    assert (broker.sent, len(broker.done)) == (80, 80)


def test_an_emptied_broker_is_filled_again_once_nobody_works(db, broker):
    ask(db, *names(10))
    working = broker.take()
    broker.messages.clear()
    broker.later(seconds=6)
    assert broker.sweep() == 0  # somebody works: the others may be waiting behind
    with transaction(db) as session:
        jobs._end(session, working, "done", None)
    broker.later(seconds=6)
    assert (broker.sweep(), broker.sweep()) == (9, 0)
    while broker.messages:
        broker.work()
    assert sorted(broker.done) == names(10)[1:]


def test_an_emptied_broker_is_filled_again_as_soon_as_a_later_message_is_taken(db, broker):
    lost = ask(db, *names(5))
    broker.messages.clear()
    broker.later(seconds=6)
    ask(db, "later")
    working = broker.take()
    assert working.subject == "later"
    assert broker.sweep() == 5
    assert sorted(broker.messages) == lost


def test_an_emptied_broker_that_held_nothing_else_is_filled_again(db, broker):
    ask(db, *names(3))
    broker.messages.clear()
    assert broker.sweep() == 0
    broker.later(seconds=6)
    assert (broker.sweep(), broker.sweep()) == (3, 0)


def test_the_queues_are_told_apart(db, broker):
    ask(db, "slow1", "slow2")
    broker.later(seconds=6)
    quick, *_ = ask(db, "quick", queue="interactive")
    broker.messages.remove(quick)
    assert jobs.take(db, quick)
    swept = dict(jobs.sweep(db))
    assert set(swept.values()) == {"bulk"}  # nobody works there; that somebody works on quick things says nothing of it
    assert len(swept) == 2


def test_a_job_of_a_killed_worker_is_sent_again_as_soon_as_its_lease_has_run_out(db, broker):
    [number] = ask(db, "one")
    assert broker.take()
    broker.later(seconds=30)
    assert broker.sweep() == 0
    broker.later(milliseconds=1)
    assert (broker.sweep(), broker.messages) == (1, [number])
    assert broker.sweep() == 0
    assert broker.work() == "done"
    assert broker.done == ["one"]


def test_a_short_lease_is_not_held_up_by_a_longer_wait_for_messages(db, broker):
    db.lease, db.resend = timedelta(seconds=2), timedelta(seconds=60)
    ask(db, "one")
    assert broker.take()
    broker.later(seconds=3)
    assert broker.sweep() == 1


def test_killing_a_worker_amid_a_backlog_sends_its_job_again_and_nothing_else(db, broker):
    ask(db, *names(30))
    killed = broker.take()
    broker.later(seconds=20)
    living = broker.take()
    broker.later(seconds=11)
    assert broker.sweep() == 1
    assert broker.messages[-1] == killed.id
    for _ in range(3):
        broker.later(seconds=6)
        jobs.heart()._renew(db, living)
        assert broker.sweep() == 0
    assert broker.sent == 31


def test_killing_every_worker_amid_a_backlog_sends_each_message_at_most_once_again(db, broker):
    ask(db, *names(30))
    for _ in range(4):
        broker.take()
    broker.later(seconds=31)
    assert broker.sweep() == 30  # nobody works: whatever was reserved by the killed ones is lost
    assert broker.sweep() == 0
    while broker.messages:
        broker.work()
    assert sorted(broker.done) == sorted(names(30))


def test_a_killed_workers_message_that_is_lost_as_well_is_sent_once_more(db, broker):
    ask(db, "one")
    broker.take()
    broker.later(seconds=31)
    broker.sweep()
    broker.messages.clear()
    broker.later(seconds=6)
    assert broker.sweep() == 1
    assert broker.work() == "done"


def test_a_message_that_comes_twice_does_the_job_once(db, broker):
    [number] = ask(db, "one")
    broker.messages += [number, number]
    assert [broker.work(), broker.work(), broker.work()] == ["done", "gone", "gone"]
    assert broker.done == ["one"]


def test_what_a_dead_broker_did_not_take_is_sent_at_the_next_look(db, broker):
    numbers = ask(db, *names(3))
    broker.messages.clear()
    jobs.mark_unsent(db, numbers)
    assert broker.sweep() == 3


def test_a_sweep_sends_the_longest_due_first_and_no_more_than_its_limit(db, broker, clock):
    db.ring = lambda numbers: None
    for number in range(5):
        ask(db, f"s{number}", due=clock.now - timedelta(seconds=number))
    swept = [job_row(db, number)["subject"] for number, _ in jobs.sweep(db, limit=3)]
    assert swept == ["s4", "s3", "s2"]
    assert [job_row(db, number)["subject"] for number, _ in jobs.sweep(db, limit=3)] == ["s1", "s0"]


def test_two_sweeps_at_once_send_nothing_twice(db, aside):
    db.ring = lambda numbers: None
    ask(db, *names(20))
    both = [aside(jobs.sweep, db) for _ in range(4)]
    swept = [pair for future in both for pair in future.result(PATIENCE)]
    assert (len(swept), len(set(swept))) == (20, 20)


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_long_transaction_that_asks_for_a_job_does_not_stop_the_sweep(db, aside):
    db.ring = lambda numbers: None
    held, free = ask(db, "held", "free")
    gate = Gate()

    def slow():
        with transaction(db) as session:
            jobs.ask(session, "push", "held", organisation="o")
            gate.wait()

    asking = aside(slow)
    gate.reached()
    assert aside(jobs.sweep, db).result(PATIENCE) == [(free, "bulk")]
    gate.open()
    asking.result(PATIENCE)
    assert jobs.sweep(db) == [(held, "bulk")]
    assert len(job_rows(db)) == 2


def test_a_poison_job_is_swept_only_until_it_is_parked(db, broker):
    ask(db, "one")

    def die(job):
        raise Died

    for _ in range(jobs.MOST_TAKES):
        with pytest.raises(Died):
            jobs.run(db, broker.messages.pop(0), {"push": die})
        broker.later(seconds=31)
        assert broker.sweep() == 1
    assert broker.work() == "gone"
    broker.later(seconds=600)
    assert (broker.sweep(), job_rows(db)[0]["state"]) == (0, "parked")
