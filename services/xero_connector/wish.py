"""From work to wished timesheets: takes in what ingest tells of entries, and has the planner compose of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.xero_connector import store
from services.xero_connector.documents import dump_payroll, load_timesheet
from services.xero_connector.payroll import Payroll
from services.xero_connector.planner.calendars import Period
from services.xero_connector.planner.compose import Composed, compose
from services.xero_connector.planner.due import Books
from services.xero_connector.planner.rates import Employee, Links
from services.xero_connector.planner.timesheet import Allocation, Cell, Timesheet
from services.xero_connector.regions.region import Can, Region
from services.xero_connector.regions.registry import REGIONS
from services.xero_connector.statuses import PayRunStatus
from shared.connector import follow, problems, references, tokens
from shared.connector import store as connections
from shared.connector.context import Connection, Connector
from shared.connector.models import binding
from shared.connector.models import connection as connection_table
from shared.connector.provider import Need, Seen
from shared.contract.message_schemas import load_work
from shared.contract.messages import WorkMessage
from shared.contract.statuses import BindingState, TimesheetStatus
from shared.kernel import canonical
from shared.kernel.errors import Park
from shared.platform import clock, jobs
from shared.platform.db import reading, transaction
from shared.platform.jobs import Job

COMPOSE = "compose"  # job kind; its subject is the connection
AT_ONCE = 50  # people in one transaction
FRESH, STALE = timedelta(minutes=1), timedelta(hours=6)
"""How old payroll facts may be: when somebody looks at a plan, and otherwise."""
EMPLOYEE, RATE, TRACKING = "employee", "earnings_rate", "tracking"

Row = Mapping[str, Any]

# ---- taking work in


def take(c: Connector, session: Session, row: Row) -> None:
    """One ``work.changed`` row: keep it, and have its person's timesheets composed anew on every connection."""
    if row["body"] is None:
        return
    organisation, message = row["organisation"], load_work(row["body"])
    before = store.keep_work(session, organisation, message)
    for live in connections.live(session, organisation):
        references.note(c, session, live, _needs(message))
        store.mark(session, live["id"], [one for one in (message.person, before) if one])
        jobs.ask(session, COMPOSE, live["id"], organisation=organisation)


def _needs(message: WorkMessage) -> list[Need]:
    """Who has to be linked to pay this: the person, and each kind of pay."""
    person = Need(kind=EMPLOYEE, locals=(message.person,), currency="", name=message.person_name, subject=message.person)
    kinds = [Need(kind=RATE, locals=(kind,), currency="", name=kind) for kind, _ in message.seconds]
    return [person, *kinds]


def linked(c: Connector, session: Session, connection: Connection, kind: str, local: str) -> None:
    """A link was made: whose timesheets it concerns is composed anew."""
    people = [local] if kind == EMPLOYEE else store.workers(session, connection.organisation)
    store.mark(session, connection.id, people)
    jobs.ask(session, COMPOSE, connection.id, organisation=connection.organisation, queue="interactive")


# ---- composing


def work_off(c: Connector, job: Job) -> None:
    """The compose job of a connection."""
    with reading(c.db) as session:
        connection = connections.connection(c, session, job.subject, job.organisation)
    refresh(c, connection, older=STALE)
    compose_marked(c, connection)


def before_plan(c: Connector, connection: Connection) -> None:
    """What a plan shows is composed of the newest work and payroll."""
    refresh(c, connection, older=FRESH)
    compose_marked(c, connection)


def refresh(c: Connector, connection: Connection, *, older: timedelta) -> None:
    """Read the payroll again unless it is younger than this and knows every linked employee."""
    with reading(c.db) as session:
        employees = set(store.links(session, connection.id, EMPLOYEE).values())
        known = store.read_payroll(session, connection.id)
    if known is not None and known[1] > clock.now() - older and employees <= known[0].employees.keys():
        return
    found = tokens.use(c, connection, lambda client: client.payroll(sorted(employees)))  # type: ignore[attr-defined]
    body = dump_payroll(found)
    with transaction(c.db) as session:
        connections.hold(session, connection.id)
        store.keep_payroll(session, connection.organisation, connection.id, body, clock.now())
        if known is None or dump_payroll(known[0]) != body:
            store.mark(session, connection.id, store.workers(session, connection.organisation))


def compose_marked(c: Connector, connection: Connection) -> None:
    """Compose everybody who is marked, some people a transaction."""
    while True:
        with transaction(c.db) as session:
            connections.hold(session, connection.id)
            known = store.read_payroll(session, connection.id)
            people = store.marked(session, connection.id, AT_ONCE)
            if known is None or not people:
                return
            _Round(c, session, connection, known[0], people).run()
            store.unmark(session, connection.id, people)


@dataclass(slots=True)
class _Round:
    """One transaction's composing for some people of a connection."""

    c: Connector
    session: Session
    connection: Connection
    payroll: Payroll
    people: list[str]

    @property
    def region(self) -> Region:
        return REGIONS[str(self.connection.tenant.facts["region"])]

    def run(self) -> None:
        self._end_gone()
        mine = self._mine()
        rows = store.timesheets(self.session, self.connection.id, mine)
        books, closed = self._books(mine, rows)
        self._settle_closed(rows, closed)
        paid = store.allocations(self.session, {row["id"]: row["b_pushed_version"] for row in closed if row["b_pushed_version"]})
        entries, zones = store.works_of(self.session, self.connection.organisation, mine)
        found = compose(books, entries, zones.__getitem__, paid=paid)
        for sheet in found.timesheets:
            self._wish(sheet, [part for part in found.allocations if part.timesheet == sheet.id], rows)
        adopt(self.c, self.session, self.connection, mine)
        self._say(found)

    def _mine(self) -> list[str]:
        """Those whom this connection pays, or might: not those linked on another, nor those erased."""
        elsewhere = store.linked_elsewhere(self.session, self.connection.organisation, self.connection.id, EMPLOYEE)
        keys = self.c.vault.keyring(self.session, self.connection.organisation, self.people)
        return [person for person in self.people if person not in elsewhere and not keys.erased(person)]

    def _end_gone(self) -> None:
        """Timesheets that are gone over there, or were dropped before they were sent, pay nothing any more."""
        rows = store.timesheets(self.session, self.connection.id, self.people)
        store.end_timesheets(self.session, [row["id"] for row in rows if row["b_state"] == BindingState.VOID and not row["over"]])

    def _books(self, people: Collection[str], rows: Sequence[Row]) -> tuple[Books, list[Row]]:
        employees = store.links(self.session, self.connection.id, EMPLOYEE)
        shut = _Shut(self.session, self.connection.id, self.payroll, employees)
        live = [row for row in rows if not row["over"]]
        closed = [row for row in live if shut(row["person"], _period(row)) and row["b_status"] != TimesheetStatus.DELETED]
        turns: dict[tuple[str, Period], int] = {}
        for row in rows:
            key = (row["person"], _period(row))
            turns[key] = turns.get(key, 0) + int(row["over"])
        books = Books(
            organisation=self.connection.organisation,
            connection=self.connection.id,
            employees=_employees(employees, self.payroll.employees),
            calendars=self.payroll.calendars,
            rates=self.payroll.rates,
            links=Links(
                rates=store.links(self.session, self.connection.id, RATE),
                tracking=store.links(self.session, self.connection.id, TRACKING),
            ),
            rate_kinds=self.region.rate_kinds,
            closed=shut,
            held={(row["person"], _period(row)): [_cell(one) for one in row["cells"]] for row in live},
            turns=turns,
        )
        return books, closed

    def _settle_closed(self, rows: Sequence[Row], closed: Sequence[Row]) -> None:
        """A closed timesheet stays as the books have it: what was wished beyond that goes into the next period."""
        for row in closed:
            pushed = row["b_pushed_version"] or 0
            if row["b_wanted_version"] == pushed or row["b_state"] in (BindingState.SENT, BindingState.UNKNOWN):
                continue
            body = store.body(self.session, row["id"], pushed or row["version"])
            if body is not None:
                parts = store.allocations(self.session, {row["id"]: pushed})
                dropped = {} if pushed else {"lines": [], "withdrawn": True}  # never sent: it is not sent any more
                self._keep({**body, **dropped, "version": row["version"] + 1}, parts, row)

    def _wish(self, sheet: Timesheet, parts: Sequence[Allocation], rows: Sequence[Row]) -> None:
        """Want a composed timesheet in the books, unless it says what is wanted already."""
        row = next((one for one in rows if one["id"] == sheet.id), None)
        sent = row is not None and row["b_external_id"] is not None
        if sheet.withdrawn and sent and Can.DELETE not in self.region.can:
            sheet = replace(sheet, withdrawn=False)  # where nothing can be deleted, it stands there with zeros
        version = row["version"] if row else 0
        body = asdict(sheet) | {"version": version}
        before = store.body(self.session, sheet.id, version) if row else None
        same_work = row is not None and _payable(parts) == _payable(store.allocations(self.session, {sheet.id: version}))
        if before is not None and _said(before) == _said(body) and same_work:
            return
        self._keep(body | {"version": version + 1}, parts, row)

    def _keep(self, body: dict[str, Any], parts: Iterable[Allocation], row: Row | None) -> None:
        plain = _plain(body)
        sheet = load_timesheet(plain)
        here = [[line.rate, line.tracking] for line in sheet.lines]
        had = list(row["cells"]) if row else []
        cells = had + [cell for cell in _once(here) if cell not in had]
        store.keep_timesheet(self.session, self.connection.id, sheet, [replace(part) for part in parts], cells)
        pushed = (row["b_pushed_version"] or 0) if row else 0
        wanted = (row["b_wanted_version"] or 0) if row else 0
        store.forget_versions(self.session, sheet.id, {sheet.version, wanted, pushed})
        where = self.session.execute(sa.select(connection_table).where(connection_table.c.id == self.connection.id))
        # What somebody deleted over there comes back only when a person has seen it in a plan.
        again = {"push": "on_plan"} if any(one["over"] for one in self._same(sheet)) else {}
        follow.want(self.c, self.session, self.connection.organisation, plain, connection={**where.mappings().one(), **again})

    def _same(self, sheet: Timesheet) -> list[Row]:
        rows = store.timesheets(self.session, self.connection.id, [sheet.person])
        return [row for row in rows if _period(row) == sheet.period]

    def _say(self, found: Composed) -> None:
        """What no timesheet pays is a problem of its person, one for each cause."""
        c, session, here = self.c, self.session, self.connection
        store.keep_left_out(session, here.organisation, here.id, self.people, found.left_out)
        first = {(one.person, one.code): one for one in reversed(found.left_out)}
        for person in self.people:
            mine = [one for (whose, _), one in first.items() if whose == person]
            problems.close_others(c, session, here.id, subject=person, codes=[one.code for one in mine])
            for one in mine:
                failure = Park(one.code, one.cause, one.remedy)
                problems.open_(c, session, here.organisation, here.id, person, failure, about=person)


# ---- what is there already


def pulled(c: Connector, session: Session, connection: Connection, seen: Sequence[Seen], gone: Collection[str]) -> None:
    """What a pull saw, whoever made it: a timesheet that was processed, or came or went, changes what is composed."""
    people = {remote: person for person, remote in store.links(session, connection.id, EMPLOYEE).items()}
    rows = [_sheet(connection, one) for one in seen if "employee" in one.picture]
    known = {row["external_id"]: row for row in store.sheets(session, connection.id, {row["employee"] for row in rows})}
    moved = [row["employee"] for row in rows if _matters(known.get(row["external_id"]), row)]
    store.keep_sheets(session, rows)
    moved += store.drop_sheets(session, connection.id, gone)
    concerned = {people[employee] for employee in moved if employee in people}
    if concerned:
        store.mark(session, connection.id, concerned)
        jobs.ask(session, COMPOSE, connection.id, organisation=connection.organisation)


def _sheet(connection: Connection, one: Seen) -> dict[str, Any]:
    start, end = one.picture["period"].split(" to ")
    return {
        "connection": connection.id,
        "external_id": one.external_id,
        "employee": one.picture["employee"],
        "start": date.fromisoformat(start),
        "end": date.fromisoformat(end),
        "status": one.status,
        "remote_version": one.remote_version,
        "remote_order": one.order,
        "hours": str(one.total or 0),
    }


def _matters(before: Row | None, now: Row) -> bool:
    processed = TimesheetStatus.PROCESSED
    return before is None or (before["status"] == processed) != (now["status"] == processed)


def adopt(c: Connector, session: Session, connection: Connection, people: Collection[str]) -> None:
    """A wished timesheet whose employee has one for the period already becomes a change of that one, shown in the plan."""
    employees = store.links(session, connection.id, EMPLOYEE)
    there = {(row["employee"], row["start"], row["end"]): row for row in store.sheets(session, connection.id, employees.values())}
    free = (binding.c.external_id.is_(None), binding.c.state.in_([BindingState.RESERVED, BindingState.PARKED]))
    mine = sa.select(binding).where(binding.c.connection == connection.id, binding.c.client.in_(people), *free)
    for row in session.execute(mine.with_for_update()).mappings().all():
        start, end = map(date.fromisoformat, row["number"].split("/"))
        found = there.get((employees.get(row["client"], ""), start, end))
        if found is not None:
            same = {name: found[name] for name in ("external_id", "remote_version", "remote_order", "status")}
            known = {"total": Decimal(found["hours"]), "state": BindingState.CONFIRMED, "problem": None}
            connections.change(session, row, **same, **known)


# ---- what is closed


@dataclass(slots=True)
class _Shut:
    """Whether a person's period is closed: its timesheet is processed, or a pay run of it is posted."""

    session: Session
    connection: str
    payroll: Payroll
    employees: Mapping[str, str]
    seen: dict[str, set[tuple[date, date]]] | None = None

    def __call__(self, person: str, period: Period) -> bool:
        posted = any(
            run.status is PayRunStatus.POSTED and run.scheduled and run.calendar == period.calendar
            and (run.start, run.end) == (period.start, period.end)
            for run in self.payroll.runs
        )  # fmt: skip
        return posted or (period.start, period.end) in self._processed().get(self.employees.get(person, ""), set())

    def _processed(self) -> dict[str, set[tuple[date, date]]]:
        if self.seen is None:
            self.seen = {}
            for row in store.sheets(self.session, self.connection, set(self.employees.values())):
                if row["status"] == TimesheetStatus.PROCESSED:
                    self.seen.setdefault(row["employee"], set()).add((row["start"], row["end"]))
        return self.seen


def _employees(links: Mapping[str, str], known: Mapping[str, Employee]) -> dict[str, Employee]:
    """By person; one that is linked and not there any more counts as inactive."""
    gone = {remote: Employee(id=remote, active=False, calendars=()) for remote in links.values()}
    return {person: known.get(remote, gone[remote]) for person, remote in links.items()}


def _period(row: Row) -> Period:
    return Period(row["start"], row["end"], row["calendar"])


def _cell(pair: Sequence[str | None]) -> Cell:
    return str(pair[0]), pair[1]


def _once(cells: Iterable[list[Any]]) -> list[list[Any]]:
    return [list(cell) for cell in dict.fromkeys(map(tuple, cells))]


def _said(body: Row) -> dict[str, Any]:
    return {name: value for name, value in _plain(body).items() if name not in ("version", "people")}


def _plain(body: Row) -> dict[str, Any]:
    """As it is once stored and read again."""
    plain: dict[str, Any] = canonical.loads(canonical.dumps(dict(body)))
    return plain


def _payable(parts: Iterable[Allocation]) -> list[Any]:
    return sorted(
        (one.entry, one.revision, str(one.worked), one.kind, one.seconds, one.rate, one.tracking or "", str(one.line_date))
        for one in parts
    )
