"""SIGKILL at every fault point, on both databases: the work is done again, nothing is there twice and nothing is lost."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import Protocol

import pytest
import sqlalchemy as sa

from shared.platform.db import Database, reading
from shared.platform.faultpoint import POINTS
from tests.faults import scenarios, scenarios_of_ingest
from tests.faults.forks import Relay, killed_at
from tests.sizes import seed, size

NEVER = 1_000_000
MOST_TRIES = 4
"""Times as many children as kills: the first one ends unharmed, to count; so does one that passes its point less often."""

# A runner of tests may keep a thread for its own messages; our process has none.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


class Scenario(Protocol):
    def begins(self, number: int) -> None: ...

    def works(self) -> None: ...

    def recovers(self) -> None: ...

    def checks(self) -> None: ...


def survives(
    scenario: Scenario, point: str, killed: Callable[[Callable[[], None], str, int], tuple[bool, int]], wanted: int
) -> None:
    """Kill it so many times, at any of the times that it passes its point; check after each."""
    chance = random.Random(f"{seed()} {point}")
    first, kills, passes = chance.randrange(60), 0, 0
    for _ in range(wanted * MOST_TRIES):
        scenario.begins(first + kills)
        died, passed = killed(scenario.works, point, chance.randint(1, passes) if passes else NEVER)
        passes = max(passes, passed) if died else passed
        scenario.recovers()
        scenario.checks()
        kills += died
        if kills == wanted:
            return
    pytest.fail(f"{kills} kills only: {point} is hardly ever passed")


def test_every_fault_point_has_a_scenario():
    assert {**scenarios.SCENARIOS, **scenarios_of_ingest.SCENARIOS}.keys() == POINTS.keys()


@pytest.mark.parametrize("point", scenarios.SCENARIOS)
def test_a_killed_connector_loses_nothing_and_does_nothing_twice(books, point):
    killed = partial(killed_at, books.relay, (books.db, books.wishes.db))
    survives(scenarios.SCENARIOS[point](books), point, killed, size(f"fork_kills_{books.name}"))
    assert_sound(books.db)


@pytest.mark.parametrize("point", scenarios_of_ingest.SCENARIOS)
def test_a_killed_ingest_loses_nothing_and_does_nothing_twice(owner, point):
    nobody = Relay(lambda environ, start: [])
    killed = partial(killed_at, nobody, (owner.service.db,))
    survives(scenarios_of_ingest.SCENARIOS[point](owner), point, killed, size("fork_kills_ingest"))
    assert_sound(owner.service.db)


def assert_sound(db: Database) -> None:
    """The database file itself has come to no harm."""
    if db.sqlite:
        with reading(db) as session:
            assert session.execute(sa.text("PRAGMA integrity_check")).scalars().all() == ["ok"]
