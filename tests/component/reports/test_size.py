"""A CSV file of a million rows is detected and read in memory that hardly grows with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.sizes import size

ROOT = Path(__file__).parents[3]
MOST_BYTES_A_ROW = 130  # what tells entries apart that are alike: one hash of each
HEAD = "Date;Employee;Client;Project;Start;End;Hours;Notes\n"
MEASURE = """
import resource, sys
from pathlib import Path
from services.ingest.sources.detect.detect import detect
from services.ingest.sources.files.open import open_book
from services.ingest.sources.worklog.normalize import normalize_rows
from services.ingest.sources.worklog.read import rows

for name in sys.argv[1:]:
    with open(name, "rb") as stream:
        layout = detect(open_book(stream, "report.csv")).layout
        seconds = sum(each.entry.seconds for each in normalize_rows(rows(stream, "report.csv", layout), layout, "org", "worklog"))
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def report(path: Path, count: int) -> Path:
    """Rows of 90 minutes; only the last one says that the day comes first."""
    with path.open("w") as file:
        file.write(HEAD)
        for number in range(count - 1):
            day, hour = number % 12 + 1, number % 20
            file.write(f"{day:02}/{day % 12 + 1:02}/2026;Ada Sample {number % 50};Beacon;Lamp {number % 300};{hour:02}:00;")
            file.write(f"{hour + 1:02}:30;1,50;row {number}\n")
        file.write("31/05/2026;Ada Sample;Beacon;Lamp;08:00;09:30;1,50;the last\n")
    return path


def test_memory_hardly_grows_with_the_rows(tmp_path: Path):
    count = size("report_rows")
    paths = [report(tmp_path / "few.csv", count // 10), report(tmp_path / "many.csv", count)]
    done = subprocess.run([sys.executable, "-c", MEASURE, *map(str, paths)], cwd=ROOT, capture_output=True, text=True, check=True)
    few, many = (tuple(map(int, line.split())) for line in done.stdout.splitlines())
    assert (few[0], many[0]) == (count // 10 * 5_400, count * 5_400)
    assert many[1] - few[1] < 8_000_000 + MOST_BYTES_A_ROW * count
