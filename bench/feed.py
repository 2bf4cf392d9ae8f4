"""Feed rows a second through `platform.db.transaction`, against plain inserts of the same rows into the same table."""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from shared.platform import clock, feed
from shared.platform.db import Database, metadata, open_database, transaction
from tests import servers

SHAPES = ((1, 100), (1, 5_000), (4, 100))
"""(writers, rows in a transaction)"""
Write = Callable[[Database, int], None]


def through_the_platform(db: Database, rows: int) -> None:
    """What services do: publish, and let the transaction number the rows at its end."""
    with transaction(db) as session:
        for number in range(rows):
            feed.publish(session, "organisation", "thing.changed", f"subject-{number}", 1)


def plainly(db: Database, rows: int) -> None:
    """The peer: one insert of many rows and a commit, without lock and numbering at the end."""
    values = {"organisation": "organisation", "kind": "thing.changed", "version": 1, "at": clock.now()}
    with db.write_lock, db.engine.begin() as connection:
        connection.execute(sa.insert(feed.feed), [{**values, "subject": f"subject-{number}"} for number in range(rows)])


def rate(db: Database, write: Write, writers: int, rows: int, seconds: float) -> float:
    """Rows a second of so many writers at once."""
    end = time.perf_counter() + seconds

    def work(_: int) -> int:
        count = 0
        while time.perf_counter() < end:
            write(db, rows)
            count += rows
        return count

    start = time.perf_counter()
    with ThreadPoolExecutor(writers) as pool:
        written = sum(pool.map(work, range(writers)))
    return written / (time.perf_counter() - start)


def compare(db: Database, writers: int, rows: int, *, rounds: int, seconds: float) -> dict[str, Any]:
    """Both ways by turns, so that a busy machine slows both; medians."""
    mine, peer = [], []
    for _ in range(rounds):
        mine.append(rate(db, through_the_platform, writers, rows, seconds))
        peer.append(rate(db, plainly, writers, rows, seconds))
    ratio = statistics.median(one / other for one, other in zip(mine, peer, strict=True))
    figures = {"rows_per_s": round(statistics.median(mine)), "plain_rows_per_s": round(statistics.median(peer))}
    return {"writers": writers, "rows_in_a_transaction": rows, **figures, "ratio": round(ratio, 3)}


@contextmanager
def databases() -> Iterator[dict[str, Database]]:
    """An empty database on either engine."""
    with tempfile.TemporaryDirectory() as folder:
        server = servers.postgres()
        urls = {"sqlite": f"sqlite:///{Path(folder) / 'bench.db'}", "postgresql": server.url(server.create())}
        opened = {name: open_database(url) for name, url in urls.items()}
        for db in opened.values():
            metadata.create_all(db.engine)
        try:
            yield opened
        finally:
            for db in opened.values():
                db.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="the JSON alone")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.5, help="for each measurement of a round")
    asked = parser.parse_args()
    found: dict[str, list[dict[str, Any]]] = {}
    with databases() as opened:
        for name, db in opened.items():
            found[name] = [compare(db, *shape, rounds=asked.rounds, seconds=asked.seconds) for shape in SHAPES]
            for line in found[name] if not asked.json else ():
                print(f"{name:10} {line}")
    worst = min(line["ratio"] for lines in found.values() for line in lines)
    print(json.dumps({"ratio": worst, "peer": "one plain multi-row insert and commit into the same table", **found}))


if __name__ == "__main__":
    main()
