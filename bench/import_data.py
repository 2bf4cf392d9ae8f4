"""Invented work for the import bench: the same entries as a report in our own layout, as JSON requests, and as plain rows."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any

from services.ingest.sources.worklog.layout import HEADER

PEOPLE = tuple(f"Worker {number:02}" for number in range(40))
CLIENTS = tuple(f"Client {number:02} Works" for number in range(60))
JOBS = tuple((f"Job {number:03}", CLIENTS[number % len(CLIENTS)]) for number in range(180))
TAGS = tuple(f"tag-{number:02}" for number in range(20))
RATES = ("45.00", "70.00", "82.50", "95.00", "110.00")
FIRST = datetime(2023, 1, 2)  # noqa: DTZ001  wall-clock time
A_REQUEST = 1_000


@dataclass(frozen=True, slots=True)
class Piece:
    """One time entry."""

    number: int
    start: datetime
    seconds: int
    pause: int
    person: str
    client: str
    job: str
    tags: tuple[str, ...]
    rate: str
    notes: str

    @property
    def end(self) -> datetime:
        return self.start + timedelta(seconds=self.seconds + self.pause)


def pieces(count: int) -> Iterator[Piece]:
    """Three years of work, the same for the same count. Each has notes of its own; one in eight of these isn't ASCII."""
    dice = random.Random(7)
    for number in range(count):
        job, client = dice.choice(JOBS)
        day = timedelta(days=number * 1_000 // count, seconds=dice.randrange(7 * 3600, 15 * 3600))
        note = f"{'Café – ' if number % 8 == 0 else ''}piece {number} of the work on {job}, as agreed"
        yield Piece(
            number=number,
            start=FIRST + day,
            seconds=dice.randrange(600, 7 * 3600),
            pause=dice.choice((0, 0, 0, 900, 1800)),
            person=dice.choice(PEOPLE),
            client=client,
            job=job,
            tags=tuple(sorted(dice.sample(TAGS, dice.randrange(3)))),
            rate=dice.choice(RATES),
            notes=note,
        )


def write_report(path: Path, count: int) -> None:
    """A CSV file without ids of its own, as most trackers write them."""
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADER + "\n")
        for one in pieces(count):
            times = f"{one.start:%Y-%m-%d,%H:%M:%S},{one.end:%H:%M:%S},{_hms(one.seconds)},{_hms(one.pause)},"
            named = f"{one.person},{one.client},{one.job},{';'.join(one.tags)},{one.rate},USD"
            file.write(f'time,,{times},{named},,,,,yes,"{one.notes}"\n')


def _hms(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def write_requests(path: Path, count: int) -> None:
    """Bodies for the API, one a line; what the entries name comes first."""
    with path.open("w", encoding="utf-8") as file:
        for records in chain([_named()], _portions(map(_record, pieces(count)))):
            file.write(json.dumps({"schema": "1", "records": records}, ensure_ascii=False) + "\n")


def _named() -> list[dict[str, Any]]:
    kinds = (("person", PEOPLE), ("client", CLIENTS), ("tag", TAGS))
    simple = [{"kind": kind, "source": "bench", "source_id": name, "name": name} for kind, names in kinds for name in names]
    jobs = [{"kind": "job", "source": "bench", "source_id": job, "name": job, "client": client} for job, client in JOBS]
    return simple + jobs


def _record(one: Piece) -> dict[str, Any]:
    return {
        "kind": "time",
        "source": "bench",
        "source_id": f"E-{one.number}",
        "date": f"{one.start:%Y-%m-%d}",
        "start": one.start.isoformat(),
        "end": one.end.isoformat(),
        "seconds": one.seconds,
        "break_seconds": one.pause,
        "person": one.person,
        "client": one.client,
        "job": one.job,
        "tags": list(one.tags),
        "rate": one.rate,
        "currency": "USD",
        "billable": True,
        "notes": one.notes,
    }


def plain_rows(count: int) -> Iterator[list[dict[str, Any]]]:
    """The entries as a loader of tables takes them: the JSON records, a thousand at a time, with the names as they are."""
    return _portions({**_record(one), "tags": ",".join(one.tags)} for one in pieces(count))


def _portions(items: Iterator[Any]) -> Iterator[list[Any]]:
    while some := list(islice(items, A_REQUEST)):
        yield some
