"""A plan: what would be written, field by field against the books, and the go-ahead that holds only while nothing moved."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from shared.connector import drift, follow, problems, references, store, tokens, wanted
from shared.connector.context import Connection, Connector
from shared.connector.models import binding
from shared.connector.models import plan as table
from shared.connector.provider import ASKS, Operation, Wire
from shared.connector.wanted import Write
from shared.contract.statuses import BindingState
from shared.kernel import canonical
from shared.kernel.errors import Conflict, Failure, Missing
from shared.platform import audit, clock, files, jobs
from shared.platform.db import reading, transaction
from shared.platform.faultpoint import works
from shared.platform.session import Session, insert, prepared

LIFE = timedelta(hours=24)
DECIDABLE = (BindingState.DIVERGED, BindingState.CONFIRMED, BindingState.SETTLED, BindingState.PARKED)
"""States in which nothing is under way, and something is there."""


_NOT_CALLING = binding.c.state.not_in((BindingState.SENT, BindingState.UNKNOWN))

Field = tuple[str, str | None, str | None]


@dataclass(frozen=True, slots=True)
class Item:
    """One document in a plan. ``fields`` are (field, in the books now, as it will be), the differing ones only."""

    binding: str
    document: str
    number: str
    name: str  # whom it is for
    status: str  # of what is there
    action: str  # create | update | retire | blocked
    total: str
    currency: str
    fields: tuple[Field, ...]
    problem: Mapping[str, str] | None
    print: str  # fingerprint of what is to be written and of what it is written onto
    version: int
    people: tuple[str, ...] = ()


def make(c: Connector, connection: Connection, actor: str) -> dict[str, Any]:
    """Make and keep a plan of everything that the books don't have yet; it lapses after 24 hours."""
    items = compute(c, connection)
    number, now = str(uuid4()), clock.now()
    with transaction(c.db) as session:
        people = sorted({person for item in items for person in item.people})
        body = canonical.dumps([_shown(item) for item in items])
        blob = files.store(session, c.vault, connection.organisation, body, kind="plan", subjects=people)
        values = {
            "id": number,
            "organisation": connection.organisation,
            "connection": connection.id,
            "made_at": now,
            "expires_at": now + LIFE,
            "made_by": actor,
            "body": blob,
            "prints": {item.binding: [item.print, item.version] for item in items},
        }
        session.execute(insert(session, table), values)
        audit.record(session, connection.organisation, actor, "plan.made", number, items=len(items))
    shown = [_shown(item) for item in items]
    return c.hooks.beside(c, connection, shown) | _answer(number, values, shown)


def show(c: Connector, number: str, organisation: str) -> dict[str, Any]:
    """A kept plan, as it was shown."""
    with reading(c.db) as session:
        row = _row(session, number, organisation)
        body = files.read(session, c.vault, organisation, row["body"])
        connection = store.connection(c, session, row["connection"], organisation)
    items = canonical.loads(body) if body else []
    return c.hooks.beside(c, connection, items) | _answer(number, row, items)


def compute(c: Connector, connection: Connection) -> list[Item]:
    """What would be written now, with the newest of both sides."""
    follow.catch_up(c)
    c.hooks.before_plan(c, connection)
    with reading(c.db) as session:
        rows = wanted.open_rows(session, connection.id, _NOT_CALLING)
        planned = wanted.writes(c, session, connection, rows)
        names = references.names(c, session, connection)
        called = {remote: name for (_, remote), name in names.items()} | dict(c.hooks.names(session, connection.id))
        whose = references.locals_(c, session, connection, c.provider.info.reference_kinds[0])
    known = [write.row["external_id"] for write in planned if write.row["external_id"]]
    remote = tokens.use(c, connection, lambda client: client.fetch(known)) if known else {}
    items = [_item(c, write, remote.get(write.row["external_id"]), whose.get(write.row["client"], "")) for write in planned]
    return [replace(item, fields=_named(item.fields, names, called)) for item in items]


def _named(fields: Sequence[Field], names: Mapping[tuple[str, str], str], called: Mapping[str, str]) -> tuple[Field, ...]:
    """Ids of linked things shown with their names: such a field ends with the kind of thing it holds, or names it itself."""

    def name(field: str, value: str | None) -> str | None:
        known = names.get((field.rsplit(" ", 1)[-1], value or ""))
        return f"{known} ({value})" if known else value

    def title(field: str) -> str:
        return " ".join("/".join(called.get(part, part) for part in word.split("/")) for word in field.split(" "))

    return tuple((title(field), name(field, there), name(field, here)) for field, there, here in fields)


def _item(c: Connector, write: Write, remote: Wire | None, name: str) -> Item:
    row = write.row
    there = dict(c.provider.read_status(remote).picture) if remote else {}
    failure = write.failure or _drifted(c, row, remote)
    writing = write.payload if write.operation is not Operation.RETIRE else None
    here = dict(c.provider.picture(writing)) if writing else {}
    return Item(
        binding=row["id"],
        document=row["local"],
        number=row["number"],
        name=name,
        status=row["status"],
        action="blocked" if failure else write.operation.value,
        total=format(row["wanted_total"], "f"),
        currency=row["currency"],
        fields=_differing(here, there) if writing and not failure else (),
        problem={"code": failure.code, "cause": failure.cause, "remedy": failure.remedy} if failure else None,
        print=_print(write, failure, here, there),
        version=row["wanted_version"],
        people=tuple(write.people),
    )


def _differing(here: Mapping[str, str], there: Mapping[str, str]) -> tuple[Field, ...]:
    """Fields that will change: those we write, and lines that will go; the rest is theirs to fill in."""
    ours = here.keys() | {name for name in there if name.startswith("line ")}
    return tuple((name, there.get(name), here.get(name)) for name in sorted(ours) if there.get(name) != here.get(name))


def _drifted(c: Connector, row: Mapping[str, Any], remote: Wire | None) -> Failure | None:
    """A document that both sides changed is a person's to decide."""
    if remote is None or row["wanted_withdrawn"] or not drift.edited(row, c.provider.read_status(remote)):
        return None
    return drift.diverged(row, c.provider.info.title)


def _print(write: Write, failure: Failure | None, here: Mapping[str, str], there: Mapping[str, str]) -> str:
    parts = [write.operation.value, failure.code if failure else None, dict(here), dict(there)]
    return hashlib.sha256(canonical.dumps([*parts, write.row["external_id"], write.row["wanted_version"]])).hexdigest()


def apply(c: Connector, number: str, organisation: str, actor: str) -> dict[str, Any]:
    """Press go: let exactly what the plan showed be written. Raises Conflict naming what moved since; nothing is sent then."""
    with reading(c.db) as session:
        row = _row(session, number, organisation)
        connection = store.connection(c, session, row["connection"], organisation)
    if row["applied_at"] is not None:
        return {"plan": number, "applied": 0, "already": True}
    if row["expires_at"] < clock.now():
        raise Conflict("plan_expired", "This plan is older than 24 hours.", "Make a new one: timebooks plan")
    items = compute(c, connection)
    _check_unmoved(row["prints"], items)
    going = [item for item in items if item.action != "blocked"]
    with transaction(c.db) as session:
        store.hold(session, connection.id)
        _release(session, going)
        session.execute(sa.update(table).where(table.c.id == number).values(applied_at=clock.now()))
        audit.record(session, organisation, actor, "plan.applied", number, items=len(going))
        jobs.ask(session, "push", connection.id, organisation=organisation, queue="interactive")
    return {"plan": number, "applied": len(going), "already": False}


def _check_unmoved(prints: Mapping[str, Sequence[Any]], items: Sequence[Item]) -> None:
    if not works("plan_fingerprint"):
        return
    unmoved = {item.binding for item in items if prints.get(item.binding, [None])[0] == item.print}
    moved = sorted(item.number for item in items if item.binding not in unmoved)
    gone = len(prints.keys() - {item.binding for item in items})
    if moved or gone:
        named = ", ".join(moved) or f"{gone} of them, written or withdrawn meanwhile"
        raise Conflict(
            "plan_moved", f"Since this plan was made, this changed: {named}.", "Look again: timebooks plan", moved=moved
        )


def _release(session: Session, items: Sequence[Item]) -> None:
    for item in items:
        if session.execute(*_going(item.binding, item.version)).rowcount != 1:
            raise Conflict("plan_moved", f"{item.number} changed while the plan was applied.", "Look again: timebooks plan")


@prepared
def _going(number_of: Any, version: Any) -> sa.Update:
    mine = sa.update(binding).where(binding.c.id == number_of, binding.c.wanted_version == version)
    again = sa.case((binding.c.external_id.is_not(None), BindingState.CONFIRMED.value), else_=BindingState.RESERVED.value)
    return mine.values(go_version=version, state=again, problem=None)


def keep(c: Connector, connection: Connection, document: str, whose: str, actor: str) -> None:
    """Decide a document that both sides changed, or that is changed there only when a person says so: ``ours`` is written
    over theirs with the next plan, ``theirs`` stays."""
    external = _decidable(c, connection, document)["external_id"]
    remote = tokens.use(c, connection, lambda client: client.fetch([external]))[external]
    with transaction(c.db) as session:
        store.hold(session, connection.id)
        mine = sa.select(binding).where(binding.c.connection == connection.id, binding.c.local == document)
        row = session.execute(mine.with_for_update()).mappings().one()
        open_question = _drifted(c, row, remote) is not None or _asked(c, connection, row)
        if row["state"] not in DECIDABLE or not open_question:
            raise Conflict("nothing_to_decide", f"{row['number']} was not changed on both sides.", "Look again: timebooks plan")
        taken = {"pushed_version" if whose == "theirs" else "over_version": row["wanted_version"]}
        store.change(session, row, state=BindingState.CONFIRMED, picture_hash=None, problem=None, **taken)
        problems.close(c, session, connection.id, subject=row["id"])
        audit.record(session, connection.organisation, actor, f"binding.keep_{whose}", row["id"])


def _asked(c: Connector, connection: Connection, row: Mapping[str, Any]) -> bool:
    """Whether what is there is changed only when a person says so."""
    try:
        c.provider.check_change(row, connection.tenant, automatic=connection.push == "automatic")
    except Conflict as conflict:
        return conflict.code == ASKS
    return False


def _decidable(c: Connector, connection: Connection, document: str) -> Mapping[str, Any]:
    with reading(c.db) as session:
        mine = sa.select(binding).where(binding.c.connection == connection.id, binding.c.local == document)
        row = session.execute(mine).mappings().first()
    if row is None or row["external_id"] is None:
        kind = c.provider.info.document_kind
        raise Missing("no_binding", f"The books have no such {kind}.", f"List the {kind}s to see which they have.")
    return row


def _row(session: Session, number: str, organisation: str) -> Mapping[str, Any]:
    row = session.execute(*_one(number, organisation)).mappings().first()
    if row is None:
        raise Missing("no_plan", "There is no such plan.", "Make one: timebooks plan")
    return row


@prepared
def _one(number: Any, organisation: Any) -> sa.Select[Any]:
    return sa.select(table).where(table.c.id == number, store.of(table, organisation))


def _shown(item: Item) -> dict[str, Any]:
    fields = [{"field": name, "there": there, "here": here} for name, there, here in item.fields]
    hidden = ("binding", "print", "people", "fields")
    return {name: getattr(item, name) for name in Item.__slots__ if name not in hidden} | {"fields": fields}


def _answer(number: str, row: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "plan": number,
        "connection": row["connection"],
        "made_at": row["made_at"],
        "expires_at": row["expires_at"],
        "applied_at": row.get("applied_at"),
        "items": list(items),
    }
