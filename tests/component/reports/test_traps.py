"""What invites a wrong reading is asked about or refused, and what is taken unasked is true."""

from __future__ import annotations

import pytest

from tests.component.reports.case import text
from tests.component.reports.outcome import Imported, bring, figures
from tests.component.reports.traps import TRAPS, Trap


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.name)
def test_what_is_taken_unasked_is_true(trap: Trap):
    found = bring(trap.data, trap.file)
    if isinstance(found, Imported) and not any(result.problem for result in found.results):
        assert figures(found.results) == trap.truth


NUMBERED = """
{column},Date,Employee,Project,Duration
1,2026-{month}-02,Ada Sample,Lamp,1:00
2,2026-{month}-03,Ada Sample,Lamp,2:00
3,2026-{month}-04,Ada Sample,Lamp,0:30
"""


@pytest.mark.parametrize("column", ["No.", "#", "Id", "Nr", "Row"])
def test_a_number_that_counts_the_rows_of_each_report_is_no_identity(column: str):
    months = [bring(text(NUMBERED.format(column=column, month=month)), "report.csv") for month in ("03", "04")]
    assert all(isinstance(found, Imported) for found in months)
    march, april = ({result.entry.source_id for result in found.results} for found in months)
    assert len(march | april) == 6
