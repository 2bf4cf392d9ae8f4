"""Payroll UK 2.0: the dated shape, regular and overtime rates only, pay runs to read only."""

from __future__ import annotations

from services.xero_connector.regions import dated
from services.xero_connector.regions.region import Can, Region

REGION = Region(
    key="uk",
    title="United Kingdom",
    country="GB",
    version="2.0",
    path="/payroll.xro/2.0",
    can=frozenset({Can.APPROVE, Can.REVERT, Can.DELETE}),
    rate_kinds=frozenset({"regular", "overtime"}),
    limits=(
        "Timesheets are sent one by one, and a correction line by line, which takes more of the day's calls.",
        "What changed in Xero is found by asking for timesheets by status and date; it doesn't say what changed since a time.",
        "Only earnings rates of the kinds regular and overtime are taken on timesheets; allowances are entered in Xero.",
        "Pay runs can only be read: creating and posting one are clicks in Xero, by somebody with payroll rights.",
    ),
    to_payload=dated.to_payload,
    to_retire=dated.to_payload,
    edits=dated.edits,
    read_status=dated.read_status,
    picture=dated.read_picture,
)
