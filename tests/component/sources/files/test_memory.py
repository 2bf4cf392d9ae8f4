"""A CSV file of any length takes flat memory, whatever its lines hold."""

import tracemalloc
from pathlib import Path

from services.ingest.sources.files.open import open_book
from tests.sizes import size

HEAD = ",".join(f"column{at}" for at in range(20)) + "\n"
LINE = '2026-03-02,Ada Sample,9:00,17:30,8:00:00,0:30:00,Acme,Site,a;b,85.50,EUR,,,,,yes,"notes, with a comma",é,1,2\n'
NOTES = '2026-03-02,Ada Sample,9:00,17:30,8:00:00,0:30:00,Acme,Site,a;b,85.50,EUR,,,,,yes,"over\n\ntwo ""lines""",é,1,2\n'


def written(path: Path, lines: int) -> Path:
    with path.open("w", encoding="utf-8") as file:
        file.write(HEAD)
        for at in range(0, lines, 1_000):
            file.write((LINE * 9 + NOTES) * (min(1_000, lines - at) // 10))
    return path


def test_a_file_of_any_length_is_read_in_flat_memory(tmp_path):
    lines = size("csv_lines")
    with written(tmp_path / "long.csv", lines).open("rb") as stream:
        book = open_book(stream, "long.csv")
        tracemalloc.start()
        try:
            last = 0
            for line in book.lines():
                last = line.number
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert (last, line.cells[:2], book.fact("encoding")) == (lines + 1, ["2026-03-02", "Ada Sample"], "utf-8")
    assert peak < 1_000_000
