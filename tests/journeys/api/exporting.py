"""A firm whose work is exported: three people, two currencies, every kind of work, and words that bite."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import python_calamine

from services.ingest.accounts.operator import operator_token
from services.ingest.app import build
from services.ingest.tables import metadata
from shared.kernel import canonical
from shared.platform.db import metadata as platform_metadata
from shared.platform.http import Network
from shared.platform.settings import Settings
from shared.platform.vault import Vault
from tests import conftest, engines
from tests.component.ingest.conftest import Caller

RECORDS = [
    {"kind": "person", "source_id": "ann", "name": "Ann Reed"},
    {"kind": "person", "source_id": "bo", "name": "=Bo & <Co>"},
    {"kind": "client", "source_id": "blue", "name": "Blue Kite", "currency": "USD"},
    {"kind": "client", "source_id": "mond", "name": "Mond – מוסך", "currency": "EUR"},
    {"kind": "tag", "source_id": "onsite", "name": "onsite"},
    {"kind": "tag", "source_id": "night", "name": "night"},
    {"kind": "job", "source_id": "site", "name": "Site", "client": "blue", "currency": "USD",
     "rates": [{"rate": "48.00", "overtime_rate": "72.00"}]},
    {"kind": "job", "source_id": "shop", "name": "Shop", "client": "mond", "currency": "EUR", "rates": [{"rate": "33.335"}]},
    # 6.5 h at 48 and 1 h at 72: 384.00
    {"kind": "time", "source_id": "t1", "date": "2026-03-04", "person": "ann", "job": "site", "seconds": 27000,
     "overtime_seconds": 3600, "tags": ["onsite"], "notes": "Sprint planning",
     "start": "2026-03-04T09:00:00", "end": "2026-03-04T17:00:00", "break_seconds": 1800},
    # 20 minutes at 48: 0.33333 h, 16.00
    {"kind": "time", "source_id": "t2", "date": "2026-03-05", "person": "ann", "job": "site", "seconds": 1200,
     "tags": ["night", "onsite"], "notes": "=HYPERLINK(\"x\")"},
    # 1 h 1 s at 33.335: 1.00028 h, 33.34
    {"kind": "time", "source_id": "t3", "date": "2026-03-06", "person": "bo", "job": "shop", "seconds": 3601, "notes": "-2 + 3"},
    # nobody knows a rate
    {"kind": "time", "source_id": "t4", "date": "2026-03-07", "person": "bo", "seconds": 900},
    {"kind": "expense", "source_id": "e1", "date": "2026-03-04", "person": "ann", "job": "site", "amount": "12.40",
     "currency": "USD", "category": "Meals"},
    {"kind": "expense", "source_id": "e2", "date": "2026-03-06", "person": "bo", "job": "shop", "amount": "-3.10",
     "currency": "EUR", "category": "@refund"},
    {"kind": "mileage", "source_id": "m1", "date": "2026-03-05", "person": "ann", "job": "site", "distance": "31.2",
     "unit": "mi", "rate": "0.725", "notes": "Office to site"},
    {"kind": "time", "source_id": "t5", "date": "2026-04-01", "person": "ann", "job": "site", "seconds": 60},
]  # fmt: skip
MARCH = {"from_date": "2026-03-01", "to_date": "2026-03-31"}


@contextmanager
def firm(folder: Path, **environ: str) -> Iterator[Caller]:
    """The owner of an organisation on a service of its own, on SQLite."""
    database = folder / "ingest.sqlite"
    database.write_bytes(Path(conftest._sqlite_template((platform_metadata, metadata))).read_bytes())
    db = engines.opened(f"sqlite:///{database}")
    told = {"TIMEBOOKS_DATA": str(folder), "TIMEBOOKS_QUICKBOOKS_URL": "http://127.0.0.1:9", **environ}  # where nobody listens
    vault = Vault(b"m" * 32)
    service = build(Settings.load(told, ("ingest", "quickbooks")), db, vault, Network())
    yield new_owner(Caller(service, operator_token(vault)), "Sample Firm")
    db.dispose()


def new_owner(operator: Caller, name: str) -> Caller:
    asked = {"organisation": name, "owner": "Sample Owner", "zone": "America/New_York", "currency": "USD"}
    made = operator.told("POST", "/accounts", asked, status=201)
    return Caller(operator.service, made["key"], made["organisation"])


def logs(owner: Caller, *records: dict[str, Any]) -> dict[str, str]:
    """Sends records; their ids by source id."""
    sent = [{"source": "worklog", **one} for one in records]
    results = owner.told("POST", "/records", {"schema": "1", "records": sent}, status=202)["results"]
    assert [one["problem"] for one in results] == [None] * len(sent), results
    return {one["source_id"]: result["id"] for one, result in zip(sent, results, strict=True)}


def exports(owner: Caller, *, status: int = 200, **asked: Any) -> Any:
    """The body of an export: what JSON says, or a file's bytes."""
    answer = owner("POST", "/timesheet/export", {**MARCH, **asked})
    assert answer.status_code == status, answer.text
    return canonical.loads(answer.data) if "json" in answer.content_type else answer.data


def cells(workbook: bytes, sheet: int = 0) -> list[list[Any]]:
    """What a spreadsheet program reads in a workbook."""
    return python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(workbook)).get_sheet_by_index(sheet).to_python()


def formulas(workbook: bytes) -> list[str]:
    """The parts of a workbook that hold a formula."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        return [name for name in archive.namelist() if b"<f" in archive.read(name).replace(b"<font", b"").replace(b"<fill", b"")]
