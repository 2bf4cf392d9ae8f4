"""Whose work the rows below are, where a line of its own above or between them says so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.ingest.sources.files.cells import Cell, text_of
from services.ingest.sources.words.vocabulary import claims, fold
from services.ingest.sources.worklog.layout import Layout
from services.ingest.sources.worklog.leaving import is_total

LABEL = re.compile(r"^\s*([^:：]{1,40})[:：]\s*(.*)$", re.DOTALL)
DOUBTFUL = ""
"""Some line seems to name a person, but not plainly whom: the rows below are nobody's until another line names one."""


def labelled(cells: Sequence[Cell]) -> Iterator[tuple[str, str]]:
    """(folded label, value) of ``Label: value`` in one cell, or in a cell and the one beside it."""
    texts = [text for cell in cells if (text := text_of(cell).strip())]
    for at, text in enumerate(texts):
        match = LABEL.match(text)
        if match and match[2]:
            yield fold(match[1]), match[2].strip()
        elif at + 1 < len(texts):
            yield fold(text), texts[at + 1]


def is_claimed(value: str) -> bool:
    """Whether the value is a label itself."""
    return fold(value) in claims() or value.endswith(":")


def alone(cells: Sequence[Cell]) -> str:
    """The only text of a line that holds nothing else."""
    texts = [text for cell in cells if (text := text_of(cell).strip())]
    return texts[0] if len(texts) == 1 and any(map(str.isalpha, texts[0])) else ""


def naming(cells: Sequence[Cell], words: Sequence[str]) -> set[tuple[str, str]]:
    """(word, person) of each person whom a line without a day names behind one of the words."""
    if not words:
        return set()
    pairs = {(label, value) for label, value in labelled(cells) if label in words}
    return {(label, value) for label, value in pairs if any(map(str.isalpha, value)) and not is_claimed(value)}


@dataclass(slots=True)
class Headings:
    """Follows the lines of a sheet downwards, and knows whose work the next row is."""

    layout: Layout
    person: str | None = None  # None: no line said so yet

    def __bool__(self) -> bool:
        return bool(self.layout.headings or self.layout.people)

    def hears(self, cells: Sequence[Cell], *, above: bool = False) -> bool:
        """Whether a line without a day is a heading; whom it names is remembered."""
        only = alone(cells)
        if people := {name for _, name in naming(cells, self.layout.headings)}:
            self.person = people.pop() if len(people) == 1 else DOUBTFUL
            return self.person != DOUBTFUL
        if only in self.layout.people:
            self.person = self.layout.people[only] or self.person
            return True
        if only and self.layout.people and not above and not is_total(only, self.layout.totals):
            self.person = DOUBTFUL
        return False
