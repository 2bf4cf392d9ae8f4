"""Takes a file the way an import does, detection first, and says what came of it: records, questions, or a refusal."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from services.ingest.sources.detect.detect import detect
from services.ingest.sources.detect.findings import Question
from services.ingest.sources.files.open import open_book
from services.ingest.sources.invoices.adding import Refused, Written, invoices
from services.ingest.sources.invoices.rows import told
from services.ingest.sources.worklog.layout import Layout, dump, load
from services.ingest.sources.worklog.normalize import RowResult, normalize_parts
from services.ingest.sources.worklog.read import parts
from shared.contract.records import Expense, Mileage, Person, TimeEntry
from shared.kernel.duration import hours
from shared.kernel.errors import Invalid
from shared.kernel.money import round_money
from tests.component.reports.case import Figures


@dataclass(frozen=True, slots=True)
class Imported:
    """The layout that was found, as it is saved, and what became of each row under it."""

    layout: Layout
    results: list[RowResult] | list[Written | Refused]


@dataclass(frozen=True, slots=True)
class Asked:
    questions: tuple[Question, ...]

    @property
    def topics(self) -> set[str]:
        return {question.topic for question in self.questions}


Outcome = Imported | Asked | Invalid


def bring(data: bytes, name: str, answers: Mapping[str, str] | None = None) -> Outcome:
    """What becomes of the file, given answers by question id."""
    try:
        found = detect(open_book(io.BytesIO(data), name), answers or {})
        if found.layout is None:
            return Asked(found.questions)
        if found.invoices:
            every = invoices(told(open_book(io.BytesIO(data), name), found.layout), 1_000)
            return Imported(found.layout, [one for one in every if not (found.leave_paid and one.paid)])
        return Imported(layout := load(dump(found.layout)), read(data, name, layout))
    except Invalid as problem:
        return problem


def read(data: bytes, name: str, layout: Layout) -> list[RowResult]:
    """Every row's result under a layout, as for a profile that is recognised."""
    how = {"encoding": layout.encoding, "delimiter": layout.delimiter, "quoting": layout.quoting}
    return list(normalize_parts(parts(open_book(io.BytesIO(data), name, **how), layout), "org", "worklog", file="hash"))


def interview(data: bytes, name: str, answers: Mapping[str, str | None]) -> tuple[set[str], Outcome]:
    """The topics asked, and what becomes of the file when each question gets the answer to its topic.

    What one answer decides may be asked after it; a topic without an answer ends the interview.
    """
    topics: set[str] = set()
    given: dict[str, str] = {}
    for _ in range(5):
        found = bring(data, name, given)
        if not isinstance(found, Asked):
            return topics, found
        topics |= found.topics
        if not found.questions or any(answers.get(question.topic) is None for question in found.questions):
            return topics, found
        given |= {question.id: chosen(question, answers[question.topic]) for question in found.questions}
    raise AssertionError(f"it asks again and again: {given}")


def chosen(question: Question, answer: str) -> str:
    """The option that says so, or the answer itself where any text is one."""
    if question.free or answer in (values := [option.value for option in question.options]):
        return answer
    raise AssertionError(f"{answer!r} is no answer to {question.text!r}: {values}")


def figures(results: list[RowResult] | list[Written | Refused]) -> Figures:
    """What the rows come to."""
    if any(isinstance(result, Written | Refused) for result in results):
        return _of_invoices(results)
    entries = [result.entry for result in results if result.entry]
    names = {record.id: record.name for result in results for record in result.records if isinstance(record, Person)}
    money, distance = Counter[str](), Counter[str]()
    for entry in entries:
        if (worth := WORTH[type(entry)](entry)) is not None:
            money[entry.currency or ""] += worth
        if isinstance(entry, Mileage):
            distance[entry.unit] += entry.distance
    return Figures(
        entries=len(entries),
        seconds=sum(entry.seconds for entry in entries if isinstance(entry, TimeEntry)),
        first=min(entry.date for entry in entries).isoformat() if entries else "",
        last=max(entry.date for entry in entries).isoformat() if entries else "",
        people=tuple(sorted({names[entry.person] for entry in entries})),
        money={currency: str(total) for currency, total in money.items()},
        distance={unit: str(total) for unit, total in distance.items()},
        refused=sum(result.problem is not None for result in results),
    )


def _of_invoices(results: list[Written | Refused]) -> Figures:
    written = [result.given for result in results if isinstance(result, Written)]
    money = Counter[str]()
    for given in written:
        money[given.currency] += round_money(given.total, given.currency)
    return Figures(
        entries=len(written),
        first=min(given.issued for given in written).isoformat() if written else "",
        last=max(given.issued for given in written).isoformat() if written else "",
        people=tuple(sorted({given.client for given in written})),
        money={currency: str(total) for currency, total in money.items()},
        refused=sum(len(result.places) for result in results if isinstance(result, Refused)),
    )


def _worth(entry: TimeEntry | Mileage) -> Decimal | None:
    quantity = hours(entry.seconds) if isinstance(entry, TimeEntry) else entry.distance
    return None if entry.rate is None else round_money(quantity * entry.rate, entry.currency or "USD")


WORTH: dict[type, Callable[..., Decimal | None]] = {
    TimeEntry: _worth,
    Mileage: _worth,
    Expense: lambda entry: round_money(entry.amount, entry.currency or "USD"),
}
