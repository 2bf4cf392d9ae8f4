"""One invoice and all problems over HTTP, as they stand in the books."""

from __future__ import annotations

from typing import Any

from services.ingest.billing import query as billing
from services.ingest.billing import world
from services.ingest.status import query
from shared.platform.db import Database, reading
from shared.platform.vault import Vault
from shared.platform.web import Room, principal


def room(db: Database, vault: Vault) -> Room:
    room = Room("status")

    @room.get("/invoices/<document>", scope="invoices:read")
    def show_invoice(document: str) -> Any:
        organisation = principal().organisation
        with reading(db) as session:
            head = billing.head(session, organisation, document)
            item = query.shown(session, vault, organisation, [document], world.today(session, organisation))[document]
            return item | {
                "history": query.history(session, organisation, document),
                "versions": billing.versions(session, vault, organisation, head),
                "allocations": billing.allocations(session, organisation, document, head.version),
            }

    @room.get("/problems", scope="invoices:read")
    def list_problems() -> Any:
        with reading(db) as session:
            return {"items": query.problems(session, vault, principal().organisation)}

    return room
