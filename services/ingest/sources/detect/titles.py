"""What the lines above a table say of it as a whole: a period, a person, a client, a currency, a total."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from itertools import chain

from services.ingest.sources.detect.forms import Day, currencies_of, form_of
from services.ingest.sources.detect.orders import make, notation_of
from services.ingest.sources.detect.scan import Numbered, Table
from services.ingest.sources.files.cells import Cell, text_of
from services.ingest.sources.words.calendars import LANGUAGES, months
from services.ingest.sources.words.vocabulary import claims, fold, words
from services.ingest.sources.worklog import headings
from services.ingest.sources.worklog.plain import plain

_BETWEEN = re.compile(r"\s+(?:-|–|—|to|bis|au|a|al|até|tot|по|до|إلى|and|und)\s+|\s*[–—~〜～]\s*|(?<=\d)-(?=\d{1,2}[./])")
_MONTH_YEAR = re.compile(r"^([^\W\d_]+)\.? (?:de |of )?(\d{4})$|^(\d{4})年(\d{1,2})月(?:度|分)?$")


def labelled(titles: list[Numbered]) -> Iterator[tuple[int, str, str]]:
    """(row, folded label, value) of what the lines say behind labels."""
    return ((row, label, value) for row, cells in titles for label, value in headings.labelled(cells))


def constant(table: Table, role: str) -> tuple[int, str] | None:
    """The one value that the titles give for a role such as client, and its row."""
    found = {
        (row, value) for row, label, value in labelled(table.titles) if _claims(label, role) and not headings.is_claimed(value)
    }
    values = {value for _, value in found}
    return min(found) if len(values) == 1 else None


def another(table: Table, role: str) -> tuple[int, str] | None:
    """A line between the rows of a table that gives a role another value than the titles do, and its row."""
    above = constant(table, role)
    between = [(row, cells) for row, cells in table.odd if row < table.last]
    found = ((row, value) for row, label, value in labelled(between) if _claims(label, role) and not headings.is_claimed(value))
    return next((each for each in found if above is None or each[1] != above[1]), None)


def _claims(label: str, role: str) -> bool:
    return any(claim.role == role for claim in claims().get(label, ()))


def currency(table: Table) -> tuple[int, str] | None:
    """The currency that the titles name by its code."""
    for row, label, value in labelled(table.titles):
        if _claims(label, "currency") and len(found := currencies_of(value.strip())) == 1:
            return row, found[0]
    return None


@lru_cache(maxsize=512)
def days_in(cell: Cell) -> tuple[Day, ...]:
    """The dates in a text, such as those of ``Period: 01/03/2024 - 31/03/2024``."""
    if not isinstance(cell, str) or len(cell) > 200:
        return ()
    pieces = _pieces(plain(cell))
    return tuple(day for piece in pieces if (day := form_of(piece).day) and (len(day.numbers) + bool(day.month) == 3))


def _pieces(text: str) -> list[str]:
    match = headings.LABEL.match(text)
    value = match[2] if match and not match[1].strip()[-1:].isdigit() else text
    found = []
    for piece in _BETWEEN.split(value):
        found += [piece.strip()] if form_of(piece.strip()).day else re.split(r"[,;()]\s*|\s(?=\d)", piece)
    words_off = [re.sub(r"^[^\d]*\s(?=\d)", "", each.strip()) for each in found if each.strip()]
    return [each for pair in zip(found, words_off, strict=False) for each in dict.fromkeys((pair[0].strip(), pair[1]))]


def period(table: Table) -> tuple[date, date] | None:
    """The period that a title line states, when it can be read in one way only."""
    for _, cells in table.titles:
        dates = list(chain.from_iterable(map(_dates_in, cells)))
        if len(dates) == 2 and dates[0] <= dates[1]:
            return dates[0], dates[1]
    named = [value for _, label, value in labelled(table.titles) if label in words("period")]
    texts = map(text_of, chain.from_iterable(cells for _, cells in table.titles))
    return next((month for text in chain(named, texts) if (month := _month(text))), None)


def _dates_in(cell: Cell) -> list[date]:
    if isinstance(cell, date):
        return [date(cell.year, cell.month, cell.day)]
    days = days_in(cell)
    if not days:
        return []
    notation = notation_of(days[0].notation, {day: (0, "") for day in days if day.notation == days[0].notation}, LANGUAGES)
    if notation.order is None or len(notation.dates) != len(set(days)):
        return []
    return [made for day in days if (made := make(day, notation.order, notation.languages))]


@lru_cache(maxsize=512)
def _month(text: str) -> tuple[date, date] | None:
    """The first and last day of a month that is named with its year."""
    match = _MONTH_YEAR.match(plain(text).strip())
    if match is None:
        return None
    named = match[1] and next((n for each in LANGUAGES if (n := months(each).get(fold(match[1])))), None)
    month, year = named or int(match[4] or 0), int(match[2] or match[3])
    if not 1 <= month <= 12 or not 1900 <= year <= 2199:
        return None
    following = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, 1), date.fromordinal(following.toordinal() - 1)
