"""Gives out authorization codes and tokens, rolls refresh tokens over, and knows which token may speak for which company."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

from .faults import Call
from .options import Client, Options
from .wire import Body, Refused, Reply, parse, reply

_UNSET = datetime.max.replace(tzinfo=UTC)


@dataclass
class Grant:
    """One consent: an app may speak for a company, until it is revoked."""

    client: str
    realm: str
    consented: datetime
    revoked: bool = False
    dead: bool = False  # replaced or killed: its tokens are unknown from now on
    access: dict[str, datetime] = field(default_factory=dict)  # token -> good until
    refresh: str = ""
    refresh_until: datetime = _UNSET
    rotated: datetime = _UNSET
    replaced: dict[str, datetime] = field(default_factory=dict)  # earlier refresh tokens -> good until

    def refreshing(self) -> dict[str, datetime]:
        """Every refresh token that may still work, with its end."""
        return {**self.replaced, self.refresh: self.refresh_until}


@dataclass(frozen=True)
class Code:
    client: str
    realm: str
    redirect: str
    until: datetime


class Grants:
    """All consents and codes of all apps."""

    def __init__(self, options: Callable[[], Options], now: Callable[[], datetime]) -> None:
        self.options, self.now = options, now
        self.codes: dict[str, Code] = {}
        self.used: dict[str, Grant] = {}
        self.grants: list[Grant] = []
        self.calls: list[str] = []  # grant type of every token call, refused ones with a leading "refused "

    def __getstate__(self) -> Body:
        """Without clock and options, which belong to the process."""
        return {name: value for name, value in vars(self).items() if name not in ("now", "options")}

    def client(self, client_id: str, redirect: str) -> Client:
        """The app that asks for consent; an unknown app or redirect address is refused."""
        client = self.options().clients.get(client_id)
        if client is None or (client.redirects and redirect not in client.redirects) or not redirect:
            raise Refused(
                "invalid_request", "The app or its redirect address is not registered", "Check client_id and redirect_uri"
            )
        return client

    def code(self, client_id: str, realm: str, redirect: str) -> str:
        made = "XAB" + secrets.token_urlsafe(24)
        self.codes[made] = Code(client_id, realm, redirect, self.now() + timedelta(minutes=10))
        return made

    def connected(self, realm: str) -> bool:
        return any(grant.realm == realm and not grant.revoked and not grant.dead for grant in self.grants)

    def holder(self, authorization: str, realm: str) -> Grant:
        """The grant behind a bearer token, or the gateway's 401 (3200) or 403 (3100)."""
        token = authorization.removeprefix("Bearer ").strip()
        grant = next((each for each in self.grants if token in each.access), None)
        if grant is not None and grant.revoked:
            raise _forbidden()
        if grant is None or grant.dead or grant.access[token] <= self.now():
            raise _unauthenticated()
        if grant.realm != realm:
            raise _forbidden()
        return grant

    def disconnect(self, realm: str, client_id: str | None = None) -> None:
        """A person removes the app inside QuickBooks: no event tells of it."""
        for grant in self.grants:
            if grant.realm == realm and client_id in (None, grant.client):
                grant.revoked = True

    def expire_access(self, realm: str | None = None) -> None:
        for grant in self.grants:
            if realm in (None, grant.realm):
                grant.access = dict.fromkeys(grant.access, self.now())

    def token(self, call: Call) -> Reply:
        """The token endpoint: an authorization code or a refresh token against new tokens."""
        form = {name: values[0] for name, values in parse_qs(call.body.decode("utf-8", "replace")).items()}
        kind = form.get("grant_type", "")
        client_id = self._authenticated(call)
        if client_id is None:
            self.calls.append(f"refused {kind}")
            return reply({"error": "invalid_client"}, 401)
        grant = self._granted(kind, client_id, form)
        if isinstance(grant, str):
            self.calls.append(f"refused {kind}")
            return reply({"error": grant, **_WORDS.get(grant, {})}, 400)
        self.calls.append(kind)
        return reply(self._tokens(grant, call), 200, {"Cache-Control": "no-store"})

    def _granted(self, kind: str, client_id: str, form: dict[str, str]) -> Grant | str:
        if kind == "authorization_code":
            return self._from_code(client_id, form)
        if kind == "refresh_token":
            return self._from_refresh(client_id, form.get("refresh_token", ""))
        return "unsupported_grant_type"

    def _from_code(self, client_id: str, form: dict[str, str]) -> Grant | str:
        text = form.get("code", "")
        if text in self.used:
            self.used[text].dead = True  # a code used twice kills what was made from it
            return "invalid_grant"
        code = self.codes.get(text)
        if code is None or (code.client, code.redirect) != (client_id, form.get("redirect_uri")) or code.until <= self.now():
            return "invalid_grant"
        del self.codes[text]
        if self.options().reconnect == "replaces":
            self._replace(client_id, code.realm)
        grant = Grant(client_id, code.realm, self.now())
        self._rotate(grant)
        self.grants.append(grant)
        self.used[text] = grant
        return grant

    def _replace(self, client_id: str, realm: str) -> None:
        for grant in self.grants:
            if (grant.client, grant.realm) == (client_id, realm):
                grant.dead = True

    def _from_refresh(self, client_id: str, token: str) -> Grant | str:
        grant = next((each for each in self.grants if each.client == client_id and token in each.refreshing()), None)
        if grant is None or grant.revoked or grant.dead:
            return "invalid_grant"
        hard_end = grant.consented + timedelta(seconds=self.options().hard_seconds)
        if min(grant.refreshing()[token], hard_end) <= self.now():
            return "invalid_grant"
        if token == grant.refresh:
            self._roll(grant)
        return grant

    def _roll(self, grant: Grant) -> None:
        """Using a token starts its idle life again; whether a new one comes with it is the service's choice."""
        day_old = self.now() - grant.rotated >= timedelta(days=1)
        if self.options().rotation == "daily" and not day_old:
            grant.refresh_until = self.now() + timedelta(seconds=self.options().refresh_seconds)
            return
        if self.options().rotation != "strict":
            grant.replaced[grant.refresh] = self.now() + timedelta(seconds=self.options().refresh_grace)
        self._rotate(grant)

    def _rotate(self, grant: Grant) -> None:
        grant.refresh, grant.rotated = "RT1-" + secrets.token_urlsafe(24), self.now()
        grant.refresh_until = grant.rotated + timedelta(seconds=self.options().refresh_seconds)

    def _tokens(self, grant: Grant, call: Call) -> Body:
        now = self.now()
        access = "AT-" + secrets.token_urlsafe(48)
        grant.access[access] = now + timedelta(seconds=self.options().access_seconds)
        idle = grant.refresh_until - now
        answer = {
            "token_type": "bearer",
            "access_token": access,
            "expires_in": self.options().access_seconds,
            "refresh_token": grant.refresh,
            "x_refresh_token_expires_in": idle // timedelta(seconds=1),
        }
        if call.headers.get("x-include-refresh-token-hard-expires-in", "").lower() == "true":
            hard = grant.consented + timedelta(seconds=self.options().hard_seconds) - now
            answer["x_refresh_token_hard_expires_in"] = hard // timedelta(seconds=1)
        return answer

    def revoke(self, call: Call) -> Reply:
        """Ends the whole grant behind a refresh or access token."""
        client_id = self._authenticated(call)
        if client_id is None:
            return reply({"error": "invalid_client"}, 401)
        token = str(_json_or_form(call).get("token", ""))
        for grant in self.grants:
            if grant.client == client_id and token in {**grant.refreshing(), **grant.access}:
                grant.revoked = True
                return Reply(200, b"")
        return reply({"error": "invalid_request"}, 400)

    def _authenticated(self, call: Call) -> str | None:
        try:
            pair = base64.b64decode(call.headers.get("authorization", "").removeprefix("Basic "), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return None
        client_id, _, secret = pair.partition(":")
        client = self.options().clients.get(client_id)
        return client_id if client and secrets.compare_digest(client.secret.encode(), secret.encode()) else None


def _json_or_form(call: Call) -> Body:
    if call.body.lstrip().startswith(b"{"):
        sent: Body = parse(call.body)
        return sent
    return {name: values[0] for name, values in parse_qs(call.body.decode("utf-8", "replace")).items()}


_WORDS = {"invalid_grant": {"error_description": "Incorrect or invalid refresh token"}}


def _unauthenticated() -> Refused:
    return Refused(
        "3200",
        "message=AuthenticationFailed; errorCode=003200; statusCode=401",
        "Token expired or unknown",
        status=401,
        kind="AUTHENTICATION",
        gateway=True,
    )


def _forbidden() -> Refused:
    return Refused(
        "3100",
        "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403",
        "The application is not authorized for this company",
        status=403,
        kind="AUTHORIZATION",
        gateway=True,
    )
