"""Payroll over HTTP: what was learnt of it, and its pay runs."""

from __future__ import annotations

from typing import Any

from services.xero_connector import intake, payruns, store, wish
from services.xero_connector.documents import dump_payroll
from services.xero_connector.regions import registry
from shared.connector import store as connections
from shared.connector.context import Connection, Connector
from shared.platform.db import reading
from shared.platform.web import Room, body, principal


def room(c: Connector) -> Room:
    room = Room("payroll")

    @room.get("/connections/<connection>/payroll", scope="connections:read")
    def show(connection: str) -> Any:
        mine = _mine(c, connection)
        wish.refresh(c, mine, older=wish.STALE)
        with reading(c.db) as session:
            known = store.read_payroll(session, mine.id)
        region = registry.of(mine.tenant.facts)
        facts = dump_payroll(known[0]) if known else {"employees": {}, "calendars": {}, "rates": {}, "runs": []}
        return {
            "region": region.key,
            "title": region.title,
            "cannot": list(region.limits),
            "rights": mine.tenant.facts.get("rights"),
            "tracking": mine.tenant.facts.get("tracking"),
            "read_at": known[1] if known else None,
            "employees": len(facts["employees"]),
            "calendars": list(facts["calendars"].values()),
            "rates": list(facts["rates"].values()),
        }

    @room.get("/connections/<connection>/overtime", scope="connections:read")
    def show_rule(connection: str) -> Any:
        mine = _mine(c, connection)
        with reading(c.db) as session:
            return {"rule": store.rule(session, mine.id)}

    @room.put("/connections/<connection>/overtime", scope="connections:write")
    def set_rule(connection: str) -> Any:
        return {"rule": intake.set_rule(c, _mine(c, connection), body(), principal().subject)}

    return room


def pay_runs(c: Connector) -> Room:
    """Drafting and posting pay runs."""
    room = Room("pay_runs")

    @room.get("/connections/<connection>/payruns", scope="connections:read")
    def list_runs(connection: str) -> Any:
        return {"items": payruns.listed(c, _mine(c, connection))}

    @room.post("/connections/<connection>/payruns", scope="push:write")
    def draft(connection: str) -> Any:
        return payruns.draft(c, _mine(c, connection), str(body().get("calendar") or ""), principal().subject), 201

    @room.post("/connections/<connection>/payruns/<number>/post", scope="push:write")
    def post(connection: str, number: str) -> Any:
        confirmed = str(body().get("confirm") or "")
        return payruns.post(c, _mine(c, connection), number, confirmed, principal().subject)

    return room


def _mine(c: Connector, number: str) -> Connection:
    with reading(c.db) as session:
        return connections.connection(c, session, number, principal().organisation)
