"""The Xero connector under faults: approved work in a feed that stands where ingest's would, timesheets in the emulator."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar
from uuid import NAMESPACE_URL, uuid5

import sqlalchemy as sa

from services.xero_connector import app as xero
from services.xero_connector.emulator.app import Options, create, environment
from services.xero_connector.models import metadata as payroll_tables
from services.xero_connector.models import pay_allocation
from shared.connector import connect, references, store
from shared.connector.context import Connection, Connector
from shared.connector.models import metadata as connector_tables
from shared.contract.message_schemas import dump_work
from shared.contract.messages import WORK_CHANGED, WorkMessage
from shared.kernel import canonical
from shared.platform import auth, feed, identity
from shared.platform.db import Database, reading, transaction
from shared.platform.http import Network
from shared.platform.settings import Settings
from shared.platform.vault import Vault
from tests.faults.forks import Relay
from tests.faults.stand import FAULTS, Turns
from tests.sizes import seed

XERO = "https://xero.example"
AU, NZ, NZ_APPROVED = "au", "nz", "nz, approved"
OPTIONS = {AU: {}, NZ: {}, NZ_APPROVED: {"approve": True, "correct_approved": True}}
PEOPLE = 4
FIRST_MONDAY = date(2026, 1, 5)
UNITS = {27_360: "7.60", 28_800: "8.00", 16_200: "4.50", 10_000: "2.78", 18_000: "5.00"}
"""Hours as they are sent for these seconds."""
VERSIONS: tuple[dict[int, int], ...] = ({0: 27_360, 1: 28_800}, {0: 16_200, 2: 10_000}, {0: 18_000, 1: 28_800})
"""Seconds by day of the week, version by version: a day changes, one goes, another comes."""
STATES = {"DRAFT": ("confirmed", "draft"), "APPROVED": ("confirmed", "approved"), "PROCESSED": ("settled", "processed")}


@dataclass(frozen=True, slots=True)
class Week:
    """Somebody's work of a week as it shall be paid."""

    id: str
    place: str
    person: int
    start: date
    version: int = 1
    withdrawn: bool = False

    @property
    def seconds(self) -> dict[int, int]:
        return {} if self.withdrawn else VERSIONS[(self.version - 1) % len(VERSIONS)]

    @property
    def number(self) -> str:
        return f"{self.start}/{self.start + timedelta(days=6)}"

    def units(self) -> dict[str, Decimal]:
        """Hours over there, by day."""
        return {(self.start + timedelta(days=day)).isoformat(): Decimal(UNITS[value]) for day, value in self.seconds.items()}


def organisation_of(place: str) -> str:
    return f"org_{place[:2]}{len(place)}"


def person_of(place: str, person: int) -> str:
    return str(uuid5(NAMESPACE_URL, f"{place} person {person}"))


def entry_of(one: Week, day: int) -> str:
    return str(uuid5(NAMESPACE_URL, f"{one.id} day {day}"))


class Work:
    """Stands where ingest does: a real feed, bodies held in memory, and ingest's public keys."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.bodies: dict[str, Any] = {}

    def tell(self, session: Any, organisation: str, message: WorkMessage) -> None:
        self.bodies[message.entry] = canonical.loads(canonical.dumps(dump_work(message)))
        feed.publish(session, organisation, WORK_CHANGED, message.entry, message.revision)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        start("200 OK", [("Content-Type", "application/json")])
        if environ["PATH_INFO"].endswith("/identity/keys"):
            return [canonical.dumps({"keys": list(identity.published(self.db).values())})]
        query = dict(pair.split("=") for pair in environ["QUERY_STRING"].split("&"))
        found = {WORK_CHANGED: lambda session, rows: self.bodies}
        asked = {"organisation": query.get("organisation")}
        return [canonical.dumps(feed.page(self.db, int(query["after"]), [], int(query["limit"]), found, **asked))]


def message(one: Week, day: int, *, seconds: int, approved: bool = True) -> WorkMessage:
    """What ingest tells of one day of a week; 0 seconds: it is deleted."""
    return WorkMessage(
        entry=entry_of(one, day),
        revision=one.version,
        person=person_of(one.place, one.person),
        person_name=f"Sample Person {one.person}",
        date=one.start + timedelta(days=day),
        seconds=(("ordinary", seconds or 60),),
        start=None,
        end=None,
        zone=None,
        person_zone="Australia/Sydney",
        break_seconds=0,
        job=None,
        tags=(),
        names={},
        approved=approved,
        deleted=not seconds,
    )


class Payroll(Turns):
    """``stand.Stand`` for timesheets in Xero Payroll: Australia 1.0 three at a time, and New Zealand 2.0."""

    name = "xero"
    own: ClassVar[Sequence[str]] = ("connections", "wanted", "tenants", "_count")
    places: ClassVar[Sequence[str]] = (NZ, AU, NZ_APPROVED)
    faults: ClassVar[dict[str, Any]] = {
        **FAULTS,
        "429 in XML": {"kind": "xml_before", "status": 429},
        "too many at once": {"kind": "throttle", "problem": "concurrent"},
        "XML after it was done": {"kind": "page", "status": 200, "content_type": "application/xml", "body": "<Response/>"},
        "garbage after it was done": {"kind": "page", "status": 200, "content_type": "application/json", "body": '{"a": {]'},
        "nothing at all": {"kind": "empty"},
        "an error that the key remembers": {"kind": "error_before", "status": 500, "kept": True},
        "other hours than were stored": {"kind": "wrong_hours"},
    }
    memories: ClassVar[dict[str, Any]] = {
        "books that forget requests at once": {"memory_seconds": 0, "arrays": "all_or_nothing"},
        "books that remember them": {"memory_seconds": 360, "arrays": "all_or_nothing"},
        "arrays that are stored in part": {"memory_seconds": 0, "arrays": "good_ones_stored"},
    }
    forgetful = ""
    worlds: ClassVar[Sequence[Any]] = tuple(memories.values())
    quiet_within = timedelta(minutes=10)  # six of them may go by until an error that was remembered is forgotten

    strict: ClassVar[Any] = {"refresh_grace": -1}
    replacing: ClassVar[Any] = {}  # a consent never ends another one
    cut_off = "disconnected_there"
    documents_at = "/Timesheets"
    looks: ClassVar[Any] = {"method": "GET", "path": "/Timesheets"}

    def __init__(self, make_database: Callable[..., Database], clock: Any) -> None:
        self.clock, self.vault = clock, Vault(bytes(range(32)))
        self.emulator: Any = create(Options(clock=clock, sleep=lambda seconds: None))
        self.tenants = {AU: self._crowd("AU", PEOPLE), NZ: self._crowd("NZ", PEOPLE), NZ_APPROVED: self._crowd("NZ", PEOPLE + 1)}
        self.network, self.relay = Network(), Relay(self.emulator.wsgi)
        self.network.mount(f"{XERO}/", self.relay)
        self.wishes = Work(make_database())
        self.network.mount("http://ingest.internal/", self.wishes)
        self.db = make_database(connector_tables, payroll_tables)
        self.connections: dict[str, Connection] = {}
        self.wanted: dict[str, Week] = {}
        self._count: Counter[str] = Counter()
        self._chance = random.Random(seed())
        self.knows(keys=300, settle=10)

    def _crowd(self, region: str, count: int) -> str:
        return str(self.emulator.open_crowd(region, count))

    def knows(self, *, keys: int, settle: int) -> None:
        own = {"XERO_ARRAY_SIZE": "3", "XERO_CALLS_PER_DAY": "1000000"}
        known = {"XERO_KEY_MEMORY_SECONDS": str(min(keys, 360)), "XERO_SETTLE_SECONDS": str(settle)}
        settings = Settings(
            data=Path("unused"),
            host="127.0.0.1",
            port=8765,
            public_url="http://localhost:8765",
            broker_url="",
            master_key_file=Path("unused"),
            databases={},
            urls={"ingest": "http://ingest.internal", "xero": "http://xero.internal"},
            lease_seconds=30,
            extra=MappingProxyType(environment(XERO) | own | known),
        )
        self.service = xero.build(settings, self.db, self.vault, self.network)
        self.network.mount("http://xero.internal/", self.service.app)
        self.connector: Connector = self.service.app.extensions["connector"]

    def world(self) -> Any:
        return self.emulator.state

    def put_back(self, world: Any) -> None:
        self.emulator.state = world

    # ---- connecting

    def consents(self, url: str, place: str) -> str:
        return str(self.emulator.consent(url, self.tenants[place]))

    def connect(self, place: str = NZ) -> Connection:
        url = connect.start(self.connector, organisation_of(place), "somebody")
        callback = self.consents(url, place)
        return connect.finish(self.connector, dict(pair.split("=", 1) for pair in callback.split("?", 1)[1].split("&")))

    def connected(self, place: str = "") -> Connection:
        """A connection, with nothing linked yet."""
        made = self.connect(place or NZ)
        self.work()
        return made

    def opened(self, place: str = "") -> Connection:
        place = place or NZ
        if place not in self.connections:
            made = self.connect(place)
            self._introduces(place)
            self.settles()
            self._links(made, place)
            connect.choose(self.connector, made, {"push": "automatic", **OPTIONS[place]}, "somebody")
            self.connections[place] = self.reload(made)
            self.settles()
        return self.connections[place]

    def _introduces(self, place: str) -> None:
        """Everybody has logged something that nobody has approved: so that they can be linked."""
        with transaction(self.wishes.db) as session:
            for person in range(PEOPLE):
                known = Week(f"{place} hello {person}", place, person, FIRST_MONDAY)
                self.wishes.tell(session, organisation_of(place), message(known, 6, seconds=60, approved=False))

    def _links(self, connection: Connection, place: str) -> None:
        tenant = self.tenants[place]
        there = {("earnings_rate", "ordinary"): self.emulator.rates(tenant)["Ordinary Hours"]}
        for person in range(PEOPLE):
            there["employee", person_of(place, person)] = self._employee(place, person)
        wishes = [references.Wish(kind, local, "", remote) for (kind, local), remote in there.items()]
        references.link(self.connector, connection, wishes, "somebody")

    def _employee(self, place: str, person: int) -> str:
        return str(self.emulator.employees(self.tenants[place])[f"Sample Person {person + 1:05d}"])

    def reload(self, connection: Connection) -> Connection:
        with reading(self.db) as session:
            return store.connection(self.connector, session, connection.id, connection.organisation)

    # ---- work

    def composed(self, place: str = "") -> Week:
        place = place or NZ
        number = self._count[place]
        self._count[place] += 1
        start = FIRST_MONDAY + timedelta(days=7 * (number // PEOPLE))
        one = Week(f"{place} {number}", place, number % PEOPLE, start)
        self.wanted[one.id] = one
        return one

    def changed(self, one: Week) -> Week:
        return replace(one, version=self.wanted[one.id].version + 1)

    def withdrawn(self, one: Week) -> Week:
        return replace(self.changed(one), withdrawn=True)

    def wants(self, *documents: Week) -> None:
        with transaction(self.wishes.db) as session:
            for one in documents:
                self.publishes(session, one)

    def other_bytes(self, body: bytes) -> bytes:
        """A body of a first version that says other hours."""
        return body.replace(b'"numberOfUnits":7.60', b'"numberOfUnits":9.60').replace(b"[7.60,", b"[9.60,")

    def publishes(self, session: Any, one: Week) -> None:
        self.wanted[one.id] = one
        for day in sorted({*VERSIONS[0], *(VERSIONS[1] if one.version > 1 else ())}):
            self.wishes.tell(session, organisation_of(one.place), message(one, day, seconds=one.seconds.get(day, 0)))

    def moves(self, one: Week, *, more: bool = False) -> None:
        """The clerk approves it; and sets it back."""
        tenant, number = self.tenants[one.place], self.binding(one)["external_id"]
        (self.emulator.revert if more else self.emulator.approve)(tenant, number)

    def calls_back(self, one: Week, *, more: bool = False) -> None:
        """Payroll has no events: what is told is that somebody changed a contact or an invoice, which moves nothing here."""
        self.emulator.touch(self.tenants[one.place], "CONTACT" if more else "INVOICE")

    # ---- what goes wrong

    def deletes(self, one: Week) -> None:
        [there] = self.there(one)
        self.emulator.delete(self.tenants[one.place], there["id"])

    def stands_in_the_way(self, one: Week) -> None:
        day = one.start.isoformat()
        employee = self._employee(one.place, one.person)
        self.emulator.add(self.tenants[one.place], employee, day, [{"day": day, "units": "3"}])

    def cuts_off(self) -> None:
        self.emulator.disconnect(self.tenants[NZ])

    def faults_left(self) -> bool:
        return bool(self.emulator.state.faults)

    def spoils(self, write: str, place: str, fault: str) -> None:
        """One of the calls that such a write is made of."""
        method, nth = self._chance.choice(_STEPS.get((write, place), [("POST", 1)]))
        self.emulator.fault(**{"method": method, "resource": "timesheets", "nth": nth, **self.faults[fault]})

    # ---- looking

    def there(self, one: Week) -> list[dict[str, Any]]:
        """The timesheets of its employee and period that somebody may be paid by."""
        employee = self._employee(one.place, one.person)
        return list(self.emulator.live_timesheets(self.tenants[one.place], employee, one.start.isoformat()))

    def binding(self, one: Week) -> dict[str, Any]:
        mine = [row for row in self.bindings().values() if (row["client"], row["number"]) == (_person(one), one.number)]
        assert len(mine) == 1, f"{one.id}: {mine}"
        return mine[0]

    def created(self) -> list[Any]:
        return [entry.result for entry in self.emulator.writes(kind="timesheet", operation="create", actor="api")]

    def token(self, scopes: frozenset[str] = auth.SCOPES, organisation: str = organisation_of(NZ)) -> str:
        """A bearer as ingest would sign it."""
        who = auth.Principal(organisation, "somebody", "owner", scopes, "token")
        return auth.sign_token(identity.signer(self.wishes.db, self.vault, "ingest"), who, audience="xero", seconds=3600)

    # ---- what must hold

    def check(self) -> None:
        made = Counter((row["employee"], row["start"]) for row in self.created())
        assert all(count == 1 for count in made.values()), f"made twice: {made}"
        for one in self.wanted.values():
            self._check_one(one, self.binding(one))
        with reading(self.db) as session:
            assert session.execute(sa.text("SELECT count(*) FROM dirty")).scalar_one() == 0

    def _check_one(self, one: Week, binding: dict[str, Any]) -> None:
        there = self.there(one)
        said = f"{one.id} v{one.version}: {binding['state']} {binding['status']} {there}"
        assert binding["wanted_version"] == binding["pushed_version"], said
        assert self._paid(binding) == {entry_of(one, day): value for day, value in one.seconds.items()}, said
        if one.withdrawn and (one.place != AU or not there):
            assert (there, binding["state"]) == ([], "void"), said
            return
        assert len(there) == 1, said
        assert {line["day"]: Decimal(line["units"]) for line in there[0]["lines"] if Decimal(line["units"])} == one.units(), said
        assert (binding["state"], binding["status"]) == STATES[there[0]["status"]], said
        assert (binding["external_id"], binding["total"]) == (there[0]["id"], sum(one.units().values())), said
        assert one.place != NZ_APPROVED or binding["status"] != "draft", said

    def _paid(self, binding: dict[str, Any]) -> dict[str, int]:
        """Seconds that the version over there pays, by entry."""
        paid: Counter[str] = Counter()
        mine = (pay_allocation.c.timesheet == binding["local"], pay_allocation.c.version == binding["pushed_version"])
        with reading(self.db) as session:
            for row in session.execute(sa.select(pay_allocation).where(*mine)):
                paid[row.entry] += row.seconds
        return dict(paid)


def _person(one: Week) -> str:
    return person_of(one.place, one.person)


_STEPS: dict[tuple[str, str], list[tuple[str, int]]] = {
    ("changed", NZ): [("DELETE", 1), ("PUT", 1), ("POST", 1)],
    ("withdrawn", NZ): [("DELETE", 1)],
    ("created", NZ_APPROVED): [("POST", 1), ("POST", 2)],
    ("changed", NZ_APPROVED): [("POST", 1), ("DELETE", 1), ("PUT", 1), ("POST", 2), ("POST", 3)],
    ("withdrawn", NZ_APPROVED): [("POST", 1), ("DELETE", 1)],
}
"""The calls that a write is made of, where that is not one POST: a line removed, changed and added; set back, approved."""
