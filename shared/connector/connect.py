"""Connecting an organisation to a company over there, connecting it again, and disconnecting."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from shared.connector import oauth, problems, store, tokens
from shared.connector.context import Connection, Connector
from shared.connector.models import connect_state
from shared.connector.models import connection as table
from shared.connector.oauth import Tokens
from shared.connector.provider import Tenant
from shared.contract.statuses import ConnectionState
from shared.kernel.errors import Conflict, Invalid, Missing, Reconnect
from shared.platform import audit, clock, jobs
from shared.platform.db import reading, transaction
from shared.platform.session import Session

STATE_LIFE = timedelta(minutes=10)
VERIFIER = "connect_state.verifier"


def start(c: Connector, organisation: str, actor: str, *, reconnect: str | None = None) -> str:
    """The provider's consent page for this organisation. Its state is good once, for ten minutes, and stored hashed."""
    state, proof = secrets.token_urlsafe(32), oauth.verifier(c)
    with transaction(c.db) as session:
        if reconnect is not None:
            store.connection(c, session, reconnect, organisation)
        ends = clock.now() + STATE_LIFE
        row = {
            "state_hash": _hash(state),
            "organisation": organisation,
            "actor": actor,
            "reconnect": reconnect,
            "expires_at": ends,
            "verifier": _sealed(c, session, organisation, state, proof),
        }
        session.execute(sa.insert(connect_state).values(row))
    return oauth.consent_url(c, state, proof)


def _sealed(c: Connector, session: Session, organisation: str, state: str, proof: str | None) -> bytes | None:
    return c.vault.keyring(session, organisation, []).seal(None, VERIFIER, _hash(state), proof) if proof else None


def finish(c: Connector, query: Mapping[str, str]) -> Connection:
    """What the browser brings back. Raises Invalid or Conflict in the words of the person who is looking at the page."""
    begun = _begun(c, query.get("state", ""))
    title = c.provider.info.title
    if query.get("error"):
        raise Invalid("consent_refused", f"{title} was not connected: consent was refused.", "Start again when you are ready.")
    parameter = c.provider.info.oauth.tenant_parameter
    named = query.get(parameter, "") if parameter else ""
    if not query.get("code") or (parameter and not named):
        raise Invalid("callback_incomplete", f"{title} sent no authorisation code.", "Start the connection again.")
    granted = oauth.exchange(c, query["code"], begun["proof"])
    tenant = _tenant(c, granted, begun["organisation"], named)
    return _keep(c, begun, granted, tenant)


def _hash(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()


def _begun(c: Connector, state: str) -> Mapping[str, Any]:
    """The connect flow that this state belongs to, used up; the organisation is known from nothing else."""
    with transaction(c.db) as session:
        used = sa.delete(connect_state).where(connect_state.c.state_hash == _hash(state)).returning(*connect_state.c)
        row = session.execute(used).mappings().first()
        keys = c.vault.keyring(session, row["organisation"], []) if row else None
        proof = keys.open(None, VERIFIER, row["state_hash"], row["verifier"]) if row and keys else None
    if row is None or row["expires_at"] < clock.now():
        raise Invalid(
            "unknown_state", "This connection link was used already, is older than ten minutes, or is not ours.", "Start again."
        )
    return {**row, "proof": proof}


def _tenant(c: Connector, granted: Tokens, organisation: str, named: str) -> Tenant:
    """The company as it describes itself under the new token: the callback's own word for it is unsigned."""
    blank = Tenant(id=named, name="", country="", currency="", facts={})
    unsaved = Connection(
        id="",
        organisation=organisation,
        tenant=blank,
        state=ConnectionState.LIVE,
        push="on_plan",
        pulled_until=None,
        listed_at=None,
        connected_at=clock.now(),
        refresh_expires_at=None,
    )
    found = [tenant for tenant in c.client(c, unsaved, granted.access).tenants() if named in ("", tenant.id)]
    if not found:
        raise Invalid("tenant_unknown", "The company named by the callback is not open to this authorisation.", "Start again.")
    return found[0]


def _keep(c: Connector, begun: Mapping[str, Any], granted: Tokens, tenant: Tenant) -> Connection:
    organisation = begun["organisation"]
    try:
        with transaction(c.db) as session:
            there = sa.select(table).where(table.c.tenant == tenant.id, table.c.state != ConnectionState.DISCONNECTED)
            row = session.execute(there.with_for_update()).mappings().first()
            _check_same(begun, row, tenant)
            number = row["id"] if row else str(uuid4())
            if row is None:
                session.execute(sa.insert(table).values(_new(c, session, number, begun, tenant)))
            values = tokens.sealed(c, session, organisation, number, granted)
            mine = sa.update(table).where(table.c.id == number)
            session.execute(
                mine.values(
                    state=ConnectionState.LIVE, refresh_fence=table.c.refresh_fence + 1, facts=dict(tenant.facts), **values
                )
            )
            problems.close(c, session, number, subject=number)
            store.tell_connection(session, organisation, number)
            audit.record(session, organisation, begun["actor"], "connection.connected", number)
            for kind in ("catch_up", "push", "pull", *c.hooks.work):
                jobs.ask(session, kind, number, organisation=organisation, queue="interactive")
            return store.connection(c, session, number, organisation)
    except IntegrityError:
        raise _taken(tenant) from None


def _check_same(begun: Mapping[str, Any], row: Mapping[str, Any] | None, tenant: Tenant) -> None:
    if row is not None and row["organisation"] != begun["organisation"]:
        raise _taken(tenant)
    if begun["reconnect"] and (row is None or row["id"] != begun["reconnect"]):
        raise Conflict(
            "another_company",
            "You agreed for another company than the one this connection stands for; nothing was changed.",
            "Choose the same company, or make a new connection for this one.",
        )


def _taken(tenant: Tenant) -> Conflict:
    return Conflict(
        "tenant_taken",
        f"Company {tenant.id} is already connected by another organisation here.",
        "Disconnect it there first; a company's books are kept in step by one organisation only.",
    )


def _new(c: Connector, session: Any, number: str, begun: Mapping[str, Any], tenant: Tenant) -> dict[str, Any]:
    keys = c.vault.keyring(session, begun["organisation"], [])
    return {
        "id": number,
        "organisation": begun["organisation"],
        "tenant": tenant.id,
        "name": keys.seal(None, "connection.name", number, tenant.name),
        "country": tenant.country,
        "currency": tenant.currency,
        "facts": dict(tenant.facts),
        "state": ConnectionState.LIVE,
        "push": "on_plan",
        "options": {name: allowed[0] for name, allowed in c.provider.info.options.items()},
        "token_version": 0,
        "refresh_fence": 0,
        "connected_by": begun["actor"],
        "connected_at": clock.now(),
    }


def choose(c: Connector, connection: Connection, asked: Mapping[str, Any], actor: str) -> None:
    """Set how a connection works: ``push`` (once for all that it goes by itself, or that a person presses go each time),
    and the provider's own options. Raises Invalid naming what can't be chosen; nothing is set then."""
    allowed = {"push": ("on_plan", "automatic"), **c.provider.info.options}
    for name, value in asked.items():
        if name not in allowed or value not in allowed[name]:
            _refuse_choice(name, value, allowed)
    with transaction(c.db) as session:
        store.hold(session, connection.id)
        c.hooks.choosing(session, connection, asked)
        row = session.execute(_CHOSEN, {"of": connection.id}).one()
        options = row.options | {name: value for name, value in asked.items() if name != "push"}
        session.execute(_CHOOSE, {"of": connection.id, "push": asked.get("push", row.push), "options": options})
        for name, value in sorted(asked.items()):
            audit.record(session, connection.organisation, actor, f"connection.{name}_{str(value).lower()}", connection.id)


_CHOSEN = sa.select(table.c.push, table.c.options).where(table.c.id == sa.bindparam("of"))
_CHOOSE = sa.update(table).where(table.c.id == sa.bindparam("of"))


def _refuse_choice(name: str, value: Any, allowed: Mapping[str, Sequence[Any]]) -> None:
    if name not in allowed:
        raise Invalid("bad_option", f"{name!r} can't be chosen for this connection.", f"There are: {', '.join(allowed)}.")
    choices = ", ".join(str(one).lower() for one in allowed[name])
    raise Invalid(f"bad_{name}", f"{value!r} is not a choice for {name}.", f"Choose {choices}.")


def disconnect(c: Connector, connection: Connection, actor: str) -> None:
    """End the authorisation over there and forget the tokens here; documents and their ids stay."""
    _leave(c, connection)
    with transaction(c.db) as session:
        gone = {"state": ConnectionState.DISCONNECTED, "access_token": None, "refresh_token": None}
        mine = sa.update(table).where(table.c.id == connection.id)
        session.execute(mine.values(**gone, refresh_fence=table.c.refresh_fence + 1))
        store.tell_connection(session, connection.organisation, connection.id)
        audit.record(session, connection.organisation, actor, "connection.disconnected", connection.id)


def _leave(c: Connector, connection: Connection) -> None:
    """One that can't be reached with our tokens any more has ended there already."""
    with suppress(Reconnect):
        tokens.use(c, connection, lambda client: client.leave(_refresh_token(c, connection) or ""))


def _refresh_token(c: Connector, connection: Connection) -> str | None:
    with reading(c.db) as session:
        row = session.execute(sa.select(table.c.refresh_token).where(table.c.id == connection.id)).first()
        if row is None:
            raise Missing("no_connection", "There is no such connection.")
        keys = c.vault.keyring(session, connection.organisation, [])
        return keys.open(None, "connection.refresh_token", connection.id, row.refresh_token)
