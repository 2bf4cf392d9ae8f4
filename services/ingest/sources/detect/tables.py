"""Which tables of a file hold entries: all of one make, those of different kinds, or the one that is asked for."""

from __future__ import annotations

from services.ingest.sources.detect.findings import Inquiry, LeftOut, Option, Question
from services.ingest.sources.detect.scan import Table

_WORK = {"duration", "start", "end", "start_date", "begin", "finish", "time"}
_KINDS = ("time", "expense", "mileage")
_INVOICE = {"due", "status", "balance", "amount"}


def kind_of(table: Table) -> str | None:
    """time, expense, mileage or invoice, by the columns; None when it holds no entries."""
    if not table.count or len(table.columns) < 2:
        return None
    roles = _roles(table)
    if "invoice" in roles and roles & _INVOICE and not roles & (_WORK | {"category", "distance"}):
        return "invoice"
    if roles & _WORK or not roles & {"amount", "distance", "total"}:
        return "time"
    return "mileage" if "distance" in roles else "expense"


def _roles(table: Table) -> set[str]:
    return {role for column in table.columns if column.filled for role in column.head.roles()}


def chosen(tables: list[Table], inquiry: Inquiry) -> tuple[list[tuple[Table, str]], list[LeftOut]]:
    """The tables to read, each with its kind, and those that are left out."""
    kinds: dict[str, list[Table]] = {}
    for table in tables:
        kinds.setdefault(kind_of(table) or "", []).append(table)
    found = [(table, kind) for kind in kinds if kind in _KINDS for table in _of_one_kind(kinds[kind], kind, inquiry)]
    for table in kinds.get("invoice", []):
        inquiry.note("kind", "invoice", f"the table in row {table.header} lists invoices, which are not taken in")
    return found, _rest(tables, [table for table, _ in found])


def _rest(tables: list[Table], read: list[Table]) -> list[LeftOut]:
    kept = list(map(id, read))
    return [_left(table) for table in tables if table.count and id(table) not in kept]


def _left(table: Table) -> LeftOut:
    reason = "invoice" if kind_of(table) == "invoice" else "table"
    return LeftOut(reason, tuple(number for number, _ in table.sample[:100]), table.count, _example(table), table.sheet or "")


def _makes(tables: list[Table]) -> int:
    """How many different header rows they have."""
    return len({tuple(head.text for head in table.heads) for table in tables})


def _of_one_kind(tables: list[Table], kind: str, inquiry: Inquiry) -> list[Table]:
    if _makes(tables) == 1:
        return tables
    known = list(filter(_is_known, tables))
    if _makes(known) == 1:
        return known
    choices = [Option(_name(table, tables), _name(table, tables), _example(table)) for table in tables]
    names = ", ".join(option.value for option in choices)
    text = f"Several tables hold entries of kind {kind} in different columns: {names}. Which are to be taken in?"
    question = Question("table" if kind == "time" else f"table:{kind}", "table", text, (*choices, Option("all", "all of them")))
    answer = inquiry.ask(question)
    if answer is None:
        return tables[:1]
    return [table for table in tables if answer in ("all", _name(table, tables))]


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
