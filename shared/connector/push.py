"""Push: make the books equal to what is wanted there. Intent before call; look before resend."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from shared.connector import outcome, store, tokens, wanted
from shared.connector.context import Connection, Connector
from shared.connector.models import binding, call, call_item
from shared.connector.provider import Client, Operation, Outcome, Sought, Wire
from shared.connector.runs import Run
from shared.connector.wanted import Write
from shared.contract.statuses import BindingState
from shared.kernel import canonical
from shared.kernel.errors import Conflict, Failure, Park, Reconnect, Retry
from shared.kernel.ids import call_key
from shared.platform import clock, files
from shared.platform.db import reading
from shared.platform.faultpoint import faultpoint, works
from shared.platform.http import only_while
from shared.platform.jobs import Job, LeaseLost, fenced
from shared.platform.session import Session, insert, prepared

READY = (BindingState.RESERVED, BindingState.CONFIRMED, BindingState.SETTLED)


@dataclass(frozen=True, slots=True)
class Call:
    """An intended outside write, as committed."""

    row: Mapping[str, Any]
    items: tuple[Mapping[str, Any], ...]  # call_item joined with its binding, by position
    body: bytes


def push(c: Connector, job: Job, connection: Connection, run: Run) -> None:
    """Settle every call whose outcome is open, then write until nothing wanted is left."""
    for open_call in _open_calls(c, connection):
        if open_call.body:
            _settle(c, job, connection, open_call, run)
        else:
            _give_up(c, job, open_call)
    while (fresh := _intend(c, job, connection, run)) is not None:
        if fresh:
            _send(c, job, connection, fresh[0], run)


# ---- intent


def _intend(c: Connector, job: Job, connection: Connection, run: Run) -> list[Call] | None:
    """Commit the next call. None: nothing is wanted; []: what was wanted can't be sent and is parked."""
    with fenced(c.db, job) as session:
        store.hold(session, connection.id)
        _drop_withdrawn(c, session, connection)
        rows = _next_rows(c, session, connection)
        if not rows:
            return None
        planned = wanted.writes(c, session, connection, rows)
        for write in planned:
            if write.failure is not None:
                outcome.park(c, session, write.row, write.failure)
                run.count("blocked")
        good = [write for write in planned if write.payload is not None]
        new = _record(c, session, connection, good) if good else None
    if new is None:
        return []
    faultpoint("push.intended")
    return [_load(c, new)]


_READY = binding.c.state.in_([state.value for state in READY])
_RELEASED = (binding.c.go_version == binding.c.wanted_version, _READY)
_WITHDRAWN = (binding.c.wanted_withdrawn, _READY)


def _drop_withdrawn(c: Connector, session: Session, connection: Connection) -> None:
    """What was withdrawn before it was ever sent needs nothing over there, and neither does what is gone there by now."""
    for row in wanted.open_rows(session, connection.id, *_WITHDRAWN):
        never = row["external_id"] is None and row["go_version"] == row["wanted_version"]
        if never or row["status"] in c.provider.info.lifecycle.gone:
            status = row["status"] if row["external_id"] else c.provider.info.lifecycle.dropped
            store.change(session, row, pushed_version=row["wanted_version"], state=BindingState.VOID, status=status, problem=None)


def _next_rows(c: Connector, session: Session, connection: Connection) -> list[Any]:
    """What one call may carry: released, ready, and alone once a call with it was refused."""
    rows = wanted.open_rows(session, connection.id, *_RELEASED, limit=c.provider.max_batch(connection.tenant))
    alone = next((row for row in rows if row["generation"] > 1), None)
    return [alone] if alone is not None else rows


def _record(c: Connector, session: Session, connection: Connection, good: Sequence[Write]) -> str:
    body = canonical.dumps(c.provider.assemble([(write.operation, write.payload or {}) for write in good]))
    number = str(uuid4())
    people = {person for write in good for person in write.people}
    values = {
        "id": number,
        "organisation": connection.organisation,
        "connection": connection.id,
        "key": call_key(connection.id, [(w.row["id"], w.row["wanted_version"], w.row["generation"]) for w in good]),
        "state": "intended",
        "body": files.store(session, c.vault, connection.organisation, body, kind="call", subjects=sorted(people)),
        "body_hash": hashlib.sha256(body).hexdigest(),
        "doubt": True,
        "sends": 1,
        "intended_at": clock.now(),
        "sent_at": clock.now(),
    }
    session.execute(insert(session, call), values)
    for position, write in enumerate(good):
        item = {"call": number, "position": position, "binding": write.row["id"], "operation": write.operation.value}
        row = write.row
        numbers = {"version": row["wanted_version"], "generation": row["generation"], "content": row["wanted_content"]}
        session.execute(insert(session, call_item), item | numbers)
        store.change(session, write.row, state=BindingState.SENT)
    return number


_CALL = sa.select(call).where(call.c.id == sa.bindparam("of"))
_ITEMS = (
    sa.select(call_item, *(column.label(f"b_{column.name}") for column in binding.c))
    .join(binding)
    .where(call_item.c.call == sa.bindparam("of"))
    .order_by(call_item.c.position)
)
_CHANGE = sa.update(call).where(call.c.id == sa.bindparam("of"))


def _load(c: Connector, number: str) -> Call:
    with reading(c.db) as session:
        row = session.execute(_CALL, {"of": number}).mappings().one()
        items = session.execute(_ITEMS, {"of": number}).mappings().all()
        body = files.read(session, c.vault, row["organisation"], row["body"]) or b""
    return Call(row, tuple(items), body)


def _open_calls(c: Connector, connection: Connection) -> list[Call]:
    with reading(c.db) as session:
        numbers = session.execute(*_open(connection.id)).scalars().all()
    return [_load(c, number) for number in numbers]


@prepared
def _open(connection: Any) -> sa.Select[Any]:
    mine = sa.select(call.c.id).where(call.c.connection == connection, call.c.state == "intended")
    return mine.order_by(call.c.intended_at, call.c.id)


# ---- call


def _send(c: Connector, job: Job, connection: Connection, it: Call, run: Run, *, doubted: bool = False) -> None:
    """Send the committed bytes, and store what became of each item. ``doubted``: an earlier sending may have arrived."""
    try:
        answers = tokens.use(c, connection, lambda client: _write(c, job, client, it, again=doubted))
    except LeaseLost:
        raise
    except (Retry, Reconnect) as failure:
        _note_unheard(c, job, it, doubt=doubted or (isinstance(failure, Retry) and failure.unknown))
        raise
    except Failure as failure:
        answers = [failure] * len(it.items)
    faultpoint("push.answered")
    if doubted or _perhaps_stored(c, answers):
        answers = _looked_up_after_refusal(c, job, connection, it, answers, doubted=doubted)
    _store(c, job, it, answers, run)


def _write(c: Connector, job: Job, client: Client, it: Call, *, again: bool) -> Sequence[Outcome]:
    key = it.row["key"] if works("key_reuse") else secrets.token_hex(16)
    operations = [Operation(item["operation"]) for item in it.items]
    with only_while(partial(_hold, c, job)):
        return client.write(operations, it.body, key, it.row["body_hash"], again=again)


def _hold(c: Connector, job: Job) -> None:
    """Who slept beyond the lease sends nothing more: another may have looked, and done it. A write may be several requests."""
    with fenced(c.db, job):
        pass


def _perhaps_stored(c: Connector, answers: Sequence[Outcome]) -> bool:
    """Whether a refusal may hide what is there: a number taken by ourselves, or a refused array with good ones in it."""
    taken = any(isinstance(answer, Conflict) and answer.code in c.provider.info.perhaps_ours for answer in answers)
    return taken or (len(answers) > 1 and all(isinstance(answer, Failure) for answer in answers))


def _looked_up_after_refusal(
    c: Connector, job: Job, connection: Connection, it: Call, answers: Sequence[Outcome], *, doubted: bool
) -> Sequence[Outcome]:
    """The books say. That they show nothing yet of a first sending, when the second is refused, says nothing."""
    if not any(isinstance(answer, Failure) for answer in answers):
        return answers
    found = tokens.use(c, connection, lambda client: client.find(_sought(c, it)))
    known = [remote if remote is not None else answer for remote, answer in zip(found, answers, strict=True)]
    made = [item["operation"] == Operation.CREATE and isinstance(one, Failure) for item, one in zip(it.items, known, strict=True)]
    age = clock.now() - it.row["sent_at"]
    if doubted and any(made) and age <= c.provider.info.settle:
        _note_unheard(c, job, it, doubt=True)
        _wait(c, age)
    return known


def _note_unheard(c: Connector, job: Job, it: Call, *, doubt: bool) -> None:
    with fenced(c.db, job) as session:
        session.execute(_CHANGE, {"of": it.row["id"], "doubt": doubt})
        for row in outcome.bindings(session, it.items):
            store.change(session, row, state=BindingState.UNKNOWN if doubt else BindingState.SENT)


def _store(c: Connector, job: Job, it: Call, answers: Sequence[Outcome | None], run: Run) -> None:
    """Store answers by item; one that is None, or may come right by itself, stays open and keeps the call open."""
    waiting = next((answer for answer in answers if isinstance(answer, Retry)), None)
    remotes = [None if isinstance(answer, Retry) else answer for answer in answers]
    with fenced(c.db, job) as session:
        _store_each(c, session, it, remotes, run)
        faultpoint("push.confirmed")
    faultpoint("push.done")
    if waiting is not None:
        raise waiting


def _store_each(c: Connector, session: Session, it: Call, answers: Sequence[Outcome | None], run: Run) -> None:
    rows = outcome.bindings(session, it.items)
    unsettled = [part for part in zip(it.items, rows, answers, strict=True) if part[0]["outcome"] is None]
    for item, row, answer in unsettled:
        if answer is not None:
            outcome.store(c, session, row, item, answer, run)
    if all(answer is not None for _, _, answer in unsettled):
        outcome.end(c, session, it, answers)


# ---- unknown outcome


def _settle(c: Connector, job: Job, connection: Connection, it: Call, run: Run) -> None:
    """End a call whose outcome is open: found, confirm; not found, resend while that is safe.

    A key and a look-up cover each other's blind time: the provider's index may not show yet what was written, and the
    provider forgets a key. So past the key's life a look-up counts only after the index has had time to settle.
    """
    if not (it.row["doubt"] and works("look_before_resend")):
        return _resend(c, job, connection, it, run)
    found = tokens.use(c, connection, lambda client: client.find(_sought(c, it)))
    age = clock.now() - it.row["sent_at"]
    settled = age > c.provider.info.settle
    if any(remote is not None for remote in found):
        return _settle_found(c, job, it, found, run, settled=settled, age=age)
    remembered = clock.now() - it.row["intended_at"] < c.provider.info.key_memory
    return _resend(c, job, connection, it, run) if settled or remembered else _wait(c, age)


def _settle_found(
    c: Connector, job: Job, it: Call, found: Sequence[Wire | None], run: Run, *, settled: bool, age: timedelta
) -> None:
    """Confirm what a look-up found; what is missing beside it is sent anew once it must have shown."""
    _store(c, job, it, found, run)
    missing = [item for item, remote in zip(it.items, found, strict=True) if remote is None and not item["outcome"]]
    if missing and settled:
        _split(c, job, it, found)
    elif missing:
        _wait(c, age)


def _give_up(c: Connector, job: Job, it: Call) -> None:
    """Somebody named in a call was erased while its outcome was open: neither its bytes nor what to look for are left."""
    with fenced(c.db, job) as session:
        session.execute(sa.update(call).where(call.c.id == it.row["id"]).values(state="refused", ended_at=clock.now()))
        for row in outcome.bindings(session, it.items):
            cause = f"Somebody named on {row['number']} was erased while it was being written to {c.provider.info.title}."
            outcome.park(c, session, row, Park("erased", cause, "Look there whether it arrived, and void it here or there."))


def _wait(c: Connector, age: timedelta) -> None:
    left = max(1, int((c.provider.info.settle - age).total_seconds()) + 1)
    raise Retry(
        "settling",
        f"{c.provider.info.title} may not show yet what it has stored.",
        "It is looked up again by itself.",
        after=left,
    )


def _resend(c: Connector, job: Job, connection: Connection, it: Call, run: Run) -> None:
    """The same bytes under the same key."""
    with fenced(c.db, job) as session:
        again = _CHANGE.values(sends=call.c.sends + 1)
        session.execute(again, {"of": it.row["id"], "doubt": True, "sent_at": clock.now()})
    _send(c, job, connection, it, run, doubted=it.row["doubt"])


def _split(c: Connector, job: Job, it: Call, found: Sequence[Wire | None]) -> None:
    """Some of a call's items arrived: what is surely missing goes into a new call."""
    with fenced(c.db, job) as session:
        session.execute(sa.update(call).where(call.c.id == it.row["id"]).values(state="split", ended_at=clock.now()))
        for row, remote in zip(outcome.bindings(session, it.items), found, strict=True):
            if remote is None and row["state"] in (BindingState.SENT, BindingState.UNKNOWN):
                again = BindingState.CONFIRMED if row["external_id"] else BindingState.RESERVED
                store.change(session, row, state=again)


def _sought(c: Connector, it: Call) -> list[Sought]:
    payloads = c.provider.take_apart(canonical.loads(it.body))
    return [
        Sought(
            operation=Operation(item["operation"]),
            external_id=item["b_external_id"],
            remote_version=item["b_remote_version"],
            marker=f"tb:{item['binding']}.{item['generation']}",
            payload=payload,
            since=it.row["intended_at"],
        )
        for item, payload in zip(it.items, payloads, strict=True)
    ]
