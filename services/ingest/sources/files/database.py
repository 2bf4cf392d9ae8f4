"""Reads the plain tables of a SQLite database, such as a phone app's backup; nothing that it holds is run."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from functools import partial
from itertools import chain
from typing import Any, BinaryIO

from services.ingest.sources.files.book import NO_FAULTS, Book, Line, check_size, refuse, short
from services.ingest.sources.files.cells import Cell, Limits

MAGIC = b"SQLite format 3\0"
_READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_PRAGMA, sqlite3.SQLITE_FUNCTION}


def open_database(stream: BinaryIO, size: int, name: str, limits: Limits) -> Book:
    """The database with its tables; the names of the columns are the first line of each."""
    check_size(size, name, limits)
    try:
        with closing(_connected(stream)) as connection:
            found = connection.execute("PRAGMA main.table_list").fetchall()  # neither views nor virtual tables
            plain = {title for _, title, kind, *_ in found if kind == "table" and not title.startswith("sqlite_")}
            ordered = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid").fetchall()
    except (sqlite3.Error, UnicodeError) as error:
        raise _damaged(name) from error
    tables = tuple(title for (title,) in ordered if title in plain)
    if not tables:
        raise refuse("no_table", name, "it is a database without a table", "make the backup again")
    return Book("sqlite", name, tables, partial(_lines, stream, name, limits))


def _connected(stream: BinaryIO) -> sqlite3.Connection:
    """The database in memory, where nothing of it is written to disk, and where nothing but reading is allowed."""
    stream.seek(0)
    content = bytearray(stream.read())
    content[18:20] = b"\1\1"  # written with a log beside it; the log is not here
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.deserialize(bytes(content))
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    connection.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY)
    return connection


def _lines(stream: BinaryIO, name: str, limits: Limits, table: str) -> Iterator[Line]:
    try:
        with closing(_connected(stream)) as connection:
            columns = [title for _, title, *_ in connection.execute(f"PRAGMA table_info({_quoted(table)})")]
            shown = ", ".join(_shown(column, limits) for column in columns)
            rows = connection.execute(f"SELECT {shown} FROM {_quoted(table)}")
            for number, row in enumerate(chain([columns], rows), 1):
                if number * len(columns) > limits.area:
                    cause = f"the table has more than {limits.area} cells"
                    raise refuse("file_too_large", name, cause, "export the report as CSV")
                yield _line(number, row, name, limits)
    except (sqlite3.Error, UnicodeError) as error:
        raise _damaged(name) from error


def _shown(column: str, limits: Limits) -> str:
    """Of a text no more than what shows that it is too long; pictures and the like not at all."""
    told = _quoted(column)
    return f"CASE typeof({told}) WHEN 'blob' THEN x'' WHEN 'text' THEN substr({told}, 1, {limits.cell + 1}) ELSE {told} END"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _line(number: int, row: Any, name: str, limits: Limits) -> Line:
    faults = {at: "error_value" for at, value in enumerate(row) if isinstance(value, bytes)}
    cells = [_cell(value) for value in row]
    if any(isinstance(cell, str) and not cell.isascii() and _is_broken(cell) for cell in cells):
        return Line(number, [], refuse("bad_encoding", name, "a text is not UTF-8", "mend it in the app", number))
    return short(Line(number, cells, None, faults or NO_FAULTS), name, limits)


def _is_broken(text: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in text)


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, bytes):
        return ""
    if isinstance(value, str):
        return value
    number = Decimal(value) if isinstance(value, int) else Decimal(f"{value:.15g}")
    return number if number.is_finite() else str(number)


def _damaged(name: str) -> Exception:
    return refuse("damaged_database", name, "it is a SQLite database that is damaged or cut off", "make the backup again")
