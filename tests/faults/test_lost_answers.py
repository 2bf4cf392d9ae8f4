"""A write's answer is lost, late, refused or spoilt: in the end there is one document, as wanted, and nothing is stuck."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from tests.faults.stand import Stand, assert_in_step
from tests.faults.stands import STANDS
from tests.sizes import seed, size

EACH_FAULT = [pytest.param(name, fault, id=f"{name}-{fault}") for name, stand in STANDS.items() for fault in stand.faults]


def created(books: Stand, place: str, many: int) -> list[Any]:
    return [books.composed(place) for _ in range(many)]


def changed(books: Stand, place: str, many: int) -> list[Any]:
    return [books.changed(one) for one in _there(books, place, many)]


def withdrawn(books: Stand, place: str, many: int) -> list[Any]:
    return [books.withdrawn(one) for one in _there(books, place, many)]


def _there(books: Stand, place: str, many: int) -> list[Any]:
    made = created(books, place, many)
    books.wants(*made)
    books.settles()
    return made


WRITES: tuple[Callable[[Stand, str, int], list[Any]], ...] = (created, changed, withdrawn)


@pytest.mark.parametrize(("connector", "fault"), EACH_FAULT, indirect=["connector"])
def test_in_the_end_there_is_one_document(connector, opened_books, fault, backend):
    books = opened_books(*STANDS[connector].places)
    ways = list(product(books.memories, WRITES, books.places, (1, 3)))
    for way in random.Random(f"{seed()} {fault} {backend}").sample(ways, min(size(f"lost_answers_{books.name}"), len(ways))):
        happens(books, fault, *way)


def happens(books: Stand, fault: str, remembering: str, write: Callable[..., list[Any]], place: str, many: int) -> None:
    forgetful = remembering == books.forgetful  # then neither the key nor an early look tells: what helps is to wait
    books.knows(keys=0 if forgetful else 600, settle=60)
    books.emulator.configure(**books.worlds[-1])
    books.opened(place)
    books.emulator.configure(**books.memories[remembering])
    wanted = write(books, place, many)
    books.spoils(write.__name__, place, fault)
    books.wants(*wanted)
    took = books.settles()
    books.looks_round()
    said = f"{fault}, {remembering}, {write.__name__} {many} in {place}"
    assert not books.faults_left(), f"the fault did not strike: {said}"
    assert took <= books.quiet_within, said
    assert_in_step(books)
