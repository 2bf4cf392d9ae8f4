"""Gives out codes and tokens, rolls refresh tokens over with half an hour of grace, and keeps each person's connections."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import parse_qs

from .asking import Call
from .options import App, Options
from .wire import Body, Reply, denied, dumps, json_reply, moment, not_there


@dataclass(frozen=True)
class Consent:
    """One pressing of Allow access."""

    app: str
    user: str
    event: str  # authentication_event_id
    scopes: frozenset[str]


@dataclass(frozen=True)
class Code:
    consent: Consent
    redirect: str
    challenge: str
    until: datetime


@dataclass(frozen=True)
class Refresh:
    consent: Consent
    until: datetime
    replaced: datetime | None = None


@dataclass(frozen=True)
class Access:
    consent: Consent
    until: datetime


@dataclass(frozen=True)
class Connection:
    """An organisation that a person lets an app speak for."""

    id: str
    app: str
    user: str
    tenant: str
    event: str
    created: datetime
    updated: datetime
    live: bool = True


class OAuthError(Exception):
    """The `error` word of a refused token call."""


@dataclass
class Identity:
    """All that is known of consents, in plain data."""

    codes: dict[str, Code] = field(default_factory=dict)
    refreshes: dict[str, Refresh] = field(default_factory=dict)
    accesses: dict[str, Access] = field(default_factory=dict)
    connections: dict[str, Connection] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)  # grant types of token calls, refused ones with "refused " before

    def allow(self, consent: Consent, tenants: list[str], now: datetime) -> None:
        """Connects organisations, or connects them again."""
        for tenant in tenants:
            known = self.connection(consent.app, consent.user, tenant)
            if known is None:
                known = Connection(str(uuid.uuid4()), consent.app, consent.user, tenant, consent.event, now, now)
            self.connections[known.id] = replace(known, event=consent.event, updated=now, live=True)

    def connection(self, app: str, user: str, tenant: str) -> Connection | None:
        mine = (app, user, tenant)
        return next((each for each in self.connections.values() if (each.app, each.user, each.tenant) == mine), None)

    def connected(self, app: str, user: str) -> dict[str, Connection]:
        live = [each for each in self.connections.values() if each.live]
        return {each.id: each for each in live if (each.app, each.user) == (app, user)}

    def code(self, consent: Consent, redirect: str, challenge: str, until: datetime) -> str:
        made = secrets.token_urlsafe(24)
        self.codes[made] = Code(consent, redirect, challenge, until)
        return made

    def holder(self, call: Call, now: datetime) -> Consent:
        """Whose token this is, or a 401 that says why not."""
        token = call.headers.get("authorization", "").removeprefix("Bearer ").strip()
        found = self.accesses.get(token)
        if found is None:
            raise denied(401, "AuthenticationUnsuccessful")
        if found.until <= now:
            raise denied(401, f"TokenExpired: token expired at {found.until:%m/%d/%Y %H:%M:%S}")
        return found.consent

    def cut(self, tenant: str | None = None, user: str | None = None, app: str | None = None) -> None:
        """Ends connections: of one organisation, of one person, or all."""
        for each in list(self.connections.values()):
            if tenant in (None, each.tenant) and user in (None, each.user) and app in (None, each.app):
                self.connections[each.id] = replace(each, live=False)

    def expire(self, now: datetime, *, refreshes: bool = False) -> None:
        self.accesses = {token: replace(each, until=min(each.until, now)) for token, each in self.accesses.items()}
        if refreshes:
            self.refreshes.clear()


def token(identity: Identity, options: Options, call: Call, now: datetime) -> Reply:
    """The token endpoint."""
    form = {name: values[0] for name, values in parse_qs(call.body.decode("utf-8", "replace")).items()}
    kind = form.get("grant_type", "")
    try:
        app_id, _ = _app(options, call, form)
        consent = _GRANTS[kind](identity, options, app_id, form, now) if kind in _GRANTS else _wrong("unsupported_grant_type")
    except OAuthError as refused:
        identity.calls.append(f"refused {kind}")
        return json_reply({"error": str(refused)}, 400, Cache_Control="no-store")
    identity.calls.append(kind)
    return json_reply(_tokens(identity, options, consent, now), Cache_Control="no-store")


def _wrong(word: str) -> Consent:
    raise OAuthError(word)


def _app(options: Options, call: Call, form: dict[str, str]) -> tuple[str, App]:
    """The app by HTTP Basic or by form fields; a native one has no secret to show."""
    name, secret = form.get("client_id", ""), form.get("client_secret", "")
    shown = call.headers.get("authorization", "")
    if shown.startswith("Basic "):
        try:
            name, _, secret = base64.b64decode(shown[6:], validate=True).decode().partition(":")
        except ValueError:
            raise OAuthError("invalid_client") from None
    app = options.apps.get(name)
    if app is None or not hmac.compare_digest(app.secret.encode(), secret.encode()):
        raise OAuthError("invalid_client")
    return name, app


def _by_code(identity: Identity, options: Options, app: str, form: dict[str, str], now: datetime) -> Consent:
    code = identity.codes.pop(form.get("code", ""), None)
    if code is None or code.until <= now:
        raise OAuthError("invalid_grant")
    if (code.consent.app, code.redirect) != (app, form.get("redirect_uri")):
        raise OAuthError("invalid_grant")
    if code.challenge and code.challenge != _challenge(form.get("code_verifier", "")):
        raise OAuthError("invalid_grant")
    return code.consent


def _challenge(verifier: str) -> str:
    if not 43 <= len(verifier) <= 128:
        raise OAuthError("invalid_grant")
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _by_refresh(identity: Identity, options: Options, app: str, form: dict[str, str], now: datetime) -> Consent:
    """A token that was replaced may be tried again for a while: its answer may have been lost."""
    shown = form.get("refresh_token", "")
    known = identity.refreshes.get(shown)
    if known is None or known.consent.app != app or known.until <= now:
        raise OAuthError("invalid_grant")
    if known.replaced is not None and now > known.replaced + timedelta(seconds=options.refresh_grace):
        raise OAuthError("invalid_grant")
    identity.refreshes[shown] = replace(known, replaced=known.replaced or now)
    return known.consent


_GRANTS = {"authorization_code": _by_code, "refresh_token": _by_refresh}


def _tokens(identity: Identity, options: Options, consent: Consent, now: datetime) -> Body:
    access = _signed(_claims(consent, options, now))
    identity.accesses[access] = Access(consent, now + timedelta(seconds=options.access_seconds))
    answer: Body = {
        "access_token": access,
        "expires_in": options.access_seconds,
        "token_type": "Bearer",
        "scope": " ".join(sorted(consent.scopes)),
    }
    if "openid" in consent.scopes:
        answer["id_token"] = _signed({**_claims(consent, options, now), "exp": _seconds(now) + 300})
    if "offline_access" in consent.scopes:
        answer["refresh_token"] = secrets.token_urlsafe(32)
        identity.refreshes[answer["refresh_token"]] = Refresh(consent, now + timedelta(seconds=options.refresh_seconds))
    return answer


def _claims(consent: Consent, options: Options, now: datetime) -> Body:
    return {
        "nbf": _seconds(now),
        "exp": _seconds(now) + options.access_seconds,
        "iss": "https://identity.xero.com",
        "aud": "https://identity.xero.com/resources",
        "client_id": consent.app,
        "sub": hashlib.md5(consent.user.encode(), usedforsecurity=False).hexdigest(),
        "xero_userid": str(uuid.uuid5(uuid.NAMESPACE_URL, consent.user)),
        "global_session_id": uuid.uuid4().hex,
        "jti": uuid.uuid4().hex.upper(),
        "authentication_event_id": consent.event,
        "scope": sorted(consent.scopes),
    }


def _seconds(moment_: datetime) -> int:
    return int(moment_.timestamp())


def _signed(claims: Body) -> str:
    """Looks like a signed token; nobody outside can check the signature of the real ones either."""
    pieces = ({"alg": "RS256", "kid": "sample", "typ": "JWT"}, claims)
    texts = [base64.urlsafe_b64encode(dumps(piece).encode()) for piece in pieces] + [secrets.token_urlsafe(256).encode()]
    return b".".join(text.rstrip(b"=") for text in texts).decode()


def revoke(identity: Identity, options: Options, call: Call) -> Reply:
    """Ends a refresh token, and with it every connection of its person."""
    form = {name: values[0] for name, values in parse_qs(call.body.decode("utf-8", "replace")).items()}
    try:
        app_id, _ = _app(options, call, form)
    except OAuthError as refused:
        return json_reply({"error": str(refused)}, 400)
    gone = identity.refreshes.pop(form.get("token", ""), None)
    if gone is not None and gone.consent.app == app_id:
        user = gone.consent.user
        identity.cut(user=user, app=app_id)
        identity.refreshes = {text: each for text, each in identity.refreshes.items() if each.consent.user != user}
    return Reply(200, b"")  # unknown tokens too: nothing is left to revoke


def connections(identity: Identity, call: Call, names: dict[str, str], now: datetime) -> Reply:
    """GET /connections and DELETE /connections/{id}."""
    who = identity.holder(call, now)
    mine = identity.connected(who.app, who.user)
    asked = call.path.strip("/").split("/")[1:]
    if not asked and call.method == "GET":
        event = {name.lower(): value for name, value in call.args.items()}.get("autheventid", "")
        return json_reply([_shown(each, names) for each in mine.values() if event in ("", each.event)])
    gone = mine.get("/".join(asked)) if call.method == "DELETE" else None
    if gone is None:
        raise not_there()
    identity.connections[gone.id] = replace(gone, live=False)
    return Reply(204, b"")


def _shown(each: Connection, names: dict[str, str]) -> Body:
    return {
        "id": each.id,
        "authEventId": each.event,
        "tenantId": each.tenant,
        "tenantType": "ORGANISATION",
        "tenantName": names[each.tenant],
        "createdDateUtc": moment(each.created),
        "updatedDateUtc": moment(each.updated),
    }
