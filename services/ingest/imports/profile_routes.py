"""Profiles over HTTP: the layouts that were confirmed, to look at, share, change and delete."""

from __future__ import annotations

from typing import Any

from services.ingest.imports import answers, profiles, query, store
from services.ingest.imports.query import Kept
from shared.kernel.dates import utc_text
from shared.platform.db import Database, reading, transaction
from shared.platform.vault import Vault
from shared.platform.web import Room, Said, body, principal

_CREATE = Said(takes=profiles.SCHEMA, example=answers.EXAMPLE, gives=answers.Kept, status=201)
_CHANGE = Said(takes=profiles.SCHEMA, example=answers.EXAMPLE, gives=answers.Kept)


def profile_room(db: Database, vault: Vault) -> Room:
    room = Room("profiles")

    @room.get("/import/profiles", scope="records:read", gives=answers.PROFILES)
    def show_all() -> Any:
        """List the layouts that were confirmed, with what their reports are recognised by."""
        with reading(db) as session:
            return {"items": [_shown(one) for one in query.kept_profiles(session, vault, principal().organisation)]}

    @room.get("/import/profiles/<profile>", scope="records:read", gives=answers.Kept)
    def show(profile: str) -> Any:
        """Show one profile, to be kept as a file, changed or given away."""
        with reading(db) as session:
            return _shown(query.profile(session, vault, principal().organisation, profile))

    @room.post("/import/profiles", scope="records:write", **_CREATE)
    def create() -> Any:
        """Keep a profile that somebody wrote or was given. One of the same name is replaced."""
        sent, caller = profiles.load(body()), principal()
        with transaction(db) as session:
            number = store.save_profile(session, vault, caller.organisation, sent, caller.subject)
            return _shown(query.profile(session, vault, caller.organisation, number)), 201

    @room.put("/import/profiles/<profile>", scope="records:write", **_CHANGE)
    def change(profile: str) -> Any:
        """Change a profile."""
        sent, caller = profiles.load(body()), principal()
        with transaction(db) as session:
            store.save_profile(session, vault, caller.organisation, sent, caller.subject, number=profile)
            return _shown(query.profile(session, vault, caller.organisation, profile))

    @room.delete("/import/profiles/<profile>", scope="records:write", gives=None)
    def delete(profile: str) -> None:
        """Delete a profile. What was imported by it stays."""
        caller = principal()
        with transaction(db) as session:
            store.delete_profile(session, vault, caller.organisation, profile, caller.subject)

    return room


def _shown(one: Kept) -> dict[str, Any]:
    used = utc_text(one.used) if one.used else None
    return {"id": one.number, "changed": utc_text(one.changed), "used": used, "profile": profiles.dump(one.profile)}
