"""Pull: what the books say now becomes our status. Callbacks only make it sooner; the change query makes it true."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from shared.connector import drift, problems, store, tokens
from shared.connector.context import Connection, Connector
from shared.connector.follow import CALLING, sent
from shared.connector.models import binding, call, inbound_event
from shared.connector.models import connection as connection_table
from shared.connector.outcome import TOTAL_DIFFERS
from shared.connector.provider import Changes, Held, Seen
from shared.connector.runs import Run
from shared.contract.statuses import BindingState
from shared.kernel.errors import Conflict
from shared.platform import clock, jobs
from shared.platform.db import reading
from shared.platform.faultpoint import faultpoint, works
from shared.platform.jobs import Job, fenced
from shared.platform.session import Session, prepared

Row = Mapping[str, Any]
OVERLAP = timedelta(minutes=1)
"""Asked again before the cursor, beyond the lag of the index: clocks differ."""


def pull(c: Connector, job: Job, connection: Connection, run: Run) -> None:
    """Fetch what changed since the cursor and what callbacks named; apply it with the cursor in one transaction."""
    now, since = clock.now(), _since(c, connection)
    events, named = _named(c, connection, every=since is None)
    fetched = dict(tokens.use(c, connection, lambda client: client.fetch(named)) if named else {})
    changes = _changes(c, connection, since, now)
    lost = _lost(c, connection, changes)
    fetched |= tokens.use(c, connection, lambda client: client.fetch(lost)) if lost else {}
    faultpoint("pull.fetched")
    seen = [c.provider.read_status(wire) for wire in [*changes.documents, *(wire for wire in fetched.values() if wire)]]
    gone = {external for external, wire in fetched.items() if wire is None}
    with fenced(c.db, job) as session:
        store.hold(session, connection.id)
        c.hooks.pulled(c, session, connection, seen, gone)
        _apply_all(c, session, connection, seen, gone, run)
        _move(c, session, connection, changes, events)
        faultpoint("pull.applied")


# ---- what to look at


def _since(c: Connector, connection: Connection) -> datetime | None:
    """From when on the change query is asked; None: the cursor is older than that reaches."""
    begin = connection.pulled_until or connection.connected_at - c.provider.info.first_look
    since = begin - c.provider.info.settle - OVERLAP
    return since if since > clock.now() - c.provider.info.look_back else None


def _changes(c: Connector, connection: Connection, since: datetime | None, now: datetime) -> Changes:
    if since is None:
        return Changes(documents=(), until=now)
    every = c.provider.info.full_look
    full = every is not None and (connection.listed_at is None or connection.listed_at < now - every)
    known = _known(c, connection)
    return tokens.use(c, connection, lambda client: client.changed_since(since, full=full, known=known))


def _known(c: Connector, connection: Connection) -> dict[str, Held]:
    """How our confirmed documents are there, by id: what we wrote ourselves is no news."""
    with reading(c.db) as session:
        rows = session.execute(*_sure(connection.id))
        return {row.external_id: Held(row.remote_version or "", row.status, row.total) for row in rows}


@prepared
def _sure(connection: Any) -> sa.Select[Any]:
    shown = (binding.c.external_id, binding.c.remote_version, binding.c.status, binding.c.total)
    sure = (binding.c.external_id.is_not(None), binding.c.state == BindingState.CONFIRMED)
    return sa.select(*shown).where(binding.c.connection == connection, *sure)


def _lost(c: Connector, connection: Connection, changes: Changes) -> list[str]:
    """Ids of ours that a list of everything doesn't name: gone, or older than it reaches. Only asking for each tells.

    What was settled can be undone over there and deleted before we look again.
    """
    if changes.listed is None:
        return []
    with reading(c.db) as session:
        final = list(c.provider.info.lifecycle.final)
        settled = sa.and_(binding.c.state == BindingState.SETTLED, binding.c.number >= changes.listed_from)
        there = (binding.c.external_id.is_not(None), sa.or_(binding.c.status.not_in(final), settled))
        ours = sa.select(binding.c.external_id).where(binding.c.connection == connection.id, *there)
        return sorted(set(session.execute(ours).scalars()) - set(changes.listed))


def _named(c: Connector, connection: Connection, *, every: bool) -> tuple[list[Row], list[str]]:
    """Open callbacks of this tenant, and the ids of ours to fetch: those they name, those we must look at first, or all."""
    with reading(c.db) as session:
        events = session.execute(*_open_events(connection.tenant.id)).mappings().all()
        ids = list({event["external_id"] for event in events if event["kind"] == c.provider.info.document_kind})
        ours = _to_fetch(every, connection.id, ids, c.provider.info.lifecycle.deleted)
        return list(events), sorted(session.execute(*ours).scalars())


@prepared
def _open_events(tenant: Any) -> sa.Select[Any]:
    return sa.select(inbound_event).where(inbound_event.c.tenant == tenant, inbound_event.c.done_at.is_(None)).limit(1000)


@prepared
def _to_fetch(every: bool, /, connection: Any, named: Any, deleted: Any) -> sa.Select[Any]:
    look = sa.or_(binding.c.external_id.in_(named), binding.c.state == BindingState.UNKNOWN)
    which = binding.c.status != deleted if every else look
    return sa.select(binding.c.external_id).where(binding.c.connection == connection, binding.c.external_id.is_not(None), which)


# ---- applying


def _apply_all(
    c: Connector, session: Session, connection: Connection, seen: Sequence[Seen], gone: Iterable[str], run: Run
) -> None:
    newest: dict[str, Seen] = {}
    for one in seen:
        newest[one.external_id] = (
            max(one, newest.get(one.external_id, one), key=lambda it: it.order) if works("version_not_older") else one
        )
    for row in session.execute(*_ours(connection.id, list({*newest, *gone}))).mappings().all():
        run.count("seen")
        news = newest.get(row["external_id"])
        changed = _vanish(c, session, row) if news is None else apply(c, session, row, news)
        run.count("changed", int(changed))


@prepared
def _ours(connection: Any, some: Any) -> sa.Select[Any]:
    mine = sa.select(binding).where(binding.c.connection == connection, binding.c.external_id.in_(some))
    return mine.order_by(binding.c.id).with_for_update()


def apply(c: Connector, session: Session, row: Row, seen: Seen) -> bool:
    """Apply one remote picture to its binding; older news than what is stored changes nothing. Gives whether it changed."""
    if works("version_not_older") and seen.order < row["remote_order"]:
        return False
    if _absorbed(c, row, seen) and works("absorbing_states"):
        return False
    told = {"status": seen.status, "balance": seen.balance, "total": seen.total}
    if row["state"] in CALLING and sent(session, row["id"]):
        store.change(session, row, **told)  # the call's own answer brings the rest
        return True
    known = {"remote_version": seen.remote_version, "remote_order": seen.order, "external_number": seen.number}
    state = _state(c, session, row, seen)
    same = all(row[name] == value for name, value in {**told, **known, "state": state}.items())
    if not same:
        store.change(session, row, **told, **known, state=state, **_problem(c, session, row, state, seen))
    return not same


def _absorbed(c: Connector, row: Row, seen: Seen) -> bool:
    """Whether it is gone over there and this is no news of it; a binding that does not know yet may hear it once more."""
    gone = c.provider.info.lifecycle.gone
    if row["status"] not in gone:
        return False
    heard = row["state"] == BindingState.VOID
    return seen.status not in gone[row["status"]] and (heard or seen.status != row["status"])


def _state(c: Connector, session: Session, row: Row, seen: Seen) -> BindingState:
    """The binding's state after this news, opening and closing the problems that go with it."""
    final = c.provider.info.lifecycle.state(seen.status)
    if final is BindingState.VOID:
        problems.close(c, session, row["connection"], subject=row["id"])
        return final
    behind = row["wanted_version"] > row["pushed_version"]
    if behind and drift.edited(row, seen) and not row["wanted_withdrawn"]:
        failure = drift.diverged(row, c.provider.info.title)
        problems.open_(c, session, row["organisation"], row["connection"], row["id"], failure, about=row["client"])
        return BindingState.DIVERGED
    if not behind or final is BindingState.SETTLED:  # what is settled is not written any more, so it is not for a later look
        _note_edit(c, session, row, seen)
    if row["state"] == BindingState.UNKNOWN:
        jobs.ask(session, "push", row["connection"], organisation=row["organisation"], queue="interactive")
    parked = row["state"] in (BindingState.PARKED, BindingState.DIVERGED)
    return BindingState(row["state"]) if parked else final


def _note_edit(c: Connector, session: Session, row: Row, seen: Seen) -> None:
    """The books changed what we wrote and nobody changed it here: they stand, and somebody is told."""
    if drift.edited(row, seen):
        failure = Conflict(
            "changed_there",
            f"{row['number']} was changed in {c.provider.info.title}: its total there is {seen.total} {row['currency']},"
            f" here {row['wanted_total']}.",
            "Nothing has to be done if that is meant; otherwise mend it there.",
        )
        problems.open_(c, session, row["organisation"], row["connection"], row["id"], failure, about=row["client"])
    else:
        problems.close(c, session, row["connection"], subject=row["id"], codes=["changed_there"])


def _problem(c: Connector, session: Session, row: Row, state: BindingState, seen: Seen) -> dict[str, Any]:
    if state in (BindingState.DIVERGED, BindingState.VOID):
        return {"problem": "diverged"} if state is BindingState.DIVERGED else {"problem": None, **_met(row)}
    agreed = row["problem"] == TOTAL_DIFFERS and seen.total == row["wanted_total"]
    if agreed:
        problems.close(c, session, row["connection"], subject=row["id"], codes=[TOTAL_DIFFERS])
    return {"problem": None} if agreed else {}


def _met(row: Row) -> dict[str, int]:
    """What is gone over there is as wanted if it was to be withdrawn: nothing is left to be written."""
    return {"pushed_version": row["wanted_version"]} if row["wanted_withdrawn"] else {}


def _vanish(c: Connector, session: Session, row: Row) -> bool:
    """Asked for by id, and gone: deleted over there."""
    deleted = c.provider.info.lifecycle.deleted
    if row["status"] == deleted and row["state"] != BindingState.UNKNOWN:
        return False
    problems.close(c, session, row["connection"], subject=row["id"])
    store.change(session, row, state=BindingState.VOID, status=deleted, balance=None, problem=None, **_met(row))
    return True


def _move(c: Connector, session: Session, connection: Connection, changes: Changes, events: Sequence[Row]) -> None:
    """Move the cursor, not past a call under way: what was paid before we knew its id must come round again."""
    earliest = session.execute(*_open_since(connection.id)).scalar()
    reached = min(changes.until, earliest) if earliest else changes.until
    values = {"pulled_until": reached} | ({"listed_at": changes.until} if changes.listed is not None else {})
    session.execute(_MOVE, values | {"of": connection.id})
    if not events:
        return
    if earliest is None:
        session.execute(*_done([event["id"] for event in events], clock.now()))
    # The change query may lag behind the callback: look once more when it has had time.
    again = clock.now() + c.provider.info.settle
    jobs.ask(session, "pull", connection.id, organisation=connection.organisation, due=again)


@prepared
def _open_since(connection: Any) -> sa.Select[Any]:
    return sa.select(sa.func.min(call.c.intended_at)).where(call.c.connection == connection, call.c.state == "intended")


_MOVE = sa.update(connection_table).where(connection_table.c.id == sa.bindparam("of"))


@prepared
def _done(events: Any, now: Any) -> sa.Update:
    return sa.update(inbound_event).where(inbound_event.c.id.in_(events)).values(done_at=now)
