"""A vault, and databases with every table that these modules keep."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from shared.platform import audit, files, identity, quota, vault_tables, web_idempotency
from shared.platform.db import Database, metadata
from shared.platform.vault import Vault
from tests import engines, servers

KEPT_BY = (audit, files, identity, quota, vault_tables, web_idempotency)
"""Importing them puts their tables on the platform's metadata."""


@pytest.fixture
def vault() -> Vault:
    return Vault(bytes(range(32)))


@pytest.fixture(scope="session")
def one_postgresql() -> Iterator[Database]:
    """One database for all tests of this folder: making a fresh one takes longer than most of them."""
    server = servers.postgres()
    name = server.create()
    database = engines.opened(server.url(name))
    metadata.create_all(database.engine)
    yield database
    database.dispose()
    server.drop(name)


@pytest.fixture
def database(backend: str, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database without rows."""
    if backend == "sqlite":
        yield request.getfixturevalue("make_database")()
        return
    shared: Database = request.getfixturevalue("one_postgresql")
    with shared.engine.begin() as connection:
        for table in metadata.sorted_tables:
            connection.execute(sa.delete(table))
    yield shared
