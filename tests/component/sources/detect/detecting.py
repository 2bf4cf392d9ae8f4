"""What the tests of detection share: a file from lines of text, what is detected of it, and its entries."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from services.ingest.sources.detect.detect import detect
from services.ingest.sources.detect.findings import Detection
from services.ingest.sources.files.open import open_book
from services.ingest.sources.worklog.layout import dump, load
from services.ingest.sources.worklog.normalize import RowResult, normalize_rows
from services.ingest.sources.worklog.read import parts


def table(header: str, *lines: str) -> bytes:
    """A CSV file; where its cells hold commas they are separated by semicolons."""
    return "\n".join((header, *lines, "")).encode()


def detected(data: bytes, **answers: str) -> Detection:
    return detect(open_book(io.BytesIO(data), "report"), {name.replace("__", ":"): answer for name, answer in answers.items()})


def asked(data: bytes, **answers: str) -> list[str]:
    """The ids of the questions that are open."""
    return [question.id for question in detected(data, **answers).questions]


def results(data: bytes, **answers: str) -> list[RowResult]:
    """Every row as the detected layout reads it, once it has been saved and loaded again."""
    found = detected(data, **answers)
    assert found.layout is not None, found.questions
    layout = load(dump(found.layout))
    assert layout == found.layout
    book = open_book(io.BytesIO(data), "report", encoding=layout.encoding, delimiter=layout.delimiter)
    return [each for part, rows in parts(book, layout) for each in normalize_rows(rows, part, "org", "worklog")]


def entries(data: bytes, **answers: str) -> list[Any]:
    """Its entries; no row may be refused."""
    found = results(data, **answers)
    assert [each.problem for each in found if each.problem] == []
    return [each.entry for each in found if each.entry]


def said(data: bytes, topic: str, **answers: str) -> dict[str, str]:
    """What was found on a topic: value -> evidence."""
    return {finding.value: finding.evidence for finding in detected(data, **answers).findings if finding.topic == topic}


def days(found: list[Any]) -> list[str]:
    return [entry.date.isoformat() for entry in found]


def options(data: bytes, question: str, **answers: str) -> Mapping[str, str]:
    """Value -> example of the options of one question."""
    (found,) = (each for each in detected(data, **answers).questions if each.id == question)
    return {option.value: option.example for option in found.options}
