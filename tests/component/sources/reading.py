"""Short ways to say: this text, read in this layout, gives these records."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

import pytest

from services.ingest.sources.files.cells import LIMITS, Limits
from services.ingest.sources.worklog.layout import HEADER, OWN, Layout
from services.ingest.sources.worklog.normalize import RowResult, normalize_rows
from services.ingest.sources.worklog.read import rows
from services.ingest.sources.worklog.rows import Row
from shared.kernel.errors import Invalid


def results(data: bytes, layout: Layout = OWN, name: str = "report.csv", limits: Limits = LIMITS) -> list[RowResult]:
    return list(normalize_rows(rows(data, name, layout, limits=limits), layout, "org", "worklog", file="hash"))


def entries(data: bytes, layout: Layout = OWN) -> list:
    """The entries of a report in which every row is right."""
    found = results(data, layout)
    assert [result.problem for result in found if result.problem] == []
    return [result.entry for result in found if result.entry]


def own(*lines: dict[str, str]) -> bytes:
    """A report in our own layout; what a row leaves out is empty."""
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, HEADER.split(","), restval="")
    writer.writeheader()
    writer.writerows({"date": "2026-03-02", "person": "Ada Sample"} | line for line in lines)
    return file.getvalue().encode()


def entry(**line: str):
    return entries(own(line))[0]


def problem(**line: str) -> dict:
    """The only error of the only row."""
    (result,) = results(own(line))
    assert result.problem is not None
    assert result.records == []
    (error,) = result.problem.facts["errors"]
    assert (result.problem.facts["file"], result.problem.facts["row"], error["row"]) == ("report.csv", 2, 2)
    assert error["cause"]
    assert error["remedy"]
    assert f"column {error['column']!r}" in result.problem.cause
    return error


def refused(data: bytes, layout: Layout = OWN, name: str = "report.csv", limits: Limits = LIMITS) -> Invalid:
    """Why the file as a whole is refused."""
    with pytest.raises(Invalid) as caught:
        read(data, layout, name, limits)
    assert name in caught.value.cause
    assert caught.value.remedy
    assert caught.value.facts["file"] == name
    assert len(caught.value.cause) < 3_000
    return caught.value


def read(data: bytes, layout: Layout = OWN, name: str = "report.csv", limits: Limits = LIMITS) -> list[Row]:
    return list(rows(data, name, layout, limits=limits))


def total(found: Iterable) -> int:
    return sum(entry.seconds for entry in found)
