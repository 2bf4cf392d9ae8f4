"""Shows the accountant's page of a company, and does what its buttons say; no script is needed."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from . import accountant, invoices
from .books import Books
from .wire import PACIFIC, Body, Refused
from .world import World


def blueprint(world: World) -> Blueprint:
    rooms = Blueprint("pages", __name__, template_folder="templates")

    @rooms.get("/")
    @rooms.get("/accountant")
    def companies() -> str:
        with world.lock:
            return render_template("companies.html", companies=[books.company for books in world.books.values()])

    @rooms.get("/accountant/<realm>")
    def ledger(realm: str) -> str:
        with world.lock:
            return _page(world, _books(world, realm), request.args.get("done", ""))

    @rooms.post("/accountant/<realm>/<entity>/<object_id>")
    def act(realm: str, entity: str, object_id: str) -> ResponseReturnValue:
        try:
            done = _act(world, realm, entity, object_id)
        except Refused as refused:
            with world.lock:
                return _page(world, _books(world, realm), refused.detail, refused=True), 409
        return redirect(f"{request.script_root}/accountant/{realm}?done={done}", 303)

    return rooms


def _books(world: World, realm: str) -> Books:
    if realm not in world.books:
        abort(404)
    return world.books[realm]


def _page(world: World, books: Books, words: str, *, refused: bool = False) -> str:
    today = world.now().astimezone(PACIFIC).date().isoformat()
    rows = sorted(books.all("Invoice"), key=lambda row: int(row["Id"]), reverse=True)
    return render_template(
        "ledger.html",
        company=books.company,
        invoices=[(row, _status(row, today)) for row in rows],
        payments=sorted(books.all("Payment"), key=lambda row: int(row["Id"]), reverse=True),
        words=words,
        refused=refused,
    )


def _status(invoice: Body, today: str) -> str:
    if invoices.is_void(invoice):
        return "void"
    if not invoice["Balance"]:
        return "paid"
    if invoice["DueDate"] < today:
        return "overdue"
    return "open" if invoice["Balance"] == invoice["TotalAmt"] else "partly paid"


def _act(world: World, realm: str, entity: str, object_id: str) -> str:
    form = request.form
    actions: dict[tuple[str, str], tuple[str, Callable[[], Any]]] = {
        ("invoice", "pay"): ("Paid", lambda: accountant.pay(world, realm, object_id)),
        ("invoice", "part"): ("Paid in part", lambda: accountant.pay(world, realm, object_id, _amount(form["amount"]))),
        ("invoice", "void"): ("Voided", lambda: accountant.void(world, realm, object_id)),
        ("invoice", "delete"): ("Deleted", lambda: accountant.delete(world, realm, object_id)),
        ("invoice", "edit"): (
            "Changed",
            lambda: accountant.edit(world, realm, object_id, PrivateNote=form["note"], DueDate=form["due"]),
        ),
        ("payment", "delete"): ("Payment deleted", lambda: accountant.delete_payment(world, realm, object_id)),
        ("payment", "void"): ("Payment voided", lambda: accountant.void_payment(world, realm, object_id)),
    }
    words, work = actions.get((entity, form.get("action", "")), ("", lambda: abort(400)))
    work()
    return words


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError as error:
        raise Refused("2080", "Invalid Number", f"{text or 'Nothing'} is not an amount") from error
