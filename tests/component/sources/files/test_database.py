"""A phone app's backup gives its tables, and nothing that the database holds is run."""

import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest

from services.ingest.sources.files.cells import Limits
from tests.component.sources.files.opening import cells, opened, refusal

TIMES = """CREATE TABLE android_metadata (locale TEXT);
    CREATE TABLE times (_id INTEGER PRIMARY KEY, clientName TEXT, projectName TEXT, project TEXT, amountperhour REAL,
        date1 TEXT, date2 TEXT, working INTEGER, breaks INTEGER, notes TEXT, photo BLOB);
    INSERT INTO times VALUES (1, 'Açme', 'Site', '1', 42.5, '2026-03-02 09:00', '2026-03-02 12:50', 230, 0, NULL, NULL);
    INSERT INTO times VALUES (2, '', 'Site', '1', 0.1, '2026-03-03 14:30', '2026-03-03 14:30', 0, 0, 'a; b', x'ffd8');"""


def database(tmp_path: Path, script: str, *, journal: str = "DELETE") -> bytes:
    path = tmp_path / "backup.db"
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA journal_mode = {journal}")
    connection.executescript(script)
    connection.close()
    return path.read_bytes()


@pytest.mark.parametrize("journal", ["DELETE", "WAL"])
def test_every_table_gives_its_columns_and_rows(tmp_path, journal):
    book = opened(database(tmp_path, TIMES, journal=journal))
    assert (book.kind, book.tables, book.facts) == ("sqlite", ("android_metadata", "times"), ())
    head, first, second = book.lines("times")
    names = "_id clientName projectName project amountperhour date1 date2 working breaks notes photo"
    assert (head.number, head.cells) == (1, names.split())
    moments = ["2026-03-02 09:00", "2026-03-02 12:50"]
    assert first.cells == [1, "Açme", "Site", "1", Decimal("42.5"), *moments, 230, 0, "", ""]
    assert (second.cells[4], second.cells[9], second.cells[10]) == (Decimal("0.1"), "a; b", "")
    assert (first.faults, second.faults) == ({}, {10: "error_value"})
    assert [line.cells for line in book.lines()] == [["locale"]]


def test_views_triggers_and_virtual_tables_are_no_tables(tmp_path):
    script = """CREATE TABLE plain (a); INSERT INTO plain VALUES (1); CREATE VIEW seen AS SELECT * FROM plain;
        CREATE TRIGGER t AFTER INSERT ON plain BEGIN DELETE FROM plain; END; CREATE VIRTUAL TABLE found USING fts4(text);"""
    data = database(tmp_path, script)
    assert not {"found", "seen", "t"} & set(opened(data).tables)
    assert cells(data, "plain") == [["a"], [1]]


def test_a_view_that_says_it_is_a_table_is_not_run(tmp_path):
    script = """CREATE TABLE a (x); CREATE VIEW b AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c)
        SELECT n FROM c; PRAGMA writable_schema = ON; UPDATE sqlite_master SET type = 'table' WHERE name = 'b';"""
    assert refusal(database(tmp_path, script)).code == "damaged_database"


def test_names_of_tables_and_columns_are_only_names(tmp_path):
    script = """CREATE TABLE "x""; DROP TABLE y; --" ("a""b" , "c d"); CREATE TABLE y (z);
        INSERT INTO "x""; DROP TABLE y; --" VALUES ('1', 2);"""
    assert cells(database(tmp_path, script), 'x"; DROP TABLE y; --') == [['a"b', "c d"], ["1", 2]]


def test_a_cell_beyond_the_limit_is_told_with_its_row(tmp_path):
    script = "CREATE TABLE a (x); INSERT INTO a VALUES (printf('%.*c', 101, 'x')), (zeroblob(1000)), ('y');"
    _, long, picture, good = opened(database(tmp_path, script), limits=Limits(cell=100)).lines()
    assert (long.problem.code, long.problem.facts["row"]) == ("cell_too_long", 2)
    assert (picture.cells, picture.problem, good.cells) == ([""], None, ["y"])


def test_a_text_that_is_none_is_told_with_its_row(tmp_path):
    _, bad, good = opened(database(tmp_path, "CREATE TABLE a (x); INSERT INTO a VALUES (CAST(x'e9' AS TEXT)), ('é');")).lines()
    assert (bad.problem.code, good.cells) == ("bad_encoding", ["é"])


def test_a_damaged_or_too_large_database_is_refused(tmp_path):
    data = database(tmp_path, TIMES)
    assert refusal(data[:100]).code == "damaged_database"
    assert refusal(data[:4_096] + b"\xff" * (len(data) - 4_096)).code == "damaged_database"
    assert refusal(data, limits=Limits(packed=1_000)).code == "file_too_large"
    assert refusal(data, limits=Limits(area=20)).code == "file_too_large"
    assert refusal(database(tmp_path, "DROP TABLE times; DROP TABLE android_metadata")).code == "no_table"
