"""What detection says of a file: what it found and from what, what it has to ask, and what it leaves out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from services.ingest.sources.worklog.layout import Layout
from shared.kernel.errors import Invalid
from shared.kernel.quote import quoted


@dataclass(frozen=True, slots=True)
class Finding:
    """One conclusion, and the row and value that it was drawn from."""

    topic: str
    value: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to a question, and what it makes of the file's first rows."""

    value: str
    label: str
    example: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What the file leaves open. Where ``free``, any text is an answer."""

    id: str
    topic: str
    text: str
    options: tuple[Option, ...] = ()
    free: bool = False


@dataclass(frozen=True, slots=True)
class StatedTotal:
    """A sum that the file itself states, over the rows ``first`` to ``last``; ``scope`` is its label."""

    column: str  # of ours
    value: str  # as written
    row: int
    scope: str
    first: int
    last: int
    table: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Rows that are no entries."""

    reason: str  # one of worklog.leaving.REASONS, or "table", "invoice", "week"
    rows: tuple[int, ...]  # the first hundred
    count: int
    example: str
    table: str = ""


@dataclass(frozen=True, slots=True)
class Detection:
    """How a file is to be read; ``layout`` is None while a question is open."""

    layout: Layout | None
    findings: tuple[Finding, ...]
    questions: tuple[Question, ...]
    totals: tuple[StatedTotal, ...]
    left_out: tuple[LeftOut, ...]
    stated: tuple[Mapping[str, str], ...] = ()  # of each table: our column, or "year" -> what the lines above it say
    dropped: tuple[Mapping[str, str], ...] = ()  # {header: text} of rows that somebody deleted or rejected, and of breaks
    units: tuple[tuple[str, str], ...] = ()  # (header, unit) of durations whose unit the rows themselves show
    period: tuple[date, date] | None = None  # that the lines above the tables state, both days included
    invoices: bool = False  # the rows are lines of invoices, and the layout's columns those of ``invoices.headers``
    leave_paid: bool = False  # of these, those that the file says are paid are not to be taken in


@dataclass(slots=True)
class Inquiry:
    """Collects findings and questions, and takes the answers given."""

    answers: Mapping[str, str]
    findings: list[Finding] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)

    def note(self, topic: str, value: str, evidence: str) -> None:
        finding = Finding(topic, value, evidence)
        if finding not in self.findings:
            self.findings.append(finding)

    def ask(self, question: Question) -> str | None:
        """The answer, once it is given; a question is put once."""
        if question.id not in self.asked and question.id not in self.answers:
            self.questions.append(question)
        self.asked.add(question.id)
        given = self.answers.get(question.id)
        if given is None:
            return None
        values = [option.value for option in question.options]
        if given not in values and not (question.free and given.strip()):
            known = ", ".join(map(quoted, values)) or "a text"
            raise Invalid("bad_answer", f"{quoted(given)} is no answer to {quoted(question.id)}", f"answer one of: {known}")
        self.note(question.topic, given, "answered")
        return given

    def check(self) -> None:
        """Refuse answers to what was not asked: they were meant for another file."""
        if strange := sorted(self.answers.keys() - self.asked):
            known = ", ".join(sorted(self.asked)) or "nothing"
            remedy = f"answer only what this file leaves open: {known}"
            raise Invalid("unknown_question", f"{quoted(strange[0])} is not asked of this file", remedy)


def options(*pairs: tuple[str, str, str]) -> tuple[Option, ...]:
    """Options of (value, label, example)."""
    return tuple(Option(*pair) for pair in pairs)


def listed(items: Iterable[str], limit: int = 5) -> str:
    """The first of some values, quoted."""
    return ", ".join(quoted(item) for item in list(items)[:limit])
