"""How the file writes its dates: the order of day, month and year, names of months, and the year where there is none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from services.ingest.sources.detect.columns import Column, Seen
from services.ingest.sources.detect.findings import Inquiry, Option, Question
from services.ingest.sources.detect.forms import Day, form_of
from services.ingest.sources.detect.orders import Notation, make, notation_of, pattern
from services.ingest.sources.detect.roles import Assigned
from services.ingest.sources.detect.scan import Table
from services.ingest.sources.detect.titles import days_in
from services.ingest.sources.files.cells import Cell, text_of
from services.ingest.sources.words.calendars import LANGUAGES, weekdays
from services.ingest.sources.words.vocabulary import fold
from shared.kernel.dates import parse_date
from shared.kernel.errors import Invalid
from shared.kernel.quote import quoted

_DATED = ("date", "start", "end")
_LABELS = {
    "D-M-Y": "the day first, then the month",
    "M-D-Y": "the month first, then the day",
    "Y-M-D": "the year first, then month and day",
    "Y-D-M": "the year first, then day and month",
}


@dataclass(slots=True)
class Dating:
    """What was found of the file's dates."""

    patterns: dict[str, str] = field(default_factory=dict)  # notation -> the layout's pattern
    languages: list[str] = field(default_factory=list)
    year: str | None = None
    read: dict[Day, date] = field(default_factory=dict)  # what each date as written is


def dating(
    tables: list[tuple[Table, Assigned]], languages: Iterable[str], period: tuple[date, date] | None, inquiry: Inquiry
) -> Dating:
    """The patterns of all dates, once for the file: one writer writes one way."""
    known = tuple(dict.fromkeys([*languages, *LANGUAGES]))
    found = Dating()
    for column in _columns(tables):
        _mixed(column, inquiry)
    notations = [notation_of(text, dates, known) for text, dates in sorted(_dates(tables).items())]
    for notation in notations:
        _narrow(notation, tables, notations, period)
    _ask(notations, inquiry)
    for notation in notations:
        _conclude(notation, found, inquiry)
    if any(notation.yearless for notation in notations):
        found.year = _year(notations, period, inquiry)
    return found


def _dates(tables: list[tuple[Table, Assigned]]) -> dict[str, dict[Day, Seen]]:
    found: dict[str, dict[Day, Seen]] = {}
    for column in _columns(tables):
        for notation, dates in column.days.items():
            known = found.setdefault(notation, {})
            for day, seen in dates.items():
                known.setdefault(day, seen)
    return found


def _columns(tables: list[tuple[Table, Assigned]]) -> list[Column]:
    """The columns that hold days by their role."""
    return [
        column
        for _, assigned in tables
        for role in _DATED
        for column in assigned.roles.get(role, [])
        if column.days and "number" not in column.typed
    ]


# ---- what besides its own dates settles a notation


def _narrow(
    notation: Notation, tables: list[tuple[Table, Assigned]], every: list[Notation], period: tuple[date, date] | None
) -> None:
    if notation.order:
        return
    for keep, reason in _evidence(notation, tables, every, period):
        left = {order: read for order, read in notation.orders.items() if order in keep}
        if len(left) == 1:
            notation.orders, notation.reason = left, reason
            return


def _evidence(
    notation: Notation, tables: list[tuple[Table, Assigned]], every: list[Notation], period: tuple[date, date] | None
) -> Iterable[tuple[set[str], str]]:
    """(orders that it allows, what it is), strongest first."""
    if period:
        yield _within(notation, period), f"the period {period[0]} to {period[1]} stands above the table"
    for table, assigned in tables:
        yield from _beside(notation, table, assigned)
    yield from _elsewhere(notation, tables)


def _within(notation: Notation, period: tuple[date, date]) -> set[str]:
    days = {
        order: [_in_year(day, period[0]) if notation.yearless else day for day in read.values()]
        for order, read in notation.orders.items()
    }
    return {order for order, each in days.items() if all(period[0] <= day <= period[1] for day in each)}


def _in_year(day: date, since: date) -> date:
    """The first such day from a date on; of a leap day the one before, where there is none."""
    year = since.year + ((day.month, day.day) < (since.month, since.day))
    return date(year, day.month, day.day) if (day.month, day.day) != (2, 29) else date(year, 2, 28)


def _beside(notation: Notation, table: Table, assigned: Assigned) -> Iterable[tuple[set[str], str]]:
    """Another cell of the same row tells the same day: a weekday, a typed date, a date in a settled notation."""
    places = [column.place for role in _DATED for column in assigned.roles.get(role, []) if notation.text in column.days]
    for place in dict.fromkeys(places):
        for other in table.columns:
            if other.place != place and (told := _told_beside(notation, table, place, other.place)):
                number, text, keep = told
                yield keep, f"{text} stands beside {table.heads[place].text} in row {number}"


def _told_beside(notation: Notation, table: Table, place: int, other: int) -> tuple[int, str, set[str]] | None:
    """The orders with which a column beside agrees in every row, and the first row that shows it."""
    keep, shown = set(notation.orders), None
    for number, cells in table.sample:
        day = _day(cells[place], notation) if cells[other] != "" else None
        told = _told(cells[other], notation) if day else ""
        if told is None:
            return None
        against = _against(notation, day, told) if day else set()
        shown = shown or ((number, text_of(cells[other])) if against else None)
        keep -= against
    return (*shown, keep) if shown and keep else None


def _against(notation: Notation, day: Day, told: date | int | str) -> set[str]:
    return {order for order, read in notation.orders.items() if not _agrees(read.get(day), told)}


def _day(cell: Cell, notation: Notation) -> Day | None:
    day = form_of(cell.strip()).as_day() if isinstance(cell, str) and cell else None
    return day if day in notation.dates else None


def _told(cell: Cell, notation: Notation) -> date | int | None:
    """The day that a cell tells on its own: a date that has one reading only, or a weekday."""
    if isinstance(cell, date):
        return date(cell.year, cell.month, cell.day)
    text = cell.strip() if isinstance(cell, str) else ""
    if not 1 < len(text) <= 40:
        return None
    day = form_of(text).day
    if day is None:
        return _weekday(fold(text)) if text.isalpha() else None
    iso = day.notation != notation.text and len(day.numbers) == 3 and day.widths[0] == 4
    return make(day, "Y-M-D", notation.languages) if iso else None


def _weekday(word: str) -> int | None:
    return next((number for each in LANGUAGES[:10] if (number := weekdays(each).get(word)) is not None), None)


def _agrees(made: date | None, told: date | int | str) -> bool:
    if made is None:
        return False
    return made.weekday() == told if isinstance(told, int) else made == told


def _elsewhere(notation: Notation, tables: list[tuple[Table, Assigned]]) -> Iterable[tuple[set[str], str]]:
    """A column that we do not read, or a line above the table, has dates in the same notation."""
    for table, assigned in tables:
        taken = {column.place for role in _DATED for column in assigned.roles.get(role, [])}
        for column in table.columns:
            if column.place not in taken:
                yield from _same(notation, column.days.get(notation.text, {}), f"column {column.head.text}")
        yield from _same(notation, _above(notation, table), "above the table")


def _above(notation: Notation, table: Table) -> dict[Day, Seen]:
    found = ((day, (number, text_of(cell))) for number, cells in table.titles for cell in cells for day in days_in(cell))
    return {day: seen for day, seen in found if day.notation == notation.text}


def _same(notation: Notation, dates: dict[Day, Seen], where: str) -> Iterable[tuple[set[str], str]]:
    if dates:
        other = notation_of(notation.text, dates, notation.languages)
        yield set(other.orders), f"{where}: {other.reason}"


# ---- what is left open


def _mixed(column: Column, inquiry: Inquiry) -> None:
    """A spreadsheet that expects another order makes dates of texts with a day up to 12, turned round, and leaves the others."""
    typed = column.typed.get("day") or column.typed.get("moment")
    texts = {day: seen for each in column.days.values() for day, seen in each.items() if not day.month}
    if not typed or column.late or not texts or not all(sorted(day.numbers)[1] > 12 for day in texts):
        return
    row, text = next(iter(texts.values()))
    asked = (
        f"In the column {column.head.text} row {typed[0]} holds the date {typed[1]}, and row {row} the text {text}, which the "
        "spreadsheet did not take for a date: it may have turned day and month of the others. Are the dates right? If not, "
        "export the report again and send it without opening it in a spreadsheet."
    )
    right = Option("right", "the dates are right as they stand", f"{typed[1]} is meant")
    inquiry.ask(Question("date_order:mixed", "date_order", asked, (right,)))


def _ask(notations: list[Notation], inquiry: Inquiry) -> None:
    """One question for all notations that leave the same orders open."""
    groups: dict[tuple[str, ...], list[Notation]] = {}
    for notation in notations:
        if len(notation.orders) > 1:
            groups.setdefault(tuple(notation.orders), []).append(notation)
    for number, (orders, members) in enumerate(groups.items(), 1):
        _, (row, text) = min((member.first() for member in members), key=lambda first: first[1])
        choices = tuple(Option(order, _LABELS[order], _example(members, order)) for order in orders)
        asked = f"Row {row} has the date {text}, and every date of the file can be read in {len(orders)} ways. Which comes first?"
        answer = inquiry.ask(Question(f"date_order:{number}" if number > 1 else "date_order", "date_order", asked, choices))
        if answer:
            for member in members:
                member.orders, member.reason = {answer: member.orders[answer]}, "answered"


def _example(members: list[Notation], order: str) -> str:
    day, (_, text) = min((member.first() for member in members), key=lambda first: first[1])
    made = next((member.orders[order].get(day) for member in members if day in member.orders[order]), None)
    shown = f"{made.day} {made:%B}" + ("" if members[0].yearless else f" {made.year}") if made else "no date"
    return f"{text} is {shown}"


def _conclude(notation: Notation, found: Dating, inquiry: Inquiry) -> None:
    order = notation.order
    if order is None:
        return
    found.patterns[notation.text] = pattern(notation, order)
    found.read |= notation.orders[order]
    if any(day.month or day.weekday for day in notation.dates):
        found.languages += [each for each in notation.languages[:1] if each not in found.languages]
    _, (row, text) = notation.first()
    if notation.reason != "answered":
        reason = notation.reason or f"{text} in row {row} can be read in one way only"
        inquiry.note("date_order", found.patterns[notation.text], f"{reason}, so dates are {found.patterns[notation.text]}")


def _year(notations: list[Notation], period: tuple[date, date] | None, inquiry: Inquiry) -> str | None:
    """The year of the dates without one, or the day from which on they are meant."""
    if period and (period[1] - period[0]).days < 366:
        inquiry.note("year", str(period[0].year), f"the period {period[0]} to {period[1]} stands above the table")
        return period[0].isoformat()
    row, text = min(notation.first()[1] for notation in notations if notation.yearless)
    asked = f"The dates, such as {text} in row {row}, have no year. Which one is it?"
    more = " If they run across a new year, give the first date instead, for example 2023-12-30."
    answer = inquiry.ask(Question("year", "year", asked + more, free=True))
    return _since(answer.strip()) if answer else None


def _since(answer: str) -> str:
    try:
        parse_date(answer if len(answer) != 4 else f"{answer}-01-01")
    except Invalid as problem:
        cause = f"{quoted(answer)} is neither a year nor a date"
        raise Invalid("bad_answer", cause, "answer with four digits, or with a date such as 2023-12-30") from problem
    return answer
