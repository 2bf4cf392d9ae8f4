"""Everything that changed, to be pulled on demand: a reader that goes on from its cursor misses nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.ingest.billing.query import invoice_bodies
from services.ingest.exports.asked import bad_cursor
from services.ingest.records import query as records
from shared.contract.messages import INVOICE_CHANGED, PERSON_ERASED
from shared.contract.record_schemas import dump_record
from shared.contract.records import Kind
from shared.kernel.errors import Conflict
from shared.platform import feed
from shared.platform.db import Database
from shared.platform.session import Session
from shared.platform.vault import Vault

RECORD_CHANGED = "record.changed"
KINDS = {RECORD_CHANGED: "record", INVOICE_CHANGED: "invoice", PERSON_ERASED: "erased"}


def changes(db: Database, vault: Vault, organisation: str, cursor: str, limit: int) -> dict[str, Any]:
    """The next changes, each with the present state of its subject; ``more`` tells whether others wait already."""
    feed_id, after = _read(cursor)
    bodies = {
        RECORD_CHANGED: lambda session, rows: _records(session, vault, organisation, rows),
        INVOICE_CHANGED: lambda session, rows: invoice_bodies(session, vault, rows),
    }
    page = feed.page(db, after, list(KINDS), limit, bodies, organisation=organisation)
    if feed_id not in ("", page["feed"]) or after > page["head"]:
        remedy = "Begin again with an empty cursor: what you have is brought up to date."
        raise Conflict("cursor_reset", "This cursor is of a database that was replaced by a backup.", remedy)
    items = [_shown(row) for row in page["rows"]]
    more = len(items) == limit and page["through"] < page["head"]
    return {"items": items, "next_cursor": f"{page['feed']}.{page['through']}", "more": more}


def _read(cursor: str) -> tuple[str, int]:
    if not cursor:
        return "", 0
    name, dot, position = cursor.partition(".")
    if not (name.isalnum() and dot and position.isascii() and position.isdigit() and len(position) <= 18):
        raise bad_cursor(cursor)
    return name, int(position)


def _records(session: Session, vault: Vault, organisation: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Records by id, whatever their kind."""
    ids = {row["subject"] for row in rows}
    found: dict[str, Any] = {}
    for kind in Kind:
        some = records.by_id(session, vault, organisation, kind, ids)
        found |= {number: dump_record(record) for number, record in some.items()}
        ids -= some.keys()
    return found


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    body = row["body"] or {}
    kind = KINDS[row["kind"]]
    what = body.get("kind") if kind == "record" else None
    told = {"type": kind, "kind": what, "id": row["subject"], "version": row["version"], "changed_at": row["at"]}
    return told | {"deleted": body.get("deleted", body.get("withdrawn", kind == "erased")), "state": row["body"]}
