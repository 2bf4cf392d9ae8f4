"""Quota: never over a strict limit, hardly under it, fair to whoever waits."""

from __future__ import annotations

import heapq
import random
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from shared.platform import quota
from shared.platform.quota import Lane, Limited, held, penalise, slot, take

QBO = {"rate": 500, "per_seconds": 60, "burst": 8}
XERO = {"rate": 60, "per_seconds": 60, "burst": 2}


class SlidingWindow:
    """The provider: counts what arrived in the last window, strictly, and refuses what is too much."""

    def __init__(self, rate: int, seconds: int) -> None:
        self.rate, self.window, self.arrived, self.refused = rate, seconds * 1_000_000, deque(), 0

    def call(self, at: int) -> None:
        while self.arrived and self.arrived[0] <= at - self.window:
            self.arrived.popleft()
        self.refused += len(self.arrived) >= self.rate
        self.arrived.append(at)


def simulate(
    database, clock, provider: SlidingWindow, *, calls: int, workers: int, seed: int, idle: float = 0.0, **limit: int
) -> int:
    """Workers take, wait, send (up to half a second on the way), and go on; give the microseconds it took."""
    pick, start, arrivals = random.Random(seed), clock.now, []
    ready = [(pick.randrange(150_000), worker) for worker in range(workers)]
    heapq.heapify(ready)
    for _ in range(calls):
        at, worker = heapq.heappop(ready)
        clock.now = start + timedelta(microseconds=at)
        sent = at + take(database, "realm", **limit) * 1000 + pick.randrange(5_000)
        arrivals.append(sent + pick.randrange(490_000))
        rest = 90_000_000 if pick.random() < idle else pick.randrange(20_000, 150_000)
        heapq.heappush(ready, (sent + rest, worker))
    for at in sorted(arrivals):
        provider.call(at)
    clock.now = start + timedelta(seconds=10_000_000)
    return max(arrivals) - min(arrivals)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_ten_thousand_random_calls_never_exceed_a_strict_sliding_window_and_use_most_of_it(database, clock):
    for seed, (limit, calls, idle) in enumerate([(QBO, 5_500, 0.0), (QBO, 2_500, 0.02), (XERO, 1_000, 0.0), (XERO, 1_000, 0.05)]):
        provider = SlidingWindow(limit["rate"], limit["per_seconds"])
        took = simulate(database, clock, provider, calls=calls, workers=24, seed=seed, idle=idle, **limit)
        assert provider.refused == 0
        if not idle:
            assert calls * 60_000_000 / took > 0.94 * limit["rate"]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_oracle_bites_when_the_pace_forgets_its_burst(database, clock):
    provider = SlidingWindow(58, 60)  # what a limiter that took 60 + 2 for 60 would meet
    simulate(database, clock, provider, calls=500, workers=24, seed=7, **XERO)
    assert provider.refused > 0


def test_a_burst_goes_at_once_and_then_calls_are_spaced(database, clock):
    waits = [take(database, "realm", **QBO) for _ in range(10)]
    assert waits[:8] == [0] * 8
    assert waits[8:] == [123, 246]  # 60.5 s / (500 - 8) calls = 122.967 ms
    clock.advance(seconds=60)
    assert take(database, "realm", **QBO) == 0


def test_buckets_do_not_know_of_each_other(database, clock):
    for _ in range(20):
        take(database, "realm-1", **XERO)
    assert take(database, "realm-2", **XERO) == 0


def test_many_at_once_get_different_places(database, clock):
    with ThreadPoolExecutor(6) as pool:
        waits = list(pool.map(lambda _: take(database, "realm", **QBO), range(60)))
    assert Counter(waits)[0] == 8
    assert len(set(waits)) == 53


def test_who_does_not_want_to_wait_takes_nothing_and_learns_when_to_come_back(database, clock):
    assert [take(database, "realm", **XERO, patience=0) for _ in range(2)] == [0, 0]
    for _ in range(5):
        with pytest.raises(Limited) as refused:
            take(database, "realm", **XERO, patience=0)
        assert refused.value.after == 2
    assert take(database, "realm", **XERO) == 1_044  # 60.5 s / (60 - 2) calls; the refused ones took nothing


def test_after_a_429_nobody_calls_until_the_named_instant_and_then_one_by_one(database, clock):
    take(database, "realm", **QBO)
    penalise(database, "realm", clock.now + timedelta(seconds=30))
    penalise(database, "realm", clock.now + timedelta(seconds=10))  # an earlier one does not shorten it
    assert [take(database, "realm", **QBO) for _ in range(3)] == [30_000, 30_123, 30_246]
    with pytest.raises(Limited) as refused:
        take(database, "realm", **QBO, patience=5)
    assert refused.value.status == 429 and refused.value.after == 26
    assert take(database, "realm", **QBO, lane=Lane.INTERACTIVE, reserved=100) >= 30_000


def test_a_person_is_served_at_once_while_a_backlog_waits_and_both_stay_under_the_limit(database, clock):
    share = {**QBO, "reserved": 100}
    backlog = [take(database, "realm", **share) for _ in range(100)]
    assert backlog[-1] > 13_000
    assert [take(database, "realm", **share, lane="interactive") for _ in range(8)] == [0] * 8
    step_bulk, _ = quota._pace(400, 60, 8)
    step_own, _ = quota._pace(100, 60, 8)
    assert 8 + 60_500_000 // step_bulk + 8 + 60_500_000 // step_own <= 500


def test_a_person_uses_what_the_backlog_leaves(database, clock):
    for _ in range(8):
        assert take(database, "realm", **QBO, reserved=100, lane="interactive") == 0
    assert take(database, "realm/interactive", **QBO) == 0  # its own row is still untouched


def test_a_burst_that_does_not_fit_the_rate_is_a_fault_of_the_program(database):
    for rate, burst in ((5, 5), (1, 1), (5, 0)):
        with pytest.raises(ValueError, match="burst"):
            take(database, "realm", rate=rate, per_seconds=60, burst=burst)


def test_no_more_slots_are_held_than_there_are_and_each_is_given_back(database, clock):
    with slot(database, "realm", 2), slot(database, "realm", 2):
        assert held(database, "realm") == 2
        with pytest.raises(Limited), slot(database, "realm", 2):
            pass
    with pytest.raises(ZeroDivisionError), slot(database, "realm", 2):
        _ = 1 / 0
    assert held(database, "realm") == 0


def test_a_dead_holders_slot_frees_itself_and_its_late_end_takes_nobody_elses(database, clock):
    dead = slot(database, "realm", 1, timedelta(seconds=30))
    dead.__enter__()
    clock.advance(seconds=30)
    with slot(database, "realm", 1):
        dead.__exit__(None, None, None)
        assert held(database, "realm") == 1


def test_threads_never_hold_more_than_the_limit(database):
    most = []

    def work(_: int) -> int:
        try:
            with slot(database, "realm", 3):
                most.append(held(database, "realm"))
                return 1
        except Limited:
            return 0

    with ThreadPoolExecutor(8) as pool:
        done = sum(pool.map(work, range(60)))
    assert done >= 3 and max(most) <= 3
