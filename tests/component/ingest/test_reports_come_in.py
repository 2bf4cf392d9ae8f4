"""The layouts of our own making come in by the door: asked once, held against their own sums, and known the second time."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.component.ingest.conftest import Caller
from tests.component.reports.case import Case
from tests.component.reports.layouts import CASES
from tests.sizes import size

SHOWN = [case for case in CASES if case.figures and None not in case.asks.values() and case.rows != "invoice"]
SOME = SHOWN[:: max(1, len(SHOWN) // size("layouts_imported"))]


@pytest.fixture(params=["sqlite"])
def backend(request: pytest.FixtureRequest) -> str:
    """What a file is does not depend on the database."""
    return str(request.param)


def _sent(caller: Caller, case: Case) -> dict[str, Any]:
    """The answer once every question was answered."""
    given: dict[str, str] = {}
    for _ in range(5):
        fields = {"answers": json.dumps(given)} if given else {}
        answer = caller.sends(case.data, case.file, partial="true", **fields)
        if "questions" not in answer:
            return answer
        given |= {one["id"]: _chosen(one, case.asks[one["topic"]] or "") for one in answer["questions"]}
    raise AssertionError(f"{case.name}: it asks again and again: {given}")


def _chosen(question: dict[str, Any], answer: str) -> str:
    """The option that says so, or whose value ends so; any text where any is an answer."""
    values = [one["value"] for one in question["options"]]
    return answer if answer in values or question["free"] else next(one for one in values if answer in one)


@pytest.mark.parametrize("case", SOME, ids=lambda case: case.name)
def test_a_report_comes_in_with_its_figures_and_again_changes_and_asks_nothing(
    new_owner: Callable[[str], Caller], case: Case
) -> None:
    owner = new_owner(case.name)
    first = _sent(owner, case)
    assert case.figures and first.get("stored"), first.get("problem") or first
    assert (first["totals"]["new"], first["totals"]["seconds"]) == (case.figures.entries, case.figures.seconds)
    again = owner.sends(case.data, case.file, partial="true")
    assert (again["totals"]["unchanged"], again["read_by"] in ("profile", "own")) == (case.figures.entries, True)
