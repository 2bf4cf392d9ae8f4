"""Payroll New Zealand 2.0: the dated shape; a pay run can be drafted, and nothing posts it."""

from __future__ import annotations

from services.xero_connector.regions import dated
from services.xero_connector.regions.region import Can, Region

REGION = Region(
    key="nz",
    title="New Zealand",
    country="NZ",
    version="2.0",
    path="/payroll.xro/2.0",
    can=frozenset({Can.APPROVE, Can.REVERT, Can.DELETE, Can.CREATE_PAY_RUN}),
    rate_kinds=None,
    limits=(
        "Timesheets are sent one by one, and a correction line by line, which takes more of the day's calls.",
        "What changed in Xero is found by asking for timesheets by status and date; it doesn't say what changed since a time.",
        "A pay run can be created as a draft; posting it is a click in Xero.",
    ),
    to_payload=dated.to_payload,
    to_retire=dated.to_payload,
    edits=dated.edits,
    read_status=dated.read_status,
    picture=dated.read_picture,
)
