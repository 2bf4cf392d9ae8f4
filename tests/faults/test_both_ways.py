"""Every mechanism has a guard, each guard goes red when its mechanism is off, and the page of them says so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shared.platform.faultpoint import MECHANISMS
from tests.faults import test_mechanisms, test_mechanisms_of_sign_in
from tests.faults.guards import GUARDS, Stage, bites

ROOT = Path(__file__).parents[2]
ENROLLED = (test_mechanisms, test_mechanisms_of_sign_in)


def test_every_mechanism_has_a_guard():
    assert GUARDS.keys() == MECHANISMS


def _file(test):
    return f"{test.__module__.replace('.', '/')}.py"


def test_every_guard_stands_in_a_file_of_guards():
    assert {test.__module__ for tests in GUARDS.values() for test, *_ in tests} == {module.__name__ for module in ENROLLED}


def test_the_page_of_mechanisms_names_each_with_its_guards():
    page = (ROOT / "docs/reference/mechanisms.md").read_text()
    rows = re.findall(r"^\| `(\w+)` (.*)$", page, re.M)
    named = {name: set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row)) for name, row in rows}
    assert named == {mechanism: {(_file(test), test.__name__) for test, *_ in tests} for mechanism, tests in GUARDS.items()}


def test_the_page_restates_every_invariant_that_it_names():
    page = (ROOT / "docs/reference/mechanisms.md").read_text()
    stated = re.findall(r"^- \*\*(I\d+) ", page, re.M)
    assert stated == [f"I{number}" for number in range(1, 14)]
    assert set(re.findall(r"\bI\d+\b", page)) == set(stated)


def test_every_test_that_the_page_names_exists():
    page = (ROOT / "docs/reference/mechanisms.md").read_text()
    for path, name in re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", page):
        assert re.search(rf"^def {name or 'test_'}", (ROOT / path).read_text(), re.M), f"{path}::{name}"


BOTH_WAYS = [
    pytest.param(mechanism, test, backends[0], connector, id=f"{mechanism}-{backends[0]}-{connector}-{test.__name__}")
    for mechanism, tests in sorted(GUARDS.items())
    for test, backends, connectors in tests
    for connector in connectors
]


@pytest.mark.parametrize(("mechanism", "test", "backend", "connector"), BOTH_WAYS, indirect=["backend", "connector"])
def test_without_its_mechanism_a_guard_goes_red(mechanism, test, make_database, clock, still_hearts, connector):
    bites(mechanism, test, lambda off: Stage(make_database, clock, connector, off))
