"""A SELECT that is made once and run many times: SQLAlchemy compiles it, the driver runs it.

To run a compiled statement takes SQLAlchemy ten times as long as SQLite, and half as long again as PostgreSQL's driver.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData

LONGEST = 20
"""Values in a list up to which a text is kept for each length. Longer lists cost more than SQLAlchemy does."""
KEPT = 4_096

_Process = Callable[[Any], Any] | None
_Value = tuple[str | None, int | None, _Process, Any]
"""A name, its place in the list of that name, and what turns it into the driver's form; or, without a name, the form itself."""


@dataclass(frozen=True, slots=True)
class Ready:
    """What ``session.prepared`` and ``session.ready`` make of a SELECT; a Session runs it."""

    statement: sa.SelectBase

    def run(self, session: Any, values: Mapping[str, Any]) -> sa.Result[Any]:
        """Its rows, all fetched, within the transaction of a Session."""
        lists = _lists(self.statement, session.dialect)
        lengths = tuple([len(values[name]) for name in lists or ()])
        if lists is None or (lengths and not 0 < min(lengths) <= max(lengths) <= LONGEST):
            return sa.Connection.execute(session, self.statement, values)  # type: ignore[arg-type]
        form = _form(self.statement, session.dialect, lengths)
        given = form.given(values)
        cursor = session.connection.cursor()
        try:
            cursor.execute(form.text, given)
            rows = cursor.fetchall()
        except session.dialect.loaded_dbapi.Error as error:
            session._handle_dbapi_exception(error, form.text, given, cursor, None)
        form.columns = form.columns or _columns(form, session.dialect, cursor.description)
        return IteratorResult(form.columns, iter(rows))


@dataclass(slots=True)
class _Form:
    """A statement as one driver takes it."""

    text: str
    names: tuple[str, ...] | None  # by which the driver wants its values; None: by place
    values: tuple[_Value, ...]
    told: tuple[tuple[str, Any], ...]  # of each column its name and type
    columns: SimpleResultMetaData | None = None  # known with the first answer: how a number comes depends on the server's type

    def given(self, values: Mapping[str, Any]) -> Any:
        sent = []
        for name, place, process, fixed in self.values:
            if name is None:
                sent.append(fixed)
                continue
            value = values[name] if place is None else values[name][place]
            sent.append(value if process is None else process(value))
        return sent if self.names is None else dict(zip(self.names, sent, strict=True))


@lru_cache(maxsize=KEPT)
def _compiled(statement: sa.SelectBase, dialect: sa.Dialect) -> Any:
    return statement.compile(dialect=dialect)


@lru_cache(maxsize=KEPT)
def _lists(statement: sa.SelectBase, dialect: sa.Dialect) -> tuple[str, ...] | None:
    """The names of its lists; None where a list is of tuples, which SQLAlchemy may take apart."""
    lists = [bound for bound in _compiled(statement, dialect).binds.values() if bound.expanding]
    if any(isinstance(bound.type, sa.types.TupleType) for bound in lists):
        return None
    return tuple(bound.key for bound in lists if bound.required)


@lru_cache(maxsize=KEPT)
def _form(statement: sa.SelectBase, dialect: sa.Dialect, lengths: tuple[int, ...]) -> _Form:
    compiled = _compiled(statement, dialect)
    asked = {name: [None] * length for name, length in zip(_lists(statement, dialect) or (), lengths, strict=True)}
    blank = {name: asked.get(name) for name, bound in compiled.binds.items() if bound.required}
    state = compiled.construct_expanded_state(blank, escape_names=False)
    names = tuple(state.positiontup or state.parameters)
    values = _values(names, state, compiled.binds, dialect)
    told = tuple((name, of.dialect_impl(dialect)) for name, _, _, of in compiled._result_columns)
    return _Form(state.statement, None if compiled.positional else names, values, told)


def _columns(form: _Form, dialect: sa.Dialect, description: Any) -> SimpleResultMetaData:
    opening = [of.result_processor(dialect, one[1]) for (_, of), one in zip(form.told, description, strict=True)]
    return SimpleResultMetaData([name for name, _ in form.told], _processors=opening)


def _values(names: tuple[str, ...], state: Any, binds: Mapping[str, Any], dialect: sa.Dialect) -> tuple[_Value, ...]:
    parts = {part: (name, place) for name, some in state.parameter_expansion.items() for place, part in enumerate(some)}
    return tuple(_value(binds, dialect, *parts.get(name, (name, None))) for name in names)


def _value(binds: Mapping[str, Any], dialect: sa.Dialect, name: str, place: int | None) -> _Value:
    bound = binds[name]
    process = bound.type.dialect_impl(dialect).bind_processor(dialect)
    if bound.required:
        return name, place, process, None
    fixed = bound.effective_value if place is None else bound.effective_value[place]
    return None, None, None, fixed if process is None else process(fixed)
