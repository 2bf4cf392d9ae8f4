"""One refresh whatever the number of workers, and a way on from every way to lose a token."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa

from shared.connector import connect, models, tokens
from shared.platform import clock as product_clock
from shared.platform.db import transaction
from shared.platform.faultpoint import Rig
from tests.faults.forks import killed_at, side_by_side
from tests.faults.scenarios import REFRESH_LEASE_OVER
from tests.faults.stand import Stand, assert_in_step
from tests.faults.stands import STANDS
from tests.sizes import size

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


@pytest.fixture
def hasty(make_database, still_hearts, connector):
    """A connector on the real clock: what waits here really waits."""

    class Now:
        def __call__(self):
            return product_clock.now()

        def advance(self, **amount):
            raise AssertionError("this clock can't be set")

    made = STANDS[connector](make_database, Now())
    made.connections[made.places[0]] = made.connected()
    return made


def refreshes(books: Stand) -> list[str]:
    return [call for call in books.emulator.token_calls() if "refresh" in call]


def before_it_ends(books: Stand) -> None:
    """A worker's token has no time left, says its row."""
    tokens.access(books.connector, books.connections[books.places[0]].id)


def when_it_is_refused(books: Stand) -> None:
    """A worker's token looks good and was turned down."""
    tokens.access(books.connector, books.connections[books.places[0]].id, refused=1)


@pytest.fixture(params=[before_it_ends, when_it_is_refused], ids=["before it ends", "when it is refused"])
def asks(request, hasty):
    if request.param is before_it_ends:
        with transaction(hasty.db) as session:
            session.execute(sa.update(models.connection).values(access_expires_at=product_clock.now()))
    return lambda: request.param(hasty)


def test_fifty_threads_refresh_a_token_once(hasty, asks):
    many = size("refreshing_workers")
    barrier = Barrier(many)

    def works(_):
        barrier.wait(30)
        asks()

    with ThreadPoolExecutor(many) as workers:
        list(workers.map(works, range(many)))
    assert refreshes(hasty) == ["refresh_token"]


def test_fifty_processes_refresh_a_token_once(hasty, asks):
    works = [asks] * size("refreshing_workers")
    assert side_by_side(hasty.relay, (hasty.db, hasty.wishes.db), works) == []
    assert refreshes(hasty) == ["refresh_token"]


def killed_with_the_answer(books: Stand) -> None:
    """A worker dies after the provider has answered with new tokens, before they are stored."""
    books.emulator.expire_access()
    books.wants(books.composed())
    died, _ = killed_at(books.relay, (books.db, books.wishes.db), books.goes_round, "token.answered", 1)
    assert died
    books.clock.now += REFRESH_LEASE_OVER


def test_where_the_token_before_stays_good_for_a_while_a_kill_mends_itself(books):
    killed_with_the_answer(books)
    books.settles()
    assert_in_step(books)
    assert refreshes(books) == ["refresh_token", "refresh_token"]


def test_where_it_does_not_a_person_connects_again_and_the_work_goes_on(books):
    books.emulator.configure(**books.strict)
    killed_with_the_answer(books)
    books.settles()
    assert books.reload(books.connections[books.places[0]]).state == "needs_reconnect"
    assert books.problems() == ["grant_ended"]
    assert books.open_jobs() == []  # nothing is tried for ever
    books.wants(books.composed())
    books.settles()
    reconnects(books)
    books.settles()
    assert_in_step(books)


def reconnects(books: Stand) -> None:
    connection = books.connections[books.places[0]]
    url = connect.start(books.connector, connection.organisation, "somebody", reconnect=connection.id)
    callback = books.consents(url, books.places[0])
    connect.finish(books.connector, dict(pair.split("=", 1) for pair in callback.split("?", 1)[1].split("&")))


def test_a_revoked_grant_asks_for_a_person_once_and_loses_nothing(books):
    books.cuts_off()
    for _ in range(3):
        books.wants(books.composed())
        books.settles()
        books.looks_round()
    assert books.problems() == [books.cut_off]
    assert books.reload(books.connections[books.places[0]]).state == "needs_reconnect"
    reconnects(books)
    books.settles()
    assert_in_step(books)


def test_a_grant_that_ended_by_itself_asks_for_a_person(books):
    books.clock.advance(days=101)
    books.wants(books.composed())
    books.settles()
    assert books.problems() == ["grant_ended"]
    reconnects(books)
    books.settles()
    assert_in_step(books)


def test_a_fresh_token_that_is_refused_too_asks_for_a_person(books):
    books.emulator.fault("unauthorized", times=2, method="POST", path=books.documents_at)
    books.wants(books.composed())
    books.settles()
    assert books.problems() == ["token_refused"]
    assert refreshes(books) == ["refresh_token"]
    reconnects(books)
    books.settles()
    assert_in_step(books)


LOST = ("connect", "reset_before", "reset_after", "timeout", "hang", "error_before", "page_before", "truncated")


@pytest.mark.parametrize("fault", LOST)
def test_a_refresh_whose_answer_is_lost_or_spoilt_is_made_again(books, fault):
    books.emulator.expire_access()
    books.emulator.fault(fault, path="token")
    books.wants(books.composed())
    books.settles()
    assert not books.faults_left()
    assert_in_step(books)


def test_a_reconnect_while_a_worker_refreshes_is_not_undone_by_it(books):
    """The slow worker's tokens come from the grant before; what the person has just agreed to stays."""
    books.emulator.configure(**books.replacing)
    books.emulator.expire_access()
    books.wants(books.composed())

    def hook(name):
        if name == "token.answered" and not asked:
            asked.append(name)
            reconnects(books)

    asked: list[str] = []
    with Rig(hook):
        books.settles()
    assert asked
    assert_in_step(books)
    assert refreshes(books) == ["refresh_token"]
