"""Every promised row of the API has a test, and the page of rows says which."""

from __future__ import annotations

import pytest

from tests.architecture import contract_rows

pytestmark = pytest.mark.xdist_group("architecture")  # one process reads the sources


def test_every_promised_row_is_shown_and_no_other():
    assert contract_rows.shown().keys() == contract_rows.ROWS.keys()


def test_the_page_of_rows_is_what_the_tests_are_marked_with():
    assert contract_rows.PAGE.read_text() == contract_rows.page(), "run python -m tests.architecture.contract_rows"
