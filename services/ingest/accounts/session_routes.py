"""Signing in over HTTP: sessions, the devices they are on, passwords and second factors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.ingest.accounts import answers, factor, sessions, users
from services.ingest.accounts.alarm import Alarm
from services.ingest.accounts.pages import answer
from services.ingest.accounts.passwords import LONGEST, Passwords
from services.ingest.accounts.sessions import Held
from services.ingest.accounts.sign_in import prove, sign_in
from services.ingest.tables import ID
from shared.contract import fields as f
from shared.kernel.errors import Denied, Missing
from shared.platform import auth, identity
from shared.platform.auth import Principal
from shared.platform.db import Database, reading, transaction
from shared.platform.vault import Vault
from shared.platform.web import Room, argument, network, page_args, principal, sent

SECONDS = 3600  # that an access token holds
DEVICE, TOKEN, OTP = 200, 100, 40  # characters


class _LoginSchema(f.Strict):
    email = f.text(254, required=True)
    password = f.text(LONGEST, required=True)
    device_id = f.text(DEVICE, required=True)
    organisation = f.text(ID.length or 0)
    otp = f.text(OTP)


class _RefreshSchema(f.Strict):
    refresh_token = f.text(TOKEN, required=True)
    device_id = f.text(DEVICE, required=True)


class _PasswordSchema(f.Strict):
    password = f.text(LONGEST, required=True)
    new_password = f.text(LONGEST, required=True)


class _ProofSchema(f.Strict):
    password = f.text(LONGEST, required=True)


class _CodeSchema(f.Strict):
    otp = f.text(OTP, required=True)


_LOGIN, _REFRESH, _PASSWORD, _PROOF, _CODE = _LoginSchema(), _RefreshSchema(), _PasswordSchema(), _ProofSchema(), _CodeSchema()


@dataclass(frozen=True, slots=True)
class Door:
    """What signing in needs: where it is kept, how passwords are checked, what is told of where to go on."""

    db: Database
    vault: Vault
    passwords: Passwords
    sync_endpoint: str
    proxies: int  # of ours, before this service
    alarm: Alarm


def sign_in_room(door: Door) -> Room:
    """How a session begins, goes on and ends."""
    room = Room("sign_in")

    @room.open_post("/auth/login", takes=_LOGIN, **answers.LOGIN)
    def login() -> Any:
        """Sign in on a device with e-mail and password, and the second factor where one is on."""
        asked = sent()
        held = sign_in(door.db, door.vault, door.passwords, asked, door.alarm, network=network(door.proxies))
        return _answer(door, held)

    @room.open_post("/auth/refresh", takes=_REFRESH, **answers.REFRESH)
    def refresh() -> Any:
        """Change a refresh token for the next pair of tokens. A token used twice ends its family."""
        asked = sent()
        return _answer(door, sessions.renew(door.db, door.vault, asked["refresh_token"], asked["device_id"], door.alarm))

    @room.post("/auth/logout", scope=auth.ANY, own=True, gives=None)
    def logout() -> None:
        """Sign out of the device: both tokens are dead."""
        caller, user = principal(), signed_in()
        with transaction(door.db) as session:
            sessions.end(session, caller.organisation, caller.key, user, reason="signed_out")

    return room


def devices_room(door: Door) -> Room:
    """Where somebody is signed in."""
    room = Room("devices")

    @room.get("/devices", scope=auth.ANY, own=True, **answers.DEVICES)
    def list_devices() -> Any:
        """List the devices that somebody is signed in on, the latest first."""
        caller, asked = principal(), argument("user")
        if asked is not None and not _ends_anybodys(caller):
            raise Missing("no_such_user", "There is no user of this id.", "Leave user out to see your own devices.")
        whose = asked or signed_in()
        part = page_args()
        with reading(door.db) as session:
            items, total = sessions.listed(session, door.vault, caller.organisation, whose, part=part)
        return answer(([{**one, "current": one["id"] == caller.key} for one in items], total), part)

    @room.delete("/devices/<device>", scope=auth.ANY, own=True, gives=None)
    def revoke_device(device: str) -> None:
        """Sign a device out."""
        caller = principal()
        holder = None if _ends_anybodys(caller) else signed_in()
        with transaction(door.db) as session:
            sessions.end(session, caller.organisation, device, caller.subject, holder=holder, reason="revoked")

    return room


def proof_room(door: Door) -> Room:
    """What somebody signs in with, changed by themselves."""
    room = Room("proofs")

    @room.post("/auth/password", scope=auth.ANY, own=True, takes=_PASSWORD, **answers.PASSWORD)
    def change_password() -> None:
        """Change the password. All other devices are signed out."""
        asked, caller, me = sent(), principal(), signed_in()
        user = prove(door.db, door.passwords, caller, asked["password"], network=network(door.proxies))
        kept = users.new_password(door.db, door.vault, door.passwords, user, asked["new_password"])
        with transaction(door.db) as session:
            users.change_password(session, caller.organisation, me, kept, but=caller.key)

    @room.post("/auth/totp", scope=auth.ANY, own=True, takes=_PROOF, **answers.ENROL)
    def enrol() -> Any:
        """Begin to use a second factor; it counts once a code was confirmed."""
        asked, caller, user = sent(), principal(), signed_in()
        prove(door.db, door.passwords, caller, asked["password"], network=network(door.proxies))
        with transaction(door.db) as session:
            return factor.enrol(session, door.vault, caller.organisation, user)

    @room.post("/auth/totp/confirm", scope=auth.ANY, own=True, takes=_CODE, **answers.CONFIRM)
    def confirm() -> Any:
        """Turn the second factor on with its first code."""
        otp, user = sent()["otp"], signed_in()
        with transaction(door.db) as session:
            return {"recovery_codes": factor.confirm(session, door.vault, principal().organisation, user, otp)}

    @room.post("/auth/totp/remove", scope=auth.ANY, own=True, takes=_CODE, **answers.REMOVE)
    def remove() -> None:
        """Turn the second factor off with one of its codes."""
        otp, user = sent()["otp"], signed_in()
        with transaction(door.db) as session:
            factor.remove(session, door.vault, principal().organisation, user, otp)

    return room


def _ends_anybodys(caller: Principal) -> bool:
    return caller.role == "owner" and "users:write" in caller.scopes


def signed_in() -> str:
    """Who calls, as a person: a key acts for whoever made it, and is not them. Raises Denied."""
    caller = principal()
    if caller.kind != "session":
        raise Denied("not_signed_in", "Only somebody who signed in can do this.", "Sign in; a key stands for nobody here.")
    return caller.subject


def _answer(door: Door, held: Held) -> dict[str, Any]:
    signer = identity.signer(door.db, door.vault, "ingest")
    return {
        "access_token": auth.sign_token(signer, held.principal, audience="ingest", seconds=SECONDS),
        "token_type": "Bearer",
        "refresh_token": held.refresh_token,
        "expires_in": SECONDS,
        "sync_endpoint": door.sync_endpoint,
    }
