"""What a record was at a certain revision, for whoever tells of each change by itself."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from services.ingest.records.models import TABLES
from services.ingest.records.store import chunks
from services.ingest.tables import within
from shared.contract.records import Kind
from shared.platform.session import Session


def facts_at(
    session: Session, organisation: str, kind: Kind, wanted: Collection[tuple[str, int]], names: tuple[str, ...]
) -> dict[tuple[str, int], dict[str, Any]]:
    """(id, revision) -> these columns; a record of another kind, or whose past was forgotten, is left out."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for some in chunks(sorted({record for record, _ in wanted})):
        for table in (TABLES[kind].present, TABLES[kind].past):
            shown = [table.c[name] for name in ("id", "revision", "deleted", *names)]
            mine = sa.select(*shown).where(within(table, organisation, by_id=True), table.c.id.in_(some))
            rows = session.execute(mine).mappings()
            found |= {(row["id"], row["revision"]): dict(row) for row in rows if (row["id"], row["revision"]) in wanted}
    return found
