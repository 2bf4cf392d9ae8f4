"""Xero Payroll as the shared algorithm sees it: the pure part, put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.xero_connector import callbacks
from services.xero_connector.documents import load_timesheet
from services.xero_connector.planner.timesheet import Timesheet
from services.xero_connector.regions import au1, existing, nz, registry
from services.xero_connector.regions.existing import Action
from services.xero_connector.regions.region import Can, Region
from services.xero_connector.sending import SEEN
from shared.connector.provider import ASKS, Info, Known, Need, Operation, Poke, Refs, Seen, Tenant, Wire
from shared.contract.messages import TimesheetStatusMessage
from shared.contract.statuses import TimesheetStatus
from shared.kernel.errors import Conflict

PAGE_URL = "https://go.xero.com/app/"
"""Where people begin: no address of a single timesheet is documented."""
GONE_ORDER = 2**62
"""What is deleted has no time of change; nothing is newer than that."""
UNSENT = (TimesheetStatus.PLANNED, TimesheetStatus.DELETED)


@dataclass(frozen=True, slots=True)
class XeroProvider:
    """``connector.provider.Provider`` for timesheets in Xero Payroll. ``tenant.facts["region"]`` says which payroll."""

    info: Info
    webhook_key: str
    array_size: int

    def max_batch(self, tenant: Tenant) -> int:
        return self.array_size if Can.MANY_AT_ONCE in _region(tenant).can else 1

    def check_change(self, row: Mapping[str, Any], tenant: Tenant, *, automatic: bool) -> None:
        """The published table of existing timesheets, obeyed."""
        if row["status"] in UNSENT:
            return
        action = existing.decide(
            _region(tenant).key,
            row["status"],
            withdrawn=row["wanted_withdrawn"],
            ours=row["pushed_version"] > 0,
            automatic=automatic,
            confirmed=row["over_version"] == row["wanted_version"],
            correct_approved=tenant.facts.get("correct_approved") is True,
        )
        if action in _REFUSALS:
            code, remedy = _REFUSALS[action]
            raise Conflict(code, f"The timesheet of {_said(row['number'])} is {row['status']} in Xero Payroll.", remedy)

    def status_message(self, row: Mapping[str, Any], details: Mapping[str, Any]) -> TimesheetStatusMessage:
        start, end = map(date.fromisoformat, row["number"].split("/"))
        external = row["external_id"]
        same = ("connection", "generation", "status", "wanted_version", "pushed_version", "external_id", "total", "problem")
        return TimesheetStatusMessage(
            timesheet=row["local"],
            version=row["status_version"],
            person=row["client"],
            period_start=start,
            period_end=end,
            hours=row["wanted_total"],
            region=details.get("region", ""),
            binding_state=row["state"],
            deep_link=self.deep_link(external) if external else None,
            payment_date=details.get("payment_date"),
            entries=tuple(details.get("entries", ())),
            **{name: row[name] for name in same},
        )

    def needs(self, document: Timesheet, tenant: Tenant) -> Sequence[Need]:
        return [_employee(document)]

    def to_payload(self, document: Timesheet, refs: Refs, tenant: Tenant, known: Known | None, marker: str) -> Wire:
        """The timesheet, and whether it shall be approved: when so chosen, or when it was approved before."""
        region, again = _region(tenant), known is not None and known.status == TimesheetStatus.APPROVED
        sheet = region.to_payload(document, refs.remote(_employee(document)), known.external_id if known else None)
        approve = again or tenant.facts.get("approve") is True
        return {"timesheet": sheet, "approve": approve} | ({SEEN: known.remote_version} if known else {})

    def to_retire(self, document: Timesheet | None, known: Known, marker: str) -> Wire:
        return {"timesheet": {"timesheetID": known.external_id}, "approve": False, SEEN: known.remote_version}

    def assemble(self, items: Sequence[tuple[Operation, Wire]]) -> Wire:
        return {"items": [wire for _, wire in items]}

    def take_apart(self, body: Wire) -> Sequence[Wire]:
        return list(body["items"])

    def read_status(self, remote: Wire) -> Seen:
        if str(remote.get("status", "")).casefold() != TimesheetStatus.DELETED:
            return _shape(remote).read_status(remote)
        return Seen(
            external_id=remote["timesheetID"],
            remote_version="",
            order=GONE_ORDER,
            status=TimesheetStatus.DELETED,
            number=None,
            total=None,
            balance=None,
            picture={},
        )

    def picture(self, payload: Wire) -> Mapping[str, str]:
        sheet = payload["timesheet"]
        return _shape(sheet).picture(sheet)

    def deep_link(self, external_id: str) -> str:
        return PAGE_URL

    def load(self, body: Any) -> Timesheet:
        return load_timesheet(body)

    def verify(self, raw: bytes, headers: Mapping[str, str]) -> bool:
        return callbacks.verify(raw, headers, self.webhook_key)

    def parse(self, raw: bytes) -> Sequence[Poke]:
        return callbacks.parse(raw)


_REFUSALS = {
    Action.ASK: (ASKS, "Say that yours goes over it (timebooks plan --keep ours), or mend it there."),
    Action.STOP: ("approved_there", "Have it set back to draft in Xero, or leave it as it is."),
    Action.CORRECT_NEXT: ("closed_there", "Nothing: the difference goes into the next open period as a correction."),
}


def _region(tenant: Tenant) -> Region:
    return registry.of(tenant.facts)


def _shape(wire: Wire) -> Region:
    """Which of the two shapes a timesheet has: 1.0 writes its names in capitals, all of 2.0 is alike."""
    return au1.REGION if "EmployeeID" in wire else nz.REGION


def _employee(document: Timesheet) -> Need:
    return Need(kind="employee", locals=(document.person,), currency="", name="this person", subject=document.person)


def _said(number: str) -> str:
    return number.replace("/", " to ")
