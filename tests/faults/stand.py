"""A connector under faults, whichever books it speaks to: what is wanted there, time that passes, and what must hold then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar, Protocol
from urllib.parse import parse_qsl

import sqlalchemy as sa

from shared.connector import models, runner
from shared.connector.context import Connection, Connector
from shared.platform import feed, jobs, schedule
from shared.platform.db import Database, reading
from shared.platform.http import Network
from shared.platform.service import Service
from tests.faults.forks import Relay

MOST_ROUNDS = 60
HTML = {"content_type": "text/html", "body": "<html><body>Bad Gateway</body></html>"}
FAULTS: Mapping[str, Mapping[str, Any]] = {
    "never reached it": {"kind": "connect"},
    "reset before it was done": {"kind": "reset_before"},
    "reset after it was done": {"kind": "reset_after"},
    "done, then silence": {"kind": "timeout"},
    "silence, not done": {"kind": "hang"},
    "silence three times": {"kind": "hang", "times": 3},
    "429": {"kind": "throttle"},
    "429 with Retry-After": {"kind": "throttle", "retry_after": 7},
    "503 before it was done": {"kind": "error_before", "status": 503},
    "503 after it was done": {"kind": "error_after", "status": 503},
    "500 after it was done": {"kind": "error_after", "status": 500},
    "401 in mid-flight": {"kind": "unauthorized"},
    "HTML instead": {"kind": "page_before", "status": 502, **HTML},
    "HTML after it was done": {"kind": "page", "status": 502, **HTML},
    "half an answer": {"kind": "truncated"},
}
"""What becomes of a write's answer in any books; each connector adds what only its own books do."""


class Stand(Protocol):
    """One connector with its emulator and a feed where ingest's would be; ``places`` are companies over there."""

    name: str  # as in its URLs
    places: Sequence[str]  # the first where nothing else is said
    faults: Mapping[str, Mapping[str, Any]]
    memories: Mapping[str, Mapping[str, Any]]  # what the books remember of requests, and how far their index is behind
    forgetful: str  # the one in which neither the key nor an early look tells, if there is such a one
    worlds: Sequence[Mapping[str, Any]]  # such memories, to be gone through one after the other
    quiet_within: timedelta  # after a write whose answer was lost
    strict: Mapping[str, Any]  # books in which a refresh token that was used once is worth nothing any more
    replacing: Mapping[str, Any]  # books in which a new consent ends the one before, where they can
    cut_off: str  # the problem when somebody has disconnected us over there
    documents_at: str  # in the address of every write
    looks: Mapping[str, Any]  # how the emulator's faults name a look for what a write has left

    clock: Any
    db: Database
    network: Network
    emulator: Any
    relay: Relay
    wishes: Any
    service: Service
    connector: Connector
    connections: dict[str, Connection]
    wanted: dict[str, Any]

    # ---- what each connector does its own way

    def knows(self, *, keys: int, settle: int) -> None:
        """Build the service again with other seconds of key memory and of settling."""

    def opened(self, place: str = "") -> Connection:
        """A connection that pushes by itself what ``composed`` makes."""

    def composed(self, place: str = "") -> Any:
        """A new document; not wanted yet."""

    def changed(self, one: Any) -> Any:
        """The next version, of other hours."""

    def withdrawn(self, one: Any) -> Any:
        """The next version, of nothing."""

    def wants(self, *documents: Any) -> None:
        """Publish these."""

    def publishes(self, session: Any, one: Any) -> None:
        """Publish one in a transaction that is open."""

    def spoils(self, write: str, place: str, fault: str) -> None:
        """Something goes wrong with the next write of a kind: created, changed or withdrawn."""

    def moves(self, one: Any, *, more: bool = False) -> None:
        """Somebody over there does what alters a document's status; ``more``: and what alters it again."""

    def binding(self, one: Any) -> dict[str, Any]: ...

    def created(self) -> list[Any]:
        """Every document that our calls made in the books: the journal's word."""

    def consents(self, url: str, place: str) -> str:
        """A person agrees for a company; the callback's address."""

    def other_bytes(self, body: bytes) -> bytes:
        """A body of a first version, saying something else."""

    def calls_back(self, one: Any, *, more: bool = False) -> None:
        """Something happens over there that its callbacks tell of; ``more``: something else."""

    def there(self, one: Any) -> list[dict[str, Any]]:
        """What is in the books of a document, in force."""

    def deletes(self, one: Any) -> None:
        """Somebody over there deletes it, known here or not."""

    def stands_in_the_way(self, one: Any) -> None:
        """Somebody over there makes by hand what keeps this one from being made."""

    def cuts_off(self) -> None:
        """Somebody disconnects us over there."""

    def faults_left(self) -> bool:
        """Whether something is still waiting to go wrong."""

    def check(self) -> None:
        """The books hold exactly what is wanted, and here it says so."""


class Turns:
    """How time passes for any connector, what its tables say, and what it remembers outside of them."""

    clock: Any
    db: Database
    service: Service
    wishes: Any
    emulator: Any
    own: ClassVar[Sequence[str]]  # attributes that hold what has been wanted so far

    def world(self) -> Any:
        """All that the emulator holds."""
        raise NotImplementedError

    def put_back(self, world: Any) -> None:
        raise NotImplementedError

    def memory(self) -> dict[str, Any]:
        """What ``remember`` takes; it can be pickled."""
        own = {name: getattr(self, name) for name in self.own}
        return {"own": own, "bodies": self.wishes.bodies, "world": self.world()}

    def remember(self, memory: dict[str, Any]) -> None:
        vars(self).update(memory["own"])
        self.wishes.bodies = memory["bodies"]
        self.put_back(memory["world"])

    def work(self, *, limit: int = 200) -> int:
        """Do what is due, until nothing is."""
        return jobs.run_ready(self.db, self.service.handlers, limit=limit)

    def goes_round(self) -> None:
        """One turn of a worker: what the schedule asks for, the feed among it, and everything that is due."""
        self.clock.advance(seconds=runner.FOLLOW_EVERY)
        schedule.ring(self.db, self.service.ticks)
        self.work()

    def settles(self) -> timedelta:
        """Let time pass until nothing is due any more; gives how long it took."""
        began = self.clock.now
        self.goes_round()
        for _ in range(MOST_ROUNDS):
            due = self._next_due()
            if due is None:
                return timedelta(seconds=(self.clock.now - began).total_seconds())
            self.clock.now = max(due, self.clock.now) + timedelta(milliseconds=1)
            self.work()
        raise AssertionError(f"it never gets quiet: {self.open_jobs()}")

    def looks_round(self) -> None:
        """Long enough for the rounds to have looked at everything there."""
        self.clock.advance(minutes=6)
        self.settles()

    def _next_due(self) -> Any:
        with reading(self.db) as session:
            ready = sa.select(sa.func.min(jobs.job.c.due_at)).where(jobs.job.c.state == "ready")
            running = sa.select(sa.func.min(jobs.job.c.lease_until)).where(jobs.job.c.state == "running")
            found = [session.execute(one).scalar() for one in (ready, running)]
        return min((moment for moment in found if moment is not None), default=None)

    # ---- looking

    def open_jobs(self) -> list[tuple[Any, ...]]:
        with reading(self.db) as session:
            open_ = sa.select(jobs.job.c.kind, jobs.job.c.state, jobs.job.c.attempts, jobs.job.c.failure)
            return [tuple(row) for row in session.execute(open_.where(jobs.job.c.state != "done"))]

    def open_calls(self) -> int:
        with reading(self.db) as session:
            open_ = sa.select(sa.func.count()).select_from(models.call).where(models.call.c.state == "intended")
            return int(session.execute(open_).scalar_one())

    def problems(self) -> list[str]:
        with reading(self.db) as session:
            open_ = sa.select(models.problem.c.code).where(models.problem.c.closed_at.is_(None))
            return sorted(session.execute(open_).scalars())

    def bindings(self) -> dict[str, dict[str, Any]]:
        """Every binding, by the document's id."""
        with reading(self.db) as session:
            return {row["local"]: dict(row) for row in session.execute(sa.select(models.binding)).mappings()}


def sendings(books: Stand) -> list[str]:
    """The key of every write that was sent over there, in order."""
    asked = [one for one in books.relay.heard if one["REQUEST_METHOD"] in ("POST", "PUT")]
    keys = [one.get("HTTP_IDEMPOTENCY_KEY") or dict(parse_qsl(one["QUERY_STRING"])).get("requestid") for one in asked]
    return [key for key in keys if key]


def assert_in_step(books: Stand) -> None:
    """Nothing twice, nothing lost, nothing stuck: exactly what is wanted is there, and here it says so."""
    assert books.open_jobs() == []  # type: ignore[attr-defined]
    assert books.open_calls() == 0  # type: ignore[attr-defined]
    assert books.problems() == []  # type: ignore[attr-defined]
    books.check()
    assert_feed(books)


def assert_feed(books: Stand) -> None:
    """Our reader is at the end of ingest's feed, and our own feed tells each binding's versions in order, up to the last."""
    kind = f"{books.connector.provider.info.document_kind}.status_changed"
    with reading(books.db) as session:
        at = session.execute(sa.select(feed.cursor.c.position).where(feed.cursor.c.name == "ingest")).scalar_one()
        bindings = dict(tuple(row) for row in session.execute(sa.select(models.binding.c.id, models.binding.c.status_version)))
    assert at == feed.page(books.wishes.db, 0, [], 1, {})["head"]
    told: dict[str, list[int]] = {}
    for row in feed.page(books.db, 0, [kind], 100_000, {})["rows"]:
        told.setdefault(row["subject"], []).append(row["version"])
    assert all(versions == sorted(set(versions)) for versions in told.values())
    last = {subject: versions[-1] for subject, versions in told.items()}
    assert last == {subject: version for subject, version in bindings.items() if version}
