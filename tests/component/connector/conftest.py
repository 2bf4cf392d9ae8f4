"""What tests of the connector alone stand on."""

from __future__ import annotations

import pytest

from tests.component.connector.books import Books


@pytest.fixture
def books(make_database, clock):
    return Books(make_database, clock)
