"""Worker groups share the work, are named by what they do, and may be killed whole at any moment."""

from __future__ import annotations

import json
import random
import time

import pytest
import redis

from tests import sizes
from tests.distributed.workers import BULK

pytestmark = pytest.mark.xdist_group("distributed")
RESUMED = 5
"""Seconds from a kill until somebody else is at the job, with a lease of two."""


def test_two_workers_share_the_work_of_two_connections_and_inspect_names_the_jobs(stack, workers, firms, slow_books):
    slow_books(12)  # longer than the command takes to ask, on a machine that is busy
    for firm in firms:
        firm.bills()
    workers.follow()
    stack.until(lambda: shared(workers, firms), "each group is at a push of its own", seconds=15)
    told = json.loads(stack.celery("quickbooks", "inspect", "active", "--json"))
    pushes = {f"job-{row['id']}" for firm in firms for row in workers.pushes(firm.connection) if row["state"] == "running"}
    slow_books(0)
    named = {node.partition("@")[0]: {task["id"] for task in tasks} for node, tasks in told.items()}
    assert sorted(len(named[group.partition("@")[0]] & pushes) for group in BULK) == [1, 1], told
    done_once(stack, workers, firms)


def shared(workers, firms):
    """Whether both firms' pushes are under way, each in another group."""
    pushes = {f"job-{row['id']}" for firm in firms for row in workers.pushes(firm.connection) if row["state"] == "running"}
    return len(pushes) == 2 and all(len(pushes & set(ids)) == 1 for ids in workers.at_work().values())


def test_whole_worker_groups_are_killed_and_nothing_is_lost_or_done_twice(stack, workers, firms, slow_books):
    """Killed while at a job, at a random moment of it; the other group takes over within seconds."""
    slow_books(1.5)
    pick, took = random.Random(sizes.seed()), []
    while len(took) < sizes.size("group_kills"):
        job, group = caught_at_work(stack, workers, firms[len(took) % 2], pick)
        stack.kill(group)
        killed, struck = time.monotonic(), is_unmoved(workers, job)
        workers.start(group)
        stack.until(lambda job=job: not is_unmoved(workers, job), f"job {job['id']} is taken over")
        if struck:
            took.append(time.monotonic() - killed)
    slow_books(0)
    assert max(took) < RESUMED, took
    done_once(stack, workers, firms)


def test_a_worker_group_that_stops_beyond_its_lease_and_wakes_up_again_changes_nothing(stack, workers, firms, slow_books):
    slow_books(1.5)
    job, group = caught_at_work(stack, workers, firms[1], random.Random(sizes.seed()))
    with stack.paused(group):
        stack.until(lambda: not is_unmoved(workers, job), f"job {job['id']} is taken over")
    slow_books(0)
    done_once(stack, workers, firms)


def test_every_worker_is_killed_and_the_broker_emptied_and_all_is_done_soon_after_they_are_back(
    stack, workers, firms, slow_books
):
    slow_books(1)
    job, _ = caught_at_work(stack, workers, firms[0], random.Random(sizes.seed()))
    firms[1].bills(2)
    everybody = ("quickbooks-beat", "quickbooks-interactive", *BULK)
    stack.kill(*everybody)
    redis.Redis.from_url(stack.valkey.redis_url).flushall()
    workers.start(*everybody)
    workers.until_up()
    back = time.monotonic()
    stack.until(lambda: not is_unmoved(workers, job), f"job {job['id']} is taken over")
    assert time.monotonic() - back < RESUMED
    slow_books(0)
    done_once(stack, workers, firms)


def test_a_broker_that_dies_and_comes_back_loses_nothing_and_holds_up_nobody(stack, workers, firms, slow_books):
    slow_books(1)
    caught_at_work(stack, workers, firms[0], random.Random(sizes.seed()))
    stack.stop_broker()
    start = time.monotonic()
    for firm in firms:
        firm.bills()
    assert time.monotonic() - start < 5
    stack.start_broker()
    slow_books(0)
    done_once(stack, workers, firms)


def caught_at_work(stack, workers, firm, pick):
    """Bring a firm's push under way with both groups up; gives its job row and the group that is at it, at a random moment."""
    for _ in range(10):
        workers.until_up()
        firm.bills(2)
        workers.follow()
        job = stack.until(lambda: running(workers, firm), f"a push of {firm.name} runs")
        time.sleep(pick.random())
        for group, ids in workers.at_work().items():
            if f"job-{job['id']}" in ids:
                return job, group
    raise AssertionError("no push was ever caught at work")


def running(workers, firm):
    return next((row for row in workers.pushes(firm.connection) if row["state"] == "running"), None)


def is_unmoved(workers, job):
    """Whether a job is still in the hands of the very worker that had it."""
    now = workers.job(job["id"])
    return now is not None and (now["state"], now["fence"]) == ("running", job["fence"])


def done_once(stack, workers, firms):
    workers.follow()
    for firm in firms:
        stack.until(firm.pushed, f"all of {firm.name}'s invoices are in the books")
        firm.assert_once()
