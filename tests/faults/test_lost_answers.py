"""A write's answer is lost, late, refused or spoilt: in the end there is one invoice, as wanted, and nothing is stuck."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from shared.contract.documents import Invoice
from tests.component.connector.books import US, US_OWN_NUMBERS
from tests.faults.rigged import Rigged, assert_in_step
from tests.sizes import seed, size

WRITE = {"method": "POST", "path": r"/(invoice|batch)$"}
HTML = {"content_type": "text/html", "body": "<html><body>Bad Gateway</body></html>"}
XML = {"content_type": "application/xml", "body": "<IntuitResponse/>"}
FAULTS: dict[str, dict[str, Any]] = {
    "never reached it": {"kind": "connect"},
    "reset before it was done": {"kind": "reset_before"},
    "reset after it was done": {"kind": "reset_after"},
    "done, then silence": {"kind": "timeout"},
    "silence, not done": {"kind": "hang"},
    "silence three times": {"kind": "hang", "times": 3},
    "429": {"kind": "throttle"},
    "429 with Retry-After": {"kind": "throttle", "retry_after": 7},
    "429 in XML": {"kind": "throttle", "xml": True},
    "503 before it was done": {"kind": "error_before", "status": 503},
    "503 after it was done": {"kind": "error_after", "status": 503},
    "500 after it was done": {"kind": "error_after", "status": 500},
    "401 in mid-flight": {"kind": "unauthorized"},
    "HTML instead": {"kind": "page_before", "status": 502, **HTML},
    "HTML after it was done": {"kind": "page", "status": 502, **HTML},
    "XML after it was done": {"kind": "page", "status": 200, **XML},
    "garbage after it was done": {"kind": "page", "status": 200, "content_type": "application/json", "body": '{"Invoice": {]'},
    "half an answer": {"kind": "truncated"},
    "200 with a fault inside": {"kind": "fault"},
    "a wrong total": {"kind": "wrong_total"},
}
BOOKS = {
    "books that forget requests at once": {"memory_seconds": 0, "index_lag": 0},
    "an index that lags": {"memory_seconds": 86_400, "index_lag": 45},
    "both": {"memory_seconds": 0, "index_lag": 45},
}
QUIET_WITHIN = timedelta(minutes=5)


def created(books: Rigged, realm: str, many: int) -> list[Invoice]:
    return [books.composed(realm) for _ in range(many)]


def changed(books: Rigged, realm: str, many: int) -> list[Invoice]:
    return [books.changed(one) for one in _there(books, realm, many)]


def withdrawn(books: Rigged, realm: str, many: int) -> list[Invoice]:
    return [books.withdrawn(one) for one in _there(books, realm, many)]


def _there(books: Rigged, realm: str, many: int) -> list[Invoice]:
    made = created(books, realm, many)
    books.wants(*made)
    books.settles()
    return made


WRITES: tuple[Callable[[Rigged, str, int], list[Invoice]], ...] = (created, changed, withdrawn)
WAYS = list(product(BOOKS, WRITES, (US, US_OWN_NUMBERS), (1, 3)))


@pytest.mark.parametrize("fault", FAULTS)
def test_in_the_end_there_is_one_invoice(books, fault):
    books.opened(US_OWN_NUMBERS)
    for way in random.Random(f"{seed()} {fault}").sample(WAYS, size("lost_answers")):
        happens(books, fault, *way)


def happens(books: Rigged, fault: str, remembering: str, write: Callable[..., list[Invoice]], realm: str, many: int) -> None:
    forgetful = remembering == "both"  # then neither the key nor an early look tells: what helps is to wait
    books.knows(QUICKBOOKS_KEY_MEMORY_SECONDS="0" if forgetful else "600", QUICKBOOKS_SETTLE_SECONDS="60")
    books.emulator.configure(**BOOKS[remembering])
    wanted = write(books, realm, many)
    books.emulator.fault(**WRITE, **FAULTS[fault])
    books.wants(*wanted)
    took = books.settles()
    books.looks_round()
    said = f"{fault}, {remembering}, {write.__name__} {many} in {realm}"
    assert not books.emulator.faults.rules, f"the fault did not strike: {said}"
    assert took <= QUIET_WITHIN, said
    assert_in_step(books)
