"""What a connector is doing when its process is killed: for each fault point the work that passes it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.faults.stand import Stand, assert_in_step

LEASE_OVER = timedelta(seconds=31)
REFRESH_LEASE_OVER = timedelta(seconds=61)


def webhook(books: Stand) -> str:
    """Where callbacks go."""
    return f"http://{books.name}.internal/{books.name}/callbacks/webhook"


class Pushing:
    """Wishes come in and are written: one new document, several at once, a change, a withdrawal."""

    def __init__(self, books: Stand) -> None:
        self.books, self.place = books, books.places[0]

    def begins(self, number: int) -> None:
        """Get ready in the parent."""
        self.place = self.books.places[number % 5 in (0, 1, 3)]
        self.books.emulator.configure(**self.books.worlds[-1])
        self.books.opened(self.place)
        self.books.emulator.configure(**self.books.worlds[number % len(self.books.worlds)])
        if number % 4 == 2:
            self.books.clock.advance(hours=7)  # what was read of the books before has to be read again
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
        self.books.wants(self.books.composed(self.place))

    def _several(self) -> None:
        self.books.wants(*(self.books.composed(self.place) for _ in range(3)))

    def _changes(self) -> None:
        self.books.wants(*(self.books.changed(one) for one in self._pushed(2)))

    def _withdraws(self) -> None:
        self.books.wants(*(self.books.withdrawn(one) for one in self._pushed(1)))

    def _pushed(self, many: int) -> list[Any]:
        made = [self.books.composed(self.place) for _ in range(many)]
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
    """The provider calls back. A call without an answer is made again."""

    deliveries: list[Any]

    def prepares(self, number: int) -> None:
        [one] = self._pushed(1)
        self.books.calls_back(one, more=bool(number % 2))
        self.deliveries = self.books.emulator.deliver()

    def works(self) -> None:
        for one in self.deliveries:
            self.books.network.send("POST", webhook(self.books), headers=one.headers, body=one.body)
        self.books.work()

    def recovers(self) -> None:
        self.works()
        super().recovers()


class Pulling(Pushing):
    """Nobody calls back; the rounds find out what was paid or approved, or taken back."""

    def prepares(self, number: int) -> None:
        [one] = self._pushed(1)
        self.books.moves(one)
        if number % 3 == 2:
            self.books.looks_round()
            self.books.moves(one, more=True)
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
