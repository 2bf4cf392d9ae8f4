"""Databases of tests: each has an engine of its own, but what one compiled of a statement serves the next ones too."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from shared.platform.db import Database, open_database

_first: dict[str, tuple[sa.Dialect, dict[Any, Any]]] = {}


def opened(url: str, **options: Any) -> Database:
    """``open_database``, without compiling hundreds of statements again: that took a fifth of many tests.

    Compiled statements are found by the dialect they were compiled for, so all of one kind share the first one's.
    """
    database = open_database(url, **options)
    name = database.engine.dialect.name
    if name not in _first:
        database.engine.connect().close()  # lets the dialect learn what it speaks to
        _first[name] = database.engine.dialect, {}
    database.engine.dialect, compiled = _first[name]
    database.engine.update_execution_options(compiled_cache=compiled)
    return database
