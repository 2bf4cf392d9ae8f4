"""What a unit of work speaks to its database through, and statements that are made once and run many times."""

from __future__ import annotations

import inspect
import sqlite3
from collections.abc import Callable, Sequence
from functools import cache, wraps
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from shared.platform.faultpoint import switched_off
from shared.platform.ready import Ready


class Session(sa.Connection):
    """A connection inside a transaction, and what is to happen at its commit.

    No ORM session: nothing here is mapped to objects, and opening one and running statements through it took twice as long.
    """

    def __init__(self, engine: sa.Engine) -> None:
        super().__init__(engine)
        self.feed: list[Any] | None = None
        """Feed rows to be inserted last; None in a read."""
        self.audit: list[Any] = []
        """Audit rows to be inserted just before them."""
        self.jobs: list[int] = []
        """Jobs to be rung for after the commit."""
        self.keyrings: dict[Any, Any] = {}
        """Keys that were asked for already: see ``vault``. What a savepoint undoes may have made some, so it has its own."""

    def begin(self) -> sa.RootTransaction:
        """Begin to read or, where there is a list for feed rows, to write. Raises OperationalError while others write.

        On PostgreSQL a read needs no transaction: each statement sees what is committed, in one or not. Without one it is
        spared two round trips, and the driver keeps its prepared statements, which it gives up at every ROLLBACK.
        """
        begun = super().begin()
        if self.dialect.name == "sqlite":
            self._say("BEGIN" if self.feed is None else "BEGIN IMMEDIATE")
        elif self.feed is None:
            self.connection.driver_connection.autocommit = True  # until the pool has the connection back
        return begun

    def execute(self, statement: Any, parameters: Any = None, **options: Any) -> Any:
        """As SQLAlchemy does, but a SELECT that was made once is run by the driver, unless somebody listens to statements.

        Raises RuntimeError for a write in a read.
        """
        if type(statement) is Ready:
            if not self.engine.dispatch.before_cursor_execute:
                return statement.run(self, parameters or {})
            statement = statement.statement
        elif statement.is_dml:
            self.check_writes()
        return super().execute(statement, parameters, **options)

    def drive(self, text: str, rows: Sequence[Any]) -> None:
        """Run a statement as the driver takes it, with each of some rows; nobody needs its answer."""
        self.check_writes()
        cursor = self.connection.cursor()
        try:
            if len(rows) == 1:
                cursor.execute(text, rows[0])
            else:
                cursor.executemany(text, rows)
        except self.dialect.loaded_dbapi.Error as error:
            self._handle_dbapi_exception(error, text, None, cursor, None)

    def exec_driver_sql(self, *statement: Any, **options: Any) -> Any:
        """As SQLAlchemy does; raises RuntimeError in a read."""
        self.check_writes()
        return super().exec_driver_sql(*statement, **options)

    def check_writes(self) -> None:
        """Raise RuntimeError in a read."""
        if self.feed is None:
            raise RuntimeError("something is written in a read, which keeps nothing")

    def _say(self, begin: str) -> None:
        """The driver begins too late, at the first write; and a listener of the engine is asked with every statement."""
        try:
            self.connection.cursor().execute(begin)
        except sqlite3.OperationalError as error:
            raise sa.exc.OperationalError(begin, None, error) from error


def prepared(make: Callable[..., Any]) -> Callable[..., tuple[Any, dict[str, Any]]]:
    """Decorate what makes a statement out of values: ``session.execute(*statement(a, b))`` then makes it only once.

    ``make`` is called with a bound parameter for each value, so it must not look at them; those before a ``/`` it may look
    at: for each of them a statement is made. Making one and the key of its compiled form takes several times as long as
    running it. In an UPDATE or INSERT the values may not be called like columns of the table.
    """
    parameters = inspect.signature(make).parameters.values()
    seen = sum(one.kind is one.POSITIONAL_ONLY for one in parameters)
    names = tuple(one.name for one in parameters)[seen:]

    @cache
    def made(off: frozenset[str], *known: Any) -> Any:
        return ready(make(*known, *(sa.bindparam(name) for name in names)))

    @wraps(make)
    def statement(*values: Any) -> tuple[Any, dict[str, Any]]:
        return made(switched_off(), *values[:seen]), dict(zip(names, values[seen:], strict=True))

    return statement


def ready(statement: Any) -> Any:
    """Something that is made once and run many times; a SELECT is run by the driver itself."""
    return Ready(statement) if isinstance(statement, sa.SelectBase) else statement


def dialect(session: Session) -> str:
    """``sqlite`` or ``postgresql``."""
    return session.dialect.name


def add_new(session: Session, table: sa.Table, rows: Any) -> None:
    """Insert a row, or several, unless there is one with the same key."""
    session.execute(_adding(session.dialect.name, table), rows)


@cache
def _adding(dialect: str, table: sa.Table) -> Any:
    return insert_in(dialect, table).on_conflict_do_nothing()


def put(session: Session, table: sa.Table, rows: Any, *changing: str) -> None:
    """Insert a row, or several; of one whose primary key is there, only ``changing`` is written."""
    session.execute(_putting(session.dialect.name, table, changing), rows)


@cache
def _putting(dialect: str, table: sa.Table, changing: tuple[str, ...]) -> Any:
    new = insert_in(dialect, table)
    return new.on_conflict_do_update(index_elements=list(table.primary_key), set_={name: new.excluded[name] for name in changing})


def insert(session: Session, table: sa.Table) -> Any:
    """An INSERT that knows ON CONFLICT, in the dialect of the session."""
    return insert_in(session.dialect.name, table)


@cache
def insert_in(dialect: str, table: sa.Table) -> Any:
    """The same in a named dialect, for statements that are made once."""
    return (sqlite if dialect == "sqlite" else postgresql).insert(table)
