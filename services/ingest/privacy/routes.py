"""Privacy over HTTP."""

from __future__ import annotations

from typing import Any

from services.ingest.privacy.erase import Forget, erase
from services.ingest.tables import ID
from shared.contract import answers as a
from shared.contract import fields as f
from shared.contract.records import Kind
from shared.kernel.errors import Invalid
from shared.platform.db import Database, transaction
from shared.platform.vault import Vault, scrub
from shared.platform.web import Room, Said, principal, sent


class _ErasureSchema(f.Strict):
    person = f.text(ID.length or 0, metadata={"description": "A person's id, or"})
    client = f.text(ID.length or 0, metadata={"description": "a client's id."})


class _Erased(a.Answer):
    """It is done; nothing brings it back."""

    erased = a.ident("person")


_ERASURE = _ErasureSchema()


_CREATE_ERASURE = Said(takes=_ERASURE, example={"person": a.example_id("person")}, gives=_Erased)


def room(db: Database, vault: Vault, forget: Forget) -> Room:
    room = Room("privacy")

    @room.post("/erasures", scope="privacy:write", **_CREATE_ERASURE)
    def create_erasure() -> Any:
        """Erase a person or a client, for good.

        Names, addresses and notes can't be read any more, here or in a backup; days, durations and amounts stay.
        """
        asked = sent()
        if len(asked) != 1:
            raise Invalid("bad_fields", "An erasure names one person or one client.", "Give person or client, not both.")
        [(kind, subject)] = asked.items()
        with transaction(db) as session:
            caller = principal()
            erase(session, vault, caller.organisation, Kind(kind), subject, actor=caller.subject, forget=forget)
        scrub(db)
        return {"erased": subject}

    return room
