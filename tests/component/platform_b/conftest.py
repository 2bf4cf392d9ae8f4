"""A vault, and databases with every table that these modules keep."""

from __future__ import annotations

import pytest

from shared.platform import audit, files, identity, quota, vault_tables, web_idempotency
from shared.platform.vault import Vault


@pytest.fixture
def vault() -> Vault:
    return Vault(bytes(range(32)))


@pytest.fixture
def database(make_database):
    return make_database()


KEPT_BY = (audit, files, identity, quota, vault_tables, web_idempotency)
"""Importing them puts their tables on the platform's metadata."""
