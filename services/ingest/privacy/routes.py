"""Privacy over HTTP."""

from __future__ import annotations

from typing import Any

from services.ingest.privacy.erase import Forget, erase
from services.ingest.tables import ID
from shared.contract import fields as f
from shared.contract.records import Kind
from shared.kernel.errors import Invalid
from shared.platform.db import Database, transaction
from shared.platform.vault import Vault, scrub
from shared.platform.web import Room, body, principal


class _ErasureSchema(f.Strict):
    person = f.text(ID.length or 0)
    client = f.text(ID.length or 0)


_ERASURE = _ErasureSchema()


def room(db: Database, vault: Vault, forget: Forget) -> Room:
    room = Room("privacy")

    @room.post("/erasures", scope="privacy:write")
    def create_erasure() -> Any:
        asked = f.load(_ERASURE, body(), "the erasure")
        if len(asked) != 1:
            raise Invalid("bad_fields", "An erasure names one person or one client.", "Give person or client, not both.")
        [(kind, subject)] = asked.items()
        with transaction(db) as session:
            caller = principal()
            erase(session, vault, caller.organisation, Kind(kind), subject, actor=caller.subject, forget=forget)
        scrub(db)
        return {"erased": subject}

    return room
