"""What a connector is doing when its process is killed: for each fault point the work that passes it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from shared.contract.documents import Invoice
from tests.component.connector.books import US, US_OWN_NUMBERS
from tests.faults.rigged import Rigged, assert_in_step

WORLDS = (
    {"memory_seconds": 0, "index_lag": 0},
    {"memory_seconds": 86_400, "index_lag": 45},
    {"memory_seconds": 86_400, "index_lag": 0},
)
"""What the books remember of requests, and how far their index is behind."""
LEASE_OVER = timedelta(seconds=31)
REFRESH_LEASE_OVER = timedelta(seconds=61)
WEBHOOK = "http://quickbooks.internal/quickbooks/callbacks/webhook"


class Pushing:
    """Wishes come in and are written: one new invoice, several in one call, a change, a withdrawal."""

    def __init__(self, books: Rigged) -> None:
        self.books, self.realm = books, US

    def begins(self, number: int) -> None:
        """Get ready in the parent."""
        self.books.emulator.configure(**WORLDS[number % len(WORLDS)])
        self.realm = US_OWN_NUMBERS if number % 5 in (0, 1, 3) else US
        self.books.opened(self.realm)
        self.prepares(number)

    def prepares(self, number: int) -> None:
        kinds: list[Callable[[], None]] = [self._one, self._several, self._changes, self._withdraws]
        kinds[number % len(kinds)]()

    def works(self) -> None:
        """What the child does until it is killed."""
        self.books.goes_round()

    def recovers(self) -> None:
        """What the world does after the kill: time passes, and workers work."""
        self.books.clock.now += LEASE_OVER
        self.books.settles()

    def checks(self) -> None:
        assert_in_step(self.books)

    def _one(self) -> None:
        self.books.wants(self.books.composed(self.realm))

    def _several(self) -> None:
        self.books.wants(*(self.books.composed(self.realm) for _ in range(3)))

    def _changes(self) -> None:
        self.books.wants(*(self.books.changed(one) for one in self._pushed(2)))

    def _withdraws(self) -> None:
        self.books.wants(*(self.books.withdrawn(one) for one in self._pushed(1)))

    def _pushed(self, many: int) -> list[Invoice]:
        made = [self.books.composed(self.realm) for _ in range(many)]
        self.books.wants(*made)
        self.books.settles()
        return made


class Refreshing(Pushing):
    """The same, with a token that is out of date: by the clock, or because the provider says so."""

    def prepares(self, number: int) -> None:
        super().prepares(number)
        if number % 2:
            self.books.emulator.expire_access()
        else:
            self.books.clock.advance(hours=1)

    def recovers(self) -> None:
        self.books.clock.now += REFRESH_LEASE_OVER
        super().recovers()


class Hearing(Pushing):
    """The provider calls back: something was paid, wholly or in part. A call without an answer is made again."""

    deliveries: list[Any]

    def prepares(self, number: int) -> None:
        [one] = self._pushed(1)
        self.books.emulator.deliver()  # what is old news by now
        self.books.emulator.pay(self.realm, self.books.binding(one)["external_id"], "100" if number % 2 else None)
        self.deliveries = self.books.emulator.deliver()

    def works(self) -> None:
        for one in self.deliveries:
            self.books.network.send("POST", WEBHOOK, headers=one.headers, body=one.body)
        self.books.work()

    def recovers(self) -> None:
        self.works()
        super().recovers()


class Pulling(Pushing):
    """Nobody calls back; the rounds find out what was paid, or taken back."""

    def prepares(self, number: int) -> None:
        [one] = self._pushed(1)
        payment = self.books.emulator.pay(self.realm, self.books.binding(one)["external_id"], "100" if number % 2 else None)
        if number % 3 == 2:
            self.books.looks_round()
            self.books.emulator.delete_payment(self.realm, payment["Id"])
        self.books.clock.advance(minutes=6)


SCENARIOS: dict[str, type[Pushing]] = {
    "feed.before_commit": Pushing,
    "feed.committed": Pushing,
    "job.taken": Pushing,
    "job.ended": Pushing,
    "follow.fetched": Pushing,
    "follow.applied": Pushing,
    "push.intended": Pushing,
    "http.before_send": Pushing,
    "http.answered": Pushing,
    "push.answered": Pushing,
    "push.confirmed": Pushing,
    "push.done": Pushing,
    "token.before_refresh": Refreshing,
    "token.answered": Refreshing,
    "token.stored": Refreshing,
    "inbound.before_commit": Hearing,
    "inbound.committed": Hearing,
    "pull.fetched": Pulling,
    "pull.applied": Pulling,
}
"""The points that a connector passes."""
