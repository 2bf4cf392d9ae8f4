"""SIGKILL at every fault point, on both databases: the work is done again, nothing is there twice and nothing is lost."""

from __future__ import annotations

import pytest

from shared.platform.faultpoint import POINTS
from tests.faults.rigged import assert_in_step
from tests.faults.scenarios import SCENARIOS
from tests.sizes import size

MOST_TRIES = 4
"""Times as many children as kills: one that ends before it comes to its point so often counts as a run without a kill."""

# A runner of tests may keep a thread for its own messages; our process has none.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


def test_every_fault_point_has_a_scenario():
    assert SCENARIOS.keys() == POINTS.keys()


@pytest.mark.parametrize("point", [point for point, scenario in SCENARIOS.items() if scenario.fixture == "books"])
def test_a_kill_of_the_connector_loses_nothing_and_doubles_nothing(books, point):
    scenario = SCENARIOS[point](books)
    kills, occurrence = 0, 1
    for number in range(size("fork_kills") * MOST_TRIES):
        scenario.begins(number)
        killed = books.killed_at(point, occurrence, scenario.works)
        occurrence = occurrence + 1 if killed else 1
        books.clock.advance(seconds=31)  # the dead worker's lease is over
        scenario.goes_on()
        books.settles()
        assert_in_step(books)
        kills += killed
        if kills == size("fork_kills"):
            return
    pytest.fail(f"{kills} kills only: {point} is hardly ever passed")
