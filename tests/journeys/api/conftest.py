"""The promised API is asked of ingest over HTTP, in process and on files; where the database matters a test names both."""

import pytest

from tests.component.ingest.conftest import db, new_owner, owner, service, vault

__all__ = ["backend", "db", "new_owner", "owner", "service", "vault"]


@pytest.fixture(params=["sqlite"])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)
