"""Has the planner compose marked people's timesheets, and wants in the books what it composed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from services.xero_connector import owing, rules, sight, store
from services.xero_connector.documents import dump_payroll, load_timesheet
from services.xero_connector.intake import EMPLOYEE, RATE, TRACKING
from services.xero_connector.payroll import Payroll, PayRun
from services.xero_connector.planner.calendars import Period
from services.xero_connector.planner.compose import Composed, compose
from services.xero_connector.planner.due import Books
from services.xero_connector.planner.overtime import DayEffect, whole_weeks
from services.xero_connector.planner.rates import Employee, Links
from services.xero_connector.planner.timesheet import Allocation, LeftOut, Timesheet
from services.xero_connector.planner.work import PayableWork
from services.xero_connector.regions import registry
from services.xero_connector.regions.region import Can, Region
from services.xero_connector.statuses import PayRunStatus
from shared.connector import follow, problems, references, tokens
from shared.connector import store as connections
from shared.connector.context import Connection, Connector
from shared.connector.models import connection as connection_table
from shared.contract.statuses import BindingState
from shared.kernel import canonical
from shared.kernel.errors import Park
from shared.platform import clock, jobs
from shared.platform.db import reading, transaction
from shared.platform.jobs import Job
from shared.platform.session import Session

AT_ONCE = 50  # people in one transaction
FRESH, STALE = timedelta(minutes=1), timedelta(hours=6)
"""How old payroll facts may be: when somebody looks at a plan, and otherwise."""
NOTHING = "nothing_to_pay"
"""Seconds that cancel out, or are too few to be told: nobody has to do anything about them."""
LONGEST_SHIFT = 2
"""Days before a week on which an entry may have begun that reaches into it."""
CALLING = (BindingState.SENT, BindingState.UNKNOWN)

Row = Mapping[str, Any]


def work_off(c: Connector, job: Job) -> None:
    """The compose job of a connection."""
    with reading(c.db) as session:
        connection = connections.connection(c, session, job.subject, job.organisation)
    refresh(c, connection, older=STALE)
    compose_marked(c, connection)


def before_plan(c: Connector, connection: Connection) -> None:
    """What a plan shows is composed of the newest work and payroll."""
    refresh(c, connection, older=FRESH)
    with transaction(c.db) as session:
        store.mark(session, connection.id, store.ended(session, connection.id))
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
            _tell_payment(session, connection, known[0].runs if known else (), found.runs)


def _tell_payment(session: Session, connection: Connection, before: Sequence[PayRun], now: Sequence[PayRun]) -> None:
    """A pay run that was posted, or set back, says when its timesheets are paid; and which of them it left out, a look tells."""
    changed = {(run.start, run.end) for run in set(before) ^ set(now) if run.status is PayRunStatus.POSTED}
    if changed:
        jobs.ask(session, "pull", connection.id, organisation=connection.organisation)
    for row in store.bindings_of(session, connection.id, [f"{start}/{end}" for start, end in changed]):
        connections.tell(session, row)


_ROW = sa.select(connection_table).where(connection_table.c.id == sa.bindparam("of"))


def compose_marked(c: Connector, connection: Connection) -> None:
    """Compose everybody who is marked, some people a transaction."""
    while True:
        with transaction(c.db) as session:
            connections.hold(session, connection.id)
            known = store.read_payroll(session, connection.id)
            people = store.marked(session, connection.id, AT_ONCE)
            if known is None or not people:
                return
            row = session.execute(_ROW, {"of": connection.id}).mappings().one()
            _Round(c, session, connection, row, known[0], people).run()
            store.unmark(session, connection.id, people)


@dataclass(frozen=True, slots=True)
class _Weeks:
    """What a rule for overtime needs: whole weeks. Without a rule there is nothing in it."""

    overtime: rules.Overtime | None
    whole: frozenset[tuple[str, date]] = frozenset()  # person, first day
    others: Sequence[PayableWork] = ()  # what lies in them beside what is owed

    @property
    def since(self) -> date:
        return min((one.date for one in self.others), default=date.max)

    @property
    def rule(self) -> dict[str, Any]:
        """As composing takes it."""
        if self.overtime is None:
            return {}
        mine = {"rule": self.overtime.rule, "is_holiday": self.overtime.is_holiday}
        return mine | {"beside": self.others, "weeks": self.whole}


@dataclass(slots=True)
class _Round:
    """One transaction's composing for some people of a connection."""

    c: Connector
    session: Session
    connection: Connection
    row: Row  # the connection's
    payroll: Payroll
    people: list[str]

    @property
    def region(self) -> Region:
        return registry.of(self.connection.tenant.facts)

    def run(self) -> None:
        ours = self._ours()
        owed = owing.of(self.session, self.connection.organisation, self.connection.id, ours)
        sheets = self._sheets(ours)
        weeks = self._weeks(owed)
        books = self._books(sheets, ours, min([owed.since, weeks.since, *(sheet["start"] for sheet in sheets)]))
        shut = [sheet for sheet in sheets if books.closed(sheet["person"], _period(sheet))]
        entries, closed = {one.entry for one in (*owed.work, *weeks.others)}, {sheet["id"] for sheet in shut}
        paid = owing.paid(self.session, self.connection.id, ours, entries, closed)
        found = compose(books, owed.work, owed.zones.__getitem__, paid=paid, **weeks.rule)
        for sheet in [*shut, *(one for one in sheets if _place(one) in found.blocked and one not in shut)]:
            self._settle(sheet)
        self._wish_all(found, sheets, books)
        sight.adopt(self.c, self.session, self.connection, ours)
        owing.shut(self.session, closed)
        owing.settle(self.session, self.connection.id, owed, weeks.others, found.left_out)
        self._keep_effects(weeks, found.effects)
        self._say(found.left_out)

    def _ours(self) -> list[str]:
        """Those whom this connection pays, or might: not those linked on another, nor those erased."""
        elsewhere = store.linked_elsewhere(self.session, self.connection.organisation, self.connection.id, EMPLOYEE)
        keys = self.c.vault.keyring(self.session, self.connection.organisation, self.people)
        return [person for person in self.people if person not in elsewhere and not keys.erased(person)]

    def _weeks(self, owed: owing.Owing) -> _Weeks:
        """With a rule for overtime, the weeks of what is owed, and what else there is in them."""
        overtime = rules.load(store.rule(self.session, self.connection.id))
        if overtime is None:
            return _Weeks(None)
        whole = whole_weeks(overtime.rule, owed.days)
        days = {first + timedelta(days=n) for _, first in whole for n in range(-LONGEST_SHIFT, 7)}
        known = {(one.person, one.entry) for one in owed.work}
        found = owing.beside(self.session, self.connection.organisation, {person for person, _ in whole}, days)
        return _Weeks(overtime, whole, [one for one in found if (one.person, one.entry) not in known])

    def _keep_effects(self, weeks: _Weeks, effects: Sequence[DayEffect]) -> None:
        if weeks.overtime is None:
            store.forget_effects(self.session, self.connection.id, self.people)
        else:
            store.keep_effects(self.session, self.connection.id, weeks.whole, effects)

    def _sheets(self, ours: list[str]) -> list[Row]:
        """Their timesheets that may change; of others who are marked only what is gone over there is ended."""
        every = store.timesheets(self.session, self.connection.id, *store.MAY_CHANGE, people=self.people)
        ended = {sheet["id"] for sheet in every if sheet["b_state"] == BindingState.VOID}
        store.end_timesheets(self.session, ended)  # they pay nothing any more; another takes their place
        return [sheet for sheet in every if sheet["person"] in ours and sheet["id"] not in ended]

    def _books(self, sheets: Sequence[Row], ours: Collection[str], since: date) -> Books:
        employees = store.links(self.session, self.connection.id, EMPLOYEE)
        theirs = {person: employees[person] for person in ours if person in employees}
        rates = store.links(self.session, self.connection.id, RATE)
        tracking = store.links(self.session, self.connection.id, TRACKING)
        return Books(
            organisation=self.connection.organisation,
            connection=self.connection.id,
            employees=_employees(employees, self.payroll.employees),
            calendars=self.payroll.calendars,
            rates=self.payroll.rates,
            links=Links(rates=rates, tracking=tracking),
            rate_kinds=self.region.rate_kinds,
            closed=sight.closed(self.session, self.connection.id, theirs, self.payroll.runs, since),
            held={_place(sheet): [(cell[0], cell[1]) for cell in sheet["cells"]] for sheet in sheets},
            turns=store.turns(self.session, self.connection.id, ours),
        )

    def _settle(self, sheet: Row) -> None:
        """A timesheet stays as the books have it, and one that is not there is not sent: when it is closed, what was wished
        beyond that goes into the next period; when part of it can't be sent, what was composed before may be wrong by now."""
        pushed = sheet["b_pushed_version"]
        if sheet["b_wanted_version"] == pushed or sheet["b_state"] in CALLING:
            return
        kept = pushed or sheet["version"]
        body = store.bodies(self.session, {sheet["id"]: kept}).get(sheet["id"])
        if body is not None and (pushed or not body["withdrawn"]):
            dropped = {} if pushed else {"lines": [], "withdrawn": True}  # never sent: it is not sent any more
            self._keep(body | dropped, store.allocations(self.session, {sheet["id"]: pushed}), sheet)

    def _wish_all(self, found: Composed, sheets: Sequence[Row], books: Books) -> None:
        """Want what was composed in the books, unless just that is wanted already."""
        before = {sheet["id"]: sheet for sheet in sheets}
        versions = {made.id: before[made.id]["version"] for made in found.timesheets if made.id in before}
        said = store.bodies(self.session, versions)
        paid = _by_timesheet(store.allocations(self.session, versions))
        parts = _by_timesheet(found.allocations)
        for made in found.timesheets:
            sheet, pays = before.get(made.id), parts.get(made.id, [])
            body = _plain(asdict(self._undeletable(made) if sheet is not None and sheet["b_external_id"] else made))
            if not (_same_text(said.get(made.id), body) and _same_parts(paid.get(made.id, []), pays)):
                again = books.turns.get((made.person, made.period), 0) > 0
                self._keep(body, pays, sheet, push="on_plan" if again else self.row["push"])

    def _undeletable(self, made: Timesheet) -> Timesheet:
        """Where nothing can be deleted, what is withdrawn stands there with zeros."""
        return made if Can.DELETE in self.region.can else replace(made, withdrawn=False)

    def _keep(self, body: Row, parts: Sequence[Allocation], sheet: Row | None, *, push: str | None = None) -> None:
        """The next version. ``push``: what somebody deleted over there comes back only when a person has seen it in a plan."""
        versions = {sheet["b_wanted_version"], sheet["b_pushed_version"]} if sheet else set()
        body = {**body, "version": sheet["version"] + 1 if sheet else 1}
        made = load_timesheet(body)
        had = [tuple(cell) for cell in sheet["cells"]] if sheet else []
        cells = dict.fromkeys([*had, *((line.rate, line.tracking) for line in made.lines)])
        store.keep_timesheet(self.session, self.connection.id, made, parts, cells)
        store.forget_versions(self.session, made.id, {made.version, *versions} - {None})
        where = {**self.row, "push": push or self.row["push"]}
        follow.want(self.c, self.session, self.connection.organisation, body, connection=where)

    def _say(self, left_out: Sequence[LeftOut]) -> None:
        """What no timesheet pays is a problem of its person, one for each cause."""
        here = self.connection
        store.keep_left_out(self.session, here.organisation, here.id, self.people, left_out)
        first = {(one.person, one.code): one for one in reversed(left_out) if one.code != NOTHING}
        names = references.locals_(self.c, self.session, here, EMPLOYEE) if first else {}
        for person, codes in problems.open_codes_of(self.session, here.id, self.people).items():
            healed = sorted(code for code in codes if (person, code) not in first)
            if healed:
                problems.close(self.c, self.session, here.id, subject=person, codes=healed)
        for person, code in sorted(first):
            one = first[person, code]
            failure = Park(code, f"{names.get(person, 'Somebody')}: {one.cause}", one.remedy)
            problems.open_(self.c, self.session, here.organisation, here.id, person, failure, about=person)


def _employees(links: Mapping[str, str], known: Mapping[str, Employee]) -> dict[str, Employee]:
    """By person; one that is linked and not there any more counts as inactive."""
    return {person: known.get(remote) or Employee(id=remote, active=False, calendars=()) for person, remote in links.items()}


def _by_timesheet(parts: Sequence[Allocation]) -> dict[str, list[Allocation]]:
    found: dict[str, list[Allocation]] = {}
    for part in parts:
        found.setdefault(part.timesheet, []).append(part)
    return found


def _period(sheet: Row) -> Period:
    return Period(sheet["start"], sheet["end"], sheet["calendar"])


def _place(sheet: Row) -> tuple[str, Period]:
    return sheet["person"], _period(sheet)


def _plain(body: Row) -> dict[str, Any]:
    """As it is once stored and read again."""
    plain: dict[str, Any] = canonical.loads(canonical.dumps(dict(body)))
    return plain


def _same_text(before: Row | None, now: Row) -> bool:
    """Whether two versions say the same."""
    return before is not None and {**before, "version": 0} == {**now, "version": 0}


def _same_parts(before: Sequence[Allocation], now: Sequence[Allocation]) -> bool:
    return sorted(map(repr, before)) == sorted(map(repr, now))
