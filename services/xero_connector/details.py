"""What is told of timesheets beyond their bindings: what each pays, when it is paid, and what no timesheet could take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from services.xero_connector import pace, store
from services.xero_connector.forecast import Limits, counted, forecast
from services.xero_connector.intake import EMPLOYEE
from services.xero_connector.models import timesheet
from services.xero_connector.pace import Granted
from services.xero_connector.payroll import PayRun
from services.xero_connector.regions import registry
from services.xero_connector.statuses import PayRunStatus
from shared.connector import references
from shared.connector.context import Connection, Connector
from shared.connector.models import connection as connection_table
from shared.kernel.duration import format_hms
from shared.platform import clock, daily
from shared.platform.db import reading
from shared.platform.session import Session

Row = Mapping[str, Any]
ERASED = "(erased)"
EFFECTS_SHOWN = timedelta(days=62)


def of(session: Session, rows: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """By binding: ``region``, ``payment_date`` once its pay run is posted, ``entries`` with the seconds that it pays."""
    heads = {
        row.id: row for row in session.execute(sa.select(timesheet).where(timesheet.c.id.in_([row["local"] for row in rows])))
    }
    parts = store.allocations(session, {row["local"]: row["wanted_version"] for row in rows})
    paid: dict[str, Counter[str]] = {}
    for part in parts:
        paid.setdefault(part.timesheet, Counter())[part.entry] += part.seconds
    regions, runs = _regions(session, rows), _runs(session, rows)
    return {
        row["id"]: {
            "region": regions.get(row["connection"], ""),
            "payment_date": _payment(heads.get(row["local"]), runs.get(row["connection"], ())),
            "entries": sorted(paid.get(row["local"], {}).items()),
        }
        for row in rows
    }


def _regions(session: Session, rows: Sequence[Row]) -> dict[str, str]:
    there = connection_table.c.id.in_({row["connection"] for row in rows})
    wanted = sa.select(connection_table.c.id, connection_table.c.facts, connection_table.c.options)
    return {row.id: registry.of({**row.facts, **row.options}).key for row in session.execute(wanted.where(there))}


def _runs(session: Session, rows: Sequence[Row]) -> dict[str, Sequence[PayRun]]:
    known = {number: store.read_payroll(session, number) for number in {row["connection"] for row in rows}}
    return {number: facts[0].runs for number, facts in known.items() if facts}


def _payment(head: Any, runs: Sequence[PayRun]) -> Any:
    if head is None:
        return None
    period = (head.calendar, head.start, head.end)
    posted = [run for run in runs if run.status is PayRunStatus.POSTED and (run.calendar, run.start, run.end) == period]
    return posted[-1].payment if posted else None


def names(session: Session, connection: str) -> dict[str, str]:
    """What earnings rates are called, by id."""
    known = store.read_payroll(session, connection)
    return {rate.id: rate.name for rate in known[0].rates.values()} if known else {}


def beside(c: Connector, connection: Connection, items: Sequence[Row], *, array_size: int, granted: Granted) -> dict[str, Any]:
    """What a plan of timesheets shows besides: ``left_out``, work that no timesheet pays yet, by person and reason;
    ``overtime``, what the rule made of each day of the last weeks; ``forecast``, the calls that writing takes, and until when."""
    with reading(c.db) as session:
        whose = references.locals_(c, session, connection, EMPLOYEE)
        left_out = [_left_out(row, whose) for row in store.left_outs(session, connection.id) if row["seconds"]]
        since = clock.now().date() - EFFECTS_SHOWN
        overtime = [_effect(row, whose) for row in store.effects(session, connection.id, since)]
    return {"left_out": left_out, "overtime": overtime, "forecast": _forecast(c, connection, items, array_size, granted)}


def _forecast(
    c: Connector, connection: Connection, items: Sequence[Row], array_size: int, granted: Granted
) -> dict[str, Any] | None:
    going = [item for item in items if item["action"] != "blocked"]
    if not going:
        return None
    lines = [sum(field["field"].startswith("line ") for field in item["fields"]) for item in going]
    writes = counted((item["action"], many, item["status"]) for item, many in zip(going, lines, strict=True))
    limits = Limits(pace.between_calls(granted), granted.per_day, daily.COUNTS, pace.made(c.db, connection.tenant.id))
    approve = connection.tenant.facts.get("approve") is True
    region = registry.of(connection.tenant.facts)
    found = forecast(region, writes, limits, clock.now(), approve=approve, array_size=array_size)
    return {"calls": found.calls, "done_at": found.done_at}


def _left_out(row: Row, whose: Mapping[str, str]) -> dict[str, Any]:
    said = {name: row[name] for name in ("person", "since", "until", "code", "cause", "remedy")}
    return said | {"name": whose.get(row["person"], ERASED), "duration": format_hms(row["seconds"])}


def _effect(row: Row, whose: Mapping[str, str]) -> dict[str, Any]:
    kinds = {when: {kind: format_hms(seconds) for kind, seconds in row[when]} for when in ("before", "after")}
    return {"person": row["person"], "name": whose.get(row["person"], ERASED), "date": row["date"], "why": row["why"]} | kinds
