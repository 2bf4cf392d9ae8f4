"""What became of a write: confirmed with what the books made of it, or refused with what has to be done about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from shared.connector import drift, problems
from shared.connector import store as rows_
from shared.connector.context import Connector
from shared.connector.models import binding, call, call_item, inbound_event
from shared.connector.models import connection as connection_table
from shared.connector.provider import Operation, Outcome, Seen
from shared.connector.runs import Run
from shared.contract.statuses import BindingState
from shared.kernel import canonical
from shared.kernel.errors import Conflict, Failure, Missing, Park
from shared.platform import clock, files, jobs
from shared.platform.session import Session, prepared

Row = Mapping[str, Any]
STALE = "stale_version"
"""Code of the Conflict that a provider module raises when the object over there has moved on since we last saw it."""

TOTAL_DIFFERS = "total_differs"


def bindings(session: Session, items: Sequence[Row]) -> list[Row]:
    """The bindings of a call's items, in their order, locked."""
    numbers = [item["binding"] for item in items]
    by_id = {row["id"]: row for row in session.execute(*_held(numbers)).mappings()}
    return [by_id[number] for number in numbers]


@prepared
def _held(numbers: Any) -> sa.Select[Any]:
    return sa.select(binding).where(binding.c.id.in_(numbers)).order_by(binding.c.id).with_for_update()


def store(c: Connector, session: Session, row: Row, item: Row, answer: Outcome, run: Run) -> None:
    """Store one item's outcome in its binding."""
    gone = isinstance(answer, Missing) and item["operation"] == Operation.RETIRE
    if gone:
        written(session, row, item, c.provider.info.lifecycle.deleted)
    elif isinstance(answer, Failure):
        refuse(c, session, row, item, answer)
    elif not isinstance(answer, Exception):
        confirm(c, session, row, item, c.provider.read_status(answer))
    refused = isinstance(answer, Failure) and not gone
    run.count("refused" if refused else item["operation"])
    said = answer.code if refused and isinstance(answer, Failure) else "written"
    session.execute(*_saying(item["call"], item["position"], said))


@prepared
def _saying(of: Any, at: Any, said: Any) -> sa.Update:
    return sa.update(call_item).where(call_item.c.call == of, call_item.c.position == at).values(outcome=said)


def end(c: Connector, session: Session, it: Any, answers: Sequence[Outcome | None]) -> None:
    """Close a call; keep what was answered, sealed for those whom the call named, for whoever asks later."""
    kept = canonical.dumps([answer if isinstance(answer, dict) else str(answer) for answer in answers])
    organisation = it.row["organisation"]
    named = files.subjects(session, organisation, it.row["body"])
    erased = any(c.vault.erased(session, organisation, person) for person in named)
    blob = None if erased else files.store(session, c.vault, organisation, kept, kind="answer", subjects=named)
    good = any(isinstance(answer, dict) for answer in answers)
    values = {"state": "confirmed" if good else "refused", "ended_at": clock.now(), "answer": blob}
    session.execute(_END, values | {"of": it.row["id"]})


_END = sa.update(call).where(call.c.id == sa.bindparam("of"))


def confirm(c: Connector, session: Session, row: Row, item: Row, seen: Seen) -> None:
    """The books hold the item's version: keep their id, version and the totals they computed."""
    known = {
        "external_id": seen.external_id,
        "external_number": seen.number,
        "remote_version": seen.remote_version,
        "remote_order": seen.order,
        "status": seen.status,
        "total": seen.total,
        "balance": seen.balance,
    }
    state = c.provider.info.lifecycle.state(seen.status)
    problems.close(c, session, row["connection"], subject=row["id"])
    differs = _total_differs(c, row, item, seen)
    code = differs.code if differs else None
    if differs:
        problems.open_(c, session, row["organisation"], row["connection"], row["id"], differs, about=row["client"])
    picture = drift.hashed(seen.picture)
    # A later version that says the same is pushed with it, and so is a withdrawal of what turns out to be gone.
    met = item["content"] == row["wanted_content"] or (state is BindingState.VOID and row["wanted_withdrawn"])
    version = row["wanted_version"] if met else item["version"]
    pushed = {"pushed_version": version, "pushed_content": item["content"], "picture_hash": picture}
    rows_.change(session, row, **known, **pushed, state=state, problem=code)
    _look_again(session, row, seen.external_id)


def _total_differs(c: Connector, row: Row, item: Row, seen: Seen) -> Failure | None:
    if item["operation"] == Operation.RETIRE or item["version"] != row["wanted_version"]:
        return None
    gone = c.provider.info.lifecycle.state(seen.status) is BindingState.VOID
    if seen.total is None or seen.total == row["wanted_total"] or gone:
        return None
    return Park(
        TOTAL_DIFFERS,
        f"{c.provider.info.title} made {seen.total} {row['currency']} of {row['number']}; here it is {row['wanted_total']}.",
        "Compare the tax over there with the one here.",
    )


def _look_again(session: Session, row: Row, external_id: str) -> None:
    """A callback may have named the object before we knew its id: then look now."""
    if session.execute(*_early(row["connection"])).first() is not None:
        jobs.ask(session, "pull", row["connection"], organisation=row["organisation"])


@prepared
def _early(connection: Any) -> sa.Select[Any]:
    mine = sa.select(connection_table.c.tenant).where(connection_table.c.id == connection).scalar_subquery()
    return sa.select(inbound_event.c.id).where(inbound_event.c.tenant == mine, inbound_event.c.done_at.is_(None)).limit(1)


def written(session: Session, row: Row, item: Row, status: str) -> None:
    """A withdrawal found nothing left to withdraw: that is what was wanted."""
    rows_.change(session, row, state=BindingState.VOID, status=status, pushed_version=item["version"], problem=None)


def refuse(c: Connector, session: Session, row: Row, item: Row, failure: Failure) -> None:
    """A definite refusal: the next try is another write, under another key."""
    again = {"generation": row["generation"] + 1}
    if failure.code == STALE:
        # The object moved on over there; whether that concerns us only a look can tell. Where we don't know what we once wrote
        # there, nothing tells: then somebody has to see in a plan what goes over it.
        seen = {} if row["picture_hash"] else {"go_version": 0}
        rows_.change(session, row, state=BindingState.UNKNOWN, **again, **seen)
        jobs.ask(session, "pull", row["connection"], organisation=row["organisation"], queue="interactive")
    elif isinstance(failure, Missing) and row["external_id"] is not None:
        _gone(c, session, row, again)
    elif row["wanted_version"] > item["version"] or failure.code in c.provider.info.blameless:
        rows_.change(session, row, state=BindingState.CONFIRMED if row["external_id"] else BindingState.RESERVED, **again)
    else:
        park(c, session, row, failure, **again)


def _gone(c: Connector, session: Session, row: Row, again: Mapping[str, int]) -> None:
    """What was to be changed is not there any more: for a person to decide, unless it was to go anyway."""
    void = {"state": BindingState.VOID, "status": c.provider.info.lifecycle.deleted, **again}
    if row["wanted_withdrawn"]:
        rows_.change(session, row, **void, pushed_version=row["wanted_version"], problem=None)
        return
    gone = Conflict(
        "gone_there", f"{row['number']} was deleted in {c.provider.info.title}.", "Void it here, or compose it again."
    )
    park(c, session, row, gone)
    rows_.change(session, row, **void)


def park(c: Connector, session: Session, row: Row, failure: Failure, **values: Any) -> None:
    """Let one document wait for a person; nothing else waits with it."""
    problems.open_(c, session, row["organisation"], row["connection"], row["id"], failure, about=row["client"])
    state = BindingState.DIVERGED if failure.code == "diverged" else BindingState.PARKED
    rows_.change(session, row, state=state, problem=failure.code, **values)
