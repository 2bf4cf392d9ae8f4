"""Of thousands of ambiguous reports none is read wrongly: what the file settles isn't asked, what it leaves open is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from services.ingest.sources.worklog.normalize import RowResult
from shared.contract.records import Expense, Person
from tests.component.reports.ambiguous import make
from tests.component.reports.outcome import WORTH, Asked, Imported, bring, interview, read
from tests.component.reports.plan import Made, Truth
from tests.sizes import seed, size

SHARES = 10


def told(results: list[RowResult]) -> Counter[Truth]:
    """What the records say."""
    names = {record.id: record.name for result in results for record in result.records if isinstance(record, Person)}
    assert [result.problem for result in results if result.problem] == []
    return Counter(
        Truth(
            day=entry.date,
            person=names[entry.person],
            seconds=None if isinstance(entry, Expense) else entry.seconds,
            money=WORTH[type(entry)](entry),
            currency=entry.currency,
        )
        for entry in (result.entry for result in results)
        if entry
    )


def files(share: int) -> Iterator[tuple[int, Made]]:
    return ((number, make(number, seed=seed())) for number in range(share, size("ambiguous_files"), SHARES))


def wrong(made: Made) -> str | None:
    """What is wrong about what becomes of the report."""
    first = bring(made.data, made.name)
    asked = first.topics if isinstance(first, Asked) else set()
    if asked != set(made.open):
        return f"asked {sorted(asked)}, open are {sorted(made.open)}; settled {made.settled}"
    _, found = interview(made.data, made.name, made.open)
    if not isinstance(found, Imported):
        return f"once answered: {found}"
    if told(found.results) != Counter(made.truth):
        return f"read {sorted(told(found.results) - Counter(made.truth), key=str)[:2]}; settled {made.settled}"
    return None


@pytest.mark.parametrize("share", range(SHARES))
def test_settled_points_are_not_asked_and_open_ones_are_and_all_is_read_right(share: int):
    found = {number: fault for number, made in files(share) if (fault := wrong(made))}
    assert found == {}


@pytest.mark.parametrize("share", range(1))
def test_what_was_answered_once_reads_the_next_report_of_this_layout(share: int):
    for number, made in files(share):
        _, found = interview(made.data, made.name, made.open)
        again = make(number, seed=seed(), again=True)
        assert isinstance(found, Imported)
        assert told(read(again.data, again.name, found.layout)) == Counter(again.truth)
