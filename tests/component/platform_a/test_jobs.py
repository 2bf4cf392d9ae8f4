"""Job rows: asked for with their cause, one ready and one running a subject, tried again, parked, forgotten."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
import sqlalchemy as sa

from shared.kernel.errors import Invalid, Park, Retry
from shared.platform import jobs
from shared.platform.db import transaction
from shared.platform.jobs import BACK_OFF, MOST_TAKES
from tests.component.platform_a.conftest import PATIENCE, Gate, job_row, job_rows


class Died(BaseException):
    """The process ends here, without a word."""


def ask(db, subject="one", kind="push", **how):
    with transaction(db) as session:
        return jobs.ask(session, kind, subject, organisation="o", **how)


def nothing(job):
    """A handler that has nothing to do."""


def fails(error):
    def handler(job):
        raise error

    return {"push": handler}


# ---- asking


def test_a_job_is_asked_for_done_and_ended(db, clock):
    seen = []
    number = ask(db, queue="interactive")
    assert jobs.run(db, number, {"push": seen.append}) == "done"
    [job] = seen
    assert (job.id, job.kind, job.subject, job.organisation, job.queue) == (number, "push", "one", "o", "interactive")
    assert (job.fence, job.attempts) == (1, 0)
    row = job_row(db, number)
    assert (row["state"], row["lease_until"], row["ended_at"], row["failure"]) == ("done", None, clock.now, None)


def test_asking_again_gives_the_ready_job_and_brings_it_forward_never_back(db, clock):
    later = clock.now + timedelta(hours=1)
    number = ask(db, due=later)
    assert ask(db, due=later + timedelta(hours=1)) == number
    assert job_row(db, number)["due_at"] == later
    assert ask(db) == number
    assert job_row(db, number)["due_at"] == clock.now
    assert ask(db, due=later) == number
    assert job_row(db, number)["due_at"] == clock.now
    assert len(job_rows(db)) == 1


def test_other_subjects_and_other_kinds_have_jobs_of_their_own(db):
    assert len({ask(db), ask(db, "two"), ask(db, kind="pull")}) == 3


def test_somebody_waiting_takes_a_job_out_of_the_slow_queue_and_it_is_sent_again(db):
    rung = []
    db.ring = rung.append
    number = ask(db)
    assert jobs.mark_sent(db, [number]) == [(number, "bulk")]
    assert ask(db, queue="interactive") == number
    assert jobs.mark_sent(db, [number]) == [(number, "interactive")]
    assert ask(db, queue="bulk") == number
    assert (job_row(db, number)["queue"], rung) == ("interactive", [[number]] * 3)
    assert jobs.mark_sent(db, [number]) == []


def test_a_job_that_is_due_later_is_not_rung_and_cannot_be_taken_before(db, clock):
    rung = []
    db.ring = rung.extend
    number = ask(db, due=clock.now + timedelta(seconds=10))
    assert (jobs.take(db, number), jobs.due(db), rung) == (None, [], [])
    clock.advance(seconds=10)
    assert jobs.due(db) == [number]
    assert jobs.take(db, number)


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_asking_waits_for_a_worker_that_is_taking_the_job_and_then_makes_a_new_one(db, aside):
    first, gate = ask(db), Gate()

    def slow_take():
        with transaction(db) as session:
            session.execute(sa.update(jobs.job).where(jobs.job.c.id == first).values(state="running"))
            gate.wait()

    taking = aside(slow_take)
    gate.reached()
    asking = aside(ask, db)
    waits = sa.text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
    with db.engine.connect() as connection:
        while not connection.execute(waits).scalar():
            connection.rollback()
    assert not asking.done()
    gate.open()
    taking.result(PATIENCE)
    assert asking.result(PATIENCE) != first


def test_a_change_committed_while_a_worker_takes_its_job_is_never_left_behind(db, aside):
    """Writers add to a pile and ask; a worker empties the pile it sees. In the end nothing lies there."""
    pile, number_of_changes, writers = sa.Table("pile", sa.MetaData(), sa.Column("n", sa.Integer, primary_key=True)), 40, 4
    pile.metadata.create_all(db.engine)

    def write(first):
        for number in range(first, number_of_changes * writers, writers):
            with transaction(db) as session:
                session.execute(sa.insert(pile).values(n=number))
                jobs.ask(session, "push", "one", organisation="o")

    def empty(job):
        with jobs.fenced(db, job) as session:
            session.execute(sa.delete(pile))

    writing = [aside(write, first) for first in range(writers)]
    while not all(future.done() for future in writing):
        jobs.run_ready(db, {"push": empty}, limit=1)
    for future in writing:
        future.result(PATIENCE)
    jobs.run_ready(db, {"push": empty})
    with transaction(db) as session:
        assert session.execute(sa.select(sa.func.count()).select_from(pile)).scalar() == 0


# ---- one at a time


def test_a_job_asked_for_while_its_subject_runs_waits_for_the_end_and_is_rung_then(db):
    rung, second = [], []

    def handler(job):
        if not second:
            second.append(ask(db))
            assert jobs.take(db, second[0]) is None
            assert jobs.mark_sent(db, second) == []
            assert jobs.due(db) == []
            assert jobs.sweep(db) == []
            rung.clear()

    db.ring = rung.extend
    first = ask(db)
    assert jobs.run(db, first, {"push": handler}) == "done"
    assert rung == second
    assert second[0] != first
    assert jobs.due(db) == second
    assert jobs.run(db, second[0], {"push": handler}) == "done"


@pytest.mark.parametrize("how", [Retry("r", "c", after=60), Park("p", "c", "r")])
def test_the_next_of_a_subject_is_rung_whatever_became_of_the_first(db, how, clock):
    rung = []

    def handler(job):
        ask(db)
        rung.clear()
        raise how

    db.ring = rung.extend
    jobs.run(db, ask(db), {"push": handler})
    assert len(set(rung)) == 1
    assert jobs.due(db) == rung[:1]


def test_other_subjects_do_not_wait(db):
    first, second = ask(db), ask(db, "two")
    assert jobs.take(db, first)
    assert jobs.take(db, second)


def test_a_subject_whose_worker_died_is_finished_first_and_then_the_newer_job_has_its_turn(db, clock):
    first = ask(db)
    assert jobs.take(db, first)
    second = ask(db)
    clock.advance(seconds=31)
    assert jobs.take(db, second) is None
    assert jobs.due(db) == [first]
    assert jobs.run_ready(db, {"push": nothing}) == 2
    assert {row["state"] for row in job_rows(db)} == {"done"}


def test_of_many_takers_one_gets_the_job(db, aside):
    for round_ in range(5):
        number = ask(db, f"s{round_}")
        taken = [aside(jobs.take, db, number) for _ in range(8)]
        assert sum(future.result(PATIENCE) is not None for future in taken) == 1


def test_two_workers_never_run_one_subject_at_the_same_time(db, aside):
    """Random asking and working; each subject counts who is inside."""
    inside, worst, done = {f"s{number}": 0 for number in range(3)}, [0], [0]

    def handler(job):
        inside[job.subject] += 1
        worst[0] = max(worst[0], inside[job.subject])
        if random.random() < 0.5:
            ask(db, job.subject if done[0] < 60 else "last")
        done[0] += 1
        inside[job.subject] -= 1

    inside["last"] = 0
    for subject in list(inside):
        ask(db, subject)

    def work():
        while numbers := jobs.due(db, limit=3):
            jobs.run(db, random.choice(numbers), {"push": handler})

    for future in [aside(work) for _ in range(4)]:
        future.result(60)
    jobs.run_ready(db, {"push": nothing})
    assert worst[0] == 1
    assert {row["state"] for row in job_rows(db)} == {"done"}


# ---- trying again


def test_a_retry_comes_again_after_its_own_time_or_the_usual_back_off(db, clock):
    jobs.run(db, ask(db), fails(Retry("throttled", "Too fast.", after=77)))
    [row] = job_rows(db, state="ready")
    assert (row["due_at"] - clock.now, row["attempts"], row["failure"]["code"]) == (timedelta(seconds=77), 1, "throttled")
    waited = []
    for _ in range(len(BACK_OFF) + 1):
        [row] = job_rows(db, state="ready")
        clock.now = row["due_at"]
        jobs.run(db, row["id"], fails(Retry("away", "Not there.")))
        [row] = job_rows(db, state="ready")
        waited.append(int((row["due_at"] - clock.now).total_seconds()))
    assert waited == [*BACK_OFF[1:], BACK_OFF[-1], BACK_OFF[-1]]


def test_a_retry_of_something_asked_for_anew_meanwhile_is_one_job_and_the_earlier_time_counts(db, clock):
    def handler(job):
        ask(db)
        raise Retry("away", "Not there.", after=600)

    jobs.run(db, ask(db), {"push": handler})
    [row] = job_rows(db, state="ready")
    assert (row["due_at"], row["attempts"]) == (clock.now, 1)


def test_success_forgets_the_failed_tries(db, clock):
    jobs.run(db, ask(db), fails(Retry("away", "Not there.")))
    clock.advance(seconds=1)
    jobs.run_ready(db, {"push": nothing})
    assert job_row(db, ask(db))["attempts"] == 0


@pytest.mark.parametrize("error", [Park("p1", "It waits.", "Mend it."), Invalid("i1", "Bad.", "Other.")])
def test_a_failure_that_time_does_not_mend_parks_the_job_with_cause_and_remedy(db, error):
    number = ask(db)
    assert jobs.run(db, number, fails(error)) == "parked"
    row = job_row(db, number)
    assert (row["state"], row["failure"]) == ("parked", {"code": error.code, "cause": error.cause, "remedy": error.remedy})
    again = ask(db)
    assert again != number
    assert jobs.run(db, again, {"push": nothing}) == "done"


def test_a_fault_in_a_handler_is_tried_again_and_tells_no_data(db, clock):
    number = ask(db)
    assert jobs.run(db, number, fails(LookupError("secret name"))) == "again"
    assert "secret" not in str(job_rows(db))
    [row] = job_rows(db, state="ready")
    assert (row["failure"]["code"], row["due_at"] - clock.now) == ("internal_error", timedelta(seconds=BACK_OFF[0]))


def test_a_kind_that_nobody_here_knows_is_tried_again(db, clock):
    assert jobs.run(db, ask(db, kind="unheard_of"), {}) == "again"


def test_a_job_that_kills_its_process_each_time_is_parked_after_three(db, clock):
    number = ask(db)
    for taking in range(MOST_TAKES):
        with pytest.raises(Died):
            jobs.run(db, number, fails(Died()))
        assert job_row(db, number)["state"] == "running", taking
        clock.advance(seconds=31)
    assert jobs.run(db, number, {"push": nothing}) == "gone"
    row = job_row(db, number)
    assert (row["state"], row["failure"]["code"], jobs.due(db)) == ("parked", "crash_loop", [])
    assert jobs.run(db, ask(db), {"push": nothing}) == "done"  # asking anew is possible


# ---- what is left


def test_of_what_has_ended_only_the_last_of_a_subject_is_kept(db):
    for _ in range(5):
        jobs.run(db, ask(db), {"push": nothing})
        jobs.run(db, ask(db, "two"), {"push": nothing})
    last_parked = ask(db, "three")
    jobs.run(db, last_parked, fails(Park("p", "c", "r")))
    assert sorted((row["subject"], row["state"]) for row in job_rows(db)) == [
        ("one", "done"),
        ("three", "parked"),
        ("two", "done"),
    ]


def test_work_is_done_in_the_order_in_which_it_was_due_and_by_queue(db, clock):
    late = ask(db, "late", due=clock.now + timedelta(seconds=5))
    early = ask(db, "early", due=clock.now + timedelta(seconds=1))
    now = [ask(db, f"n{number}", queue=("bulk", "interactive")[number % 2]) for number in range(4)]
    clock.advance(seconds=10)
    assert jobs.due(db) == [*now, early, late]
    assert jobs.due(db, queues=("interactive",)) == [now[1], now[3]]
    assert jobs.due(db, limit=2) == now[:2]
    order = []
    assert jobs.run_ready(db, {"push": lambda job: order.append(job.id)}) == 6
    assert order == [*now, early, late]
