"""The demonstration: work goes to emulated books as invoices and as timesheets, and what becomes of them there comes back."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from services import data_folder, embedded
from services.catalog import settings_from
from services.cli.demo import invoices, timesheets
from services.cli.door import Door
from services.cli.show import count
from shared.kernel.duration import format_hms
from shared.kernel.errors import Conflict

SAMPLES = tuple(Path(__file__).parents[3] / "samples" / name for name in ("worklog-march.csv", "worklog-payroll.csv"))
PERIOD = {"from": "2026-03-01", "to": "2026-03-31"}

Say = Callable[[str], None]


def run(keep: Path | None, say: Say) -> tuple[dict[str, Any], list[str]]:
    """Do the whole job; gives the value for ``--json`` and the lines for a person."""
    with _folder(keep) as folder:
        environ = {"PATH": os.environ.get("PATH", ""), "TIMEBOOKS_DATA": str(folder)}
        settings = replace(settings_from(environ), public_url="http://localhost:8765")
        with embedded.opened(settings) as product:
            door = Door(product.settings, product.network, product.settings.public_url, "", own=product)
            return _acted(door, say)


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """An empty data folder of the demonstration's own, gone afterwards unless it is to be kept."""
    if keep is not None:
        if keep.exists() and any(keep.iterdir()):
            raise Conflict("folder_not_empty", f"{keep} is not empty.", "Name an empty folder, or one that does not exist.")
        yield keep.absolute()
        return
    folder = Path(tempfile.mkdtemp(prefix="timebooks-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _acted(door: Door, say: Say) -> tuple[dict[str, Any], list[str]]:
    """The demonstration's steps, in order."""
    bills, pays = invoices.Invoices(door), timesheets.Timesheets(door)
    _begin(door)
    say("Importing, approving, composing invoices …")
    imported = _import(door)
    door.ingest("POST", "/approvals", PERIOD)
    bills.bill(PERIOD)
    say("Connecting the emulated books and the payrolls of three countries, linking, pushing …")
    _both(bills.deliver, pays.deliver)
    say("The accountant and the payroll clerks are at work; waiting for the word to come back …")
    bought, sheets = _both(bills.settle, pays.settle)
    say("The same once more …")
    before = bills.writes() + pays.writes()
    again, planned = _import(door), bills.push() + pays.push()
    writes = bills.writes() + pays.writes() - before + again["new"] + again["changed"] + planned
    value = {"imported": imported["new"], "invoices": bought, "timesheets": sheets, "second_run_writes": writes}
    return value, _told(imported, value)


def _both(*halves: Callable[[], Any]) -> list[Any]:
    """The two halves side by side: most of the time each waits for its turn at the books."""
    with ThreadPoolExecutor(len(halves)) as at_once:
        return [one.result() for one in [at_once.submit(half) for half in halves]]


def _begin(door: Door) -> None:
    from services.cli.account import operator

    door.key = operator(door)
    account = {"organisation": "Vale & Ferreira", "owner": "Robin Vale", "zone": "America/New_York", "currency": "USD"}
    door.key = door.ingest("POST", "/accounts", account)["key"]
    data_folder.keep_key(door.settings.data, door.key)


def _import(door: Door) -> Counter[str]:
    """All samples; gives how many records and seconds were new, changed or the same, together."""
    totals: Counter[str] = Counter()
    for sample in SAMPLES:
        found = door.upload("/import", {"source": "worklog", "partial": "false"}, sample.name, sample.read_bytes())
        if not found["stored"]:
            raise Conflict("sample_refused", f"{sample.name} was refused: {found['rows']}")
        totals.update(found["totals"])
    return totals


def _told(imported: Counter[str], value: dict[str, Any]) -> list[str]:
    names = " and ".join(sample.name for sample in SAMPLES)
    writes = value["second_run_writes"]
    return [
        f"Imported from {names}: {count(imported['new'], 'record')}, {format_hms(imported['seconds'])} of work.",
        "",
        invoices.shown(value["invoices"]),
        "",
        timesheets.shown(value["timesheets"]),
        "",
        f"The same files and the same push once more wrote {writes if writes else 'nothing'}.",
    ]
