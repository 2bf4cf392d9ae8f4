"""Many rows into a table at once, by the driver itself: SQLAlchemy spends more time on a row than either database does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from typing import Any

import sqlalchemy as sa

from shared.platform.session import Session, insert_in
from shared.platform.session import insert as insert_into

COPY_FROM = 200
"""Rows from which PostgreSQL's COPY is quicker than single inserts."""

FEW = 10
"""Rows up to which PostgreSQL gets them in one statement, of which there is one for each number of rows."""

Rows = Sequence[tuple[Any, ...]]
"""Values in the order of the columns that are named beside them, as the table's types take them."""


def insert(session: Session, table: sa.Table, names: tuple[str, ...], rows: Rows) -> None:
    """Insert rows in their order."""
    if not rows:
        return
    columns, ready = _ready(session, table, names, rows)
    if _copies(session, rows):
        _copy(session, table.name, columns, ready)
    else:
        _execute(session, table, columns, ready)


def upsert(session: Session, table: sa.Table, names: tuple[str, ...], rows: Rows, *, key: str, differs: str) -> None:
    """Insert rows, or replace those that have the same ``key`` and another ``differs``."""
    columns, ready = _ready(session, table, names, rows)
    if not _copies(session, rows):
        _execute(session, table, columns, ready, key, differs)
        return
    new: Any = insert_into(session, table)
    incoming = f"incoming_{table.name}"  # stays with the connection, shaped by the columns that come in
    made = f'CREATE TEMPORARY TABLE IF NOT EXISTS "{incoming}" ON COMMIT DELETE ROWS'
    session.exec_driver_sql(f'{made} AS SELECT {_listed(columns)} FROM "{table.name}" WITH NO DATA')
    _copy(session, incoming, columns, ready)
    new = new.from_select(columns, sa.select(*map(sa.column, columns)).select_from(sa.table(incoming)))
    session.execute(_replacing(new, table, columns, key, differs))
    session.exec_driver_sql(f'TRUNCATE "{incoming}"')


def _replacing(new: Any, table: sa.Table, names: Iterable[str], key: str, differs: str) -> Any:
    changed = {name: new.excluded[name] for name in names if name != key}
    return new.on_conflict_do_update(index_elements=[key], set_=changed, where=table.c[differs] != new.excluded[differs])


def _copies(session: Session, rows: Rows) -> bool:
    return len(rows) >= COPY_FROM and session.dialect.name != "sqlite"


def _copy(session: Session, table: str, names: Iterable[str], rows: Rows) -> None:
    cursor: Any = session.connection.cursor()
    with cursor, cursor.copy(f'COPY "{table}" ({_listed(names)}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row(row)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _execute(session: Session, table: sa.Table, names: tuple[str, ...], rows: Rows, *replacing: str) -> None:
    few = 1 if session.dialect.name == "sqlite" or len(rows) > FEW else len(rows)
    text, positional = _text(type(session.dialect), table, names, few, *replacing)
    if few > 1:
        rows = [tuple(value for row in rows for value in row)]
    if not positional:
        named = _numbered(names, few)
        session.drive(text, [dict(zip(named, row, strict=True)) for row in rows])
    else:
        session.drive(text, rows)


@cache
def _numbered(names: tuple[str, ...], rows: int) -> tuple[str, ...]:
    return tuple(f"{name}_{row}" for row in range(rows) for name in names)


@cache
def _text(
    dialect: type[sa.Dialect], table: sa.Table, names: tuple[str, ...], rows: int, key: str = "", differs: str = ""
) -> tuple[str, bool]:
    """The statement as the driver takes it, for so many rows, and whether its values go by place. Made once: it takes longer
    than to run it."""
    made = dialect()
    new = insert_in(made.name, table).inline()
    given = [{name: sa.bindparam(f"{name}_{row}", type_=table.c[name].type) for name in names} for row in range(rows)]
    new = new.values(given if rows > 1 else given[0])
    compiled = (_replacing(new, table, names, key, differs) if key else new).compile(dialect=made)
    return str(compiled), bool(compiled.positional)


def _ready(session: Session, table: sa.Table, names: tuple[str, ...], rows: Rows) -> tuple[tuple[str, ...], Rows]:
    """The columns in the table's order, and the rows so, with values as the driver takes them."""
    columns, plan = _plan(table, names, session.dialect)
    if len(rows) <= FEW:
        return columns, [tuple([process(row[place]) if process else row[place] for place, process in plan]) for row in rows]
    given = list(zip(*rows, strict=True))
    forms = [_processed(given[place], process) if process else given[place] for place, process in plan]
    return columns, list(zip(*forms, strict=True))


def _processed(column: Sequence[Any], process: Callable[[Any], Any]) -> Iterable[Any]:
    """Each value's form; those that are the very same object many times, as a day is in a page of a file, take it once."""
    same = {id(value): value for value in column}
    if 2 * len(same) > len(column):
        return map(process, column)
    forms = {key: process(value) for key, value in same.items()}
    return map(forms.__getitem__, map(id, column))


@lru_cache(maxsize=64)
def _plan(
    table: sa.Table, names: tuple[str, ...], dialect: sa.Dialect
) -> tuple[tuple[str, ...], list[tuple[int, Callable[[Any], Any] | None]]]:
    """The columns in the table's order; and of each its place in the given rows, and what turns its value into the driver's."""
    types = [(column.name, column.type.dialect_impl(dialect)) for column in table.columns if column.name in names]
    return tuple(name for name, _ in types), [(names.index(name), of.bind_processor(dialect)) for name, of in types]
