"""References: which customer, item or employee over there is meant by ours. By id, confirmed by a person, never by name alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from shared.connector import problems, store, tokens
from shared.connector.context import Connection, Connector
from shared.connector.models import binding
from shared.connector.models import connection as connection_table
from shared.connector.models import reference as table
from shared.connector.provider import Need, RemoteObject
from shared.contract.statuses import BindingState, ConnectionState
from shared.kernel.errors import Conflict, Invalid, Missing, Park
from shared.kernel.ids import call_key
from shared.platform import audit, clock, jobs
from shared.platform.db import reading, transaction
from shared.platform.session import Session, add_new, prepared
from shared.platform.vault import Keyring

MISSING = "reference_missing"


@dataclass(frozen=True, slots=True)
class Linked:
    """The links of one connection, for mapping (``provider.Refs``)."""

    by_local: Mapping[tuple[str, str, str], str]
    title: str

    def remote(self, need: Need) -> str:
        """Their id of what a document needs. Raises Park naming what is not linked."""
        for local in need.locals:
            for currency in (need.currency, ""):
                found = self.by_local.get((need.kind, local, currency))
                if found:
                    return found
        kept_in = f" in {need.currency}" if need.currency else ""
        raise Park(
            MISSING,
            f"The {need.kind} “{need.name}”{kept_in} is not linked to one in {self.title}.",
            f"Link it, or have it created there: timebooks references --kind {need.kind}",
            kind=need.kind,
            local=need.locals[-1],
        )


def note(c: Connector, session: Session, connection: Mapping[str, Any], needs: Sequence[Need]) -> None:
    """Have a row for everything that must be linked, so that it can be listed, suggested and linked."""
    keys = c.vault.keyring(session, connection["organisation"], {need.subject for need in needs})
    rows = [_noted(connection, need, keys) for need in needs if need.subject is None or not keys.erased(need.subject)]
    if rows:
        add_new(session, table, rows)


def _noted(connection: Mapping[str, Any], need: Need, keys: Keyring) -> dict[str, Any]:
    number = str(uuid4())
    return {
        "id": number,
        "organisation": connection["organisation"],
        "connection": connection["id"],
        "kind": need.kind,
        "local": need.locals[-1],
        "currency": need.currency,
        "subject": need.subject,
        "local_name": keys.seal(need.subject, "reference.local_name", number, need.name),
    }


def linked(c: Connector, session: Session, connection: str, needs: Iterable[Need]) -> Linked:
    """The links that these needs ask for, in one query."""
    rows = session.execute(*_links(connection, list({local for need in needs for local in need.locals})))
    return Linked({(row.kind, row.local, row.currency): row.remote for row in rows}, c.provider.info.title)


@prepared
def _links(connection: Any, some: Any) -> sa.Select[Any]:
    wanted = sa.select(table.c.kind, table.c.local, table.c.currency, table.c.remote)
    return wanted.where(table.c.connection == connection, table.c.local.in_(some), table.c.remote.is_not(None))


def locals_(c: Connector, session: Session, connection: Connection, kind: str) -> dict[str, str]:
    """What ours of a kind are called, by our id; those erased are left out."""
    rows = session.execute(*_of_kind(connection.id, kind)).mappings().all()
    keys = c.vault.keyring(session, connection.organisation, {row["subject"] for row in rows})
    opened = [(row, keys.open(row["subject"], "reference.local_name", row["id"], row["local_name"])) for row in rows]
    return {row["local"]: name for row, name in opened if name}


@prepared
def _of_kind(connection: Any, kind: Any) -> sa.Select[Any]:
    return sa.select(table).where(table.c.connection == connection, table.c.kind == kind).order_by(table.c.local)


def names(c: Connector, session: Session, connection: Connection) -> dict[tuple[str, str], str]:
    """What their ids are called, by (kind, their id): for showing to people."""
    rows = session.execute(*_linked(connection.id)).mappings().all()
    keys = c.vault.keyring(session, connection.organisation, {row["subject"] for row in rows})
    opened = [(row, keys.open(row["subject"], "reference.remote_name", row["id"], row["remote_name"])) for row in rows]
    return {(row["kind"], row["remote"]): name for row, name in opened if name}


@prepared
def _linked(connection: Any) -> sa.Select[Any]:
    return sa.select(table).where(table.c.connection == connection, table.c.remote.is_not(None))


def listed(c: Connector, connection: Connection, kind: str) -> list[dict[str, Any]]:
    """Everything of ours of this kind that documents name, with its link, or with what over there looks like it."""
    if kind not in c.provider.info.reference_kinds:
        raise Invalid("bad_reference_kind", f"{kind!r} can't be linked.", f"Choose {', '.join(c.provider.info.reference_kinds)}.")
    remote = tokens.use(c, connection, lambda client: client.references(kind))
    with reading(c.db) as session:
        rows = session.execute(*_of_kind(connection.id, kind)).mappings().all()
        keys = c.vault.keyring(session, connection.organisation, {row["subject"] for row in rows})
        names = {row["id"]: keys.open(row["subject"], "reference.local_name", row["id"], row["local_name"]) for row in rows}
    by_id = {thing.id: thing for thing in remote}
    return [_listed(row, names[row["id"]] or "(erased)", by_id) for row in rows]


def _listed(row: Mapping[str, Any], name: str, remote: Mapping[str, RemoteObject]) -> dict[str, Any]:
    candidates = [] if row["remote"] else suggest(name, row["currency"], list(remote.values()))
    there = remote.get(row["remote"] or "")
    return {
        "kind": row["kind"],
        "local": row["local"],
        "currency": row["currency"],
        "local_name": name,
        "remote": row["remote"],
        "remote_name": there.name if there else None,
        "state": "linked" if row["remote"] else "suggested" if candidates else "missing",
        "candidates": [{"remote": thing.id, "name": thing.name} for thing in candidates],
    }


def suggest(name: str, currency: str, remote: Sequence[RemoteObject]) -> list[RemoteObject]:
    """Active things over there with the same name, letter case and spaces aside, and a fitting currency."""
    ours = _plain(name)
    fits = [
        thing for thing in remote if (thing.active and thing.currency in (None, "", currency)) or (not currency and thing.active)
    ]
    return [thing for thing in fits if ours in map(_plain, (thing.name, *thing.also))]


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


@dataclass(frozen=True, slots=True)
class Wish:
    """A link that somebody confirms; ``remote`` None: have the thing created over there first."""

    kind: str
    local: str
    currency: str
    remote: str | None


def link(c: Connector, connection: Connection, wishes: Sequence[Wish], actor: str) -> list[dict[str, Any]]:
    """Confirm links, in their order; what waited for them goes on. One that can't be ends it: those before it hold."""
    there: dict[str, Sequence[RemoteObject]] = {}
    return [_link(c, connection, wish, actor, there) for wish in wishes]


def _link(
    c: Connector, connection: Connection, wish: Wish, actor: str, there: dict[str, Sequence[RemoteObject]]
) -> dict[str, Any]:
    kind, local, currency = wish.kind, wish.local, wish.currency
    row, name = _row(c, connection, kind, local, currency)
    if kind not in there:  # listed once, however many are linked
        there[kind] = tokens.use(c, connection, lambda client: client.references(kind))
    if wish.remote is None:
        chosen = _create(c, connection, row, name, there[kind])
        there[kind] = [*there[kind], chosen]
    else:
        chosen = _existing(wish.remote, there[kind], currency)
    with transaction(c.db) as session:
        store.hold(session, connection.id)
        if kind in c.provider.info.exclusive:
            _check_free(session, connection, row, chosen)
        keys = c.vault.keyring(session, connection.organisation, [row["subject"]])
        text = keys.seal(row["subject"], "reference.remote_name", row["id"], chosen.name)
        changed = {"remote": chosen.id, "remote_name": text, "linked_at": clock.now()}
        session.execute(_CHANGE, changed | {"of": row["id"]})
        audit.record(session, connection.organisation, actor, "reference.linked", row["id"])
        c.hooks.linked(c, session, connection, kind, local)
        release(c, session, connection, MISSING)
    return {"kind": kind, "local": local, "currency": currency, "remote": chosen.id, "remote_name": chosen.name}


_CHANGE = sa.update(table).where(table.c.id == sa.bindparam("of"))


def _check_free(session: Session, connection: Connection, row: Mapping[str, Any], chosen: RemoteObject) -> None:
    """One of ours is one of theirs, whatever the connection: nobody is paid twice, or for somebody else's work."""
    same = (table.c.organisation == connection.organisation, table.c.kind == row["kind"], table.c.id != row["id"])
    ours = sa.and_(table.c.local == row["local"], table.c.remote.is_not(None), table.c.connection.in_(_live(connection)))
    theirs = sa.and_(table.c.connection == connection.id, table.c.remote == chosen.id)
    if session.execute(sa.select(table.c.id).where(*same, sa.or_(ours, theirs))).first() is not None:
        raise Conflict(
            "linked_already",
            f"This {row['kind']}, or “{chosen.name}”, is linked to another one already.",
            "Take that link off first; one to one, so that nobody is paid twice.",
        )


def _live(connection: Connection) -> sa.Select[Any]:
    there = connection_table.c.organisation == connection.organisation
    return sa.select(connection_table.c.id).where(there, connection_table.c.state != ConnectionState.DISCONNECTED)


def _row(c: Connector, connection: Connection, kind: str, local: str, currency: str) -> tuple[Mapping[str, Any], str]:
    with reading(c.db) as session:
        row = session.execute(*_one(connection.id, kind, local, currency)).mappings().first()
        if row is None:
            raise Missing("no_reference", f"No document names this {kind}.", "List the references to see what can be linked.")
        keys = c.vault.keyring(session, connection.organisation, [row["subject"]])
        name = keys.open(row["subject"], "reference.local_name", row["id"], row["local_name"])
    if name is None:
        raise Invalid("erased", f"This {kind} was erased here.", "Nothing about it is sent any more.")
    return row, name


@prepared
def _one(connection: Any, kind: Any, local: Any, currency: Any) -> sa.Select[Any]:
    mine = (table.c.connection == connection, table.c.kind == kind, table.c.local == local, table.c.currency == currency)
    return sa.select(table).where(*mine)


def _existing(remote: str, there: Sequence[RemoteObject], currency: str) -> RemoteObject:
    found = next((thing for thing in there if thing.id == remote), None)
    if found is None or not found.active:
        raise Missing("no_remote", f"There is no active {remote} over there.", "List the references to see what there is.")
    if currency and found.currency not in (None, "", currency):
        raise Conflict(
            "other_currency",
            f"“{found.name}” is kept in {found.currency} over there, and this is billed in {currency}.",
            f"Link one that is kept in {currency}, or have one created.",
        )
    return found


def _create(
    c: Connector, connection: Connection, row: Mapping[str, Any], name: str, there: Sequence[RemoteObject]
) -> RemoteObject:
    same = suggest(name, row["currency"], there)
    if same:  # created by an earlier try whose answer was lost, or by somebody: there is no second one of a name
        return same[0]
    if any(_plain(thing.name) == _plain(name) for thing in there):  # in another currency, or not active: a name is taken once
        name = f"{name} ({row['currency']})" if row["currency"] else name
    need = Need(kind=row["kind"], locals=(row["local"],), currency=row["currency"], name=name, subject=row["subject"])
    key = call_key(connection.id, [(row["id"], 1, 1)])
    return tokens.use(c, connection, lambda client: client.create_reference(need, connection.tenant, key))


def release(c: Connector, session: Session, connection: Connection, code: str) -> None:
    """Let what was parked for this cause try again."""
    for row in session.execute(*_parked(connection.id, code)).mappings().all():
        state = BindingState.CONFIRMED if row["external_id"] else BindingState.RESERVED
        store.change(session, row, state=state, problem=None)
        problems.close(c, session, connection.id, subject=row["id"], codes=[code])
    jobs.ask(session, "push", connection.id, organisation=connection.organisation, queue="interactive")


@prepared
def _parked(connection: Any, code: Any) -> sa.Select[Any]:
    mine = (binding.c.connection == connection, binding.c.state == BindingState.PARKED, binding.c.problem == code)
    return sa.select(binding).where(*mine)
