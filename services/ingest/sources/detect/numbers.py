"""How the file writes numbers: which sign stands before the decimals, and which groups digits by three."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from services.ingest.sources.detect.columns import Column, Seen
from services.ingest.sources.detect.findings import Inquiry, Option, Question
from services.ingest.sources.detect.roles import Assigned
from services.ingest.sources.detect.scan import Table

NUMERIC = ("duration", "break", "overtime", "rate", "amount", "pay", "distance", "fixed")
_MARKS = ".,' "
_ARABIC = {"\u066b": ".", "\u066c": ","}


@dataclass(slots=True)
class Writing:
    """How numbers are written, as far as it is known."""

    decimal: str | None = "."
    thousands: str = ""
    open: Seen | None = None  # a number that may be read in two ways, while nothing settles it
    marks: dict[str, Seen] = field(default_factory=dict)  # decimal sign -> a number that proves it
    groups: dict[str, Seen] = field(default_factory=dict)
    doubtful: dict[str, Seen] = field(default_factory=dict)  # a sign before three digits

    def take(self, text: str, seen: Seen) -> None:
        marks = list(filter(_MARKS.__contains__, text))
        arabic = set(map(_ARABIC.get, seen[1])) - {None}
        if arabic:  # these signs mean one thing each
            self.marks.update(dict.fromkeys(arabic & {"."}, seen))
            self.groups.update(dict.fromkeys(arabic & {","}, seen))
        elif len(marks) == 1 and marks[0] in ".,":
            self._single(text, marks[0], seen)
        elif len(set(marks)) > 1 and marks.count(marks[-1]) == 1:
            self.marks.setdefault(marks[-1], seen)
            self.groups.setdefault(marks[0], seen)
        elif marks:
            self.groups.setdefault(marks[-1], seen)

    def _single(self, text: str, mark: str, seen: Seen) -> None:
        whole, _, rest = text.partition(mark)
        if len(rest) != 3 or not whole or whole[0] == "0" or len(whole) > 3:
            self.marks.setdefault(mark, seen)
        else:
            self.doubtful.setdefault(mark, seen)


def writing(tables: list[tuple[Table, Assigned]]) -> Writing:
    """What the numbers of the file settle: those of the columns that are read first, then those of any other."""
    found = _taken(_mapped(tables))
    if not found.marks and found.doubtful:
        others = _taken(_unmapped(tables))
        if len(others.marks) == 1 or others.groups:
            found.marks, found.groups = others.marks, {**others.groups, **found.groups}
    return _concluded(found)


def _taken(columns: Iterable[Column]) -> Writing:
    found = Writing()
    for column in columns:
        for number, seen in column.numbers.values():
            found.take(number.text, seen)
    return found


def _mapped(tables: list[tuple[Table, Assigned]]) -> Iterator[Column]:
    for _, assigned in tables:
        for role in NUMERIC:
            yield from assigned.roles.get(role, [])
        yield from (other for pair in assigned.twins for other in pair)


def _unmapped(tables: list[tuple[Table, Assigned]]) -> Iterator[Column]:
    for table, assigned in tables:
        taken = assigned.taken()
        for column in table.columns:
            if column.place not in taken and column.noted and column.forms.get("number", 0) == column.noted and not column.days:
                yield column


def _concluded(found: Writing) -> Writing:
    other = {".": ",", ",": "."}
    grouping = [mark for mark in found.groups if mark in ".,"]
    if not found.marks and len(grouping) == 1:
        found.marks = {other[grouping[0]]: found.groups[grouping[0]]}
    if len(found.marks) == 1:
        found.decimal = next(iter(found.marks))
        groups = {**found.groups, **found.doubtful}
        found.thousands = next((mark for mark in groups if mark != found.decimal), "")
    elif found.marks:
        found.decimal, found.open = None, min(found.marks.values())
    elif found.doubtful:
        found.decimal, found.open = None, min(found.doubtful.values())
    else:
        found.thousands = next(iter(found.groups), "")
    return found


def settle(found: Writing, decimal: str) -> None:
    """Take a decimal sign as known."""
    found.decimal, found.open = decimal, None
    found.thousands = next((mark for mark in {**found.groups, **found.doubtful, **found.marks} if mark != decimal), "")


def ask(found: Writing, inquiry: Inquiry) -> None:
    """Ask for the decimal sign when nothing settled it; else say what did."""
    if found.decimal is not None:
        if found.marks:
            row, text = found.marks.get(found.decimal) or next(iter(found.marks.values()))
            inquiry.note("decimal", found.decimal, f"{text} in row {row} has {found.decimal} before its decimals")
        return
    row, text = found.open or (0, "")
    choices = tuple(Option(mark, f"{mark} stands before the decimals", _meaning(text, mark)) for mark in ".,")
    asked = f"Row {row} has the number {text}. Which sign stands before the decimals in this file?"
    if answer := inquiry.ask(Question("decimal", "decimal", asked, choices)):
        settle(found, answer)


def _meaning(text: str, decimal: str) -> str:
    bare = "".join(letter for letter in text if letter.isdecimal() or letter == decimal).replace(decimal, ".")
    return f"{text} is {bare}"
