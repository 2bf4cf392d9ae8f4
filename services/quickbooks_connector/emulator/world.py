"""The whole emulated service in memory, behind one lock: companies, grants, memory, meters, faults, webhooks, journal, clock."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from . import company as opening
from .books import Books, Change
from .faults import Faults
from .journal import Journal
from .keeping import Guard
from .limits import Meter
from .memory import Memory
from .oauth import Grants
from .options import Company, Options
from .webhooks import Delivery, Webhooks, post
from .wire import Body, invalid, length

_KEPT = ("shift", "journal", "webhooks", "faults", "meter", "memory", "grants", "books", "requests")


class World:
    """State, and the few ways in which all of it changes together."""

    def __init__(self, options: Options, path: Path | None = None) -> None:
        self.options = options
        self._begin()
        self.lock = Guard(path, self._load, self._state)
        with self.lock:  # a file that is there already has more to say than the first day
            pass

    def _begin(self) -> None:
        self.shift = timedelta(0)
        self.journal, self.webhooks, self.faults = Journal(), Webhooks(), Faults()
        self.meter, self.memory = Meter(), Memory()
        self.grants = Grants(lambda: self.options, self.now)
        self.books: dict[str, Books] = {}
        self.requests: list[tuple[str, str]] = []
        for company in self.options.companies:
            self._open(company)

    def _open(self, company: Company) -> None:
        self.books[company.realm] = Books(company, self.now)
        opening.open_books(self.books[company.realm])

    def _state(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _KEPT}

    def _load(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.grants.options, self.grants.now = lambda: self.options, self.now
        for books in self.books.values():
            books.now = self.now

    def start(self) -> None:
        """Everything as on the first day."""
        with self.lock:
            self._begin()

    def open_company(self, company: Company) -> None:
        with self.lock:
            self._open(company)

    def now(self) -> datetime:
        return self.options.clock().astimezone(UTC) + self.shift

    def advance(self, seconds: Any) -> None:
        with self.lock:
            self.shift += length(seconds)

    def visible(self) -> datetime:
        """How far the indexes behind query and change data capture have come."""
        return self.now() - length(self.options.index_lag)

    @contextmanager
    def acting(self, realm: str, actor: str, requestid: str | None = None) -> Iterator[Books]:
        """One piece of work on a company's books; what changed is journalled, and told when the lock is free again."""
        with self.lock:
            books = self.company_books(realm)
            try:
                yield books
            finally:
                changes = books.drain()
                for change in changes:
                    self._record(realm, actor, requestid, change)
        if changes and self.options.webhook_when == "before_answer":
            self.deliver()
        elif changes and self.options.webhook_when == "after_answer":
            threading.Thread(target=self.deliver, daemon=True).start()

    def _record(self, realm: str, actor: str, requestid: str | None, change: Change) -> None:
        now = self.now()
        if change.sent is not None:
            self.journal.add(
                at=now,
                realm=realm,
                actor=actor,
                entity=change.entity,
                operation=change.operation.lower(),
                id=change.id,
                requestid=requestid,
                body=copy.deepcopy(change.sent),
                result=copy.deepcopy(change.result),
            )
        if self.grants.connected(realm) or not self.options.only_connected:
            self.webhooks.note(realm, change, now)

    def deliver(
        self, *, duplicate: int = 1, shuffle: int | None = None, forge: bool = False, drop: bool = False, split: bool = False
    ) -> list[Delivery]:
        """Sends what waits. Without a receiver in the options the deliveries are only handed back, for the test to carry over."""
        with self.lock:
            if drop:
                self.webhooks.events.clear()
            self.webhooks.bundle(self.options, duplicate=duplicate, shuffle=shuffle, forge=forge, split=split)
            ready = self.webhooks.due(self.now())
        return [self._send(delivery) for delivery in ready]

    def replay(self) -> list[Delivery]:
        """Sends once more, byte for byte, each message that was ever sent."""
        with self.lock:
            sent = {(each.url, each.body, each.headers["intuit-signature"]): each for each in self.webhooks.made}
            again = [replace(each, status=None, attempts=0, due=None) for each in sent.values()]
        return [self._send(delivery) for delivery in again]

    def _send(self, delivery: Delivery) -> Delivery:
        carry = self.options.deliver or (post if delivery.url else None)
        status = carry(delivery.url, delivery.headers, delivery.body) if carry else None
        with self.lock:
            return self.webhooks.done(delivery, status, self.now())

    def configure(self, **changes: Any) -> None:
        with self.lock:
            self.options = replace(self.options, **changes)

    def configure_company(self, realm: str, **changes: Any) -> None:
        """Changes a company's settings, as its administrator would."""
        with self.lock:
            books = self.company_books(realm)
            books.company = replace(books.company, **changes)

    def company_books(self, realm: str) -> Books:
        if realm not in self.books:
            raise invalid(f"There is no company {realm}", element="realm")
        return self.books[realm]

    def settings(self, realm: str) -> Body:
        company = self.company_books(realm).company
        return {each.name: getattr(company, each.name) for each in fields(company)}
