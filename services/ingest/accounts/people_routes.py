"""People over HTTP: who is invited, who may sign in, and what they consented to."""

from __future__ import annotations

import re
from typing import Any

from services.ingest.accounts import consent, invitations, users
from services.ingest.accounts.passwords import LONGEST
from services.ingest.accounts.routes import GIVEN, CheckWorker, check_gift
from services.ingest.accounts.session_routes import Door, signed_in
from services.ingest.tables import ID
from shared.contract import fields as f
from shared.kernel.errors import Invalid
from shared.kernel.quote import quoted
from shared.platform import auth
from shared.platform.db import reading, transaction
from shared.platform.web import Room, argument, body, page_args, principal

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,79}", re.ASCII)


def _word(value: object) -> str:
    """What an audit row may hold: a name or a number, no sentence."""
    if not isinstance(value, str) or not _WORD.fullmatch(value):
        raise Invalid("bad_word", f"{quoted(value)} is no short name", "give up to 80 letters, digits, _ . : / and -")
    return value


class _InvitationSchema(f.Strict):
    email = f.text(254, required=True)
    name = f.text(200, required=True)
    role = f.choice(GIVEN, required=True)
    person = f.text(ID.length or 0)
    until = f.civil_date()


class _AcceptSchema(f.Strict):
    token = f.text(100, required=True)
    password = f.text(LONGEST, required=True)


class _ConsentSchema(f.Strict):
    purpose = f.Checked(_word, required=True)
    document = f.Checked(_word, required=True)
    version = f.Checked(_word, required=True)


_INVITATION, _ACCEPT, _CONSENT = _InvitationSchema(), _AcceptSchema(), _ConsentSchema()


def users_room(door: Door, check_worker: CheckWorker) -> Room:
    """Who is let in."""
    room = Room("users")

    @room.post("/invitations", scope="users:write")
    def invite() -> Any:
        asked, caller = f.load(_INVITATION, body(), "the invitation"), principal()
        check_gift(caller, asked["role"], auth.ROLES[asked["role"]])
        with transaction(door.db) as session:
            if asked["role"] == "worker" or "person" in asked:
                check_worker(session, caller.organisation, asked["role"], asked.get("person", ""))
            number, token = invitations.invite(session, door.vault, door.passwords, caller, asked)
        return {"id": number, "token": token, "days": invitations.GOOD_FOR.days}, 201

    @room.get("/invitations", scope="users:write")
    def list_invitations() -> Any:
        with reading(door.db) as session:
            return {"items": invitations.listed(session, door.vault, principal().organisation)}

    @room.delete("/invitations/<invitation>", scope="users:write")
    def revoke_invitation(invitation: str) -> None:
        with transaction(door.db) as session:
            invitations.revoke(session, principal().organisation, invitation, principal().subject)

    @room.open_post("/invitations/accept")
    def accept() -> Any:
        return invitations.accept(door.db, door.vault, door.passwords, f.load(_ACCEPT, body(), "the answer")), 201

    @room.get("/users", scope="users:write")
    def list_users() -> Any:
        with reading(door.db) as session:
            return {"items": users.listed(session, door.vault, principal().organisation)}

    @room.delete("/users/<user>", scope="users:write")
    def end_user(user: str) -> None:
        with transaction(door.db) as session:
            users.end(session, principal(), user)

    return room


def consent_room(door: Door) -> Room:
    """What somebody agreed to; who manages users sees everybody's."""
    room = Room("consents")

    @room.post("/consents", scope=auth.ANY, own=True)
    def give_consent() -> Any:
        asked, user = f.load(_CONSENT, body(), "the consent"), signed_in()
        with transaction(door.db) as session:
            return {"id": consent.give(session, principal().organisation, user, asked)}, 201

    @room.get("/consents", scope=auth.ANY, own=True)
    def list_consents() -> Any:
        part, caller = page_args(), principal()
        whose = argument("user") if "users:write" in caller.scopes else signed_in()
        with reading(door.db) as session:
            items, total = consent.listed(session, caller.organisation, whose, limit=part.size, offset=part.offset)
        return {"items": items, "page": part.number, "page_size": part.size, "total": total}

    @room.delete("/consents/<consented>", scope=auth.ANY, own=True)
    def withdraw_consent(consented: str) -> None:
        user = signed_in()
        with transaction(door.db) as session:
            consent.withdraw(session, principal().organisation, user, consented)

    return room
