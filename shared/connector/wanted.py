"""What has to be written and how: a binding's wanted document, mapped to the wire. Used to show a plan and to push it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from shared.connector import references, store
from shared.connector.context import Connection, Connector
from shared.connector.models import binding
from shared.connector.provider import Known, Operation, Wire
from shared.contract.statuses import BindingState
from shared.kernel.errors import Failure, Park
from shared.platform.faultpoint import works
from shared.platform.session import Session, prepared


@dataclass(frozen=True, slots=True)
class Write:
    """One binding's next write, or the failure that stands in its way."""

    row: Mapping[str, Any]
    operation: Operation
    payload: Wire | None
    failure: Failure | None
    people: Sequence[str] = ()  # whom the wanted document names, those erased apart


def open_rows(session: Session, connection: str, *conditions: sa.ColumnElement[bool], limit: int | None = None) -> list[Any]:
    """Bindings whose wanted version the books don't have, by number; conditions are constants of a module."""
    return list(session.execute(*_open(conditions, limit, connection)).mappings().all())


@prepared
def _open(conditions: Sequence[sa.ColumnElement[bool]], limit: int | None, /, connection: Any) -> sa.Select[Any]:
    behind = (binding.c.connection == connection, binding.c.wanted_version > binding.c.pushed_version)
    wanted = sa.select(binding).where(*behind, binding.c.state != BindingState.VOID, *conditions)
    return wanted.order_by(binding.c.number, binding.c.id).limit(limit)


def marker(row: Mapping[str, Any]) -> str:
    """The text that a write leaves in the object over there, to be known by."""
    return f"tb:{row['id']}.{row['generation']}"


def writes(c: Connector, session: Session, connection: Connection, rows: list[Any]) -> list[Write]:
    """How these bindings' wanted documents go out. What can't be said truthfully comes back with its failure."""
    documents = store.documents(c, session, connection.organisation, rows)
    people = store.living(c, session, connection.organisation, documents)
    needs = (need for document in documents if document for need in c.provider.needs(document, connection.tenant))
    refs = references.linked(c, session, connection.id, needs)
    return [_write(c, connection, *one, refs) for one in zip(rows, documents, people, strict=True)]


def operation(row: Mapping[str, Any]) -> Operation:
    """What has to be done over there so that it is as wanted."""
    if row["wanted_withdrawn"]:
        return Operation.RETIRE
    return Operation.UPDATE if row["external_id"] else Operation.CREATE


def _write(
    c: Connector, connection: Connection, row: Any, document: Any, people: Sequence[str], refs: references.Linked
) -> Write:
    what = operation(row)
    try:
        return Write(row, what, _payload(c, connection, row, document, refs), None, people)
    except Failure as failure:
        return Write(row, what, None, failure, people)


def _payload(c: Connector, connection: Connection, row: Any, document: Any, refs: references.Linked) -> Wire:
    if works("absorbing_states"):
        c.provider.check_change(row, connection.tenant, automatic=connection.push == "automatic")
    known = _known(row)
    if operation(row) is Operation.RETIRE and known is not None:
        return c.provider.to_retire(document, known, marker(row))
    if document is None:
        raise Park("erased", "Somebody named on it was erased, and its text with them.", "Void it, or leave it as it is.")
    return c.provider.to_payload(document, refs, connection.tenant, known, marker(row))


def _known(row: Mapping[str, Any]) -> Known | None:
    if not row["external_id"]:
        return None
    return Known(external_id=row["external_id"], remote_version=row["remote_version"] or "", status=row["status"])
