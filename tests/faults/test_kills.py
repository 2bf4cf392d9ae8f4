"""SIGKILL at every fault point, on both databases: the work is done again, nothing is there twice and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import pytest

from shared.platform.faultpoint import POINTS
from tests.faults import scenarios, scenarios_of_ingest
from tests.faults.forks import Relay, killed_at
from tests.sizes import size

MOST_TRIES = 4
"""Times as many children as kills: one that ends before it comes to its point so often counts as a run without a kill."""

# A runner of tests may keep a thread for its own messages; our process has none.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


class Scenario(Protocol):
    def begins(self, number: int) -> None: ...

    def works(self) -> None: ...

    def recovers(self) -> None: ...

    def checks(self) -> None: ...


def survives(scenario: Scenario, killed: Callable[[int, Callable[[], None]], bool]) -> None:
    """Kill it as often as the sizes say, at the first, second, … time that it passes its point; check after each."""
    kills, occurrence = 0, 1
    for number in range(size("fork_kills") * MOST_TRIES):
        scenario.begins(number)
        died = killed(occurrence, scenario.works)
        occurrence = occurrence + 1 if died else 1
        scenario.recovers()
        scenario.checks()
        kills += died
        if kills == size("fork_kills"):
            return
    pytest.fail(f"{kills} kills only: the point is hardly ever passed")


def test_every_fault_point_has_a_scenario():
    assert {**scenarios.SCENARIOS, **scenarios_of_ingest.SCENARIOS}.keys() == POINTS.keys()


@pytest.mark.parametrize("point", scenarios.SCENARIOS)
def test_a_killed_connector_loses_nothing_and_does_nothing_twice(books, point):
    survives(scenarios.SCENARIOS[point](books), lambda occurrence, work: books.killed_at(point, occurrence, work))


@pytest.mark.parametrize("point", scenarios_of_ingest.SCENARIOS)
def test_a_killed_ingest_loses_nothing_and_does_nothing_twice(owner, point):
    nobody = Relay(lambda environ, start: [])
    scenario = scenarios_of_ingest.SCENARIOS[point](owner)
    survives(scenario, lambda occurrence, work: killed_at(nobody, [owner.service.db], work, point, occurrence))
