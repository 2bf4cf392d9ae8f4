"""Usage over HTTP: what each key did in a month, to be looked at and to be billed."""

from __future__ import annotations

import csv
import io
from typing import Any

from flask import Response

from services.ingest.usage import answers, query
from services.ingest.usage.meter import Meter
from services.ingest.usage.models import COUNTED
from shared.platform import clock
from shared.platform.db import Database, reading
from shared.platform.vault import Vault
from shared.platform.web import Media, Room, argument, principal

_COLUMNS = ("month", "key_id", "name", *COUNTED)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would take a cell's text for a formula by."""


def room(db: Database, vault: Vault, meter: Meter) -> Room:
    room = Room("usage")

    def told() -> dict[str, Any]:
        month = query.month_of(argument("month") or f"{clock.now():%Y-%m}")
        meter.flush()
        with reading(db) as session:
            items = query.of(session, vault, principal().organisation, month)
        return {"month": month, "items": items, "total": {name: sum(one[name] for one in items) for name in COUNTED}}

    @room.get("/usage", scope="usage:read", asks=answers.Month, gives=answers.Usage)
    def show() -> Any:
        """Show what each key did in a month."""
        return told()

    @room.get("/usage.csv", scope="usage:read", asks=answers.Month, gives=Media("text/csv", "A line for each key."))
    def show_csv() -> Any:
        """Give the same as a CSV file."""
        found, text = told(), io.StringIO()
        table = csv.DictWriter(text, _COLUMNS)
        table.writeheader()
        for one in found["items"]:
            table.writerow({"month": found["month"]} | {name: _cell(value) for name, value in one.items()})
        name = f"usage-{found['month']}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(text.getvalue(), headers=headers, content_type="text/csv; charset=utf-8")

    @room.get("/usage/organisations", scope="usage:bill", asks=answers.Month, gives=answers.AllUsage)
    def show_all() -> Any:
        """Show what each organisation did in a month, for whoever bills them."""
        month = query.month_of(argument("month") or f"{clock.now():%Y-%m}")
        meter.flush()
        with reading(db) as session:
            return {"month": month, "items": query.of_all(session, month)}

    return room


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
