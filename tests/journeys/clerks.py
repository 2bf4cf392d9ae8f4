"""What workers, offices, payroll clerks and networks do to one organisation's timesheets, one deed a method."""

from __future__ import annotations

import importlib
import pickle
import shutil
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from services.xero_connector.emulator.wire import Broken, Turned
from shared.kernel.ids import record_id
from shared.platform import clock as platform_clock
from shared.platform import feed, jobs, schedule
from shared.platform.db import Database, metadata
from shared.platform.faultpoint import Rig
from shared.platform.migrations import PLATFORM
from tests import conftest, engines
from tests.journeys.payroll import REGIONS, Payroll
from tests.journeys.product import PREFIXES, Refused, position
from tests.journeys.stage import Stage

MORNING = datetime(2026, 11, 3, 9, tzinfo=UTC)
PLACES = ("au1", "nz", "au2", "uk")
PEOPLE = {
    "au": {"wanda": "Wanda Wattle", "fern": "Fern Fortnight"},
    "nz": {"wanda": "Kiri Kowhai", "fern": "Tama Totara"},
    "uk": {"wanda": "Wilma Weekly", "fern": "Penny Pretend"},
}
"""Two people in each country: the first on a weekly calendar, the second on a longer one."""
NAMES = ("a", "b", "c", "d", "e", "f")
"""Every entry of the organisation."""
HANDING_IN, HANDED_IN = ("request", "reject"), ("au1", "nz")
"""Where employees hand timesheets in over there, and a clerk may turn them down."""
FOLLOWING = ("follow", "status.follow")
NOT_NOW = {"money_moved", "plan_moved", "plan_expired", "not_connected", "access_refused", "no_answer", "no_binding"}
NOT_NOW |= {"no_such_entry", "disconnected_there", "nothing_to_decide", "person_erased", "erased"}
"""What a deed may be refused for without anything being wrong."""
ASLEEP = frozenset({"push.intended", "http.before_send", "http.answered", "push.answered", "pull.fetched", "job.taken"})
"""Where a worker may sleep beyond its lease: no transaction is open."""
Ids = dict[str, tuple[str, str]]  # name -> source id, record id


class Killed(BaseException):
    """The worker's process ends here."""


class PayStage(Stage):
    """The same, with payroll: one stage for each payroll API."""

    def __init__(self, folder: Path, place: str) -> None:
        clock = conftest.VirtualClock(now=MORNING)
        self.place, self.region = place, place[:2]
        own = {"XERO_AU_VERSION": "2.0"} if place == "au2" else {}
        with self.timed(clock):
            databases = partial(_database, folder, place)
            super().__init__(databases, clock, settle_in, partial(Payroll, own=own))

    def timed(self, clock: Any = None) -> Any:
        """While entered, this stage's clock is everybody's."""
        mine = clock or self.clock
        return platform_clock.use(mine, lambda seconds: mine.advance(milliseconds=round(seconds * 1000)))

    def _picture(self) -> bytes:
        return pickle.dumps(self.product.emulator.state)

    def _restore(self, picture: bytes) -> None:
        self.product.emulator.state = pickle.loads(picture)


def _database(folder: Path, place: str, *tables: sa.MetaData) -> Database:
    for name in PLATFORM:  # each registers its tables when imported
        importlib.import_module(f"shared.platform.{name}")
    path = folder / f"{place}{len(list(folder.glob('*.sqlite')))}.sqlite"
    shutil.copyfile(conftest._sqlite_template((metadata, *tables)), path)
    return engines.opened(f"sqlite:///{path}")


class Office:
    """One organisation with one connection to payroll."""

    def __init__(self, stage: PayStage) -> None:
        self.stage, self.product, self.emulator = stage, stage.product, stage.product.emulator
        self.region, self.tenant = stage.region, REGIONS[stage.region]
        self.connection, self.ids = getattr(stage, "told", ("", {}))
        self.plan: str | None = None
        self.edited: set[str] = set()  # timesheets in which the clerk had the last word
        self.decided: set[str] = set()  # timesheets of ours that were left as they are there
        self.erased: set[str] = set()
        self.archived: list[str] = []
        self._kill_at = self._sleep_at = 0

    # ---- the worker

    def log(
        self, name: str, *, person: str = "wanda", date: str, seconds: int = 3600, overtime: int = 0, deleted: bool = False
    ) -> None:
        """Log an entry, or log it anew as it should have been."""
        record = {"kind": "time", "source_id": self.ids[name][0], "person": self.ids[person][0], "date": date}
        record |= {"seconds": seconds, "overtime_seconds": min(overtime, seconds)}
        record |= {"deleted": True} if deleted else {}
        self.sends([record])

    def sends(self, records: list[dict[str, Any]]) -> None:
        sent = {"schema": "1", "records": [{"source": "worklog", **one} for one in records]}
        told = self._may(lambda: self.product.post("ingest", "/records", sent))
        assert told is None or all(_fine(one["problem"]) for one in told["results"]), told

    # ---- the office

    def approve(self) -> None:
        self.product.approves(confirm=True)

    def unapprove(self, name: str) -> None:
        self._may(lambda: self.product.post("ingest", "/approvals/withdraw", {"ids": [self.ids[name][1]]}))

    def erase(self, person: str) -> None:
        """Somebody asks to be forgotten."""
        if person not in self.erased:
            self.product.post("ingest", "/erasures", {"person": self.ids[person][1]})
            self.erased.add(person)

    def choose(self, **options: Any) -> None:
        self._may(lambda: self.product.chooses(self.connection, **options))

    def make_plan(self) -> Any:
        """The plan, unless the books can't be reached just now."""
        made = self._may(lambda: self.product.plans(self.connection))
        self.plan = made["plan"] if made else self.plan
        return made

    def go(self) -> None:
        """Press go on the last plan, however old."""
        if self.plan is not None:
            self._may(lambda: self.product.post("xero", f"/plans/{self.plan}/apply", {}))

    def send(self, work: bool = True) -> None:
        """Plan and press go at once."""
        self.make_plan()
        self.go()
        if work:
            self.work()

    def keep(self, document: str, whose: str) -> None:
        asked = {"document": document, "whose": whose}
        self._may(lambda: self.product.post("xero", f"/connections/{self.connection}/keep", asked))

    def sync(self) -> None:
        """Somebody asks for the books' news now."""
        self._may(lambda: self.product.post("xero", f"/connections/{self.connection}/sync", {}))
        self.work()

    def reconnect(self) -> None:
        """Go through the consent page again when the connection asks for it."""
        [mine] = [one for one in self.product.get("xero", "/connections")["items"] if one["id"] == self.connection]
        if mine["state"] != "live":
            url = self.product.post("xero", "/connect", {"reconnect": self.connection})["authorize_url"]
            path = self.emulator.consent(url, self.tenant).split("/xero/", 1)[1]
            assert self.product.network.send("GET", f"{PREFIXES['xero']}/{path}").status == 200

    # ---- the clerk

    def there(self) -> list[dict[str, Any]]:
        """Timesheets over there, the earliest period first."""
        return sorted(self.product.there(self.region), key=lambda one: (one["start"], one["end"], one["employee"]))

    def sheet(self, deed: str, at: int) -> None:
        """Approve, revert, reject, request, delete or pay a timesheet, the ``at``-th."""
        if deed not in HANDING_IN or self.stage.place in HANDED_IN:
            self._act(at, lambda one: getattr(self.emulator, deed)(self.tenant, one["id"]))

    def edit(self, at: int, units: str) -> None:
        """Change what the first line says, or all of it."""

        def changed(one: dict[str, Any]) -> None:
            lines = [{name: line[name] for name in ("day", "rate", "units", "tracking")} for line in one["lines"]]
            first = {**lines[0], "units": units} if lines else {"day": one["start"], "units": units}
            self.emulator.edit(self.tenant, one["id"], [first, *lines[1:]])
            self.edited.add(one["id"])

        self._act(at, changed)

    def add(self, person: str, day: str, *, requested: bool = False) -> None:
        """A timesheet of the clerk's own for a period."""
        lines, handed_in = [{"day": day, "units": "1.25"}], requested and self.stage.place in HANDED_IN
        self.may_there(lambda: self.emulator.add(self.tenant, self.employee(person), day, lines, requested=handed_in))

    def draft_run(self, person: str, day: str) -> None:
        calendar = self.emulator.books(self.tenant).employees[self.employee(person)].calendar
        within = (one for one in self.there() if one["start"] <= day <= one["end"] and one["calendar"] == calendar)
        start = next((one["start"] for one in within), None)
        self.may_there(lambda: self.emulator.draft_pay_run(self.tenant, calendar, start))

    def pay_run(self, deed: str, at: int) -> None:
        """Post, reopen or delete a pay run, the ``at``-th."""
        runs = sorted(self.emulator.pay_runs(self.tenant), key=lambda run: (run["start"], run["calendar"]))
        if runs:
            self.may_there(lambda: getattr(self.emulator, f"{deed}_pay_run")(self.tenant, runs[at % len(runs)]["id"]))

    def move_calendar(self, person: str, kind: str) -> None:
        calendar = self.emulator.calendars(self.tenant)[kind]
        self.may_there(lambda: self.emulator.change_calendar(self.tenant, self.employee(person), calendar))

    def end_employment(self, person: str, day: str) -> None:
        self.may_there(lambda: self.emulator.end_employment(self.tenant, self.employee(person), day))

    def archive_rate(self, name: str) -> None:
        rate = self.emulator.rates(self.tenant)[name]
        self.emulator.archive_rate(self.tenant, rate)
        self.archived.append(rate)

    def activate_rates(self) -> None:
        """What was archived is taken back into use."""
        with self.emulator.as_clerk(self.tenant) as (books, _):
            for rate in self.archived:
                books.rates[rate] = replace(books.rates[rate], current=True)
        self.archived.clear()

    def employee(self, person: str) -> str:
        return str(self.emulator.employees(self.tenant)[PEOPLE[self.region][person]])

    def _act(self, at: int, deed: Callable[[dict[str, Any]], object]) -> None:
        sheets = self.there()
        if sheets:
            self.may_there(lambda: deed(sheets[at % len(sheets)]))

    def may_there(self, deed: Callable[[], object]) -> None:
        """What the books may refuse their clerk."""
        with suppress(Broken, Turned):
            deed()

    # ---- the network, the workers, and time

    def goes_wrong(self, kind: str, nth: int = 1, **match: Any) -> None:
        """The next calls to the books: see the emulator's faults."""
        self.emulator.fault(kind, nth=nth, tenant=self.tenant, **match)

    def expire(self) -> None:
        self.emulator.expire_access()

    def revoke(self) -> None:
        """Somebody disconnects the app inside the books."""
        self.emulator.disconnect(self.tenant)

    def die(self, nth: int) -> None:
        """The worker's process ends at the ``nth`` step of what it does next."""
        self._kill_at = nth

    def sleep(self, nth: int) -> None:
        """The worker sleeps beyond its lease, at such a step, and another one goes on meanwhile."""
        self._sleep_at = nth

    def work(self) -> None:
        """What is due is done; nothing new comes round."""
        with Rig(self._struck):
            try:
                self.stage.work()
            except Killed:
                self.stage.forget_rings()

    def _struck(self, point: str) -> None:
        self._kill_at -= 1
        if self._kill_at == 0:
            raise Killed(point)
        if point in ASLEEP:
            self._sleep_at -= 1
            if self._sleep_at == 0:
                self._meanwhile()

    def _meanwhile(self) -> None:
        """Another worker does what is due, once the lease of this one has run out."""
        self.stage.clock.advance(seconds=45)
        for service in self.product.services:
            jobs.run_ready(service.db, service.handlers, limit=20)

    def follow(self) -> None:
        """Both services read each other's news."""
        self._round(timedelta(seconds=2), FOLLOWING)

    def wait(self, **amount: int) -> None:
        """Time passes, with everything that comes round in it and may change something."""
        self._round(timedelta(**amount), {*FOLLOWING, "rounds"})

    def settle(self) -> None:
        """Both services read each other's news until there is none."""
        self.work()
        while self._is_news():
            self.follow()

    def _round(self, length: timedelta, kinds: Collection[str]) -> None:
        self.product.clock.now += length
        for service in reversed(self.product.services):  # the books' news first: so one round hears of them
            schedule.ring(service.db, [tick for tick in service.ticks if tick.kind in kinds])
            self.stage.catch_up(service)
            self.work()

    def _is_news(self) -> bool:
        places = [(position(one.db, feed.feed), position(one.db, feed.cursor)) for one in self.product.services]
        (written, read_there), (said, heard) = places
        return written > heard or said > read_there

    # ---- refusals

    def _may(self, deed: Callable[[], Any]) -> Any:
        """Do it; a refusal that says why, and how to go on, is an answer too."""
        try:
            return deed()
        except Refused as refused:
            assert refused.error["code"] in NOT_NOW or refused.status in (429, 503), refused
            assert refused.error["message"], refused
            return None


def _fine(problem: Any) -> bool:
    return problem is None or problem["code"] in NOT_NOW


# ---- the first morning


def settle_in(stage: PayStage) -> tuple[str, Ids]:
    """Two people, linked; a week of work paid, the next one there as a draft."""
    office = Office(stage)
    office.ids = _ids(_organisation(office.product))
    people = [{"kind": "person", "source_id": office.ids[one][0], "name": name} for one, name in PEOPLE[stage.region].items()]
    office.sends(people)
    office.log("a", date="2026-10-28", seconds=27_360)
    office.log("b", date="2026-11-02", seconds=28_800, overtime=1800)
    office.log("d", person="fern", date="2026-11-02", seconds=18_001)
    office.approve()
    office.connection = office.product.connects(stage.region)
    office.settle()
    office.product.links(office.connection)
    _send(office)
    office.sheet("pay", 0)
    office.sync()
    office.settle()
    states = sorted(one["status"] for one in office.product.timesheets())
    assert states == ["draft", "draft", "processed"], states
    return office.connection, office.ids


def _send(office: Office) -> None:
    office.make_plan()
    office.go()
    office.work()
    office.settle()


def _organisation(product: Payroll) -> str:
    tag = {"kind": "tag", "source": "worklog", "source_id": "t", "name": "t"}
    product.post("ingest", "/records", {"schema": "1", "records": [tag]})
    return str(product.get("ingest", "/records", kind="tag")["items"][0]["organisation"])


def _ids(organisation: str) -> Ids:
    """Source ids whose record ids stand in the same order in every run, though the organisation's own id is random."""
    kinds = {"wanda": "person", "fern": "person"} | dict.fromkeys(NAMES, "time")
    return {name: _placed(organisation, kind, name, place) for place, (name, kind) in enumerate(kinds.items())}


def _placed(organisation: str, kind: str, name: str, place: int) -> tuple[str, str]:
    tries = ((f"{name}-{number}", record_id(organisation, kind, "worklog", f"{name}-{number}")) for number in count())
    return next((source_id, record) for source_id, record in tries if record[0] == f"{place:x}")
