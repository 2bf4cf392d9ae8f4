"""Books that are away, or that answer when it is too late to ask: whatever was begun is ended, once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.faults.stand import Stand, assert_in_step

PLACES = pytest.mark.parametrize("place", [0, 1], ids=["one company", "another"])


@PLACES
def test_an_outage_of_two_hours_is_sat_out(books, place):
    books.opened(books.places[place])
    books.emulator.fault("error_before", status=503, times=None)
    books.wants(books.composed(books.places[place]))
    for _ in range(12):
        books.clock.advance(minutes=10)
        books.goes_round()
    books.emulator.clear_faults()
    books.settles()
    assert_in_step(books)


def away(books: Stand, hours: timedelta, **fault: object) -> None:
    """Writes and looks come to nothing for a time."""
    books.emulator.fault(times=None, path=books.documents_at, **fault)
    end = books.clock.now + hours
    while books.clock.now < end:
        books.clock.advance(minutes=10)
        books.goes_round()
    books.emulator.clear_faults()


@PLACES
def test_a_look_that_fails_too_is_made_again(books, place):
    books.opened(books.places[place])
    books.emulator.configure(memory_seconds=0)
    books.spoils("created", books.places[place], "done, then silence")
    books.emulator.fault("error_before", **books.looks, status=503, times=2)
    books.wants(books.composed(books.places[place]))
    books.settles()
    assert not books.faults_left()
    assert_in_step(books)


@PLACES
@pytest.mark.parametrize("kind", ["connect", "throttle"])
def test_a_doubt_outlives_refusals_that_say_nothing_of_it(books, place, kind):
    """Done but unheard, then two hours in which nothing gets through; by then the key is forgotten."""
    books.opened(books.places[place])
    books.emulator.configure(**books.worlds[1])
    books.spoils("created", books.places[place], "done, then silence")
    books.wants(books.composed(books.places[place]))
    books.goes_round()
    books.emulator.configure(memory_seconds=0)
    away(books, timedelta(hours=2), kind=kind)
    books.settles()
    assert_in_step(books)


@PLACES
def test_what_was_made_unheard_and_deleted_there_by_somebody_stays_away(books, place):
    books.opened(books.places[place])
    books.emulator.configure(memory_seconds=86_400)
    one = books.composed(books.places[place])
    before = len(books.created())
    books.spoils("created", books.places[place], "done, then silence")
    books.wants(one)
    books.goes_round()
    books.deletes(one)
    books.settles()
    books.looks_round()
    assert books.there(one) == []
    assert len(books.created()) == before + 1
    assert (books.open_jobs(), books.open_calls()) == ([], 0)
