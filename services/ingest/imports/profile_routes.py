"""Profiles over HTTP: the layouts that were confirmed, to look at, share, change and delete."""

from __future__ import annotations

from typing import Any

from services.ingest.imports import profiles, query, store
from services.ingest.imports.query import Kept
from shared.kernel.dates import utc_text
from shared.platform.db import Database, reading, transaction
from shared.platform.vault import Vault
from shared.platform.web import Room, body, principal


def profile_room(db: Database, vault: Vault) -> Room:
    room = Room("profiles")

    @room.get("/import/profiles", scope="records:read")
    def show_all() -> Any:
        with reading(db) as session:
            return {"items": [_shown(one) for one in query.kept_profiles(session, vault, principal().organisation)]}

    @room.get("/import/profiles/<profile>", scope="records:read")
    def show(profile: str) -> Any:
        with reading(db) as session:
            return _shown(query.profile(session, vault, principal().organisation, profile))

    @room.post("/import/profiles", scope="records:write")
    def create() -> Any:
        sent, caller = profiles.load(body()), principal()
        with transaction(db) as session:
            number = store.save_profile(session, vault, caller.organisation, sent, caller.subject)
            return _shown(query.profile(session, vault, caller.organisation, number)), 201

    @room.put("/import/profiles/<profile>", scope="records:write")
    def change(profile: str) -> Any:
        sent, caller = profiles.load(body()), principal()
        with transaction(db) as session:
            store.save_profile(session, vault, caller.organisation, sent, caller.subject, number=profile)
            return _shown(query.profile(session, vault, caller.organisation, profile))

    @room.delete("/import/profiles/<profile>", scope="records:write")
    def delete(profile: str) -> None:
        caller = principal()
        with transaction(db) as session:
            store.delete_profile(session, vault, caller.organisation, profile, caller.subject)

    return room


def _shown(one: Kept) -> dict[str, Any]:
    used = utc_text(one.used) if one.used else None
    return {"id": one.number, "changed": utc_text(one.changed), "used": used, "profile": profiles.dump(one.profile)}
