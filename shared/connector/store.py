"""The reads and writes that several rooms of a connector share; every one names the organisation or a row found by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from shared.connector.context import Connection, Connector
from shared.connector.models import binding
from shared.connector.models import connection as connection_table
from shared.connector.provider import Tenant
from shared.contract.messages import CONNECTION_CHANGED
from shared.contract.statuses import ConnectionState
from shared.kernel import canonical
from shared.kernel.errors import Missing
from shared.platform import feed, files
from shared.platform.faultpoint import works
from shared.platform.session import Session, prepared

Row = Mapping[str, Any]


def of(table: sa.Table, organisation: str) -> sa.ColumnElement[bool]:
    """The wall: rows of this organisation and of no other."""
    return table.c.organisation == organisation if works("organisation_filter") else sa.true()


def connection(c: Connector, session: Session, number: str, organisation: str) -> Connection:
    """One connection of this organisation. Raises Missing, also for a foreign one."""
    row = session.execute(*_one(number, organisation)).mappings().first()
    if row is None:
        raise Missing("no_connection", "There is no such connection.", "List the connections to see their ids.")
    return _connection(c, session, row)


@prepared
def _one(number: Any, organisation: Any) -> sa.Select[Any]:
    return sa.select(connection_table).where(connection_table.c.id == number, of(connection_table, organisation))


_HELD = sa.select(connection_table.c.id).where(connection_table.c.id == sa.bindparam("of")).with_for_update()


def hold(session: Session, number: str) -> None:
    """First lock of every transaction that reads one kind of a connection's rows and writes another by what it saw:
    a push that parks for want of a link, and a link that releases what is parked, must not pass each other."""
    session.execute(_HELD, {"of": number})


def connections(c: Connector, session: Session, organisation: str) -> list[Connection]:
    """This organisation's connections, the oldest first."""
    wanted = sa.select(connection_table).where(of(connection_table, organisation)).order_by(connection_table.c.connected_at)
    return [_connection(c, session, row) for row in session.execute(wanted).mappings().all()]


def live(session: Session, organisation: str | None = None) -> list[Row]:
    """Rows of connections that are not ended: of one organisation, or of all for the rounds; the oldest first."""
    return list(session.execute(*_live(organisation is None, organisation)).mappings().all())


@prepared
def _live(every: bool, /, organisation: Any) -> sa.Select[Any]:
    mine = sa.true() if every else connection_table.c.organisation == organisation
    not_ended = connection_table.c.state != ConnectionState.DISCONNECTED
    return sa.select(connection_table).where(not_ended, mine).order_by(connection_table.c.connected_at)


def _connection(c: Connector, session: Session, row: Row) -> Connection:
    keys = c.vault.keyring(session, row["organisation"], [])
    name = keys.open(None, "connection.name", row["id"], row["name"]) or ""
    return Connection(
        id=row["id"],
        organisation=row["organisation"],
        tenant=tenant(row, name),
        state=row["state"],
        push=row["push"],
        pulled_until=row["pulled_until"],
        listed_at=row["listed_at"],
        connected_at=row["connected_at"],
        refresh_expires_at=row["refresh_expires_at"],
    )


def tenant(row: Row, name: str = "") -> Tenant:
    """The remote company of a connection's row; mapping needs no name."""
    return Tenant(
        id=row["tenant"], name=name, country=row["country"], currency=row["currency"], facts={**row["facts"], **row["options"]}
    )


def documents(c: Connector, session: Session, organisation: str, rows: Sequence[Row]) -> list[Any]:
    """The wanted documents of binding rows, as our contract has them. None for one whose blob was erased."""
    raw = files.read_each(session, c.vault, organisation, sorted({row["wanted"] for row in rows}))
    found = (raw[row["wanted"]] for row in rows)
    return [None if one is None else c.provider.load(canonical.loads(one)) for one in found]


def living(c: Connector, session: Session, organisation: str, documents: Sequence[Any]) -> list[list[str]]:
    """Whom each document names; of those erased since, it says nothing any more."""
    named = [{*one.people, one.client} if one is not None else set() for one in documents]
    keys = c.vault.keyring(session, organisation, set().union(*named))
    return [sorted(person for person in people if not keys.erased(person)) for people in named]


def change(session: Session, row: Row, **values: Any) -> None:
    """Write a binding; when what the world may know of it changed, say so on the feed."""
    telling = {name: value for name, value in values.items() if name in _TOLD and row[name] != value}
    version = session.execute(_TELL if telling else _CHANGE, values | {"of": row["id"]}).scalar_one()
    if telling:
        feed.publish(session, row["organisation"], status_kind(row["kind"]), row["id"], version)


_CHANGE = sa.update(binding).where(binding.c.id == sa.bindparam("of")).returning(binding.c.status_version)
_TELL = _CHANGE.values(status_version=binding.c.status_version + 1)
_TOLD = frozenset(
    {"state", "status", "external_id", "external_number", "balance", "total", "pushed_version", "wanted_version", "problem"}
)


def tell(session: Session, row: Row) -> None:
    """Say the status of a binding's document anew: something changed that its row doesn't show."""
    version = session.execute(_TELL, {"of": row["id"]}).scalar_one()
    feed.publish(session, row["organisation"], status_kind(row["kind"]), row["id"], version)


def tell_connection(session: Session, organisation: str, number: str) -> None:
    """Say that a connection's state changed; whoever reads it is told the present one."""
    feed.publish(session, organisation, CONNECTION_CHANGED, number, 1)


def connection_bodies(session: Session, rows: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """The feed's bodies for connection.changed."""
    t = connection_table.c
    named = sa.select(t.id, t.state).where(t.id.in_(sorted({row["subject"] for row in rows})))
    return {row.id: {"connection": row.id, "state": row.state} for row in session.execute(named)}


def status_kind(document_kind: str) -> str:
    """The feed's kind for the status of a kind of document."""
    return f"{document_kind}.status_changed"


@prepared
def bindings(numbers: Any) -> sa.Select[Any]:
    """The bindings of these numbers, in their order."""
    return sa.select(binding).where(binding.c.id.in_(numbers)).order_by(binding.c.id)


def status_bodies(c: Connector, session: Session, rows: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """The feed's bodies for the status of documents, by binding: what the books say now."""
    found = session.execute(*bindings([row["subject"] for row in rows])).mappings().all()
    details = c.hooks.details(session, found)
    messages = {row["id"]: c.provider.status_message(row, details.get(row["id"], {})) for row in found}
    return {number: {name: getattr(one, name) for name in one.__slots__} for number, one in messages.items()}
