"""Whose call is it: an API key, a person's session, a token made from either, the operator's, or another service's own.

Services sign their calls themselves: ``iss`` is the service's name, ``aud`` the callee's, the role ``service``, 60 s. The
callee takes the public keys from ``<issuer's address>/identity/keys``, keeps them a minute, and lets such an issuer give
no role but ``service``: a connector's key, stolen, reads the feed and speaks for no organisation's owner. Replay inside
the minute is possible and gains nothing: these scopes only read.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from services.ingest.accounts import store
from services.ingest.accounts.models import SESSION, account_user, api_key, user_session
from services.ingest.accounts.operator import AUDIENCE, operator_keys
from shared.kernel import canonical
from shared.kernel.errors import Invalid, Retry
from shared.platform import auth, clock, identity
from shared.platform.auth import NotAuthenticated, Principal, Verifier
from shared.platform.db import Database, reading, transaction
from shared.platform.http import Network
from shared.platform.session import prepared
from shared.platform.vault import Vault


class Gate:
    """Turns a bearer into a Principal. ``peers``: service name -> its address, prefix included."""

    def __init__(self, db: Database, vault: Vault, network: Network, peers: Mapping[str, str]) -> None:
        self._db = db
        self._operator = operator_keys(vault)
        self._services = {name: _of_service(network, name, url) for name, url in peers.items()}

    def __call__(self, token: str) -> Principal:
        """Raises NotAuthenticated."""
        number = auth.split_key(token)
        if number is not None:
            return self._key(number, token)
        principal = self._token(token)
        if principal.key.startswith(SESSION):
            return self._of_session(principal)
        if principal.key:  # made from an API key: it ends with the key
            row = self._row(principal.key)
            _check_live(row)
            return replace(principal, person=row.person or "")
        return principal

    def _key(self, number: str, token: str) -> Principal:
        row = self._row(number)
        if row is None or not auth.key_matches(token, row.hash):
            raise _refused("is not known")
        _check_live(row)
        now = clock.now()
        if row.last_used is None or row.last_used < now.replace(minute=0, second=0, microsecond=0):
            with transaction(self._db) as session:
                store.used(session, row.organisation, number)
        who = number if row.role == "worker" else row.holder  # a worker's key stands for the worker, not for who made it
        return Principal(row.organisation, who, row.role, frozenset(row.scopes), "key", number, row.person or "")

    def _of_session(self, token: Principal) -> Principal:
        """What a person may do now, whatever they could when the token was made."""
        with reading(self._db) as session:
            row = session.execute(*_session_of(token.key)).first()
        if row is None or row.ended is not None or row.expires <= clock.now() or _has_left(row):
            raise NotAuthenticated("session_ended", "This session has ended.", "Sign in again.")
        return Principal(row.organisation, row.holder, row.role, token.scopes, "session", token.key, row.person or "")

    def _row(self, number: str) -> Any:
        """A key by its id alone: the organisation is what is being learnt."""
        with reading(self._db) as session:
            return session.execute(*_key_of(number)).first()

    def _token(self, token: str) -> Principal:
        issuer = _issuer(token)
        if issuer in self._services:
            return self._services[issuer](token)
        return self._own(token)

    def _own(self, token: str) -> Principal:
        """A user's token, or the operator's; a key of ours gives the operator's role as little as theirs gives a user's."""
        operator = auth.token_kid(token) in self._operator
        principal = auth.verify_token(token, self._operator if operator else identity.published(self._db), AUDIENCE)
        if (principal.role == "operator") is not operator or principal.role == "service":
            raise _refused("claims a role that its issuer may not give")
        return principal


_OF_KEY = ("organisation", "holder", "hash", "role", "scopes", "expires", "revoked", "last_used", "person")
_HOLDER = (account_user.c.ended.label("left"), account_user.c.until)


@prepared
def _key_of(number: Any) -> Any:
    key = sa.select(*(api_key.c[name] for name in _OF_KEY), *_HOLDER)
    return key.join(account_user, account_user.c.id == api_key.c.holder).where(api_key.c.id == number)


@prepared
def _session_of(number: Any) -> Any:
    theirs = account_user.c.id == user_session.c.holder
    person = sa.select(user_session, account_user.c.role, account_user.c.person, *_HOLDER)
    return person.join(account_user, theirs).where(user_session.c.id == number)


def _has_left(row: Any) -> bool:
    return row.left is not None or (row.until is not None and row.until <= clock.now())


def _check_live(row: Any) -> None:
    if row is None or row.revoked is not None or (row.expires is not None and row.expires <= clock.now()) or _has_left(row):
        raise _refused("was revoked or has expired")


def _of_service(network: Network, name: str, url: str) -> Verifier:
    def fetch() -> Mapping[str, Mapping[str, Any]]:
        answer = network.send("GET", f"{url}/identity/keys")
        if answer.status != 200:
            raise Retry("keys_unheard", f"{name} did not give its public keys.", "Check that it runs.")
        return {key["kid"]: key for key in answer.json()["keys"]}

    return Verifier(fetch, AUDIENCE, issuer=name, roles=frozenset({"service"}))


def _issuer(token: str) -> str:
    """Who claims to have made the token; only says whose keys to check it with."""
    payload = (token.split(".") + [""])[1]
    try:
        return str(canonical.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["iss"])
    except (ValueError, Invalid, KeyError, TypeError):
        return ""


def _refused(why: str) -> NotAuthenticated:
    return NotAuthenticated("key_refused", f"The API key {why}.", "Use a valid API key; an owner can make one.")
