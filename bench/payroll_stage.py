"""An office that pays through Xero, on a clock of its own: ingest, the connector and the emulator in one process."""

from __future__ import annotations

import importlib
import json
import pickle
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from urllib3.filepost import encode_multipart_formdata

from services.ingest import app as ingest
from services.ingest.accounts.operator import operator_token
from services.ingest.tables import metadata as ingest_tables
from services.xero_connector import app as xero
from services.xero_connector.emulator.app import Emulator, Limits, Options, create, environment
from services.xero_connector.models import metadata as payroll_tables
from shared.connector import store, tokens
from shared.connector.context import Connection, Connector
from shared.connector.models import metadata as connector_tables
from shared.connector.models import reference
from shared.kernel import canonical
from shared.platform import clock as platform_clock
from shared.platform import jobs
from shared.platform.db import Database, metadata, open_database, reading, transaction
from shared.platform.http import Network
from shared.platform.jobs import Job
from shared.platform.migrations import PLATFORM
from shared.platform.service import Service
from shared.platform.settings import Settings
from shared.platform.vault import Vault

XERO, INGEST_API, XERO_API = "https://xero.example", "http://ingest.internal/api/v1/worklog", "http://xero.internal/xero"
HEADER = (
    "kind,source_id,date,start,end,duration,break,overtime,person,client,job,tags,rate,currency,amount,distance,unit,category,"
    "billable,notes"
)
A_DAY, LENGTH = "2026-11-02", "7:36:00"
MORNING = datetime(2026, 11, 9, 1, 15, tzinfo=UTC)  # a Monday; the week before it is to be paid
CURRENCY = {"AU": "AUD", "NZ": "NZD", "UK": "GBP"}
ZONE = {"AU": "Australia/Sydney", "NZ": "Pacific/Auckland", "UK": "Europe/London"}
ROUND = timedelta(seconds=300)
PUSHING: ContextVar[bool] = ContextVar("pushing", default=False)
FOR_EVER = 10**8  # seconds: leases are kept by the real clock's heartbeat, and this one runs ahead of it


@dataclass(slots=True)
class Clock:
    """Stands still until somebody sleeps. ``beside`` is what others do meanwhile."""

    now: datetime = MORNING
    beside: Callable[[], None] = lambda: None

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pass_(timedelta(milliseconds=round(seconds * 1000)))
        self.beside()

    def pass_(self, time: timedelta) -> None:
        self.now += time


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for an organisation's data, as it came in over there."""

    at: datetime
    method: str
    path: str
    status: int
    pushing: bool  # else it was asked for something besides: the status of timesheets, payroll facts


@dataclass(slots=True)
class Line:
    """The way to the emulator: takes as long as answers take, and notes every request."""

    emulator: Emulator
    clock: Clock
    takes: timedelta
    asked: list[Asked] = field(default_factory=list)

    def __call__(self, environ: Mapping[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        at = self.clock.now

        def noted(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            if "HTTP_XERO_TENANT_ID" in environ:
                self.asked.append(Asked(at, environ["REQUEST_METHOD"], environ["PATH_INFO"], int(status[:3]), PUSHING.get()))
            return start(status, headers, *rest)

        answer: Iterable[bytes] = self.emulator.wsgi(dict(environ), noted)
        self.clock.pass_(self.takes)
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An office whose people are linked and whose timesheets are composed, to start any number of pay days from."""

    folder: Path
    state: bytes  # the emulator's
    now: datetime
    asked: tuple[Asked, ...]
    tenant: str
    key: str
    connection: str


class Office:
    """One installation and its one organisation's books. ``clock`` is everybody's."""

    def __init__(self, folder: Path, *, per_day: int, array: int = 1, takes: timedelta = timedelta(0)) -> None:
        self.folder, self.clock, self.vault, self.network = folder, Clock(), Vault(bytes(range(32))), Network()
        self.emulator = create(Options(clock=self.clock, sleep=self.clock.sleep, limits=Limits(per_day=per_day)))
        self.line = Line(self.emulator, self.clock, takes)
        self.network.mount(f"{XERO}/", self.line)
        own = {"XERO_CALLS_PER_DAY": str(per_day), "XERO_ARRAY_SIZE": str(array)}
        mine = _settings(environment(XERO) | own)
        self.ingest: Service = ingest.build(mine, _database(folder / "ingest.db", ingest_tables), self.vault, self.network)
        tables = (connector_tables, payroll_tables)
        built = xero.build(mine, _database(folder / "xero.db", *tables), self.vault, self.network)
        self.xero: Service = replace(built, handlers={**built.handlers, "push": _marked(built.handlers["push"])})
        for service in (self.ingest, self.xero):
            self.network.mount(f"http://{service.name}.internal/", service.app)
        self.key, self._next_round, self._beside = "", MORNING + ROUND, False

    @property
    def connector(self) -> Connector:
        found: Connector = self.xero.app.extensions["connector"]
        return found

    @contextmanager
    def at_work(self) -> Iterator[Office]:
        """With its clock as the product's."""
        with platform_clock.use(self.clock, self.clock.sleep):
            yield self
        for service in (self.ingest, self.xero):
            service.db.dispose()

    # ---- HTTP

    def send(self, method: str, url: str, token: str, body: bytes = b"", kind: str = "application/json") -> Any:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": kind}
        answer = self.network.send(method, url, headers=headers, body=body)
        if answer.status >= 400:
            raise RuntimeError(f"{method} {url}: {answer.status} {answer.body[:400]!r}")
        return json.loads(answer.body) if answer.body else None

    def here(self, path: str, value: Any = None) -> Any:
        """Ask ingest."""
        return self.send("POST", INGEST_API + path, self.key, canonical.dumps(value))

    def there(self, path: str, value: Any = None) -> Any:
        """Ask the connector."""
        token = self.here("/token", {"audience": "xero"})["token"]
        method = "GET" if value is None else "POST"
        return self.send(method, XERO_API + path, token, b"" if value is None else canonical.dumps(value))

    # ---- a morning

    def opens(self, region: str) -> str:
        """The owner's account; its key."""
        account = {"organisation": "Sample Crew", "owner": "owner@sample.example", "zone": ZONE[region]}
        body = canonical.dumps(account | {"currency": CURRENCY[region]})
        self.key = self.send("POST", f"{INGEST_API}/accounts", operator_token(self.vault), body)["key"]
        return self.key

    def connects(self, tenant: str) -> str:
        """Connect an organisation's books; the connection's id."""
        url = self.there("/connect", {})["authorize_url"]
        callback = self.emulator.consent(url, tenant)
        page = self.network.send("GET", f"{XERO_API}/{callback.split('/xero/', 1)[1]}")
        if page.status != 200:
            raise RuntimeError(f"not connected: {page.body!r}")
        return str(self.there("/connections")["items"][-1]["id"])

    def logs(self, people: Iterable[str]) -> None:
        """A day's approved work of each."""
        rows = [f"time,{name},{A_DAY},,,{LENGTH},,,{name},Harbour,,,,,,,,,yes,Work" for name in people]
        text = "\n".join([HEADER, *rows]).encode()
        body, kind = encode_multipart_formdata({"file": ("week.csv", text, "text/csv")})
        self.send("POST", f"{INGEST_API}/import", self.key, body, kind)
        self.works_off(self.ingest)
        self.here("/approvals", {"confirm": True})
        self.works_off(self.ingest)

    def follows(self) -> None:
        with transaction(self.xero.db) as session:
            jobs.ask(session, "follow", "*", organisation="*")
        self.works_off(self.xero)

    def links(self, number: str) -> None:
        """Link everybody and every kind of pay to their namesakes, as ``references.link`` does one by one.

        One by one it lists all of them over there each time: for a thousand people ten thousand calls.
        """
        c = self.connector
        connection = self.connection(number)
        for kind in ("employee", "earnings_rate"):
            _link_namesakes(c, connection, kind)

    def connection(self, number: str) -> Connection:
        with reading(self.xero.db) as session:
            return store.connection(self.connector, session, number, store.live(session)[0]["organisation"])

    # ---- work

    def works_off(self, service: Service) -> None:
        """Do what is due now."""
        jobs.run_ready(service.db, service.handlers, limit=5_000)

    def pushes(self, number: str) -> Any:
        """Plan and press go; the plan."""
        plan = self.there(f"/connections/{number}/plans", {})
        self.there(f"/plans/{plan['plan']}/apply", {})
        return plan

    def lasts(self) -> None:
        """Let time pass until nothing is left to push. Statuses are asked for as they come round while something is pushed."""
        self._next_round, self.clock.beside = self.clock.now + ROUND, self._round
        while (due := self._next_push()) is not None:
            self.clock.pass_(max(timedelta(0), due - self.clock.now))
            self._next_round = max(self._next_round, self.clock.now)
            self.works_off(self.xero)
        self.clock.beside = lambda: None

    def _next_push(self) -> datetime | None:
        with reading(self.xero.db) as session:
            waiting = sa.select(sa.func.min(jobs.job.c.due_at)).where(jobs.job.c.kind == "push", jobs.job.c.state == "ready")
            due: datetime | None = session.execute(waiting).scalar()
        return due

    def _round(self) -> None:
        """What another worker does while this one waits for its turn."""
        if self._beside or self.clock.now < self._next_round:
            return
        self._beside, self._next_round = True, self.clock.now + ROUND
        with transaction(self.xero.db) as session:
            jobs.ask(session, "rounds", "*", organisation="*")
        other = threading.Thread(target=self.works_off, args=(self.xero,))
        other.start()
        other.join()
        self._beside = False


# ---- kept mornings


def keep(office: Office, *, tenant: str, connection: str) -> Kept:
    """An office as it is now."""
    for service in (office.ingest, office.xero):
        with service.db.engine.connect() as opened:
            opened.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    state = pickle.dumps(office.emulator.state)
    return Kept(
        folder=office.folder,
        state=state,
        now=office.clock.now,
        asked=tuple(office.line.asked),
        tenant=tenant,
        key=office.key,
        connection=connection,
    )


def again(kept: Kept, folder: Path, **options: Any) -> Office:
    """A kept office with other settings, in a folder of its own."""
    folder.mkdir()
    for name in ("ingest.db", "xero.db"):
        shutil.copyfile(kept.folder / name, folder / name)
    office = Office(folder, **options)
    office.emulator.state = pickle.loads(kept.state)
    office.clock.now, office.key, office.line.asked = kept.now, kept.key, list(kept.asked)
    return office


def _link_namesakes(c: Connector, connection: Connection, kind: str) -> None:
    there = tokens.use(c, connection, lambda client: client.references(kind))
    by_name = {name.casefold(): one for one in there if one.active for name in (one.name, *one.also)}
    with transaction(c.db) as session:
        mine = (reference.c.connection == connection.id, reference.c.kind == kind)
        rows = session.execute(sa.select(reference).where(*mine)).mappings().all()
        keys = c.vault.keyring(session, connection.organisation, {row["subject"] for row in rows})
        for row in rows:
            name = keys.open(row["subject"], "reference.local_name", row["id"], row["local_name"]) or ""
            found = by_name[name.casefold()]
            text = keys.seal(row["subject"], "reference.remote_name", row["id"], found.name)
            linked = {"remote": found.id, "remote_name": text, "linked_at": platform_clock.now()}
            session.execute(sa.update(reference).where(reference.c.id == row["id"]).values(linked))
            c.hooks.linked(c, session, connection, kind, row["local"])


def _marked(work: Callable[[Job], None]) -> Callable[[Job], None]:
    """So that the calls of this work can be told from others."""

    def marked(job: Job) -> None:
        mark = PUSHING.set(True)
        try:
            work(job)
        finally:
            PUSHING.reset(mark)

    return marked


def _settings(extra: Mapping[str, str]) -> Settings:
    nowhere = Path("unused")
    return Settings(
        data=nowhere,
        host="127.0.0.1",
        port=8765,
        public_url="http://localhost:8765",
        broker_url="",
        master_key_file=nowhere,
        databases={},
        urls={"ingest": "http://ingest.internal", "xero": "http://xero.internal"},
        lease_seconds=FOR_EVER,
        extra=MappingProxyType(dict(extra)),
    )


def _database(path: Path, *tables: sa.MetaData) -> Database:
    fresh = not path.exists()
    db = open_database(f"sqlite:///{path}", lease_seconds=FOR_EVER)
    if fresh:
        for name in PLATFORM:  # each registers its tables when imported
            importlib.import_module(f"shared.platform.{name}")
        for one in (metadata, *tables):
            one.create_all(db.engine)
    return db
