"""What is under way when the process is killed: for each fault point the work that passes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from shared.contract.documents import Invoice
from tests.component.connector.books import US
from tests.faults.rigged import Rigged

WEBHOOK = "http://quickbooks.internal/quickbooks/callbacks/webhook"


class Pushing:
    """Wishes come in and are written: one new invoice, several in one call, a change, a withdrawal."""

    fixture: ClassVar[str] = "books"

    def __init__(self, books: Rigged) -> None:
        self.books = books

    def begins(self, number: int) -> None:
        """Get ready in the parent."""
        kinds: list[Callable[[], None]] = [self._one, self._several, self._changes, self._withdraws]
        kinds[number % len(kinds)]()

    def works(self) -> None:
        """What the child does until it is killed."""
        self.books.goes_round()

    def goes_on(self) -> None:
        """What the world does after the kill, besides letting workers work."""

    def _one(self) -> None:
        self.books.wants(self.books.composed())

    def _several(self) -> None:
        self.books.wants(*(self.books.composed() for _ in range(3)))

    def _changes(self) -> None:
        self.books.wants(*(self.books.changed(one) for one in self._pushed(2)))

    def _withdraws(self) -> None:
        self.books.wants(*(self.books.withdrawn(one) for one in self._pushed(1)))

    def _pushed(self, many: int) -> list[Invoice]:
        made = [self.books.composed() for _ in range(many)]
        self.books.wants(*made)
        self.books.settles()
        return made


class Refreshing(Pushing):
    """The same, with a token that is out of date: by the clock, or because the provider says so."""

    def begins(self, number: int) -> None:
        super().begins(number)
        if number % 2:
            self.books.emulator.expire_access()
        else:
            self.books.clock.advance(hours=1)

    def goes_on(self) -> None:
        self.books.clock.advance(seconds=60)  # the dead worker's right to refresh is over too


class Hearing(Pushing):
    """The provider calls back: something was paid, wholly or in part. A call without an answer is made again."""

    deliveries: list[Any]

    def begins(self, number: int) -> None:
        [one] = self._pushed(1)
        self.books.emulator.deliver()  # what is old news by now
        self.books.emulator.pay(US, self.books.binding(one)["external_id"], "100" if number % 2 else None)
        self.deliveries = self.books.emulator.deliver()

    def works(self) -> None:
        for one in self.deliveries:
            self.books.network.send("POST", WEBHOOK, headers=one.headers, body=one.body)
        self.books.work()

    def goes_on(self) -> None:
        self.works()


class Pulling(Pushing):
    """Nobody calls back; the rounds find out what was paid, or taken back."""

    def begins(self, number: int) -> None:
        [one] = self._pushed(1)
        payment = self.books.emulator.pay(US, self.books.binding(one)["external_id"], "100" if number % 2 else None)
        if number % 3 == 2:
            self.books.clock.advance(minutes=6)
            self.books.settles()
            self.books.emulator.delete_payment(US, payment["Id"])
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
"""Every name of ``faultpoint.POINTS``; a point without a line here fails a test."""
