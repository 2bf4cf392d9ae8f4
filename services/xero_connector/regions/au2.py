"""Payroll Australia 2.0: timesheets only, in the dated shape; employees, calendars, rates and pay runs stay on 1.0."""

from __future__ import annotations

from services.xero_connector.regions import dated
from services.xero_connector.regions.region import Can, Region

REGION = Region(
    key="au2",
    title="Australia (Payroll API 2.0)",
    country="AU",
    version="2.0",
    path="/payroll.xro/2.0",
    can=frozenset({Can.APPROVE, Can.REVERT, Can.DELETE, Can.CREATE_PAY_RUN, Can.POST_PAY_RUN}),
    rate_kinds=None,
    limits=(
        "Timesheets are sent one by one, and a correction line by line, which takes more of the day's calls.",
        "What changed in Xero is found by asking for timesheets by status and date; it doesn't say what changed since a time.",
        "Only timesheets are of version 2.0; a connection never uses both versions for timesheets.",
        "A posted pay run can't be undone from here.",
    ),
    to_payload=dated.to_payload,
    to_retire=dated.to_payload,
    edits=dated.edits,
    read_status=dated.read_status,
    picture=dated.read_picture,
)
