"""Rows that were read and checked wait here for their transaction, outside of memory when there are many.

Reading takes most of an import's time; done first, it keeps nobody from the database meanwhile.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import date
from functools import partial
from itertools import islice
from operator import attrgetter
from tempfile import SpooledTemporaryFile
from typing import Any, NamedTuple

from services.ingest.imports.resolve import is_derived
from services.ingest.imports.stated import Stated
from services.ingest.sources.worklog.normalize import RowResult
from shared.contract.records import KINDS, AnyRecord, Origin, made
from shared.kernel.errors import Invalid

PAGE = 1_000  # rows
_FORMS = frozenset({"bad_date", "bad_time", "bad_number", "bad_duration"})
"""Codes of cells that are written otherwise than the layout says."""
_UNLIKE = frozenset({"not_whole", "no_sign", "not_twelve"})
"""Codes of cells from which it follows that the layout misreads the rows that it can read."""
_NAMES = {of: tuple(field.name for field in fields(of) if field.name != "origin") for of in KINDS.values()}
_VALUES = {of: attrgetter(*names) for of, names in _NAMES.items()}
new_file = partial(SpooledTemporaryFile, max_size=8_000_000)
"""A file in memory until it has so many bytes; on disk it has no name and is gone with the process."""


class Place(NamedTuple):
    """Where a row stands in its file."""

    table: str  # the sheet or table; "": the file has but one
    row: int

    @property
    def label(self) -> int | str:
        """As a person finds it."""
        return f"{self.table} {self.row}" if self.table else self.row

    def told(self) -> dict[str, Any]:
        """As answers tell it."""
        return {"row": self.row, "table": self.table} if self.table else {"row": self.row}


class Placed(NamedTuple):
    """What became of the row at a place."""

    place: Place
    result: RowResult


class Held:
    """The rows of one file, and what can be told of them all before they meet what is stored."""

    def __init__(self, results: Iterable[tuple[str, RowResult]]) -> None:
        self._file = new_file()
        self._named: dict[str, AnyRecord] = {}  # what rows name is the same record in many of them
        self.sums: list[Stated] = []  # of each table, what its rows of totals say, where detection didn't look at the file
        self.days: tuple[date, ...] = ()  # the first and the last of its entries, if it has any
        self.named = False  # whether some row has an id of the file's own
        self.unlike: Invalid | None = None  # the first row that shows that the others are not what they seem either
        self.misfit: Invalid | None = None  # the first row whose cells are written otherwise than the layout says
        waiting = iter(results)
        while page := list(islice(waiting, PAGE)):
            self._note([result for _, result in page])
            pickle.dump([(table, *self._plain(result)) for table, result in page], self._file, pickle.HIGHEST_PROTOCOL)
        self._end = self._file.tell()

    def pages(self) -> Iterator[list[Placed]]:
        """Up to PAGE rows at a time; again from the start with every call."""
        self._file.seek(0)
        while self._file.tell() < self._end:
            yield [Placed(Place(table, row[0]), self._result(*row)) for table, *row in pickle.load(self._file)]

    def _note(self, page: list[RowResult]) -> None:
        entries: list[Any] = [result.records[-1] for result in page if result.records]
        days = [*self.days, *(entry.date for entry in entries)]
        self.days = (min(days), max(days)) if days else ()
        problems = list(filter(None, (result.problem for result in page)))
        self.misfit = self.misfit or _first(problems, _FORMS)
        self.unlike = self.unlike or _first(problems, _UNLIKE)
        self.named = self.named or any(not is_derived(entry.source_id) for entry in entries)

    def _plain(self, result: RowResult) -> tuple[Any, ...]:
        """Tuples, which are written and read in half the time."""
        problem = result.problem
        if problem:
            return result.row, (), None, (problem.code, problem.cause, problem.remedy, problem.facts)
        if not result.records:
            return result.row, (), None, None
        *named, entry = result.records
        of, origin = type(entry), entry.origin
        self._named.update([(record.id, record) for record in named])
        return result.row, [record.id for record in named], (of, _VALUES[of](entry), origin and tuple(origin)), None

    def _result(
        self, row: int, named: Sequence[str], entry: Any, problem: tuple[str, str, str, dict[str, Any]] | None
    ) -> RowResult:
        if problem is not None:
            code, cause, remedy, facts = problem
            return RowResult(row, [], Invalid(code, cause, remedy, **facts))
        if entry is None:
            return RowResult(row, [])
        of, values, origin = entry
        told = dict(zip(_NAMES[of], values, strict=True))
        told["origin"] = origin and Origin._make(origin)
        return RowResult(row, [*[self._named[number] for number in named], made(of, told)])


def _first(problems: Iterable[Invalid], codes: frozenset[str]) -> Invalid | None:
    """The first problem of a row with a cell of one of these codes."""
    return next((problem for problem in problems if codes.intersection(_codes(problem))), None)


def _codes(problem: Invalid) -> list[str]:
    errors = problem.facts.get("errors", [])
    return [error["code"] for error in errors] if isinstance(errors, list) else []


