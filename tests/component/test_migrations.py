"""The migrations bring an empty database to the very tables that the code names, on both engines."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

import services.ingest.app
import shared.connector.models
from services.catalog import SERVICES
from services.ingest.accounts.models import api_key
from services.ingest.tables import metadata as ingest_tables
from services.xero_connector.models import metadata as payroll_tables
from shared.platform.db import open_database
from shared.platform.migrations import _config, differences

CONNECTOR = shared.connector.models.metadata
TABLES = {"ingest": (ingest_tables,), "quickbooks": (CONNECTOR,), "xero": (CONNECTOR, payroll_tables)}


@pytest.mark.parametrize("entry", SERVICES, ids=lambda entry: entry.name)
def test_migrating_an_empty_database_gives_the_tables_of_the_code(entry, new_database_url):
    db = open_database(new_database_url())
    entry.migrate(db)
    entry.migrate(db)  # again: nothing to do
    assert differences(db, *TABLES[entry.name]) == []
    db.dispose()


def test_every_service_has_a_chain_of_revisions():
    for entry in SERVICES:
        folder = Path(services.ingest.app.__file__).parents[1] / entry.package.split(".")[1] / "migrations" / "versions"
        assert sorted(path.name[:4] for path in folder.glob("0*.py"))[0] == "0001"


def test_keys_made_before_people_could_be_invited_keep_what_they_open(new_database_url):
    """An accountant could write invoices, so becomes a manager, not payroll; who could let programs in may let people in."""
    db = open_database(new_database_url())
    steps = _config(db, Path(services.ingest.app.__file__).parent / "migrations")
    command.upgrade(steps, "0002")
    names = ("id", "organisation", "holder", "name", "hash", "role", "scopes", "created")
    before = {"owner": ["keys:write", "records:read"], "accountant": ["invoices:write"], "worker": ["records:read"]}
    keys = sa.table("api_key", *(sa.column(name) for name in names))
    now = datetime(2026, 3, 2, tzinfo=UTC)
    made = int(now.timestamp()) * 1_000_000 if db.sqlite else now
    with db.engine.begin() as connection:
        for role, scopes in before.items():
            row = (role, "o", "h", b"", "x", role, json.dumps(scopes, separators=(",", ":")), made)
            connection.execute(sa.insert(keys).values(dict(zip(names, row, strict=True))))
    command.upgrade(steps, "head")
    with db.engine.connect() as connection:
        found = connection.execute(sa.select(api_key.c.id, api_key.c.role, api_key.c.scopes)).all()
    assert {row.id: (row.role, row.scopes) for row in found} == {
        "owner": ("owner", ["keys:write", "records:read", "users:write"]),
        "accountant": ("manager", ["invoices:write"]),
        "worker": ("worker", ["records:read"]),
    }
    command.downgrade(steps, "0002")
    db.dispose()
