"""What comes round: asked for when its time has come, however many beats there are."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from shared.platform import jobs, schedule
from shared.platform.schedule import Tick
from tests.component.platform_a.conftest import PATIENCE, job_rows

TICKS = (Tick("often", 2), Tick("seldom", 300, queue="interactive"), Tick("of_one", 2, "subject"))


def done(db):
    return jobs.run_ready(db, {tick.kind: lambda job: None for tick in TICKS})


def test_everything_is_due_at_first_and_then_each_in_its_own_time(db, clock):
    assert schedule.ring(db, TICKS) == 3
    assert {(row["kind"], row["subject"], row["queue"]) for row in job_rows(db)} == {
        ("often", "*", "bulk"),
        ("seldom", "*", "interactive"),
        ("of_one", "subject", "bulk"),
    }
    assert done(db) == 3
    assert schedule.ring(db, TICKS) == 0
    clock.advance(seconds=2)
    assert schedule.ring(db, TICKS) == 2
    assert done(db) == 2
    clock.advance(seconds=298)
    assert schedule.ring(db, TICKS) == 3


def test_a_late_beat_asks_once_for_all_that_it_missed(db, clock):
    schedule.ring(db, TICKS)
    clock.advance(hours=5)
    done(db)
    assert schedule.ring(db, TICKS) == 3
    assert len(job_rows(db, state="ready")) == 3


def test_what_is_still_waiting_is_not_asked_for_twice(db, clock):
    for _ in range(4):
        schedule.ring(db, TICKS)
        clock.advance(seconds=300)
    assert len(job_rows(db)) == 3


def test_two_beats_at_once_do_not_double(db, aside):
    ticks = Tick("slow", 3600), Tick("seldom", 3600)
    beats = [aside(schedule.ring, db, ticks) for _ in range(6)]
    assert sum(beat.result(PATIENCE) for beat in beats) == 2
    assert len(job_rows(db)) == 2
    jobs.run_ready(db, {tick.kind: lambda job: None for tick in ticks})
    assert schedule.ring(db, ticks) == 0


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_nothing_is_written_while_nothing_is_due(db, clock):
    schedule.ring(db, TICKS)
    written = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda *told: written.append(told[2]))
    for _ in range(20):
        schedule.ring(db, TICKS)
    assert [line for line in written if not line.lstrip().startswith(("SELECT", "BEGIN"))] == []
    assert not any("IMMEDIATE" in line for line in written)
