"""One table gives the same records in whatever country's way, with whatever separator, in whatever encoding and kind of file."""

from __future__ import annotations

import random

import pytest

from shared.contract.record_schemas import content
from tests.component.reports.locales import LOCALES, Locale, files
from tests.component.reports.outcome import Imported, bring, figures
from tests.sizes import seed, size

BRITISH = LOCALES[1]


def contents(data: bytes, name: str) -> list:
    found = bring(data, name)
    assert isinstance(found, Imported), found
    return [content(record) for result in found.results for record in result.records]


@pytest.fixture(scope="module")
def records() -> list:
    """What every writing of the table has to give: its figures are those of the table, to the cent."""
    name, data = next((name, data) for _, name, data in files(BRITISH) if data)
    found = bring(data, name)
    assert isinstance(found, Imported), found
    told = figures(found.results)
    assert (told.entries, told.seconds, told.first, told.last) == (4, 68_400, "2026-03-02", "2026-04-30")
    assert (told.people, told.money, told.refused) == (("Ada Sample", "Kim Sample"), {"EUR": "1518.31"}, 0)
    return contents(data, name)


@pytest.mark.parametrize("locale", LOCALES, ids=lambda locale: locale.name)
def test_the_same_table_gives_the_same_records(locale: Locale, records: list):
    made = [each for each in files(locale) if each[2] is not None]
    chosen = random.Random(f"{seed()} {locale.name}").sample(made, min(len(made), size("writings")))
    assert [what for what, name, data in chosen if contents(data, name) != records] == []


def test_hardly_any_writing_is_left_out_because_its_encoding_lacks_letters():
    lacking = [what for locale in LOCALES for what, _, data in files(locale) if data is None]
    # Narrow blanks are in no code page of France, Arabic digits in none of Egypt: five files each.
    assert len(lacking) == 10
    assert {what.split()[0] for what in lacking} == {"fr-FR", "ar-EG"}
