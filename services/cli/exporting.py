"""The command that takes work out again: the timesheet export into a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from services.cli.door import Door
from services.cli.entry import command
from services.cli.show import Answer, count, progress
from services.cli.work import DATE, day, find
from shared.kernel.duration import HOUR
from shared.kernel.errors import Retry

_FORMATS = ("json", "csv", "xlsx", "excel", "html")


@command("export")
@click.option("--from", "since", type=DATE, required=True, help="First day of work, as 2026-03-01.")
@click.option("--to", "until", type=DATE, required=True, help="Last day.")
@click.option("--format", "form", type=click.Choice(_FORMATS), help="Without, what the file's name ends with.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The file to write.")
@click.option("--person", help="Only this person's work, by name or id.")
@click.option("--client", help="Only this client's.")
@click.option("--job", "jobs", multiple=True, help="Only this job's; say it once for each.")
@click.option("--tag", "tags", multiple=True, help="Only work with one of these tags.")
@click.option("--with", "include", multiple=True, type=click.Choice(["expenses", "mileage", "overtime"]), help="What comes too.")
@click.option("--detail", is_flag=True, help="Start, end and break of each session.")
@click.option("--approved", is_flag=True, help="Only what is approved.")
def export(door: Door, since: Any, until: Any, form: str | None, out: Path, **chosen: Any) -> Answer:
    """Write work into a file: CSV, Excel, HTML or JSON, all with the same figures.

    \b
    timebooks export --from 2026-03-01 --to 2026-03-31 --with overtime --out march.xlsx
    """
    if not out.parent.is_dir():
        raise click.UsageError(f"There is no folder {out.parent} to write {out.name} into.")
    asked = {"from_date": day(since), "to_date": day(until), "format": _format(form, out), "background": True}
    ordered = door.ingest("POST", "/timesheet/export", {**asked, **_filter(door, chosen)})
    done = _wait(door, ordered["export_id"])
    part = out.with_name(f"{out.name}.part")
    with part.open("wb") as file:
        door.fetch(done["file_url"], done["size"], file)
    part.replace(out)  # whoever looks for the file finds all of it
    told = {"file": str(out), "export_id": ordered["export_id"], "rows": done["done"]}
    told |= {"bytes": done["size"], "sha256": done["sha256"]}
    return Answer(told, f"{count(done['done'], 'row')} in {out}.")


def _filter(door: Door, chosen: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"include": list(chosen["include"]), "detail": chosen["detail"]}
    found |= {"user_id": find(door, "person", chosen["person"])} if chosen["person"] else {}
    found |= {"client_id": find(door, "client", chosen["client"])} if chosen["client"] else {}
    found |= {"job_ids": [find(door, "job", job) for job in chosen["jobs"]]} if chosen["jobs"] else {}
    found |= {"tags": list(chosen["tags"])} if chosen["tags"] else {}
    return found | ({"approved": True} if chosen["approved"] else {})


def _format(form: str | None, out: Path) -> str:
    ending = out.suffix.removeprefix(".").lower()
    if form is None and ending not in _FORMATS:
        raise click.UsageError(f"Say --format, or give {out.name} an ending: {', '.join(_FORMATS)}.")
    return form or ending


def _wait(door: Door, number: str) -> dict[str, Any]:
    """Wait until the export is written; raises Retry when that fails."""
    with progress("exporting") as moved:

        def look() -> dict[str, Any] | None:
            found: dict[str, Any] = door.ingest("GET", f"/exports/{number}")
            moved(found["done"], found["total"])
            return None if found["state"] in ("waiting", "writing") else found

        done: dict[str, Any] = door.wait(look, "The export", patience=HOUR)
    if done["state"] != "ready":
        failure = done["failure"] or {"code": "export_ended", "cause": f"The export was {done['state']}.", "remedy": ""}
        raise Retry(failure["code"], failure["cause"], failure["remedy"])
    return done


