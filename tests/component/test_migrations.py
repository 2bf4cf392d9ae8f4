"""The migrations bring an empty database to the very tables that the code names, on both engines."""

from __future__ import annotations

from pathlib import Path

import pytest

import services.ingest.app
import shared.connector.models
from services.catalog import SERVICES
from services.ingest.tables import metadata as ingest_tables
from services.xero_connector.models import metadata as payroll_tables
from shared.platform.db import open_database
from shared.platform.migrations import differences

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
