"""Pay runs: drafting one, and posting one only when a person has said twice that it shall be."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from services.xero_connector import wish
from services.xero_connector.payroll import PayRun
from services.xero_connector.regions import registry
from services.xero_connector.regions.region import Can
from services.xero_connector.statuses import PayRunStatus
from shared.connector import tokens
from shared.connector.context import Connection, Connector
from shared.kernel.errors import Conflict, Missing, Unsupported
from shared.kernel.ids import call_key
from shared.platform import audit, jobs
from shared.platform.db import transaction

BY_HAND = "Somebody with payroll administrator rights does that in Xero: Payroll, Pay employees."


def listed(c: Connector, connection: Connection) -> list[dict[str, Any]]:
    """The pay runs over there, the newest first."""
    found = tokens.use(c, connection, lambda client: client.pay_runs())  # type: ignore[attr-defined]
    return [asdict(run) for run in sorted(found, key=lambda run: run.start, reverse=True)]


def draft(c: Connector, connection: Connection, calendar: str, actor: str) -> dict[str, Any]:
    """Draft the next pay run of a calendar; the one that is drafted already is given instead of a second."""
    _check(connection, Can.CREATE_PAY_RUN, "drafted")
    found: tuple[PayRun, ...] = tokens.use(c, connection, lambda client: client.pay_runs())  # type: ignore[attr-defined]
    mine = [run for run in found if run.calendar == calendar]
    made = next((run for run in mine if run.status is PayRunStatus.DRAFT and run.scheduled), None)
    if made is None:
        key = call_key(connection.id, [(calendar, len(mine), 1)])
        made = tokens.use(c, connection, lambda client: client.draft_pay_run(calendar, key))  # type: ignore[attr-defined]
        _note(c, connection, actor, "payrun.drafted", made.id)
    return asdict(made)


def post(c: Connector, connection: Connection, number: str, confirmed: str, actor: str) -> dict[str, Any]:
    """Post a drafted pay run. ``confirmed`` has to repeat its id: nothing undoes it from here."""
    _check(connection, Can.POST_PAY_RUN, "posted")
    found = {run.id: run for run in tokens.use(c, connection, lambda client: client.pay_runs())}  # type: ignore[attr-defined]
    if number not in found:
        raise Missing("no_pay_run", "There is no such pay run in Xero.", "List them to see their ids.")
    run: PayRun = found[number]
    if run.status is PayRunStatus.POSTED:
        return asdict(run)
    if confirmed != number:
        raise Conflict(
            "not_confirmed",
            f"Posting the pay run of {run.start} to {run.end} can't be undone from here.",
            "Confirm it by giving its id once more.",
        )
    key = call_key(connection.id, [(number, 1, 1)])
    posted: PayRun = tokens.use(c, connection, lambda client: client.post_pay_run(number, key))  # type: ignore[attr-defined]
    _note(c, connection, actor, "payrun.posted", number)
    wish.refresh(c, connection, older=timedelta(0))
    return asdict(posted)


def _check(connection: Connection, can: Can, done: str) -> None:
    region = registry.of(connection.tenant.facts)
    if can not in region.can:
        raise Unsupported("not_in_region", f"In {region.title} no pay run can be {done} from here.", BY_HAND)


def _note(c: Connector, connection: Connection, actor: str, what: str, run: str) -> None:
    with transaction(c.db) as session:
        audit.record(session, connection.organisation, actor, what, connection.id, run=run)
        jobs.ask(session, "pull", connection.id, organisation=connection.organisation, queue="interactive")
