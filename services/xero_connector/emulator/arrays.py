"""Stores an array of AU timesheets: each element new or changed, and one bad one refuses all of them, or only itself."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import Any

from . import timesheets
from .asking import Ask
from .books import APPROVED, DRAFT, Sheet
from .rows import lines_of
from .timesheets import Wanted
from .wire import Body, Broken, Malformed, broken, day_of_ms


@dataclass
class Posted:
    """What became of an array: the stored sheets, and the elements as they were sent with what is wrong in them."""

    stored: list[Sheet] = field(default_factory=list)
    elements: list[Body] = field(default_factory=list)
    refused: bool = False


def timesheets_posted(ask: Ask) -> Posted:
    named = ask.path[1] if len(ask.path) > 1 else None
    sent = _elements(ask.act.sent, named)
    before, done = _mark(ask) if len(sent) > 1 else None, Posted()
    try:
        for element in sent:
            _one(ask, element, named, done)
    except Malformed:
        _undo(ask, before)
        raise
    if done.refused and ask.options.arrays == "all_or_nothing":
        _undo(ask, before)
    return done


def _elements(sent: Any, named: str | None) -> list[Body]:
    if not isinstance(sent, list) or not sent or not all(isinstance(each, dict) for each in sent):
        raise Malformed("Cannot deserialize the current JSON: a JSON array (e.g. [1,2,3]) of timesheets is expected")
    if named and len(sent) != 1:
        raise Malformed("Only one timesheet can be updated at a time")
    return sent


def _one(ask: Ask, element: Body, named: str | None, done: Posted) -> None:
    try:
        done.stored.append(_stored(ask, element, named))
        done.elements.append({**element, "ValidationErrors": []})
    except Broken as refused:
        done.refused = True
        errors = [{"Message": reason.text} for reason in dict.fromkeys(refused.reasons)]
        done.elements.append({**element, "ValidationErrors": errors})


def _stored(ask: Ask, element: Body, named: str | None) -> Sheet:
    for name in ("EmployeeID", "StartDate", "EndDate"):
        if name not in element:
            raise broken(name, f"{name} is required")
    start, end = day_of_ms(element["StartDate"], "StartDate"), day_of_ms(element["EndDate"], "EndDate")
    if not 0 <= (end - start).days < 400:
        raise broken("endDate", "The end date does not correspond with a pay period")
    lines = lines_of(element.get("TimesheetLines", []), start, end, ask.options.decimals)
    wanted = Wanted(str(element["EmployeeID"]).lower(), start, end, lines)
    status = _status(element.get("Status", DRAFT))
    act = replace(ask.act, sent=element)
    known = named or str(element.get("TimesheetID") or "").lower()
    if not known:
        return timesheets.create(ask.books, act, wanted, status)
    if known not in ask.books.sheets and not named:
        raise broken("timesheetID", "Timesheet does not exist")
    return timesheets.change(ask.books, act, ask.books.sheet(known), wanted, status)


def _status(text: Any) -> str:
    if text not in (DRAFT, APPROVED):
        raise broken("status", f"The status {text} cannot be set")
    return str(text)


def _mark(ask: Ask) -> tuple[Any, ...]:
    books = ask.books
    of_each = {employee: set(sheets) for employee, sheets in books.by_employee.items()}
    return dict(books.sheets), of_each, len(books.journal)


def _undo(ask: Ask, before: tuple[Any, ...] | None) -> None:
    if before is None:  # one element is stored or it is not
        return
    ask.books.sheets, of_each, entries = before
    ask.books.by_employee = defaultdict(set, of_each)
    del ask.books.journal[entries:]
