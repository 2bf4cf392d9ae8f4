"""A damaged file of any kind gives lines or a reason, and nothing else."""

import io
import random
import sqlite3
import zipfile
from datetime import date, timedelta
from decimal import Decimal

import pytest

from services.ingest.sources.files.open import open_book
from shared.kernel.errors import Invalid
from tests.component.sources.files.oldbooks import ERROR, NO_RESULT, oldbook
from tests.component.sources.files.opendocuments import opendocument
from tests.component.sources.spreadsheet import Formula, workbook
from tests.sizes import seed, size

ROW = [date(2026, 3, 2), "Ada Sömple", timedelta(hours=30), Decimal("85.5"), True, "", "x & y"]


def database() -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.executescript(
        "CREATE TABLE times (a INTEGER PRIMARY KEY, b TEXT, c REAL); INSERT INTO times VALUES (1, 'é', 1.5);"
    )
    connection.executescript("CREATE VIEW v AS SELECT * FROM times; CREATE INDEX i ON times (b);")
    return connection.serialize()


WHOLE = {
    "csv": 'sep=;\nDate;Näme;Hours\n1;"a; ""b""\nc";1,5\n2;\'d\';2\n'.encode("cp1252"),
    "wide": "Date,Name\n1,Пётр\n".encode("utf-16-le"),
    "xlsx": workbook([["Date", "Name"], ROW, [Formula("A1", None)]]),
    "xls": oldbook({"A": [["Date", "Name"], ROW, [ERROR, NO_RESULT]], "B": [["x" * 9_000]]}),
    "ods": opendocument({"A": [["Date", "Name"], ROW], "B": [["x"]]}),
    "html": "<html><meta charset=cp1252><p>é<table><caption>T<tr><td rowspan=2>a<td colspan=2>b<tr><td>&euro;</table>".encode(
        "cp1252"
    ),
    "sqlite": database(),
    "json": '{"a": [{"b": {"c": 1.5}, "d": ["é", null]}], "e": [[1, "2"]]}'.encode(),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_damage_gives_lines_or_a_reason(kind):
    chance = random.Random(f"{seed()} {kind}")
    for _ in range(size("damaged_files")):
        data = _damaged(WHOLE[kind], chance)
        if kind in ("xlsx", "ods") and chance.random() < 0.8:
            data = _repacked(WHOLE[kind], chance)
        try:
            book = open_book(io.BytesIO(data), "report")
            for table in book.tables:
                for line in book.lines(table):
                    assert line.problem is None or line.problem.remedy
        except Invalid as problem:
            assert problem.remedy
            assert "'report'" in problem.cause


def _repacked(whole: bytes, chance: random.Random) -> bytes:
    """The archive with one of its parts damaged, so that the damage is not found by a checksum."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(file, "w") as new:
        spoilt = chance.choice(old.namelist())
        for name in old.namelist():
            new.writestr(name, _damaged(old.read(name), chance) if name == spoilt else old.read(name))
    return file.getvalue()


def _damaged(data: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.choice((1, 1, 2, 5))):
        at = chance.randrange(len(data) + 1)
        put = chance.choice((b"", b"\0", b"\xff", b"<", b'"', b"9", b"A", chance.randbytes(chance.randrange(1, 5))))
        data = data[:at] + put + data[at + chance.choice((0, len(put), len(put), chance.randrange(20))) :]
    return data or b"x"
