"""A connector's HTTP surface: connect, references, plans, syncs, problems, callbacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Response, request

from shared.connector import answers, asked, connect, inbound, page, problems, references, runner, runs, store
from shared.connector import plan as plans
from shared.connector.context import Connection, Connector
from shared.contract import answers as a
from shared.kernel.errors import Failure, Invalid, Reconnect
from shared.platform import jobs
from shared.platform.db import reading, transaction
from shared.platform.web import Media, Room, Said, argument, body, html, principal, raw_body, sent

CALLBACK_LIMIT = 1_000_000  # bytes
T = TypeVar("T")


_CHANGE = Said(takes=asked.CHOICE, example={"push": "on_plan"}, gives=answers.Connection)


def connections(c: Connector) -> Room:
    """Connecting, seeing and ending connections."""
    room = Room("connections")

    @room.post("/connect", scope="connections:write", takes=asked.CONNECT, example={}, gives=answers.Door)
    def start() -> Any:
        """Begin to connect the books: have a person open the address that is answered, and agree there."""
        caller, again = principal(), sent().get("reconnect")
        url = connect.start(c, caller.organisation, caller.subject, reconnect=again)
        return {"authorize_url": url}

    page_of = Media("text/html", "A page for a person.")

    @room.open_get("/connect/callback", gives=page_of, also={400: page_of})
    def finish() -> Any:
        """Where the provider sends a person back to, with its answer in the query."""
        try:
            made = connect.finish(c, request.args)
        except Failure as failure:
            return html(page.refused(c.provider.info.title, failure.cause, failure.remedy), 400)
        return html(page.connected(c.provider.info.title, made.tenant.name))

    @room.open_get("/connect/page.css", gives=Media("text/css", "The page's style."))
    def style() -> Any:
        """How that page looks."""
        return Response(page.STYLE, content_type="text/css; charset=utf-8")

    @room.get("/connections", scope="connections:read", gives=answers.CONNECTIONS)
    def listed() -> Any:
        """List the connections, those that ended among them."""
        with reading(c.db) as session:
            return {"items": [_shown(one) for one in store.connections(c, session, principal().organisation)]}

    @room.post("/connections/<connection>", scope="connections:write", **_CHANGE)
    def change(connection: str) -> Any:
        """Say how a connection works: whether it goes by itself, and the provider's own options."""
        connect.choose(c, _mine(c, connection), body(), principal().subject)
        return _shown(_mine(c, connection))

    @room.delete("/connections/<connection>", scope="connections:write", gives=None)
    def end(connection: str) -> Any:
        """End a connection. The authorisation ends over there as well; documents and their ids stay."""
        connect.disconnect(c, _mine(c, connection), principal().subject)

    return room


_LINK = Said(
    takes=asked.LINKS,
    example={"items": [{"kind": "customer", "local": a.example_id("client"), "currency": "USD", "create": True}]},
    gives=answers.Linked,
)


def linking(c: Connector) -> Room:
    """What of ours is what of theirs."""
    room = Room("linking")

    @room.get("/connections/<connection>/references", scope="connections:read", asks=asked.Kind, gives=answers.REFERENCES)
    def list_references(connection: str) -> Any:
        """List what documents name of ours, with what it is linked to over there, or what looks like it."""
        mine = _mine(c, connection)
        return {"items": _asked(c, mine, lambda: references.listed(c, mine, argument("kind") or ""))}

    @room.put("/connections/<connection>/references", scope="connections:write", **_LINK)
    def link(connection: str) -> Any:
        """Say what of ours is what of theirs, one or many at once; what waited for it goes on."""
        chosen, mine, caller = sent(), _mine(c, connection), principal().subject
        wishes = [_wish(one) for one in chosen.get("items", [chosen])]
        made = _asked(c, mine, lambda: references.link(c, mine, wishes, caller))
        return {"items": made} if "items" in chosen else made[0]

    return room


def _wish(link: dict[str, Any]) -> references.Wish:
    remote = None if link["create"] else _given(link, "remote")
    return references.Wish(_given(link, "kind"), _given(link, "local"), link["currency"], remote)


_KEEP = Said(takes=asked.KEEP, example={"document": a.example_id("document"), "whose": "theirs"}, gives=answers.Kept)


def work(c: Connector) -> Room:
    """Planning, pushing, syncing, and what came of it."""
    room = Room("work")

    @room.post("/connections/<connection>/plans", scope="push:write", gives=answers.Plan, status=201)
    def make_plan(connection: str) -> Any:
        """Show what would be written now, field by field against the books. Nothing is written."""
        mine, caller = _mine(c, connection), principal().subject
        return _asked(c, mine, lambda: plans.make(c, mine, caller)), 201

    @room.get("/plans/<plan>", scope="connections:read", gives=answers.Plan)
    def show_plan(plan: str) -> Any:
        """Show a plan again, as it was made."""
        return plans.show(c, plan, principal().organisation)

    @room.post("/plans/<plan>/apply", scope="push:write", gives=answers.Applied, status=202)
    def apply_plan(plan: str) -> Any:
        """Press go: exactly what the plan showed is written. Where the world moved since, nothing is (409)."""
        return plans.apply(c, plan, principal().organisation, principal().subject), 202

    @room.post("/connections/<connection>/keep", scope="push:write", **_KEEP)
    def keep(connection: str) -> Any:
        """Decide a document that was changed here and there: ours is written over theirs, or theirs stays."""
        chosen = sent()
        plans.keep(c, _mine(c, connection), chosen["document"], chosen["whose"], principal().subject)
        return {"kept": chosen["whose"]}

    @room.post("/connections/<connection>/sync", scope="push:write", gives=answers.Asked, status=202)
    def sync(connection: str) -> Any:
        """Look at both sides now rather than when it is due."""
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

    @room.get("/connections/<connection>/runs", scope="connections:read", gives=answers.Runs)
    def list_runs(connection: str) -> Any:
        """List what was done for a connection lately, and whether something is being done."""
        mine = _mine(c, connection)
        return {"items": runs.latest(c, mine), "busy": runs.busy(c, mine)}

    @room.get("/problems", scope="connections:read", gives=answers.PROBLEMS)
    def list_problems() -> Any:
        """List what a person can mend, the oldest first."""
        with reading(c.db) as session:
            return {"items": problems.listed(c, session, principal().organisation)}

    return room


def callbacks(c: Connector) -> Room:
    """What the provider calls. Signed, not authenticated: 200 once it is stored, 401 when it is not the provider's."""
    room, keep = Room("callbacks"), inbound.keeping(c)

    heard = Media("*/*", "Empty.")

    @room.open_post("/callbacks/webhook", limit=CALLBACK_LIMIT, gives=heard, also={401: heard})
    def webhook() -> Any:
        """What the provider says. Its signature is looked at first, and nothing of it is believed unread."""
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


def _given(link: dict[str, Any], name: str) -> str:
    if name not in link:
        raise Invalid("missing_field", f"{name} is missing.", f"Send {name} as text.")
    return str(link[name])


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
