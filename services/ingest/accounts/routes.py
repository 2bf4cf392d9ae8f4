"""Accounts over HTTP: organisations, API keys, tokens, and the public keys that others verify them with."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from services.ingest.accounts import answers, query, store
from services.ingest.accounts.pages import answer
from services.ingest.tables import ID
from shared.contract import fields as f
from shared.kernel.errors import Denied, Invalid
from shared.platform import auth, identity
from shared.platform.auth import Principal
from shared.platform.db import Database, reading, transaction
from shared.platform.session import Session
from shared.platform.vault import Vault
from shared.platform.web import Room, page_args, principal, sent
from shared.platform.web_answers import PublicKeys

NAME = 200  # characters
LONGEST = 3650  # days that a key may live
TOKEN_SECONDS, SESSION_SECONDS = 3600, 900
"""What another service takes a token for, made from a key and from a session: it does not hear that they have ended."""
GIVEN = tuple(sorted(auth.ROLES.keys() - {"service", "operator"}))


CheckWorker = Callable[[Session, str, str, str], None]
"""Told of a session, an organisation, a role and a person's record id; raises Invalid unless that role may be tied to them."""


class _AccountSchema(f.Strict):
    organisation = f.text(NAME, required=True)
    owner = f.text(NAME, required=True)
    zone = f.zone(required=True)
    currency = f.currency(required=True)


class _KeySchema(f.Strict):
    name = f.text(NAME, required=True)
    scopes = f.fields.List(f.choice(tuple(sorted(auth.SCOPES))), required=True)
    role = f.choice(GIVEN)
    person = f.text(ID.length or 0)
    days = f.whole(LONGEST, lowest=1)


class _TokenSchema(f.Strict):
    audience = f.text(NAME, required=True)


_ACCOUNT, _KEY, _TOKEN = _AccountSchema(), _KeySchema(), _TokenSchema()


def accounts(db: Database, vault: Vault) -> Room:
    room = Room("accounts")

    @room.post("/accounts", scope="accounts:write", takes=_ACCOUNT, **answers.ACCOUNT)
    def create_account() -> Any:
        """Make an organisation, and its owner's API key. For whoever runs the installation."""
        asked = sent()
        with transaction(db) as session:
            organisation, key = store.create_organisation(session, vault, asked.pop("organisation"), asked.pop("owner"), **asked)
        return {"organisation": organisation, "key": key}, 201

    return room


def credentials(db: Database, vault: Vault, audiences: Collection[str], check_worker: CheckWorker) -> Room:
    """``audiences``: the services that tokens can be made for."""
    room = Room("credentials")

    @room.post("/keys", scope="keys:write", takes=_KEY, **answers.KEY)
    def create_key() -> Any:
        """Make an API key. Its text is shown this once; a key never gives more than its maker holds."""
        asked, caller = sent(), principal()
        role, scopes = asked.get("role", caller.role), frozenset(asked["scopes"])
        check_gift(caller, role, scopes)
        with transaction(db) as session:
            more = {"expires": store.expiry(asked.get("days")), "person": asked.get("person")}
            if more["person"] is not None:
                check_worker(session, caller.organisation, role, more["person"])
            keyring = vault.keyring(session, caller.organisation)
            number, text = store.create_key(session, keyring, caller.subject, asked["name"], role=role, scopes=scopes, **more)
        return {"id": number, "key": text}, 201

    @room.get("/keys", scope="keys:write", **answers.KEYS)
    def list_keys() -> Any:
        """List the API keys, without their text."""
        part = page_args()
        with reading(db) as session:
            return answer(query.keys(session, vault, principal().organisation, part=part), part)

    @room.delete("/keys/<key>", scope="keys:write", gives=None)
    def revoke_key(key: str) -> None:
        """Revoke an API key at once. Doing it twice changes nothing."""
        with transaction(db) as session:
            store.revoke_key(session, principal().organisation, key, principal().subject)

    _add_tokens(room, db, vault, audiences)
    return room


def _add_tokens(room: Room, db: Database, vault: Vault, audiences: Collection[str]) -> None:
    @room.post("/token", scope=auth.ANY, own=True, takes=_TOKEN, example={"audience": "quickbooks"}, gives=answers.Token)
    def create_token() -> Any:
        """Make a short-lived token of an API key, for calls to another service."""
        caller, audience = principal(), sent()["audience"]
        if caller.kind == "token":
            raise Denied("not_a_key", "A token made from a key can't make another token.", "Send the API key itself.")
        if audience not in audiences:
            raise Invalid("unknown_audience", "There is no such service.", f"Give one of: {', '.join(sorted(audiences))}.")
        signer = identity.signer(db, vault, "ingest")
        seconds = TOKEN_SECONDS if caller.kind == "key" else SESSION_SECONDS
        return {"token": auth.sign_token(signer, caller, audience=audience, seconds=seconds), "expires_in": seconds}

    @room.open_get("/identity/keys", gives=PublicKeys)
    def public_keys() -> Any:
        """List the public keys that tokens are verified with."""
        identity.signer(db, vault, "ingest")  # made on first use
        return {"keys": list(identity.published(db).values())}


def check_gift(caller: Principal, role: str, scopes: frozenset[str]) -> None:
    """Nobody hands out more than they hold."""
    if not auth.ROLES[role] <= auth.ROLES[caller.role] or not scopes <= caller.scopes:
        raise Denied("more_than_yours", "A key can't give a role or scope that you don't hold.", "Ask somebody who holds it.")
    if not scopes <= auth.ROLES[role]:
        beyond = ", ".join(sorted(scopes - auth.ROLES[role]))
        remedy = "Leave these scopes out, or give another role."
        raise Invalid("scope_not_in_role", f"The role {role} does not have: {beyond}.", remedy)
