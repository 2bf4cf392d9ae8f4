"""What the words in a table's cells mean: kinds of rows, yes and no, breaks, paid time off, timers that still run."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.ingest.sources.detect.columns import Column
from services.ingest.sources.detect.findings import Inquiry, Option, Question
from services.ingest.sources.detect.roles import Assigned
from services.ingest.sources.words.vocabulary import fold, grouped, words

_BREAKS = ("kind", "task", "job", "notes")


@dataclass(slots=True)
class Wording:
    """What was found of one table's words."""

    kinds: dict[str, str] = field(default_factory=dict)
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    skip: list[dict[str, str]] = field(default_factory=list)
    dropped: list[dict[str, str]] = field(default_factory=list)  # rows that somebody deleted or rejected, and breaks
    running: list[str] = field(default_factory=list)
    done: bool = True


def wording(assigned: Assigned, inquiry: Inquiry) -> Wording:
    """The meaning of words in the columns of one table."""
    found = Wording()
    _kinds(assigned, found, inquiry)
    _flags(assigned, found)
    _breaks(assigned, found, inquiry)
    _flagged(assigned, found, inquiry)
    _dropped(assigned, found, inquiry)
    _leave(assigned, inquiry)
    _running(assigned, found, inquiry)
    return found


def _kinds(assigned: Assigned, found: Wording, inquiry: Inquiry) -> None:
    column = assigned.one("kind")
    if column is None:
        return
    known = {word: grouped("kinds").get(fold(word)) for word in column.words}
    kinds = set(filter(None, known.values()))
    if not kinds or {*known.values()} == {"time", None}:
        del assigned.roles["kind"]
        return
    told = {word: kind or _asked(column, word, inquiry) for word, kind in known.items()}
    found.done = None not in told.values()
    found.kinds = {word.casefold(): kind or "time" for word, kind in told.items()}
    found.dropped += _rows_of_breaks(column, told)
    inquiry.note("kind", ", ".join(sorted(kinds)), f"the column {column.head.text} names it in each row")


def _rows_of_breaks(column: Column, told: dict[str, str | None]) -> list[dict[str, str]]:
    return [{column.head.text: word} for word, kind in told.items() if kind == "break"]


def _asked(column: Column, word: str, inquiry: Inquiry) -> str | None:
    row, _ = column.words[word]
    choices = tuple(Option(kind, kind) for kind in ("time", "expense", "mileage", "break"))
    text = f"Row {row} has {word} in the column {column.head.text}. What kind of row is that?"
    return inquiry.ask(Question(f"kind:{word}", "kind", text, choices))


def _flags(assigned: Assigned, found: Wording) -> None:
    column = assigned.one("billable")
    if column is None:
        return
    texts = [*column.words, *(number.text for number, _ in column.numbers.values())]
    found.yes = tuple(dict.fromkeys(text for text in texts if fold(text) in words("yes") or text == "1"))
    found.no = tuple(dict.fromkeys(text for text in texts if fold(text) in words("no") or text == "0"))


def _breaks(assigned: Assigned, found: Wording, inquiry: Inquiry) -> None:
    """Breaks booked as rows of their own are no work."""
    for role in _BREAKS:
        for column in assigned.roles.get(role, []):
            if role == "kind" and found.kinds:
                continue
            for word, (row, _) in column.words.items():
                if grouped("kinds").get(fold(word)) == "break":
                    found.skip.append({column.head.text: word})
                    found.dropped.append({column.head.text: word})
                    inquiry.note("break_rows", word, f"row {row} has {word} as {column.head.text}: a break, which is left out")


def _flagged(assigned: Assigned, found: Wording, inquiry: Inquiry) -> None:
    """Rows that a column of their own calls running or deleted."""
    for role in ("is_running", "deleted"):
        for column in assigned.roles.get(role, []):
            told = _affirmed(column)
            rules = [{column.head.text: word} for word in told]
            found.skip += rules
            found.dropped += rules if role == "deleted" else []
            if told:
                inquiry.note("left_out", role, f"rows with {told[0]} in the column {column.head.text} are left out")


def _affirmed(column: Column) -> list[str]:
    """What says yes in a column of flags; of a workbook's numbers the first is known alone, so any may be 1."""
    numbers = [text for _, (_, text) in column.numbers.values()] + ["1"] * ("number" in column.typed)
    return [word for word in (*column.words, *column.flags, *numbers) if word == "1" or fold(word) in words("yes")]


def _dropped(assigned: Assigned, found: Wording, inquiry: Inquiry) -> None:
    """Rows whose status says that they count no more."""
    for column in assigned.roles.get("status", []):
        for word, (row, _) in column.words.items():
            if fold(word) in words("dropped"):
                found.dropped.append({column.head.text: word})
                found.skip.append({column.head.text: word})
                inquiry.note("left_out", word, f"row {row} has {word} as {column.head.text}, so such rows are left out")


def _leave(assigned: Assigned, inquiry: Inquiry) -> None:
    for role in ("job", "task", "kind", "client", "category"):
        for column in assigned.roles.get(role, []):
            if told := [(row, word) for word, (row, _) in column.words.items() if fold(word) in words("leave")]:
                row, word = min(told)
                inquiry.note("leave", word, f"row {row} books {word} as {column.head.text}: paid time off counts as work here")


def _running(assigned: Assigned, found: Wording, inquiry: Inquiry) -> None:
    """Rows of timers that still run: nothing, or a word for it, in place of the end or the duration."""
    end = assigned.roles.get("end", [])
    for column in [*end, *assigned.roles.get("duration", [])]:
        for word, (row, _) in column.words.items():
            if word not in found.running and (fold(word) in words("running") or not fold(word)):
                found.running.append(word)
                inquiry.note("running", word, f"row {row} has {word} as {column.head.text}: it still runs")
    if any(column.filled for column in end) and all(column.empty for column in end):
        found.running.append("")
