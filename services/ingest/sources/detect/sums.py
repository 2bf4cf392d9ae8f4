"""The sums that a file states itself, and which of its rows are no entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from services.ingest.sources.detect.findings import Inquiry, LeftOut, StatedTotal
from services.ingest.sources.detect.forms import form_of
from services.ingest.sources.detect.people import Whose
from services.ingest.sources.detect.roles import Assigned
from services.ingest.sources.detect.scan import Numbered, Table
from services.ingest.sources.detect.titles import labelled
from services.ingest.sources.files.cells import Cell, text_of
from services.ingest.sources.words.vocabulary import durations, words
from services.ingest.sources.worklog.leaving import is_total

_SUMMED = ("duration", "break", "overtime", "amount", "distance")


@dataclass(slots=True)
class Sums:
    """What was found below and between the entries of one table."""

    words: tuple[str, ...] = ()  # that begin rows of totals
    tail: bool = False
    totals: list[StatedTotal] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


def sums(table: Table, assigned: Assigned, whose: Whose | None, inquiry: Inquiry) -> Sums:
    """The rows without a day: totals, the summary below, headers again."""
    found = Sums(tuple(dict.fromkeys(word for _, cells in table.odd if (word := _word(cells)) is not None)))
    rows: dict[str, list[Numbered]] = {"total": [], "summary": [], "repeated_header": [], "heading": [], "": []}
    for number, cells in table.odd:
        reason = "heading" if whose and whose.is_heading(cells) else _reason(table, number, cells, found, rows["total"])
        rows[reason].append((number, cells))
    found.tail = bool(rows["summary"])
    found.totals = [*_titles(table), *_totals(table, assigned, rows["total"])]
    for reason in filter(rows.get, ("total", "summary", "repeated_header", "heading")):
        found.left_out.append(_left_out(table, reason, rows[reason]))
        inquiry.note("left_out", reason, f"row {found.left_out[-1].rows[0]}: {found.left_out[-1].example}")
    return found


def _reason(table: Table, number: int, cells: list[Cell], found: Sums, totals: list[Numbered]) -> str:
    """Why the row is no entry; "" when that is not plain, so that it is refused when it is read."""
    if [text_of(cell).strip() for cell in cells[: len(table.heads)]] == [head.text for head in table.heads]:
        return "repeated_header"
    if is_total(_first(cells), found.words):
        return "total"
    return "summary" if number > table.last and _apart(table, number, totals) else ""


def _left_out(table: Table, reason: str, members: list[Numbered]) -> LeftOut:
    shown = ", ".join(text_of(cell) for cell in members[0][1] if cell != "")[:100]
    return LeftOut(reason, tuple(number for number, _ in members[:100]), len(members), shown, table.sheet or "")


def _first(cells: Iterable[Cell]) -> str:
    return next((text for cell in cells if (text := text_of(cell).strip())), "")


def _word(cells: Sequence[Cell]) -> str | None:
    """The word for a total that the row begins with; "" for a row of numbers alone."""
    texts = [text for cell in cells if (text := text_of(cell).strip())]
    if not texts:
        return None
    if not any(form_of(text).word for text in texts):
        return ""
    known = [word for word in (*words("subtotal"), *words("total"), *words("summary")) if is_total(texts[0], (word,))]
    return max(known, key=len, default=">>" if texts[0].startswith(">>") else None)


def _apart(table: Table, number: int, totals: list[Numbered]) -> bool:
    """Whether a blank row or one of totals stands between the entries and this row."""
    return any(table.last < blank < number for blank in table.blanks) or any(table.last < total < number for total, _ in totals)


def _totals(table: Table, assigned: Assigned, rows: list[Numbered]) -> list[StatedTotal]:
    cells = dict(rows)
    return [
        StatedTotal(role, text, number, _first(cells[number]), *span, table.sheet or "")
        for number, span in spans(rows, table.first, table.last)
        for role, text in _stated(assigned, cells[number])
    ]


def spans(rows: Sequence[tuple[int, Sequence[Cell]]], first: int, last: int) -> list[tuple[int, tuple[int, int]]]:
    """Each row of a sum with the rows that it is of: those since the sum before, or all of the entries ``first`` to ``last``."""
    found: list[tuple[int, tuple[int, int]]] = []
    heard: set[str | None] = set()
    since = first
    sums = [(number, word) for number, cells in rows if (word := _word(cells)) not in words("summary")]
    for at, (number, word) in enumerate(sums):
        whole = at == len(sums) - 1 and word not in heard and word not in words("subtotal")
        heard.add(word)
        found.append((number, (first if whole else since, min(number - 1, last))))
        since = number + 1
    return found


def _stated(assigned: Assigned, cells: list[Cell]) -> Iterator[tuple[str, str]]:
    """(our column, sum) of one row of totals."""
    for role in _SUMMED:
        column = assigned.one(role)
        text = text_of(cells[column.place]).strip() if column and column.place < len(cells) else ""
        if text and not form_of(text).word:
            yield role, text


def _titles(table: Table) -> Iterator[StatedTotal]:
    """Totals in the lines above the table: ``Total hours: 40:00``."""
    for row, label, value in labelled(table.titles):
        role = _of_title(label, value) if is_total(label, tuple(words("total"))) else ""
        if role:
            yield StatedTotal(role, value, row, label, table.first, table.last, table.sheet or "")


def _of_title(label: str, value: str) -> str:
    form = form_of(value)
    if form.stretch is not None or form.unit or (form.number and durations().keys() & label.split()):
        return "duration"
    return "amount" if form.number and form.number.sign else ""
