"""What a unit of work speaks to its database through, and statements that are made once and run many times."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache, wraps
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


class Session(sa.Connection):
    """A connection inside a transaction, and what is to happen at its commit.

    No ORM session: nothing here is mapped to objects, and opening one and running statements through it took twice as long.
    """

    def __init__(self, engine: sa.Engine) -> None:
        super().__init__(engine)
        self.feed: list[Any] | None = None
        """Feed rows to be inserted last; None in a read."""
        self.jobs: list[int] = []
        """Jobs to be rung for after the commit."""


def prepared(make: Callable[..., Any]) -> Callable[..., tuple[Any, dict[str, Any]]]:
    """Decorate what makes a statement out of values: ``session.execute(*statement(a, b))`` then makes it only once.

    ``make`` is called with a bound parameter for each value, so it must not look at them. Making a statement and the key of
    its compiled form takes several times as long as running it.
    """
    names = tuple(inspect.signature(make).parameters)

    @cache
    def made() -> Any:
        return make(*(sa.bindparam(name) for name in names))

    @wraps(make)
    def statement(*values: Any) -> tuple[Any, dict[str, Any]]:
        return made(), dict(zip(names, values, strict=True))

    return statement


def dialect(session: Session) -> str:
    """``sqlite`` or ``postgresql``."""
    return session.dialect.name


def insert(session: Session, table: sa.Table) -> Any:
    """An INSERT that knows ON CONFLICT, in the dialect of the session."""
    return insert_in(session.dialect.name, table)


@cache
def insert_in(dialect: str, table: sa.Table) -> Any:
    """The same in a named dialect, for statements that are made once."""
    return (sqlite if dialect == "sqlite" else postgresql).insert(table)
