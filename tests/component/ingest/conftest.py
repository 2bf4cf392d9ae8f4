"""Ingest with two organisations: short ways to log work in it, in process and over HTTP."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from services.ingest.accounts.operator import operator_token
from services.ingest.app import build
from services.ingest.records import intake
from services.ingest.tables import metadata
from shared.contract.record_schemas import load_record
from shared.contract.records import AnyRecord
from shared.kernel import canonical
from shared.platform.db import Database, transaction
from shared.platform.http import Network
from shared.platform.service import Service
from shared.platform.settings import Settings
from shared.platform.vault import Vault

PREFIX = "/api/v1/worklog"
NOBODY = "00000000-0000-4000-8000-000000000001"


@dataclass(slots=True)
class Books:
    """One organisation's records, written through intake."""

    db: Database
    vault: Vault
    organisation: str = NOBODY

    def record(self, kind: str, source_id: str, **fields: Any) -> AnyRecord:
        return load_record(kind, {"source_id": source_id, **fields}, self.organisation, "worklog")

    def accepts(self, *records: AnyRecord) -> list[intake.Result]:
        with transaction(self.db) as session:
            return intake.accept(session, self.vault, self.organisation, records)


@dataclass(slots=True)
class Caller:
    """Somebody who talks to ingest over HTTP with one credential."""

    service: Service
    key: str
    organisation: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def __call__(self, method: str, path: str, value: Any = None, **headers: str) -> TestResponse:
        raw = None if value is None else value if isinstance(value, bytes) else canonical.dumps(value)
        told = {"Authorization": f"Bearer {self.key}", **{name.replace("_", "-"): text for name, text in headers.items()}}
        told.setdefault("Content-Type", "application/json")
        return self.service.app.test_client().open(PREFIX + path, method=method, data=raw, headers=told)

    def told(self, method: str, path: str, value: Any = None, *, status: int = 200, **headers: str) -> Any:
        """The answer's body, once it has this status."""
        answer = self(method, path, value, **headers)
        assert answer.status_code == status, f"{answer.text}"
        return canonical.loads(answer.data) if answer.data else None

    def imports(self, data: bytes, name: str = "log.csv", *, status: int = 200, **fields: str) -> Any:
        answer = self._import(data, name, fields)
        assert answer.status_code == status, answer.text
        return canonical.loads(answer.data)

    def sends(self, data: bytes, name: str, **fields: str) -> Any:
        """What comes of an import, of whatever status."""
        return canonical.loads(self._import(data, name, fields).data)

    def _import(self, data: bytes, name: str, fields: dict[str, str]) -> TestResponse:
        form = {"file": (io.BytesIO(data), name), **fields}
        told = {"Authorization": f"Bearer {self.key}"}
        return self.service.app.test_client().post(PREFIX + "/import", data=form, headers=told)


@pytest.fixture
def db(make_database: Callable[..., Database]) -> Database:
    return make_database(metadata)


@pytest.fixture
def vault() -> Vault:
    return Vault(b"m" * 32)


@pytest.fixture
def books(db: Database, vault: Vault) -> Books:
    return Books(db, vault)


@pytest.fixture
def service(db: Database, vault: Vault, tmp_path: Path) -> Service:
    environ = {"TIMEBOOKS_DATA": str(tmp_path), "TIMEBOOKS_QUICKBOOKS_URL": "http://127.0.0.1:9"}  # where nobody listens
    return build(Settings.load(environ, ("ingest", "quickbooks")), db, vault, Network())


@pytest.fixture
def new_owner(service: Service, vault: Vault) -> Callable[[str], Caller]:
    """Makes an organisation and gives its owner."""

    def make(name: str) -> Caller:
        asked = {"organisation": name, "owner": "Olive Owner", "zone": "Europe/Berlin", "currency": "EUR"}
        made = Caller(service, operator_token(vault)).told("POST", "/accounts", asked, status=201)
        return Caller(service, made["key"], made["organisation"])

    return make


@pytest.fixture
def owner(new_owner: Callable[[str], Caller]) -> Caller:
    return new_owner("Acme")
