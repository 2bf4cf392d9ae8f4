"""How large a file may be is a setting of the service that takes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.ingest.app import build
from shared.platform.db import Database
from shared.platform.http import Network
from shared.platform.service import Service
from shared.platform.settings import Settings
from shared.platform.vault import Vault
from tests.component.ingest.conftest import Caller

HEAD = "date,person,duration\n"


@pytest.fixture
def service(db: Database, vault: Vault, tmp_path: Path) -> Service:
    environ = {"TIMEBOOKS_DATA": str(tmp_path), "TIMEBOOKS_IMPORT_CSV_BYTES": "60", "TIMEBOOKS_IMPORT_CELL_CHARACTERS": "10"}
    return build(Settings.load(environ, ("ingest",)), db, vault, Network())


def test_a_file_beyond_the_limit_that_is_set_is_refused_naming_it(owner: Caller) -> None:
    assert owner.imports(f"{HEAD}2026-03-02,Ann Ames,1:00\n".encode())["stored"]
    problem = owner.imports(f"{HEAD}{'2026-03-02,Ann Ames,1:00' * 2}\n".encode(), status=422)["error"]
    assert (problem["code"], "more than 60" in problem["message"]) == ("file_too_large", True)
    (row,) = owner.imports(f"{HEAD}2026-03-03,Ann Ames-Amess,1:00\n".encode(), status=422)["rows"]
    assert row["problem"]["code"] == "cell_too_long"
