"""Whatever a file holds, it is imported, asked about or refused: nothing else comes out."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.sources.invoices.adding import Refused
from shared.kernel.errors import Invalid
from tests.component.reports import write
from tests.component.reports.ambiguous import make
from tests.component.reports.layouts import CASES
from tests.component.reports.mutate import NASTY, spoiled
from tests.component.reports.outcome import Asked, Imported, Outcome, bring
from tests.component.reports.ways import WORDS
from tests.sizes import seed, size

SHARES = 20
SEEDS = [(case.data, case.file) for case in CASES] + [(made.data, made.name) for made in map(make, range(60))]


def taken(data: bytes, name: str) -> Outcome:
    """What becomes of the file, its questions answered at random ones' places; anything raised is a defect."""
    found = bring(data, name)
    if isinstance(found, Asked):
        assert found.questions
        answers = {each.id: each.options[-1].value if each.options else "2026" for each in found.questions}
        return bring(data, name, answers)
    return found


@pytest.mark.parametrize("share", range(SHARES))
def test_a_spoiled_file_is_imported_asked_about_or_refused(share: int):
    for number in range(share, size("spoiled_files"), SHARES):
        roll = random.Random(f"{seed()} {number}")
        (data, name), (other, _) = roll.choice(SEEDS), roll.choice(SEEDS)
        spoilt = spoiled(data, other, roll)
        try:
            taken(spoilt, name)
        except Exception as error:
            raise AssertionError(f"input {number} of seed {seed()}: {spoilt[:2_000]!r}") from error


HEADERS = st.sampled_from([word for words in WORDS.values() for word in words.values()] + ["", "x", "Total", "Id"])
CELLS = st.one_of(
    st.sampled_from([word.decode(errors="replace").replace("\0", "") for word in NASTY]),
    st.dates().map(lambda day: day.strftime("%d/%m/%Y")),
    st.times().map(lambda time: time.strftime("%H:%M")),
    st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-9_999, max_value=9_999).map(str),
    st.text(max_size=8),
)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    head = draw(st.lists(HEADERS, min_size=1, max_size=8))
    rows = draw(st.lists(st.lists(CELLS, min_size=0, max_size=len(head) + 1), max_size=6))
    titles = draw(st.lists(st.lists(CELLS, max_size=2), max_size=2))
    return [*titles, head, *rows]


@settings(max_examples=size("odd_tables"))
@given(tables(), st.sampled_from([",", ";", "\t"]), st.sampled_from(["utf-8", "utf-16"]))
def test_a_table_of_odd_cells_is_imported_asked_about_or_refused(table: list[list[str]], delimiter: str, encoding: str):
    try:
        data = write.delimited(table, delimiter=delimiter, encoding=encoding)
    except UnicodeEncodeError:
        return
    assert isinstance(taken(data, "report.csv"), Outcome)


def test_spoiling_leaves_some_files_readable_and_some_not():
    kinds = {type(taken(spoiled(*SEEDS[at][:1], b"", random.Random(at)), SEEDS[at][1])) for at in range(60)}
    assert kinds >= {Imported, Invalid}


@pytest.mark.parametrize("size", ["2E+12", "2E+21", "-3E+300"])
def test_an_invoice_of_a_number_too_great_is_refused(size: str):
    header = ["Invoice No", "Invoice date", "Client", "Total", "Currency"]
    rows = [header, ["A-1", date(2026, 3, 31), "Beacon", Decimal(size), "EUR"]]
    found = bring(write.ods({"Invoices": rows}), "invoices.ods", {"invoices": "write"})
    assert isinstance(found, Imported)
    assert [type(one) for one in found.results] == [Refused]
