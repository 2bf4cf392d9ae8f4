"""What ingest is doing when its process is killed: taking a file in, composing invoices."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from services.ingest.billing.models import allocation
from shared.platform import clock, feed, jobs
from shared.platform.db import reading
from tests.component.ingest.conftest import Caller

HEAD = (
    "kind,source_id,date,start,end,duration,break,overtime,person,client,job,tags,rate,currency,"
    "amount,distance,unit,category,billable,notes"
)
HOURS = ("1:30:00", "0:45:30", "2:00:01", "0:20:00")
SECONDS = 5_400 + 2_730 + 7_201 + 1_200


class Importing:
    """A file of four entries comes in; whoever sent it hears nothing, and sends it again."""

    def __init__(self, owner: Caller) -> None:
        self.owner = owner
        self.number = -1

    def begins(self, number: int) -> None:
        self.number += 1

    def file(self) -> bytes:
        day = (date(2026, 1, 5) + timedelta(days=self.number)).isoformat()
        rows = [
            f"time,WL-{self.number}-{place},{day},,,{hours},,,Ann,Client {place % 2},Site,,60,USD,,,,,yes,Planning"
            for place, hours in enumerate(HOURS)
        ]
        return "\n".join([HEAD, *rows, ""]).encode()

    def works(self) -> None:
        self.owner.imports(self.file())

    def recovers(self) -> None:
        self.works()

    def checks(self) -> None:
        """Everything is stored once, and a third sending changes nothing."""
        records = self.owner.told("GET", "/records?kind=time&page_size=1&page=1")
        assert records["total"] == len(HOURS) * (self.number + 1)
        assert self.owner.imports(self.file())["totals"] == {**self._nothing(), "unchanged": len(HOURS)}

    def _nothing(self) -> dict[str, Any]:
        totals = self.owner.imports(self.file())["totals"]
        return {**totals, "new": 0, "changed": 0, "refused": 0}


class Composing(Importing):
    """Approved work becomes one invoice for each of two clients; whoever pressed the button presses it again."""

    def begins(self, number: int) -> None:
        super().begins(number)
        self.owner.imports(self.file())
        self.owner.told("POST", "/approvals", {})

    def works(self) -> None:
        period = {"from": "2026-01-01", "to": "2026-12-31"}
        self.owner.told("POST", "/invoices/compose", period)

    def checks(self) -> None:
        """Every approved second stands on exactly one invoice, and the feed has told of each once."""
        with reading(self.owner.service.db) as session:
            live = sa.select(allocation.c.entry, allocation.c.document, allocation.c.seconds).where(allocation.c.live)
            claims = session.execute(live).all()
        assert len(claims) == len({claim.entry for claim in claims}) == len(HOURS) * (self.number + 1)
        assert sum(claim.seconds for claim in claims) == SECONDS * (self.number + 1)
        documents = {claim.document for claim in claims}
        assert len(documents) == 2 * (self.number + 1) == self.owner.told("GET", "/invoices")["total"]
        told = [row["subject"] for row in feed.page(self.owner.service.db, 0, ["invoice.changed"], 10_000, {})["rows"]]
        assert sorted(told) == sorted(documents)


class Exporting(Importing):
    """An ordered export is written; once the dead worker's lease is over, another one writes it."""

    def begins(self, number: int) -> None:
        super().begins(number)
        self.owner.imports(self.file())
        asked = {"from_date": "2026-01-01", "to_date": "2026-12-31", "format": "csv", "background": True}
        self.export = self.owner.told("POST", "/timesheet/export", asked, status=202)["export_id"]

    def works(self) -> None:
        jobs.run_ready(self.owner.service.db, self.owner.service.handlers)

    def recovers(self) -> None:
        clock.sleep(60)
        self.works()

    def checks(self) -> None:
        """The file is whole, and was never there without being so."""
        shown = self.owner.told("GET", f"/exports/{self.export}")
        file = self.owner.service.app.test_client().get(shown["file_url"]).data
        assert (shown["state"], file.count(b"\r\n")) == ("ready", len(HOURS) * (self.number + 1) + 1)
        assert hashlib.sha256(file).hexdigest() == shown["sha256"]


SCENARIOS: dict[str, type[Importing]] = {
    "import.stored": Importing,
    "compose.written": Composing,
    "export.written": Exporting,
}
"""The points that ingest passes."""
