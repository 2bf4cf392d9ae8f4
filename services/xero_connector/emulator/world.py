"""The whole emulated service behind one lock: organisations, identity, meters, memory, faults, webhooks, journal, clock."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from . import seeds
from .books import Books
from .faults import Rule
from .identity import Identity
from .journal import Act, Journal
from .keeping import Shelf
from .limits import InFlight, Meter
from .memory import Memory
from .options import Options, Organisation
from .webhooks import CATEGORIES, Delivery, Hooks, delivery, sent
from .wire import Body, span


@dataclass
class State:
    """Everything that a state file keeps."""

    shift: timedelta = timedelta(0)
    books: dict[str, Books] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)
    identity: Identity = field(default_factory=Identity)
    meter: Meter = field(default_factory=Meter)
    memory: Memory = field(default_factory=Memory)
    hooks: Hooks = field(default_factory=Hooks)
    faults: list[Rule] = field(default_factory=list)
    requests: deque[tuple[str, str]] = field(default_factory=partial(deque, maxlen=100_000))


class World:
    """State, its lock, its clock, and the few ways in which all of it changes together."""

    def __init__(self, options: Options, path: Path | None = None) -> None:
        self.options = options
        self.in_flight = InFlight()
        self._shelf = Shelf(path) if path else None
        self._lock, self._inside = threading.RLock(), False
        self.state = State()
        self._first_day()
        with self.held():  # a file that is there already has more to say than the first day
            pass

    def _first_day(self) -> None:
        self.state = State()
        chosen = self.options.organisations
        for organisation in seeds.organisations() if chosen is None else chosen:
            self._open(organisation)

    def _open(self, organisation: Organisation) -> None:
        self.state.books[organisation.tenant] = Books.opened_for(organisation, self.state.journal, self.now())

    @contextmanager
    def held(self) -> Iterator[State]:
        """The state, for one thread of one process at a time."""
        with self._lock:
            if self._shelf is None or self._inside:
                yield self.state
                return
            with self._shelf.alone():
                self.state, self._inside = self._shelf.taken(self.state), True
                try:
                    yield self.state
                finally:
                    self._inside = False
                    self._shelf.put(self.state)

    @contextmanager
    def as_clerk(self, tenant: str, **sent_: Any) -> Iterator[tuple[Books, Act]]:
        """A person at work in an organisation's payroll."""
        with self.held():
            yield self.books(tenant), Act("clerk", self.now(), None, sent_)

    def books(self, tenant: str) -> Books:
        if tenant not in self.state.books:
            raise KeyError(f"there is no organisation {tenant}")
        return self.state.books[tenant]

    def now(self) -> datetime:
        return self.options.clock().astimezone(UTC) + self.state.shift

    def advance(self, seconds: Any) -> None:
        with self.held() as state:
            state.shift += span(seconds)

    def start(self) -> None:
        """Everything as on the first day."""
        with self.held():
            self._first_day()

    def configure(self, **changes: Any) -> None:
        with self._lock:
            self.options = replace(self.options, **changes)

    def open_organisation(self, organisation: Organisation) -> None:
        with self.held():
            self._open(organisation)

    def configure_organisation(self, tenant: str, **changes: Any) -> None:
        """Changes an organisation's settings, as its administrator would."""
        with self.held():
            books = self.books(tenant)
            books.organisation = replace(books.organisation, **changes)

    def settings(self, tenant: str) -> Body:
        """What `configure_organisation` may change."""
        with self.held():
            facts = self.books(tenant).organisation
            plain = [each.name for each in fields(facts) if each.name not in ("calendars", "rates", "employees")]
            return {name: getattr(facts, name) for name in plain}

    def touch(self, tenant: str, category: str = "INVOICE", event_type: str = "UPDATE", resource: str | None = None) -> None:
        """Somebody changes a contact or an invoice: the only things this service tells about. Payroll has no events."""
        if category.upper() not in CATEGORIES:
            raise ValueError(f"no events are sent for {category}; only for {', '.join(CATEGORIES)}")
        with self.held() as state:
            state.hooks.note(tenant, category.upper(), event_type, resource, self.now())

    def deliver(self, *, sign: str = "right", duplicate: int = 1) -> list[Delivery]:
        """Sends the events that wait in one body, `duplicate` times; signed right, wrong_key, forged or none."""
        with self.held() as state:
            waiting = [delivery(self.options, state.hooks.payload(), sign)] * duplicate if state.hooks.events else []
        return self._carried(waiting)

    def intend(self) -> list[Delivery]:
        """The intent to receive: empty bodies, some rightly and some wrongly signed; each knows whether it was `understood`."""
        with self.held() as state:
            waiting = [delivery(self.options, state.hooks.payload(), sign) for sign in ("right", "wrong_key", "right", "forged")]
        return self._carried(waiting)

    def replay(self) -> list[Delivery]:
        """Sends each message that was ever sent once more, byte for byte."""
        sent = {(each.url, each.body, each.valid): each for each in self.state.hooks.made}
        return self._carried(list(sent.values()))

    def _carried(self, waiting: list[Delivery]) -> list[Delivery]:
        done = [sent(self.options, each) for each in waiting]
        with self.held() as state:
            state.hooks.made.extend(done)
        return done
