"""Every layout is read to the figures written beside it, or asks exactly what its file leaves open."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.kernel.errors import Invalid
from tests.component.reports.case import Case
from tests.component.reports.layouts import CASES
from tests.component.reports.outcome import Imported, figures, interview
from tests.component.reports.page import PAGE, page


def test_the_reference_page_shows_every_layout():
    assert PAGE.read_text() == page(), "write it again: python -m tests.component.reports.page"


READ = [case for case in CASES if case.figures]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_layout_asks_what_it_leaves_open_and_nothing_else(case: Case):
    topics, found = interview(case.data, case.file, case.asks)
    assert topics == set(case.asks), found
    assert isinstance(found, Invalid) == (not case.asks and not case.figures), found


@pytest.mark.parametrize("case", READ, ids=lambda case: case.name)
def test_a_layout_gives_its_figures(case: Case):
    _, found = interview(case.data, case.file, case.asks)
    assert isinstance(found, Imported), found
    assert replace(figures(found.results), money=case.figures.money) == case.figures
    assert figures(found.results).money == case.figures.money
