"""The promised API is asked of ingest over HTTP, in process and on files; where the database matters a test names both."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.component.ingest.conftest import db, new_owner, owner, service, vault
from tests.journeys.api.receiver import Receiver, receiving
from tests.journeys.product import Product

__all__ = ["backend", "db", "new_owner", "owner", "service", "vault"]


@pytest.fixture(params=["sqlite"])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def product(make_database: Callable[..., Any], clock: Any) -> Product:
    return Product(make_database, clock)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Somebody who listens on this machine."""
    with receiving() as one:
        yield one
