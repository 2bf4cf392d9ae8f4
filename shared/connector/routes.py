"""A connector's HTTP surface: connect, references, plans, syncs, problems, callbacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Response, request

from shared.connector import connect, inbound, page, plan, problems, references, runner, runs, store
from shared.connector.context import Connection, Connector
from shared.kernel.errors import Failure, Invalid, Reconnect
from shared.platform import jobs
from shared.platform.db import reading, transaction
from shared.platform.web import Room, argument, body, html, principal, raw_body

CALLBACK_LIMIT = 1_000_000  # bytes
T = TypeVar("T")
MOST_LINKS = 1_000  # in one request


def connections(c: Connector) -> Room:
    """Connecting, seeing and ending connections."""
    room = Room("connections")

    @room.post("/connect", scope="connections:write")
    def start() -> Any:
        caller, asked = principal(), body()
        again = asked.get("reconnect")
        url = connect.start(c, caller.organisation, caller.subject, reconnect=str(again) if again else None)
        return {"authorize_url": url}

    @room.open_get("/connect/callback")
    def finish() -> Any:
        try:
            made = connect.finish(c, request.args)
        except Failure as failure:
            return html(page.refused(c.provider.info.title, failure.cause, failure.remedy), 400)
        return html(page.connected(c.provider.info.title, made.tenant.name))

    @room.open_get("/connect/page.css")
    def style() -> Any:
        return Response(page.STYLE, content_type="text/css; charset=utf-8")

    @room.get("/connections", scope="connections:read")
    def listed() -> Any:
        with reading(c.db) as session:
            return {"items": [_shown(one) for one in store.connections(c, session, principal().organisation)]}

    @room.post("/connections/<connection>", scope="connections:write")
    def change(connection: str) -> Any:
        connect.choose(c, _mine(c, connection), body(), principal().subject)
        return _shown(_mine(c, connection))

    @room.delete("/connections/<connection>", scope="connections:write")
    def end(connection: str) -> Any:
        connect.disconnect(c, _mine(c, connection), principal().subject)

    return room


def linking(c: Connector) -> Room:
    """What of ours is what of theirs."""
    room = Room("linking")

    @room.get("/connections/<connection>/references", scope="connections:read")
    def list_references(connection: str) -> Any:
        mine = _mine(c, connection)
        return {"items": _asked(c, mine, lambda: references.listed(c, mine, argument("kind") or ""))}

    @room.put("/connections/<connection>/references", scope="connections:write")
    def link(connection: str) -> Any:
        asked, mine, caller = body(), _mine(c, connection), principal().subject
        many = asked.get("items")
        if many is None:
            one = _wish(asked)
            return _asked(c, mine, lambda: references.link(c, mine, [one], caller))[0]
        if not isinstance(many, list) or not 0 < len(many) <= MOST_LINKS or not all(isinstance(one, dict) for one in many):
            raise Invalid("bad_items", "items is not a list of links.", f"Send 1 to {MOST_LINKS} objects.")
        wishes = [_wish(one) for one in many]
        return {"items": _asked(c, mine, lambda: references.link(c, mine, wishes, caller))}

    return room


def _wish(asked: dict[str, Any]) -> references.Wish:
    remote = None if asked.get("create") is True else _text(asked, "remote")
    return references.Wish(_text(asked, "kind"), _text(asked, "local"), str(asked.get("currency") or ""), remote)


def work(c: Connector) -> Room:
    """Planning, pushing, syncing, and what came of it."""
    room = Room("work")

    @room.post("/connections/<connection>/plans", scope="push:write")
    def make_plan(connection: str) -> Any:
        mine, caller = _mine(c, connection), principal().subject
        return _asked(c, mine, lambda: plan.make(c, mine, caller)), 201

    @room.get("/plans/<number>", scope="connections:read")
    def show_plan(number: str) -> Any:
        return plan.show(c, number, principal().organisation)

    @room.post("/plans/<number>/apply", scope="push:write")
    def apply_plan(number: str) -> Any:
        return plan.apply(c, number, principal().organisation, principal().subject), 202

    @room.post("/connections/<connection>/keep", scope="push:write")
    def keep(connection: str) -> Any:
        asked = body()
        whose = _text(asked, "whose")
        if whose not in ("ours", "theirs"):
            raise Invalid("bad_choice", f"{whose!r} is nobody's version.", "Send ours or theirs.")
        plan.keep(c, _mine(c, connection), _text(asked, "document"), whose, principal().subject)
        return {"kept": whose}

    @room.post("/connections/<connection>/sync", scope="push:write")
    def sync(connection: str) -> Any:
        mine = _mine(c, connection)
        with transaction(c.db) as session:
            jobs.ask(session, "follow", "*", organisation="*", queue="interactive")
            for kind in ("push", "pull"):
                jobs.ask(session, kind, mine.id, organisation=mine.organisation, queue="interactive")
        return {"asked": ["follow", "push", "pull"]}, 202

    return room


def looking_back(c: Connector) -> Room:
    """What became of work, and what waits for somebody."""
    room = Room("looking_back")

    @room.get("/connections/<connection>/runs", scope="connections:read")
    def list_runs(connection: str) -> Any:
        mine = _mine(c, connection)
        return {"items": runs.latest(c, mine), "busy": runs.busy(c, mine)}

    @room.get("/problems", scope="connections:read")
    def list_problems() -> Any:
        with reading(c.db) as session:
            return {"items": problems.listed(c, session, principal().organisation)}

    return room


def callbacks(c: Connector) -> Room:
    """What the provider calls. Signed, not authenticated: 200 once it is stored, 401 when it is not the provider's."""
    room, keep = Room("callbacks"), inbound.keeping(c)

    @room.open_post("/callbacks/webhook", limit=CALLBACK_LIMIT)
    def webhook() -> Any:
        headers = {name.lower(): value for name, value in request.headers.items()}
        known = inbound.receive(c, raw_body(), headers, keep)
        return Response(status=200 if known else 401)

    return room


def _asked(c: Connector, connection: Connection, work: Callable[[], T]) -> T:
    """Work for which the books are asked while somebody waits: who is turned away there is told, and so is everybody else."""
    try:
        return work()
    except Reconnect as failure:
        runner.ask_to_reconnect(c, connection, failure)
        raise


def _mine(c: Connector, number: str) -> Connection:
    with reading(c.db) as session:
        return store.connection(c, session, number, principal().organisation)


def _text(asked: dict[str, Any], name: str) -> str:
    value = asked.get(name)
    if not isinstance(value, str) or not value:
        raise Invalid("missing_field", f"{name} is missing.", f"Send {name} as text.")
    return value


def _shown(connection: Connection) -> dict[str, Any]:
    return {
        "id": connection.id,
        "tenant": connection.tenant.id,
        "name": connection.tenant.name,
        "country": connection.tenant.country,
        "currency": connection.tenant.currency,
        "facts": dict(connection.tenant.facts),
        "state": connection.state,
        "push": connection.push,
        "connected_at": connection.connected_at,
        "pulled_until": connection.pulled_until,
        "authorisation_ends_at": connection.refresh_expires_at,
    }
