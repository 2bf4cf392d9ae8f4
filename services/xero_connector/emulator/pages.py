"""Shows the payroll clerk's page of an organisation, and does what its buttons say; no script is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from . import clerk, payruns
from .books import Books
from .wire import Body, Broken, Turned
from .world import World

_SHEET: dict[str, tuple[str, Callable[..., Any]]] = {
    "approve": ("Approved", clerk.approve),
    "revert": ("Back to draft", clerk.revert),
    "reject": ("Rejected", clerk.reject),
    "delete": ("Deleted", clerk.delete),
}
_RUN: dict[str, tuple[str, Callable[..., Any]]] = {
    "post": ("Pay run posted", clerk.post_pay_run),
    "delete": ("Draft deleted", clerk.delete_pay_run),
    "reopen": ("Pay run taken back", clerk.reopen_pay_run),
}


def blueprint(world: World) -> Blueprint:
    rooms = Blueprint("pages", __name__, template_folder="templates")
    for place, rule in enumerate(("/", "/clerk")):
        rooms.add_url_rule(rule, f"front{place}", lambda: _front(world))
    rooms.add_url_rule("/clerk/<tenant>", "desk", lambda tenant: _desk(world, tenant, request.args.get("done", "")))
    rooms.add_url_rule("/clerk/<tenant>/<kind>/<thing>", "press", lambda **names: _press(world, **names), methods=["POST"])
    return rooms


def _front(world: World) -> str:
    with world.held() as state:
        return render_template("organisations.html", organisations=[each.organisation for each in state.books.values()])


def _press(world: World, tenant: str, kind: str, thing: str) -> ResponseReturnValue:
    """Does it, and shows the desk again; what cannot be done is said there."""
    if tenant not in world.state.books:
        abort(404)
    try:
        words = _done(world, tenant, kind, thing)
    except Turned:
        abort(404)
    except Broken as refused:
        return _desk(world, tenant, str(refused), bad=True), 409
    return redirect(f"{request.script_root}/clerk/{tenant}?done={words}", 303)


def _done(world: World, tenant: str, kind: str, thing: str) -> str:
    wanted = request.form.get("action", "")
    if (kind, wanted) == ("calendar", "draft"):
        clerk.draft_pay_run(world, tenant, thing, request.form.get("start") or None)
        return "Pay run drafted"
    if (kind, wanted) == ("timesheet", "edit"):
        clerk.edit_units(world, tenant, thing, request.form["line"], request.form["units"])
        return "Units changed"
    buttons = {"timesheet": _SHEET, "run": _RUN}.get(kind, {})
    if wanted not in buttons:
        abort(400)
    words, work = buttons[wanted]
    work(world, tenant, thing)
    return words


def _desk(world: World, tenant: str, words: str, *, bad: bool = False) -> str:
    with world.held() as state:
        if tenant not in state.books:
            abort(404)
        books = state.books[tenant]
        page: str = render_template(
            "desk.html",
            organisation=books.organisation,
            sheets=[_sheet(books, each) for each in sorted(books.sheets.values(), key=lambda each: (each.start, each.id))[::-1]],
            runs=[_run(books, each) for each in sorted(books.runs.values(), key=lambda each: each.start, reverse=True)],
            calendars=[(rule, *books.upcoming(rule)) for rule in books.calendars.values()],
            words=words,
            bad=bad,
        )
    return page


def _sheet(books: Books, sheet: Any) -> Body:
    lines = [{"line": line, "rate": books.rates[line.rate].name} for line in sheet.lines if line.units]
    person, rule = books.employees[sheet.employee], books.calendars[sheet.calendar]
    return {"sheet": sheet, "name": person.name, "calendar": rule.name, "lines": lines, "hours": sheet.hours}


def _run(books: Books, run: Any) -> Body:
    slips = payruns.payslips(books, run)
    total = sum((slip["pay"] for slip in slips), payruns.NOTHING)
    return {"run": run, "calendar": books.calendars[run.calendar].name, "people": len(slips), "total": total}
