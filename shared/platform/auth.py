"""Who calls and what they may do: principals, roles, API keys, and short signed tokens between services."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import RLock
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from shared.kernel.errors import Denied, Missing
from shared.platform import clock

ISSUER = "timebooks"
ANY = "*"
"""The scope of a route that every caller of an organisation may use."""
ALGORITHM = "Ed25519"  # RFC 9864: the old name EdDSA is deprecated, since it leaves the curve open

_READ = {"records:read", "invoices:read", "timesheets:read", "connections:read", "feed:read"}
_PAY = _READ | {"records:write", "approvals:write", "connections:write", "push:write"}
_RUN = _PAY | {"invoices:write", "keys:write", "users:write", "audit:read", "webhooks:read", "webhooks:write", "usage:read"}
ROLES: Mapping[str, frozenset[str]] = {
    "owner": frozenset(_RUN | {"privacy:write"}),
    "manager": frozenset(_RUN),
    "payroll": frozenset(_PAY),
    "worker": frozenset({"records:read", "records:write", "timesheets:read"}),  # of their own records: see Principal.own
    "auditor": frozenset(_READ | {"audit:read"}),
    "service": frozenset({"records:read", "invoices:read", "feed:read"}),  # one of ours, about every organisation
    "operator": frozenset({"accounts:write", "usage:bill"}),  # runs the installation: sees nothing of theirs but sums
}
SCOPES = frozenset().union(*ROLES.values())


class NotAuthenticated(Denied):
    """Nobody we know: no credential, or one that doesn't hold."""

    status = 401


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever calls. ``organisation`` is the only source of the organisation in every query; "" for service and operator."""

    organisation: str
    subject: str
    role: str
    scopes: frozenset[str]
    kind: str  # "key" | "token" | "session"
    key: str = ""  # id of the API key, or of the session a token was made for
    person: str = ""  # record id of the person that a worker is

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise NotAuthenticated("unknown_role", f"The role {self.role[:40]!r} does not exist.", f"Roles: {', '.join(ROLES)}.")
        object.__setattr__(self, "scopes", self.scopes & ROLES[self.role])  # a credential never gives more than its role

    @property
    def own(self) -> str | None:
        """The person whose records alone this caller sees and changes ("": nobody's); None: everybody's."""
        return self.person if self.role == "worker" else None

    def whose(self, asked: str | None) -> str | None:
        """Whose records to show: the person asked for, or the only one there is for this caller. Raises Missing for others."""
        if self.own is None:
            return asked
        if asked not in (None, self.own):
            raise Missing("no_such_person", "There is no person of this id.", "List the people to see their ids.")
        return self.own

    def need(self, scope: str) -> None:
        """Raise Denied unless this caller holds ``scope``."""
        if not (scope in self.scopes or (scope == ANY and self.organisation)):
            raise Denied("scope_missing", f"This needs the scope {scope}.", "Use a key that has it.", scope=scope)


# ---- API keys: tbk_<id>_<secret>

_KEY = re.compile(r"tbk_([a-z0-9]{12})_([A-Za-z0-9_-]{43})", re.ASCII)
_ID_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def new_key() -> tuple[str, str, str]:
    """A fresh API key: its id, its text (shown once), and the hash to keep."""
    number = "".join(secrets.choice(_ID_LETTERS) for _ in range(12))
    text = f"tbk_{number}_{secrets.token_urlsafe(32)}"
    return number, text, hash_key(text)


def hash_key(text: str) -> str:
    """SHA-256 of an API key; its secret has 256 random bits, so no slow hash is needed."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def split_key(text: str) -> str | None:
    """The id in an API key's text, or None when it is no API key."""
    found = _KEY.fullmatch(text)
    return found[1] if found else None


def key_matches(text: str, kept_hash: str) -> bool:
    """Whether a presented key is the kept one, in constant time."""
    return hmac.compare_digest(hash_key(text), kept_hash)


# ---- signed tokens

PublicKeys = Mapping[str, Mapping[str, Any]]
"""kid -> public key as JWK."""


def new_signing_key() -> OKPKey:
    """A fresh Ed25519 key; its ``kid`` is its own thumbprint."""
    return OKPKey.generate_key("Ed25519", auto_kid=True)


def key_id(key: OKPKey) -> str:
    """The name under which a signing key is published."""
    return str(key.thumbprint())


def public_keys(*keys: OKPKey) -> dict[str, dict[str, Any]]:
    """Public halves by kid: what ``GET …/identity/keys`` answers."""
    return {key_id(key): {**key.as_dict(private=False), "kid": key_id(key), "alg": ALGORITHM, "use": "sig"} for key in keys}


def sign_token(private: OKPKey, principal: Principal, *, audience: str, seconds: int = 60, issuer: str = ISSUER) -> str:
    """A token that lets ``principal`` call the service ``audience`` for a while."""
    now = int(clock.now().timestamp())
    claims = {
        "iss": issuer,
        "aud": audience,
        "sub": principal.subject,
        "org": principal.organisation,
        "role": principal.role,
        "scope": " ".join(sorted(principal.scopes)),
        "sid": principal.key,
        "iat": now,
        "nbf": now,
        "exp": now + seconds,
        "jti": secrets.token_hex(16),
    }
    return str(jwt.encode({"alg": ALGORITHM, "typ": "at+jwt", "kid": key_id(private)}, claims, private, algorithms=[ALGORITHM]))


_LONGEST = 3600  # seconds from iat to exp
_LEEWAY = 5  # seconds by which clocks of two hosts may differ
_TEXTS = ("iss", "aud", "sub", "org", "role", "scope", "sid", "jti")
_TIMES = ("iat", "nbf", "exp")


def verify_token(token: str, public: PublicKeys, audience: str, *, issuer: str = ISSUER) -> Principal:
    """The caller whom a token names; raises NotAuthenticated unless signature, type, issuer, audience and times all hold."""
    key = public.get(token_kid(token))
    if key is None:
        raise _refused("was signed by a key that is not published")
    try:
        read = jwt.decode(token, OKPKey.import_key(dict(key)), algorithms=[ALGORITHM])
    except (JoseError, ValueError, TypeError) as error:
        raise _refused("has no valid signature") from error
    claims = read.claims
    if read.header.get("typ") != "at+jwt" or "crit" in read.header:
        raise _refused("is of another type")
    if not _complete(claims):
        raise _refused("lacks a claim")
    if claims["iss"] != issuer or claims["aud"] != audience:
        raise _refused("was made by or for somebody else")
    _check_times(claims)
    scopes = frozenset(claims["scope"].split())
    return Principal(claims["org"], claims["sub"], claims["role"], scopes, "token", claims["sid"])


def _complete(claims: Any) -> bool:
    wanted = {**dict.fromkeys(_TEXTS, str), **dict.fromkeys(_TIMES, int)}
    return isinstance(claims, dict) and all(type(claims.get(name)) is kind for name, kind in wanted.items())


def _check_times(claims: Mapping[str, Any]) -> None:
    now = int(clock.now().timestamp())
    if now >= claims["exp"] + _LEEWAY:
        raise _refused("has expired", "Ask for a new one.")
    if claims["nbf"] > now + _LEEWAY or claims["iat"] > now + _LEEWAY:
        raise _refused("is not valid yet", "Check that the clocks of both hosts are right.")
    if claims["exp"] - claims["iat"] > _LONGEST:
        raise _refused("is valid for too long")


def token_kid(token: str) -> str:
    """The kid in a token's header, before anything is believed; "" when there is none."""
    try:
        kid = jws.extract_compact(token.encode()).headers().get("kid")
    except (JoseError, ValueError, TypeError):
        return ""
    return kid if isinstance(kid, str) else ""


def _refused(why: str, remedy: str = "Sign in again, or use a valid API key.") -> NotAuthenticated:
    return NotAuthenticated("token_refused", f"The access token {why}.", remedy)


class Verifier:
    """Verifies tokens for one audience with keys that another service publishes.

    Keys are kept for 60 s; an unknown kid has them fetched again, at most once in 5 s, so made-up kids cost nothing.
    ``roles`` limits what this issuer may grant: a service's own key must not speak for an organisation's owner.
    """

    KEEP, PAUSE = 60, 5

    def __init__(
        self,
        fetch: Callable[[], PublicKeys],
        audience: str,
        *,
        issuer: str = ISSUER,
        roles: frozenset[str] = frozenset(ROLES),
    ) -> None:
        self._fetch, self._audience, self._issuer, self._roles = fetch, audience, issuer, roles
        self._keys: PublicKeys = {}
        self._fetched: int | None = None
        self._lock = RLock()  # what is done while keys are fetched may be asked for a token in its turn

    def __call__(self, token: str) -> Principal:
        principal = verify_token(token, self._public(token_kid(token)), self._audience, issuer=self._issuer)
        if principal.role not in self._roles:
            raise _refused("claims a role that its issuer may not give")
        return principal

    def _public(self, kid: str) -> PublicKeys:
        with self._lock:
            age = None if self._fetched is None else int(clock.now().timestamp()) - self._fetched
            if age is None or age >= self.KEEP or (kid not in self._keys and age >= self.PAUSE):
                self._keys, self._fetched = self._fetch(), int(clock.now().timestamp())
            return self._keys
