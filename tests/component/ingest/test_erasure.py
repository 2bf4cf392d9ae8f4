"""An erased person is nowhere."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from services.ingest.tables import metadata
from shared.kernel.ids import record_id
from shared.platform import audit
from shared.platform.db import Database, reading
from shared.platform.db import metadata as platform
from tests.component.ingest.conftest import Caller

SECRETS = ("Annegret Zauberwald", "annegret@zauberwald.example", "Zauberwald visit", "casefold-zauberwald")


def _records(*records: dict[str, Any]) -> dict[str, Any]:
    return {"schema": "1", "records": [{"source": "worklog", **record} for record in records]}


PEOPLE = (
    {"kind": "person", "source_id": "annegret@zauberwald.example", "name": SECRETS[0], "email": SECRETS[1]},
    {"kind": "person", "source_id": "p2", "name": "Bob"},
)
WORK = (
    {"kind": "time", "source_id": "t1", "date": "2026-03-02", "person": SECRETS[1], "seconds": 3600, "notes": SECRETS[2]},
    {"kind": "time", "source_id": "t2", "date": "2026-03-02", "person": "p2", "seconds": 60, "notes": "kept"},
)


def _everything(db: Database) -> bytes:
    """Every byte that the database holds: its files, or all rows of all tables as text."""
    if db.sqlite:
        from pathlib import Path

        path = Path(str(db.engine.url.database))
        return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    with reading(db) as session:
        tables = [*metadata.sorted_tables, *platform.sorted_tables]
        names = [f'"{table.name}"' for table in tables]
        rows = (session.execute(sa.text(f"SELECT {name}::text FROM {name}")) for name in names)
        return b"".join(str(row).encode() for table in rows for row in table)


def test_after_an_erasure_the_name_is_in_no_byte_of_the_database_and_totals_stand(owner: Caller, db: Database) -> None:
    owner.told("POST", "/records", _records(*PEOPLE, *WORK), status=202, Idempotency_Key="k1")
    changed = {**PEOPLE[0], "name": "Annegret Zauberwald-Neu"}
    owner.told("POST", "/records", _records(changed), status=202)
    people = owner.told("GET", "/records?kind=person")["items"]
    annegret = next(one["id"] for one in people if one["name"].startswith("Annegret"))
    assert owner.told("POST", "/erasures", {"person": annegret}) == {"erased": annegret}
    held = _everything(db).lower()
    assert not [secret for secret in SECRETS if secret.lower().encode() in held]
    entries = owner.told("GET", "/records")["items"]
    assert {(one["seconds"], one["notes"]) for one in entries} == {(3600, ""), (60, "kept")}
    audit.chain(db)
    assert owner.told("GET", "/audit/verify")["ok"]


def test_new_data_about_somebody_erased_is_refused_row_by_row(owner: Caller) -> None:
    first = owner.told("POST", "/records", _records(*PEOPLE, *WORK), status=202)["results"]
    owner.told("POST", "/erasures", {"person": first[0]["id"]})
    again = owner.told("POST", "/records", _records(*PEOPLE, *WORK), status=202)["results"]
    assert [one["outcome"] for one in again] == ["refused", "unchanged", "refused", "unchanged"]
    assert {one["problem"]["code"] for one in again if one["problem"]} == {"erased"}


HEAD = "date,duration,person,client,job,rate,currency,notes\n"
FILE = HEAD + (
    "2026-03-02,1:00,Annegret Zauberwald,Zauberwald Forst,Pflanzung,85,EUR,Zauberwald visit\n"
    "2026-03-03,2:00,Bob,Other Ltd,Site,85,EUR,kept\n"
)


def test_erasing_a_person_and_a_client_named_in_a_file_and_on_an_invoice_leaves_numbers_only(
    owner: Caller, db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    owner.imports(FILE.encode(), "zauberwald-march.csv")
    owner.told("POST", "/approvals", {"from": "2026-03-01", "to": "2026-03-31"})
    period = {"from": "2026-03-01", "to": "2026-03-31", "grouping": "detailed"}
    owner.told("POST", "/invoices/compose", period)
    before = owner.told("GET", "/invoices")["items"]
    for kind in ("person", "client"):
        found = owner.told("GET", f"/records?kind={kind}")["items"]
        owner.told("POST", "/erasures", {kind: next(one["id"] for one in found if "Zauberwald" in one["name"])})
    held = _everything(db).lower() + str([record.__dict__ for record in caplog.records]).lower().encode()
    assert b"zauberwald" not in held
    after = owner.told("GET", "/invoices")["items"]
    assert [(one["number"], one["total"], one["status"]) for one in after] == [
        (one["number"], one["total"], one["status"]) for one in before
    ]
    assert "Zauberwald" not in str(after) + str(owner.told("GET", "/feed"))
    erased = owner.told("GET", "/feed?kinds=person.erased")["rows"]
    assert len(erased) == 2 and all(row["body"] == {} for row in erased)
    audit.chain(db)
    assert owner.told("GET", "/audit/verify") == {"ok": True, "sealed": 9, "unsealed": 0, "first_bad": None}


def test_ids_that_come_from_names_or_work_tell_nothing_without_the_organisations_key(owner: Caller) -> None:
    owner.imports(FILE.encode())
    for kind, name in (("person", "Bob"), ("client", "Other Ltd")):
        ids = {one["id"] for one in owner.told("GET", f"/records?kind={kind}")["items"]}
        assert record_id(owner.organisation, kind, "worklog", name) not in ids
