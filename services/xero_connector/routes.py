"""Payroll over HTTP: what was learnt of it, and its pay runs."""

from __future__ import annotations

from typing import Any

from services.xero_connector import answers, intake, payruns, store, wish
from services.xero_connector.documents import dump_payroll
from services.xero_connector.regions import registry
from shared.connector import store as connections
from shared.connector.context import Connection, Connector
from shared.contract import answers as a
from shared.platform.db import reading
from shared.platform.web import Room, Said, body, principal, sent

_SET_RULE = Said(takes=answers.RULE, example=answers.RULE_EXAMPLE, gives=answers.Rule)


def room(c: Connector) -> Room:
    room = Room("payroll")

    @room.get("/connections/<connection>/payroll", scope="connections:read", gives=answers.Payroll)
    def show(connection: str) -> Any:
        """Show what is known of a company's payroll: its pay calendars and earnings rates, and what can't be done."""
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

    @room.get("/connections/<connection>/overtime", scope="connections:read", gives=answers.Rule)
    def show_rule(connection: str) -> Any:
        """Show the rule that overtime goes by."""
        mine = _mine(c, connection)
        with reading(c.db) as session:
            return {"rule": store.rule(session, mine.id)}

    @room.put("/connections/<connection>/overtime", scope="connections:write", **_SET_RULE)
    def set_rule(connection: str) -> Any:
        """Set the rule that overtime goes by, also for work that is not paid yet; an empty one: by what was logged."""
        return {"rule": intake.set_rule(c, _mine(c, connection), body(), principal().subject)}

    return room


_DRAFT = Said(takes=answers.DRAFT, example={"calendar": a.example_id("calendar")}, gives=answers.PayRun, status=201)
_POST = Said(takes=answers.CONFIRMED, example={"confirm": a.example_id("payrun")}, gives=answers.PayRun)


def pay_runs(c: Connector) -> Room:
    """Drafting and posting pay runs."""
    room = Room("pay_runs")

    @room.get("/connections/<connection>/payruns", scope="connections:read", gives=answers.PAY_RUNS)
    def list_runs(connection: str) -> Any:
        """List the pay runs over there, the newest first."""
        return {"items": payruns.listed(c, _mine(c, connection))}

    @room.post("/connections/<connection>/payruns", scope="push:write", **_DRAFT)
    def draft(connection: str) -> Any:
        """Draft the next pay run of a calendar; one that is drafted already is given instead of a second."""
        return payruns.draft(c, _mine(c, connection), sent()["calendar"], principal().subject), 201

    @room.post("/connections/<connection>/payruns/<payrun>/post", scope="push:write", **_POST)
    def post(connection: str, payrun: str) -> Any:
        """Post a drafted pay run, once its id is repeated. Nothing undoes it from here."""
        return payruns.post(c, _mine(c, connection), payrun, sent().get("confirm", ""), principal().subject)

    return room


def _mine(c: Connector, number: str) -> Connection:
    with reading(c.db) as session:
        return connections.connection(c, session, number, principal().organisation)
