"""Records a second through the product's doors, against dlt and against plain inserts of ready tuples, in one run.

Ours is measured end to end: text in, over HTTP in process; every entry checked, resolved, sealed, stored as a revision and
told on the feed twice, the whole answered. dlt gets Python dicts of the same entries, with nothing to read, check or
resolve. The plain inserts get tuples that ours made, and go into the same tables, feed included. Each runs in a process
of its own.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bench.import_ways import Task, measure
from tests import servers

BACKENDS = ("sqlite", "postgresql")
OURS = ("csv", "json")
WAYS = (*OURS, "dlt", "raw")


def compare(backend: str, count: int) -> dict[str, Any]:
    """All ways, one after the other, each into an empty database."""
    found: dict[str, Any] = {"database": backend, "records": count}
    with tempfile.TemporaryDirectory() as folder, databases(backend, Path(folder)) as urls:
        for way in WAYS:
            (Path(folder) / way).mkdir()
            task = Task(way, urls[way], count, Path(folder) / way, source=urls["csv"] if way == "raw" else "")
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
                result = process.submit(measure, task).result()
            found |= {f"{way}_{name}": value for name, value in result.items()}
    for way in OURS:
        found[f"{way}_per_s"] = round(count / found[f"{way}_s"])
        found[f"{way}_vs_dlt"] = round(found["dlt_s"] / found[f"{way}_s"], 2)
        found[f"{way}_of_raw"] = round(found["raw_s"] / found[f"{way}_s"], 3)
        found[f"{way}_vs_dlt_cpu"] = round(found["dlt_cpu_s"] / found[f"{way}_cpu_s"], 2)
    return found


@contextmanager
def databases(backend: str, folder: Path) -> Iterator[dict[str, str]]:
    """An empty one for each way."""
    if backend == "sqlite":
        yield {way: f"sqlite:///{folder / way}.db" for way in WAYS}
        return
    server = servers.postgres()
    names = {way: server.create() for way in WAYS}
    yield {way: server.url(name) for way, name in names.items()}
    for name in names.values():
        server.drop(name)


def worst(lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The worst of every figure."""
    return {
        "vs_dlt": min(line[f"{way}_vs_dlt"] for line in lines for way in OURS),
        "of_raw": min(line[f"{way}_of_raw"] for line in lines for way in OURS),
        "growth": max(growth(lines), default=None),
        "peak_mb": max(line[f"{way}_peak_mb"] for line in lines for way in OURS),
    }


def growth(lines: Sequence[dict[str, Any]]) -> list[float]:
    """Time of the most records over that of the fewest, of each way and database; nothing when there is one size."""
    few, many = min(line["records"] for line in lines), max(line["records"] for line in lines)
    times = {(line["database"], line["records"], way): line[f"{way}_s"] for line in lines for way in OURS}
    ends = [(times[name, few, way], took) for (name, count, way), took in times.items() if count == many > few]
    return [round(took / before, 2) for before, took in ends]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="the JSON alone")
    parser.add_argument("--records", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--databases", nargs="+", default=BACKENDS, choices=BACKENDS)
    asked = parser.parse_args()
    lines = []
    for backend in asked.databases:
        for count in asked.records:
            lines.append(compare(backend, count))
            if not asked.json:
                print(lines[-1], flush=True)
    print(json.dumps({**worst(lines), "peers": "dlt: merge on PostgreSQL, append on SQLite", "runs": lines}))


if __name__ == "__main__":
    main()
