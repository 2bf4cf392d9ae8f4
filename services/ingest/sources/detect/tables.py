"""Which tables of a file hold entries: all of one make, those of different kinds, or the one that is asked for."""

from __future__ import annotations

from itertools import combinations
from operator import attrgetter

from services.ingest.sources.detect.findings import Inquiry, LeftOut, Option, Question
from services.ingest.sources.detect.heads import Head
from services.ingest.sources.detect.scan import Table
from services.ingest.sources.files.cells import Cell, text_of
from services.ingest.sources.invoices.headers import lists_invoices, roles_of
from services.ingest.sources.words.calendars import LANGUAGES, weekdays
from services.ingest.sources.words.vocabulary import fold

_WORK = {"duration", "start", "end", "start_date", "begin", "finish", "time"}
_KINDS = ("time", "expense", "mileage")
_WEEK = 4  # columns named after different days
_INVOICE = {"due", "status", "balance", "amount"}
_WORKERS = ("person", "first_name", "category", "distance", "break")
_SPAN = {"start", "end"}  # may be the days that an invoice is for


def kind_of(table: Table) -> str | None:
    """time, expense, mileage, invoice or week, by the columns; None when it holds no entries."""
    if not table.count or len(table.columns) < 2:
        return None
    roles = _roles(table)
    if _is_weekly(table):
        return "week"
    if _lists_invoices(table, roles):
        return "invoice"
    if roles & _WORK or not roles & {"amount", "pay", "distance", "total"}:
        return "time"
    return "mileage" if "distance" in roles else "expense"


def _is_weekly(table: Table) -> bool:
    """Whether days of the week are columns: what a row tells is then a week's, which its one date does not say."""
    named = {day for head in table.heads for each in LANGUAGES if (day := weekdays(each).get(fold(head.text))) is not None}
    return len(named) >= _WEEK


def _lists_invoices(table: Table, roles: set[str]) -> bool:
    filled = [column.head for column in table.columns if column.filled]
    heads = list(map(attrgetter("text"), filled))
    if not (lists_invoices(heads) or ("invoice" in roles and roles & _INVOICE)) or any(map(_is_workers, filled)):
        return False
    named = roles_of(heads)
    hours = {"duration"} if {"number", "date"} <= named else set()  # a quantity of a line, not work that was logged
    span = _SPAN if {"since", "until"} <= named and named & {"due", "tax", "net"} else set()
    return not roles & (_WORK - hours - span)


def _is_workers(head: Head) -> bool:
    """Whether the column is one that no list of invoices has."""
    return any(head.rank(role) is not None for role in _WORKERS)


def _roles(table: Table) -> set[str]:
    return {role for column in table.columns if column.filled for role in column.head.roles()}


def chosen(tables: list[Table], inquiry: Inquiry) -> tuple[list[tuple[Table, str]], list[LeftOut]]:
    """The tables to read, each with its kind, and those that are left out."""
    kinds: dict[str, list[Table]] = {}
    for table in tables:
        kinds.setdefault(kind_of(table) or "", []).append(table)
    found = [(table, kind) for kind in kinds if kind in _KINDS for table in _of_one_kind(kinds[kind], kind, inquiry)]
    for table in kinds.get("invoice", []) if found else []:
        told = f"the table in row {table.header} lists invoices; send it in a file of its own to have them taken in"
        inquiry.note("kind", "invoice", told)
    return found, others(tables, [table for table, _ in found])


def invoice_tables(tables: list[Table], inquiry: Inquiry) -> list[Table]:
    """The tables of invoices that are to be read."""
    found = [table for table in tables if kind_of(table) == "invoice"]
    return _of_one_kind(found, "invoice", inquiry) if found else []


def others(tables: list[Table], read: list[Table]) -> list[LeftOut]:
    """What is left out beside the tables that are read."""
    kept = list(map(id, read))
    return [_left(table) for table in tables if table.count and id(table) not in kept]


def _left(table: Table) -> LeftOut:
    reason = kind if (kind := kind_of(table)) in ("invoice", "week") else "table"
    return LeftOut(reason, tuple(number for number, _ in table.sample[:100]), table.count, _example(table), table.sheet or "")


def _makes(tables: list[Table]) -> int:
    """How many different header rows they have."""
    return len({tuple(head.text for head in table.heads) for table in tables})


def _of_one_kind(tables: list[Table], kind: str, inquiry: Inquiry) -> list[Table]:
    for likely in (tables, list(filter(_is_known, tables))):
        if _makes(likely) == 1 and not _overlap(likely):
            return likely
    answer = inquiry.ask(_which(tables, kind))
    if answer is None:
        return tables[:1]
    return [table for table in tables if answer in ("all", _name(table, tables))]


def _which(tables: list[Table], kind: str) -> Question:
    choices = [Option(_name(table, tables), _name(table, tables), _example(table)) for table in tables]
    names = ", ".join(option.value for option in choices)
    text = f"Several tables hold entries of kind {kind}, in different columns or on the same days: {names}. Which are meant?"
    return Question("table" if kind == "time" else f"table:{kind}", "table", text, (*choices, Option("all", "all of them")))


def _overlap(tables: list[Table]) -> bool:
    """Whether two tables tell of the same days of the same people, as a draft and its final form do."""
    told = [{_who_and_when(table, cells) for _, cells in table.sample} for table in tables]
    return any(one & other for one, other in combinations(told, 2))


def _who_and_when(table: Table, cells: list[Cell]) -> tuple[str, ...]:
    people = [column.place for column in table.columns if column.head.rank("person") is not None]
    above = [text_of(cell) for _, each in table.titles for cell in each] if not people else []
    return (*(text_of(cells[place]) for place in (*table.days[:1], *people)), *above)


def _is_known(table: Table) -> bool:
    """Whether the words of its header are known, beside other tables that only look alike."""
    return sum(bool(head.claims) for head in table.heads) > 2


def _name(table: Table, tables: list[Table]) -> str:
    alone = [each.sheet for each in tables].count(table.sheet) == 1
    if table.sheet and alone:
        return table.sheet
    return f"{table.sheet}, row {table.header}" if table.sheet else f"row {table.header}"


def _example(table: Table) -> str:
    return ", ".join(head.text for head in table.heads if head.text)[:100]
