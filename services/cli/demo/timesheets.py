"""The demonstration's second half: a week becomes timesheets in three countries, and what the payroll clerks do comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from services.cli.demo import stage
from services.cli.door import Door, part
from services.cli.show import table

BOOKS = "xero"
KINDS = ("employee", "earnings_rate")
ENDINGS: Mapping[str, tuple[str, str, str]] = {
    "a0000000-0000-4000-8000-000000000001": ("AU", "pay", "processed"),
    "a0000000-0000-4000-8000-000000000002": ("NZ", "pay", "processed"),
    "a0000000-0000-4000-8000-000000000003": ("UK", "approve", "approved"),
}
"""By emulated company: where it is, what its clerk does with the timesheet, the status that has to come back."""
_SHORT = ("period_start", "period_end", "hours", "external_id", "status")


class Timesheets:
    """The steps, in order; each company is asked about once a second, so the three go side by side."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._connections: list[dict[str, Any]] = []

    def deliver(self) -> None:
        """Connect the payrolls, link people and kinds of pay, and write."""
        self._connections = self._each(ENDINGS, self._deliver)
        self._wait(lambda sheets: len(sheets) == len(ENDINGS) and all(one["external_id"] for one in sheets))

    def _deliver(self, company: str) -> dict[str, Any]:
        made = stage.connect(self._door, BOOKS, company)
        stage.link(self._door, made, KINDS, create=False)
        self._door.at_rest(made)
        stage.push(self._door, made)
        return made

    def push(self) -> int:
        return sum(self._each(self._connections, lambda one: stage.push(self._door, one)))

    def settle(self) -> list[dict[str, Any]]:
        """Each clerk approves; two post their pay run as well. The next round of polling, asked for here, brings it back."""
        companies = {one["id"]: one["tenant"] for one in self._connections}
        for sheet in self._listed():
            company = companies[sheet["connection"]]
            _, button, _ = ENDINGS[company]
            stage.press(self._door, BOOKS, button, tenant=company, timesheet=sheet["external_id"])
        for connection in companies:
            self._door.books(BOOKS, "POST", f"/connections/{part(connection)}/sync", {})
        ends = {connection: ENDINGS[company] for connection, company in companies.items()}
        found = self._wait(lambda sheets: all(one["status"] == ends[one["connection"]][2] for one in sheets))
        return [_short(one, ends[one["connection"]][0]) for one in found]

    def writes(self) -> int:
        """How many writes of ours the three payrolls have accepted so far."""
        return sum(len(stage.press(self._door, BOOKS, "writes", tenant=company, actor="api")) for company in ENDINGS)

    def _each(self, some: Any, act: Callable[[Any], Any]) -> list[Any]:
        with ThreadPoolExecutor(len(ENDINGS)) as side_by_side:
            return list(side_by_side.map(act, some))

    def _wait(self, done: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        def look() -> list[dict[str, Any]] | None:
            sheets = self._listed()
            return sheets if done(sheets) else None

        return list(self._door.wait(look, "The demonstration"))

    def _listed(self) -> list[dict[str, Any]]:
        found = self._door.ingest("GET", "/timesheets", page_size=100)["items"]
        return sorted(found, key=lambda one: (one["region"], one["person_name"]))


def _short(sheet: dict[str, Any], region: str) -> dict[str, Any]:
    return {"person": sheet["person_name"], "region": region} | {name: sheet[name] for name in _SHORT}


def shown(sheets: list[dict[str, Any]]) -> str:
    """As a person reads them; their ids are long, and the beginning tells them apart."""
    rows = [
        [one["person"], one["region"], f"{one['period_start']} to {one['period_end']}", one["hours"], _begins(one), one["status"]]
        for one in sheets
    ]
    return table(["person", "region", "period", "hours", "in the books", "status"], rows, right={"hours"})


def _begins(sheet: dict[str, Any]) -> str:
    return f"{sheet['external_id'][:8]}…"
