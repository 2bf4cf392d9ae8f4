"""A connector as a service: the shared algorithm with one provider's pure part and client."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.connector import problems, routes, runner, store
from shared.connector.context import Connector, Hooks
from shared.connector.provider import Client, Provider
from shared.contract.messages import CONNECTION_CHANGED, PROBLEM_CHANGED
from shared.kernel.errors import Denied, Invalid, Retry
from shared.platform import audit, feed, identity
from shared.platform import web_answers as answers
from shared.platform.auth import ROLES, NotAuthenticated, Principal, Verifier, sign_token
from shared.platform.db import Database, reading
from shared.platform.http import Network, Peer
from shared.platform.jobs import Job
from shared.platform.service import Service
from shared.platform.settings import Settings
from shared.platform.vault import Vault
from shared.platform.web import Room, argument, principal, service_app
from shared.platform.web_docs import publish

INGEST = "ingest"
INGEST_PREFIX = "/api/v1/worklog"
PAGE = 500  # feed rows


@dataclass(frozen=True, slots=True, kw_only=True)
class More:
    """Rooms and work that only one connector has."""

    rooms: Sequence[Room] = ()
    handlers: Mapping[str, Callable[[Job], None]] = field(default_factory=dict)


def build(
    settings: Settings,
    db: Database,
    vault: Vault,
    network: Network,
    provider: Provider,
    client: Callable[[Connector, Any, str], Client],
    hooks: Hooks,
    more: Callable[[Connector], More] = lambda c: More(),
) -> Service:
    """The service of one provider, on a migrated database; ``more``: what this connector has besides."""
    name = provider.info.key
    ingest_url = settings.urls[INGEST] + INGEST_PREFIX
    c = Connector(
        db=db,
        vault=vault,
        network=network,
        provider=provider,
        client=client,
        ingest=Peer(network, ingest_url, _signed(db, vault, name)),
        public_url=settings.public_url,
        hooks=hooks,
    )
    own = more(c)
    common = (routes.connections, routes.linking, routes.work, routes.looking_back, routes.callbacks)
    rooms = (*(room(c) for room in common), _outside(c, name), *own.rooms)
    app = service_app(name, f"/{name}", *rooms, authenticate=_gate(network, ingest_url, name))
    publish(app, f"timebooks: {provider.info.title}")
    app.extensions["connector"] = c
    return Service(name, f"/{name}", db, app, {**runner.handlers(c), **runner.own(c, own.handlers)}, runner.ticks())


def _signed(db: Database, vault: Vault, name: str) -> Callable[[], str]:
    """A fresh token for each call to ingest: our own key, 60 seconds, exact audience."""
    us = Principal("", name, "service", ROLES["service"], "token")
    return lambda: sign_token(identity.signer(db, vault, name), us, audience=INGEST, issuer=name)


def _gate(network: Network, ingest_url: str, name: str) -> Callable[[str], Principal]:
    """Who may call: people with a token that ingest signed for us, and ingest itself."""

    def keys() -> Mapping[str, Mapping[str, Any]]:
        answer = network.send("GET", f"{ingest_url}/identity/keys")
        if answer.status != 200:
            raise Retry("keys_unheard", "Ingest did not give its public keys.", "Check that it runs.")
        return {key["kid"]: key for key in answer.json()["keys"]}

    people = Verifier(keys, name, roles=frozenset(ROLES) - {"service", "operator"})
    ingest = Verifier(keys, name, issuer=INGEST, roles=frozenset({"service"}))

    def authenticate(token: str) -> Principal:
        try:
            return people(token)
        except NotAuthenticated as refused:
            try:
                return ingest(token)
            except NotAuthenticated:
                raise refused from None

    return authenticate


def _outside(c: Connector, name: str) -> Room:
    """What others than people ask for: the feed, our public keys, whether we live."""
    room = Room("service")

    @room.open_get("/health", gives=answers.Health)
    def health() -> Any:
        """Say whether the service lives."""
        with reading(c.db):
            return {"service": name, "ok": True}

    @room.open_get("/identity/keys", gives=answers.PublicKeys)
    def keys() -> Any:
        """List the public keys that this service's tokens are verified with."""
        return {"keys": list(identity.published(c.db).values())}

    @room.get("/feed", scope="feed:read", asks=answers.FeedArguments, gives=answers.Feed)
    def read_feed() -> Any:
        """Read what changed in the books after a position, in the order in which it was stored."""
        caller = principal()
        organisation = argument("organisation") if caller.role == "service" else caller.organisation
        if argument("organisation") not in (None, organisation):
            raise Denied("not_yours", "This is another organisation's feed.", "Leave organisation out.")
        kinds = [kind for kind in (argument("kinds") or "").split(",") if kind]
        bodies = {
            store.status_kind(c.provider.info.document_kind): lambda session, rows: store.status_bodies(c, session, rows),
            CONNECTION_CHANGED: lambda session, rows: store.connection_bodies(session, rows),
            PROBLEM_CHANGED: lambda session, rows: problems.bodies(c, session, rows),
        }
        limit = max(1, min(_number("limit", PAGE), PAGE))
        return feed.page(c.db, _number("after", 0), kinds, limit, bodies, organisation=organisation)

    @room.get("/audit/verify", scope="audit:read", gives=answers.Chain)
    def verify_audit() -> Any:
        """Compute the audit chain of the organisation again, and say whether it holds."""
        with reading(c.db) as session:
            return audit.verify(session, principal().organisation)

    return room


def _number(name: str, default: int) -> int:
    text = argument(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Invalid("bad_argument", f"{name} is not a whole number.", "Give a whole number.")
    return int(text)
