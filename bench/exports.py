"""Rows a second of each export format, beside plain writers of the very same rows from the same query, decrypted.

Every way reads the same pages, opens the same notes and names, prices the same entries; then ours writes them with the formula
guard and the summary, and the csv module, orjson and xlsxwriter write them as they are. Each runs in a process of its own on one
database that is filled once. ``source`` reads and writes nothing: what all of them share. Ratios are of processor time, so that
other work on the machine is in none of them; ``…_writing`` leaves what they share out.
"""

from __future__ import annotations

import argparse
import csv
import gc
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench import import_ways
from services.ingest.accounts.models import organisation
from services.ingest.exports import stream
from services.ingest.exports.asked import Asked
from services.ingest.exports.columns import Row, columns, rows
from services.ingest.exports.totals import Totals
from services.ingest.exports.written import written
from services.ingest.records.query_pages import Wanted
from shared.contract.records import Kind
from shared.platform.db import Database, open_database
from shared.platform.memory import search_seldom
from shared.platform.vault import Vault

OURS = ("csv", "json", "xlsx", "html")
PEERS = ("csv_module", "orjson", "xlsxwriter")
WAYS = ("source", *OURS, *PEERS)
SHOWN = frozenset({"overtime", "detail"})


@dataclass(frozen=True, slots=True)
class Task:
    """One measurement."""

    way: str
    url: str
    folder: Path


def measure(task: Task) -> dict[str, Any]:
    """Seconds, rows, bytes, and peak memory: of the process, and of what the export took beyond the program itself."""
    db, vault = open_database(task.url), Vault(bytes(range(32)))
    with db.engine.connect() as connection:
        mine = connection.execute(sa.select(organisation.c.id)).scalar_one()
    asked = _asked(task.way if task.way in OURS else "csv")
    next(stream.pages(db, vault, mine, _asked("csv", date(2100, 1, 1))), None)  # the statements are made
    search_seldom()  # as every process of ours that serves
    gc.collect()
    base, start, spent = _resident(), time.perf_counter(), time.process_time()
    count = _WAYS.get(task.way, _ours)(db, vault, mine, asked, task.folder / f"out.{task.way}")
    seconds, cpu = time.perf_counter() - start, time.process_time() - spent
    peak = _peak()
    file = task.folder / f"out.{task.way}"
    size = file.stat().st_size if file.exists() else 0
    db.dispose()
    memory = {"peak_mb": round(peak - base, 1), "process_mb": round(peak)}
    return {"s": round(seconds, 2), "cpu_s": round(cpu, 2), "rows": count, "bytes": size, **memory}


def _asked(form: str, since: date = date(2000, 1, 1)) -> Asked:
    return Asked(wanted=Wanted(since=since, until=date(2199, 1, 1)), kinds=(Kind.TIME,), shown=SHOWN, format=form)


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024 / 1024


def _peak() -> float:
    """Of this process alone: ``ru_maxrss`` begins at what the process that started it had."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def _ours(db: Database, vault: Vault, mine: str, asked: Asked, file: Path) -> int:
    totals = Totals(asked.shown)
    with file.open("wb") as out:
        for piece in written(asked, stream.pages(db, vault, mine, asked), totals):
            out.write(piece)
    return totals.lines


# ---- peers


def _rows(db: Database, vault: Vault, mine: str, asked: Asked) -> Iterator[Row]:
    make = rows(asked.shown)
    for page in stream.pages(db, vault, mine, asked):
        yield from make(page)


def _source(db: Database, vault: Vault, mine: str, asked: Asked, file: Path) -> int:
    return sum(1 for _ in _rows(db, vault, mine, asked))


def _csv_module(db: Database, vault: Vault, mine: str, asked: Asked, file: Path) -> int:
    count = 0
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow([column.name for column in columns(asked.shown)])
        for count, row in enumerate(_rows(db, vault, mine, asked), 1):  # noqa: B007  how many there were
            writer.writerow(row)
    return count


def _orjson(db: Database, vault: Vault, mine: str, asked: Asked, file: Path) -> int:
    import orjson

    names, count = [column.name for column in columns(asked.shown)], 0
    with file.open("wb") as out:
        for count, row in enumerate(_rows(db, vault, mine, asked), 1):
            out.write(b"[" if count == 1 else b",")
            out.write(orjson.dumps(dict(zip(names, row, strict=True))))
        out.write(b"]")
    return count


def _xlsxwriter(db: Database, vault: Vault, mine: str, asked: Asked, file: Path) -> int:
    import xlsxwriter

    shown, count = columns(asked.shown), 0
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "tmpdir": str(file.parent)})
    sheet = book.add_worksheet()
    writes: list[Callable[..., Any]] = [sheet.write_number if column.kind == "number" else sheet.write_string for column in shown]
    sheet.write_row(0, 0, [column.heading for column in shown])
    for count, row in enumerate(_rows(db, vault, mine, asked), 1):
        for at, cell in enumerate(row):
            if cell:
                writes[at](count, at, "; ".join(cell) if isinstance(cell, tuple) else _number(cell, shown[at].kind))
    book.close()
    return count


def _number(cell: str, kind: str) -> Any:
    return json.loads(cell) if kind == "number" else cell


_WAYS: dict[str, Callable[[Database, Vault, str, Asked, Path], int]] = {
    "source": _source,
    "csv_module": _csv_module,
    "orjson": _orjson,
    "xlsxwriter": _xlsxwriter,
}


def compare(count: int, ways: tuple[str, ...]) -> dict[str, Any]:
    """Every way, one after the other, on the same entries."""
    found: dict[str, Any] = {"entries": count}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'entries.db'}"
        import_ways.our_json(import_ways.Task("json", url, count, folder))
        for way in ways:
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
                result = process.submit(measure, Task(way, url, folder)).result()
            if result["rows"] != count:
                raise RuntimeError(f"{way} wrote {result['rows']} of {count} rows")
            (folder / f"out.{way}").unlink(missing_ok=True)
            found |= {f"{way}_{name}": value for name, value in result.items() if name != "rows"}
            found[f"{way}_per_s"] = round(count / result["s"])
    return found


def judged(found: dict[str, Any]) -> dict[str, Any]:
    """The figures that have goals; those of the writers alone leave the shared reading out."""
    spent = {way: found[f"{way}_cpu_s"] for way in WAYS}
    alone = {way: max(spent[way] - spent["source"], 0.01) for way in (*OURS, *PEERS)}
    return {
        "csv_of_module": round(spent["csv_module"] / spent["csv"], 2),
        "xlsx_vs_xlsxwriter": round(spent["xlsxwriter"] / spent["xlsx"], 2),
        "json_of_orjson": round(spent["orjson"] / spent["json"], 2),
        "peak_mb": max(found[f"{way}_peak_mb"] for way in OURS),
        "process_mb": max(found[f"{way}_process_mb"] for way in OURS),
        "csv_of_module_writing": round(alone["csv_module"] / alone["csv"], 2),
        "xlsx_vs_xlsxwriter_writing": round(alone["xlsxwriter"] / alone["xlsx"], 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="the JSON alone")
    parser.add_argument("--entries", type=int, default=1_000_000)
    asked = parser.parse_args()
    found = compare(asked.entries, WAYS)
    if not asked.json:
        for name, value in found.items():
            print(f"{name:24} {value}")
    print(json.dumps({**judged(found), "peers": "csv module, orjson, xlsxwriter constant_memory", "runs": [found]}))


if __name__ == "__main__":
    main()
