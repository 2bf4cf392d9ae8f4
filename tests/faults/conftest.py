from __future__ import annotations

import pytest

from shared.platform import jobs
from tests.faults.rigged import Rigged


@pytest.fixture
def books(make_database, clock):
    """A connector with one connection that pushes by itself; it beats no hearts, since forked children need a parent without threads."""
    jobs.heart().enabled = False
    made = Rigged(make_database, clock)
    made.opened()
    yield made
    jobs.heart().enabled = True
