"""Rows that were read and checked wait here for their transaction, outside of memory when there are many.

Reading takes most of an import's time; done first, it keeps nobody from the database meanwhile.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import Any

from services.ingest.sources.worklog.normalize import RowResult
from shared.kernel.errors import Invalid

PAGE = 1_000  # rows
new_file = partial(SpooledTemporaryFile, max_size=8_000_000)
"""A file in memory until it has so many bytes; on disk it has no name and is gone with the process."""


class Held:
    """The rows of one file."""

    def __init__(self, results: Iterable[RowResult]) -> None:
        self._file = new_file()
        waiting = iter(results)
        while page := [_plain(result) for result in islice(waiting, PAGE)]:
            pickle.dump(page, self._file, pickle.HIGHEST_PROTOCOL)
        self._end = self._file.tell()

    def pages(self) -> Iterator[list[RowResult]]:
        """Up to PAGE rows at a time, once."""
        with self._file as file:
            file.seek(0)
            while file.tell() < self._end:
                yield [_result(*row) for row in pickle.load(file)]


def _plain(result: RowResult) -> tuple[int, list[Any], tuple[str, str, str, dict[str, object]] | None]:
    problem = result.problem
    return result.row, result.records, (problem.code, problem.cause, problem.remedy, problem.facts) if problem else None


def _result(row: int, records: list[Any], problem: tuple[str, str, str, dict[str, Any]] | None) -> RowResult:
    if problem is None:
        return RowResult(row, records)
    code, cause, remedy, facts = problem
    return RowResult(row, records, Invalid(code, cause, remedy, **facts))
