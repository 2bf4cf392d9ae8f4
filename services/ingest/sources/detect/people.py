"""Whose work each table is, when no column says so: what lines of their own above or between its rows say, else asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from services.ingest.sources.detect.columns import Column
from services.ingest.sources.detect.findings import Inquiry, Option, Question, listed
from services.ingest.sources.detect.roles import Assigned
from services.ingest.sources.detect.scan import Numbered, Table
from services.ingest.sources.files.cells import Cell
from services.ingest.sources.words.vocabulary import claims, words
from services.ingest.sources.worklog.headings import alone, naming
from services.ingest.sources.worklog.leaving import is_total
from shared.kernel.errors import Invalid

Spot = tuple[int, str]
"""A row, and the word in it that stands before a name."""
_OPTIONS = (
    Option("people", "each names who did the work below it"),
    Option("none", "none of them names a person; these lines are left out"),
)


@dataclass(frozen=True, slots=True)
class Whose:
    """How the rows of one table come by their person, where no column names it."""

    constant: str = ""
    above: tuple[str, ...] = ()  # our columns in which an empty cell stands for the name above it
    words: tuple[str, ...] = ()  # before the name, in a line of its own
    names: dict[str, str] = field(default_factory=dict)  # a line's only text -> whom it names

    def is_heading(self, cells: list[Cell]) -> bool:
        return len({name for _, name in naming(cells, self.words)}) == 1 or alone(cells) in self.names


def whose(found: list[tuple[Table, Assigned]], inquiry: Inquiry) -> list[Whose | None]:
    """Of each table; None while that is asked. One answer is for one table, since two may be of different people."""
    lacking = [table for table, assigned in found if _lacks(assigned)]
    counts = Counter(table.name for table in lacking)
    every: list[Whose | None] = []
    for table, assigned in found:
        name = table.name if counts[table.name] == 1 else f"{table.name}, row {table.header}"
        asking = _Asking(table, f":{name}" if len(lacking) > 1 else "", inquiry)
        every.append(asking.whose(assigned, _before(table, found)) if _lacks(assigned) else Whose())
    return every


def _lacks(assigned: Assigned) -> bool:
    column = assigned.one("person")
    return not (column and column.filled and not column.empty)


def _before(table: Table, found: list[tuple[Table, Assigned]]) -> list[Numbered]:
    """The lines without a day above this table's own titles, in the same sheet."""
    since = min((row for row, _ in table.titles), default=table.header)
    above = [each for each, _ in found if each.sheet == table.sheet and each.header < table.header]
    return [line for each in above for line in (*each.titles, *each.odd) if line[0] < since]


@cache
def _labels() -> tuple[str, ...]:
    return tuple(label for label, told in claims().items() if any(claim.role == "person" for claim in told))


def _heard(lines: Iterable[Numbered]) -> dict[Spot, str]:
    """The person whom a line names behind a word for one."""
    return {(row, label): name for row, cells in lines for label, name in naming(cells, _labels())}


def _lone(lines: Iterable[Numbered]) -> dict[str, int]:
    """Texts that stand alone in their line -> the first such row."""
    found: dict[str, int] = {}
    for row, cells in lines:
        text = alone(cells)
        if text and not naming(cells, _labels()) and not is_total(text, tuple({**words("total"), **words("subtotal")})):
            found.setdefault(text, row)
    return found


@dataclass(frozen=True, slots=True)
class _Asking:
    """One table without a column of people."""

    table: Table
    of: str  # what tells its questions from those of other tables
    inquiry: Inquiry

    def constant(self, text: str) -> Whose | None:
        answer = self.inquiry.ask(Question(f"person{self.of}", "person", text, free=True))
        return Whose(answer.strip()) if answer else None

    def whose(self, assigned: Assigned, before: list[Numbered]) -> Whose | None:
        column = assigned.one("person")
        if column and column.filled:
            return self._gaps(column)
        odd = [line for line in self.table.odd if line[0] < self.table.last]
        first = self.table.first
        return self._said([*self.table.titles, *(each for each in odd if each[0] < first)], odd, before)

    def _gaps(self, column: Column) -> Whose | None:
        """Whose the rows without a name are: as often as not the name above stands for them."""
        row, text = min(column.words.values(), default=(0, ""))
        above = Option("above", "in each the name above it", f"row {column.empty} is the work of the last one named above")
        asked = f"Row {column.empty} names no person, while row {row} names {text}. Who is it, in all rows without a name?"
        question = Question(f"person{self.of}", "person", asked, (above,) if 0 < row < column.empty else (), free=True)
        answer = self.inquiry.ask(question)
        if answer is None:
            return None
        return Whose(above=("person",)) if answer == "above" and question.options else Whose(answer.strip())

    def _said(self, begin: list[Numbered], odd: list[Numbered], before: list[Numbered]) -> Whose | None:
        """What the lines say: those above the entries, those without a day among them, those above other tables."""
        between = _heard(line for line in odd if line[0] > self.table.first)
        above = self._above(_heard(begin) or _heard(before), between)
        names = self._names(_lone(begin), _lone(odd))
        if names is None:
            return None
        whole = Whose() if above or any(map(names.get, _lone(begin))) else self.constant(self._text())
        return whole and self._told(whole.constant, above | between, names)

    def _told(self, constant: str, heard: dict[Spot, str], names: dict[str, str]) -> Whose:
        for (row, _), name in heard.items():
            self.inquiry.note("person", name, f"row {row} says so")
        return Whose(constant, words=tuple(sorted({label for _, label in heard})), names=names)

    def _above(self, above: dict[Spot, str], between: dict[Spot, str]) -> dict[Spot, str]:
        """What the lines above say, where it is one person."""
        if len(set(above.values())) < 2:
            return above
        if between:
            cause = f"the lines above the table in row {self.table.header} name {listed(above.values())}"
            raise Invalid("two_people", f"{cause}, and others follow between its rows", "leave one name above each person's rows")
        return {}

    def _names(self, titles: dict[str, int], lone: dict[str, int]) -> dict[str, str] | None:
        """What lines of one text between the rows mean, once that is answered; None while it is asked."""
        if not lone:
            return {}
        title = titles if len(titles) == 1 and not titles.keys() & lone.keys() else {}
        shown = listed(sorted(title | lone, key=(title | lone).__getitem__))
        row = min(lone.values())
        text = f"Lines of one text stand above and between the entries, as in row {row}: {shown}. Do they name people?"
        options = (*_OPTIONS, Option("between", f"all do but {listed(title)} at the top")) if title else _OPTIONS
        answer = self.inquiry.ask(Question(f"person:headings{self.of}", "person", text, options))
        found = {**(title if answer == "people" else {}), **lone}
        return None if answer is None else {each: "" if answer == "none" else each for each in found}

    def _text(self) -> str:
        below = list(_lone(self.table.titles))
        told = f", below {listed(below)}" if below else ""
        return f"No column says whose work it is in the table in row {self.table.header}{told}. Who is it?"
