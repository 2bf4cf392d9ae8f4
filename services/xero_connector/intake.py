"""Takes in what ingest tells of work, and what people linked: whose timesheets have to be composed anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from services.xero_connector import owing, rules, store
from services.xero_connector.regions import registry
from shared.connector import references
from shared.connector import store as connections
from shared.connector.context import Connection, Connector
from shared.connector.models import binding
from shared.connector.provider import Need
from shared.contract.message_schemas import load_work
from shared.contract.messages import WorkMessage
from shared.contract.statuses import BindingState
from shared.kernel.errors import Conflict
from shared.platform import audit, clock, jobs
from shared.platform.db import transaction
from shared.platform.session import Session

COMPOSE = "compose"  # job kind; its subject is the connection
LONGEST = 31  # days of one entry
EMPLOYEE, RATE, TRACKING = "employee", "earnings_rate", "tracking"


def take(c: Connector, session: Session, row: Mapping[str, Any]) -> None:
    """One ``work.changed`` row: keep it, and have its person's timesheets composed anew on every connection."""
    organisation, entry = row["organisation"], row["subject"]
    live = connections.live(session, organisation)
    if row["body"] is None:  # it is an erased person's by now
        _mark(session, live, entry, [store.drop_work(session, organisation, entry)])
        return
    message = load_work(row["body"])
    before = store.keep_work(session, organisation, message)
    for one in live:
        references.note(c, session, one, _needs(message))
    now = {"person": message.person, "date": message.date, "start": message.start, "end": message.end}
    _mark(session, live, entry, [now, before])


def _mark(
    session: Session, live: Sequence[Mapping[str, Any]], entry: str, states: Sequence[Mapping[str, Any] | None]
) -> None:
    """Have everybody composed anew who had or has an entry in these states of it, and whomever a timesheet pays for it."""
    known = [state for state in states if state is not None]
    people, days = {state["person"] for state in known}, {day for state in known for day in _days(state)}
    for one in live if known else ():
        concerned = people.union(store.payees(session, one["id"], entry))
        owing.touch(session, one["id"], entry, concerned, days)
        store.mark(session, one["id"], concerned)
        jobs.ask(session, COMPOSE, one["id"], organisation=one["organisation"])


def _days(state: Mapping[str, Any]) -> list[date]:
    """The days of an entry; of a long one each but the last."""
    start, end = (datetime.fromisoformat(str(state[name])) if state[name] else None for name in ("start", "end"))
    whole = (end - start).days if start and end and not (start.tzinfo is None) ^ (end.tzinfo is None) else 0
    return [state["date"] + timedelta(days=n) for n in range(min(whole, LONGEST) + 1)]


def _needs(message: WorkMessage) -> list[Need]:
    """What has to be linked to pay this: the person, and each kind of pay."""
    person = Need(kind=EMPLOYEE, locals=(message.person,), currency="", name=message.person_name, subject=message.person)
    kinds = [Need(kind=RATE, locals=(kind,), currency="", name=kind) for kind, _ in message.seconds]
    return [person, *kinds]


def set_rule(c: Connector, connection: Connection, body: Mapping[str, Any], actor: str) -> dict[str, Any]:
    """Go by this overtime rule from now on, also for work that is not paid yet; an empty one: by what was logged as overtime."""
    overtime = rules.load(body)
    with transaction(c.db) as session:
        connections.hold(session, connection.id)
        store.keep_rule(session, connection.organisation, connection.id, dict(body), clock.now())
        row = next((one for one in connections.live(session, connection.organisation) if one["id"] == connection.id), None)
        if overtime and row is not None:
            needs = [Need(kind=RATE, locals=(kind,), currency="", name=kind) for kind in overtime.kinds]
            references.note(c, session, row, needs)
        store.mark(session, connection.id, store.workers(session, connection.organisation))
        jobs.ask(session, COMPOSE, connection.id, organisation=connection.organisation, queue="interactive")
        audit.record(session, connection.organisation, actor, "connection.overtime_set", connection.id)
    return dict(body)


def choosing(session: Session, connection: Connection, asked: Mapping[str, Any]) -> None:
    """Both versions of an API never touch one timesheet: another is chosen only while none of ours is on its way."""
    version, facts = asked.get("version"), connection.tenant.facts
    if version is None or version == facts.get("version"):
        return
    if registry.of(facts).country != "AU":
        raise Conflict("not_in_region", f"{registry.of(facts).title} has one version only.", "Leave it as it is.")
    going = (binding.c.external_id.is_not(None), binding.c.state.not_in([BindingState.SETTLED, BindingState.VOID]))
    open_now = sa.select(sa.func.count()).where(binding.c.connection == connection.id, *going)
    found = session.execute(open_now).scalar_one()
    if found:
        why = f"{found} timesheets are in Xero and not processed yet."
        raise Conflict("timesheets_open", why, "Choose the other version when they are processed, or taken back.")


def linked(c: Connector, session: Session, connection: Connection, kind: str, local: str) -> None:
    """A link was made: those whom it concerns are composed anew, once their employees have been read."""
    people = [local] if kind == EMPLOYEE else store.workers(session, connection.organisation)
    if kind == EMPLOYEE:
        owing.touch_all(session, connection.organisation, connection.id, local)
    store.mark(session, connection.id, people)
    jobs.ask(session, COMPOSE, connection.id, organisation=connection.organisation, queue="interactive")
