"""One invoice and all problems over HTTP, as they stand in the books."""

from __future__ import annotations

from typing import Any

from services.ingest.billing import query as billing
from services.ingest.billing import world
from services.ingest.status import answers, query
from shared.platform.db import Database, reading
from shared.platform.vault import Vault
from shared.platform.web import Room, principal


def room(db: Database, vault: Vault) -> Room:
    room = Room("status")

    @room.get("/invoices/<document>", scope="invoices:read", gives=answers.WholeInvoice)
    def show_invoice(document: str) -> Any:
        """Show one invoice, with its history, its versions and the entries that it bills."""
        organisation = principal().organisation
        with reading(db) as session:
            head = billing.head(session, organisation, document)
            item = query.shown(session, vault, organisation, [document], world.today(session, organisation))[document]
            return item | {
                "history": query.history(session, organisation, document),
                "versions": billing.versions(session, vault, organisation, head),
                "allocations": billing.allocations(session, organisation, document, head.version),
            }

    @room.get("/problems", scope="invoices:read", gives=answers.PROBLEMS)
    def list_problems() -> Any:
        """List what a person can mend, the oldest first: here and in every connection."""
        with reading(db) as session:
            return {"items": query.problems(session, vault, principal().organisation)}

    return room
