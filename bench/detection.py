"""What finding out the layout of a large CSV report costs, against reading its lines alone, and the memory it takes."""

from __future__ import annotations

import argparse
import json
import random
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

from services.ingest.sources.detect.detect import detect
from services.ingest.sources.files.open import open_book

HEADER = "Date,Start,End,Duration,User,Client,Project,Notes,Rate,Currency\n"


def write(path: Path, rows: int) -> None:
    """A report of invented work over ten years."""
    pick = random.Random(1)
    with path.open("w") as report:
        report.write(HEADER)
        for number in range(rows):
            day = f"{1 + pick.randrange(28):02}/{1 + pick.randrange(12):02}/{2015 + number * 10 // rows}"
            begin, length = pick.randrange(360, 900), pick.randrange(1, 480)
            end = begin + length
            times = f"{begin // 60:02}:{begin % 60:02},{end // 60:02}:{end % 60:02},{length // 60}:{length % 60:02}"
            names = f"Person {pick.randrange(50)},Client {pick.randrange(300)},Project {pick.randrange(900)}"
            report.write(f"{day},{times},{names},work number {number},{pick.randrange(20, 90)}.{pick.randrange(100):02},EUR\n")


def measure(path: Path) -> dict[str, Any]:
    """Processor seconds of both in this process, and how far the memory grew."""
    with path.open("rb") as stream:
        book = open_book(stream, path.name)
        begin = time.process_time()
        for _ in book.lines():
            pass
        read, memory = time.process_time() - begin, _memory()
        begin = time.process_time()
        found = detect(book)
        spent = time.process_time() - begin
    assert found.layout is not None, found.questions
    grown = _memory() - memory
    return {"ratio": round(spent / read, 2), "read_s": round(read, 2), "detect_s": round(spent, 2), "grown_mb": grown}


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="the JSON alone")
    parser.add_argument("--rows", type=int, default=1_000_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.csv"
        write(path, asked.rows)
        found = measure(path)
    if not asked.json:
        print(f"{asked.rows} rows: {found['detect_s']} s to find the layout, {found['read_s']} s to read the lines")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
