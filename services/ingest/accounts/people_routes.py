"""People over HTTP: who is invited, who may sign in, and what they consented to."""

from __future__ import annotations

import re
from typing import Any

from services.ingest.accounts import answers, consent, invitations, users
from services.ingest.accounts.pages import answer
from services.ingest.accounts.passwords import LONGEST
from services.ingest.accounts.routes import GIVEN, CheckWorker, check_gift
from services.ingest.accounts.session_routes import Door, signed_in
from services.ingest.tables import ID
from shared.contract import fields as f
from shared.kernel.errors import Invalid
from shared.kernel.quote import quoted
from shared.platform import auth
from shared.platform.db import reading, transaction
from shared.platform.web import Room, argument, page_args, principal, sent

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


def invitations_room(door: Door, check_worker: CheckWorker) -> Room:
    """Who is asked in."""
    room = Room("invitations")

    @room.post("/invitations", scope="users:write", takes=_INVITATION, **answers.INVITE)
    def invite() -> Any:
        """Invite somebody: send them the token that is answered."""
        asked, caller = sent(), principal()
        check_gift(caller, asked["role"], auth.ROLES[asked["role"]])
        with transaction(door.db) as session:
            if asked["role"] == "worker" or "person" in asked:
                check_worker(session, caller.organisation, asked["role"], asked.get("person", ""))
            number, token = invitations.invite(session, door.vault, door.passwords, caller, asked)
        return {"id": number, "token": token, "days": invitations.GOOD_FOR.days}, 201

    @room.get("/invitations", scope="users:write", **answers.INVITATIONS)
    def list_invitations() -> Any:
        """List the invitations, the latest first."""
        part = page_args()
        with reading(door.db) as session:
            return answer(invitations.listed(session, door.vault, principal().organisation, part=part), part)

    @room.delete("/invitations/<invitation>", scope="users:write", gives=None)
    def revoke_invitation(invitation: str) -> None:
        """Take an invitation back."""
        with transaction(door.db) as session:
            invitations.revoke(session, principal().organisation, invitation, principal().subject)

    @room.open_post("/invitations/accept", takes=_ACCEPT, **answers.ACCEPT)
    def accept() -> Any:
        """Become a user, with the token of an invitation and a password of one's own."""
        return invitations.accept(door.db, door.vault, door.passwords, sent()), 201

    return room


def users_room(door: Door) -> Room:
    """Who is in."""
    room = Room("users")

    @room.get("/users", scope="users:write", **answers.USERS)
    def list_users() -> Any:
        """List everybody who may sign in, and who once might."""
        part = page_args()
        with reading(door.db) as session:
            return answer(users.listed(session, door.vault, principal().organisation, part=part), part)

    @room.delete("/users/<user>", scope="users:write", gives=None)
    def end_user(user: str) -> None:
        """End somebody's access, on every device, at once."""
        with transaction(door.db) as session:
            users.end(session, principal(), user, door.alarm)

    return room


def consent_room(door: Door) -> Room:
    """What somebody agreed to; who manages users sees everybody's."""
    room = Room("consents")

    @room.post("/consents", scope=auth.ANY, own=True, takes=_CONSENT, **answers.CONSENT)
    def give_consent() -> Any:
        """Agree to something, on the record."""
        asked, user = sent(), signed_in()
        with transaction(door.db) as session:
            return {"id": consent.give(session, principal().organisation, user, asked)}, 201

    @room.get("/consents", scope=auth.ANY, own=True, **answers.CONSENTS)
    def list_consents() -> Any:
        """List who agreed to what, the latest first."""
        part, caller = page_args(), principal()
        whose = argument("user") if "users:write" in caller.scopes else signed_in()
        with reading(door.db) as session:
            return answer(consent.listed(session, caller.organisation, whose, part=part), part)

    @room.delete("/consents/<consented>", scope=auth.ANY, own=True, gives=None)
    def withdraw_consent(consented: str) -> None:
        """Withdraw a consent."""
        user = signed_in()
        with transaction(door.db) as session:
            consent.withdraw(session, principal().organisation, user, consented)

    return room
