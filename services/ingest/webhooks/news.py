"""What some rows of the feed mean for whoever listens: each change as an event of its own, with its flat body.

All is read from what is kept for good (revisions, versions, lines of a history), so the same row always means the same
event with the same id, however often and however late it is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from services.ingest.records import query_revisions as records
from services.ingest.status import query_told as told
from services.ingest.timesheets import query as timesheets
from services.ingest.webhooks.events import EVENTS
from shared.contract.messages import INVOICE_CHANGED, INVOICE_STATUS_CHANGED, RECORD_CHANGED, TIMESHEET_STATUS_CHANGED
from shared.contract.records import Kind
from shared.contract.statuses import InvoiceStatus, TimesheetStatus
from shared.kernel import ids
from shared.platform.feed import Row
from shared.platform.session import Session


@dataclass(frozen=True, slots=True)
class News:
    """One event: ``id`` follows from what it tells, ``position`` is the feed row's that it comes from."""

    id: str
    organisation: str
    event: str
    subject: str
    at: datetime
    body: dict[str, Any]


def of(session: Session, rows: Sequence[Row]) -> dict[int, News]:
    """Position -> what that row tells; most rows tell nothing."""
    found: dict[int, News] = {}
    for organisation in {row["organisation"] for row in rows}:
        for kind, read in _READERS.items():
            mine = [row for row in rows if row["organisation"] == organisation and row["kind"] == kind]
            if mine:
                found |= {row["position"]: _news(row, *said) for row, *said in read(session, organisation, mine)}
    return found


Said = Iterator[tuple[Row, str, dict[str, Any]]]


def _news(row: Row, event: str, facts: dict[str, Any]) -> News:
    # An invoice goes void once, whoever says so first: we who withdraw it or the books that hold it so.
    change = "" if event == "invoice.void" else f"{row['kind']} {row['version']}"
    number = "evt_" + ids.document_id(row["organisation"], "event", event, row["subject"], change).replace("-", "")
    head = {"event": event, "id": number, "organisation": row["organisation"], "version": row["version"], "at": row["at"]}
    return News(number, row["organisation"], event, row["subject"], row["at"], facts | head)


def _invoice_versions(session: Session, organisation: str, rows: Sequence[Row]) -> Said:
    found = told.versions(session, organisation, {(row["subject"], row["version"]) for row in rows})
    for row in rows:
        one = found.get((row["subject"], row["version"]))
        if one is not None:
            word = "void" if one.pop("withdrawn") else "created" if row["version"] == 1 else "updated"
            yield row, f"invoice.{word}", _only(one, "version", "total") | {"amount": one["total"]}


_SAID = {
    InvoiceStatus.PARTLY_PAID: "partly_paid",
    InvoiceStatus.PAID: "paid",
    InvoiceStatus.VOID: "void",
    InvoiceStatus.DELETED: "void",
    InvoiceStatus.REFUNDED: "refunded",
}
_PAID = ("partly_paid", "paid")


def _invoice_lines(session: Session, organisation: str, rows: Sequence[Row]) -> Said:
    found = told.invoice_lines(session, organisation, {row["version"] for row in rows})
    for row in rows:
        line = found.get(row["version"])
        if line is None:
            continue
        word = _word(line)
        total = line["invoice_total"] if line["total"] is None else line["total"]
        balance = 0 if line["balance"] is None and word == "paid" else line["balance"]
        paid = {"paid_at": line["at"]} if word in _PAID else {}
        amount = total - balance if word in _PAID and balance is not None else total
        left_out = ("id", "before", "earlier", "invoice_total", "total", "at")
        yield row, f"invoice.{word}", _only(line, *left_out) | paid | {"amount": amount, "balance": balance}


def _word(line: dict[str, Any]) -> str:
    """What happened between two lines; a payment taken back, or other sums, is an update."""
    before = line["before"]["status"] if line["before"] else InvoiceStatus.DRAFT
    if line["status"] == InvoiceStatus.OPEN:
        return "sent" if before == InvoiceStatus.DRAFT else "updated"
    same = before == line["status"]
    again = same and not (line["status"] == InvoiceStatus.PARTLY_PAID and line["before"]["balance"] != line["balance"])
    return "updated" if again else _SAID.get(line["status"], "updated")


def _timesheet_lines(session: Session, organisation: str, rows: Sequence[Row]) -> Said:
    found = timesheets.lines(session, organisation, {row["version"] for row in rows})
    for row in rows:
        line = found.get(row["version"])
        if line and line["status"] in (TimesheetStatus.APPROVED, TimesheetStatus.PROCESSED) and line["before"] != line["status"]:
            named = {"timesheet_id": line["timesheet"], "person_id": line["person"], "hours": line["total"]}
            yield row, f"timesheet.{line['status']}", named | _only(line, "id", "before", "timesheet", "person", "total")


_RECORDS = {
    Kind.EXPENSE: ("date", "person", "client", "job", "amount", "currency", "category", "billable"),
    Kind.MILEAGE: ("date", "person", "client", "job", "distance", "unit", "rate", "currency", "billable"),
}
_REFERENCES = ("person", "client", "job")


def _records(session: Session, organisation: str, rows: Sequence[Row]) -> Said:
    wanted = {(row["subject"], row["version"]) for row in rows}
    for kind, names in _RECORDS.items():
        found = records.facts_at(session, organisation, kind, wanted, names)
        for row in rows:
            one = found.get((row["subject"], row["version"]))
            if one is not None:
                word = "deleted" if one["deleted"] else "created" if row["version"] == 1 else "updated"
                facts = {f"{name}_id" if name in _REFERENCES else name: one[name] for name in names}
                yield row, f"{kind.value}.{word}", {f"{kind.value}_id": row["subject"], **facts}


def _problems(session: Session, organisation: str, rows: Sequence[Row], *, event: str) -> Said:
    found = told.problem_facts(session, organisation, {row["subject"] for row in rows})
    for row in rows:
        if row["subject"] in found:
            facts = found[row["subject"]]
            yield row, event, _only(facts, "id") | {"problem_id": row["subject"]}


def _connections(session: Session, organisation: str, rows: Sequence[Row], *, event: str) -> Said:
    found = told.connection_services(session, organisation, {row["subject"] for row in rows})
    for row in rows:
        yield row, event, {"connection_id": row["subject"], "provider": found.get(row["subject"])}


def _only(facts: dict[str, Any], *left_out: str) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name not in left_out}


_READERS = {
    RECORD_CHANGED: _records,
    INVOICE_CHANGED: _invoice_versions,
    INVOICE_STATUS_CHANGED: _invoice_lines,
    TIMESHEET_STATUS_CHANGED: _timesheet_lines,
    **{event: partial(_connections, event=event) for event in EVENTS if event.startswith("connection.")},
    **{event: partial(_problems, event=event) for event in EVENTS if event.startswith("problem.")},
}
KINDS = tuple(_READERS)
"""The kinds of feed rows that may tell something."""
