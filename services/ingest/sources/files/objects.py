"""Reads JSON: a list of objects is a table, and what is nested in them are columns with dots in their names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import chain
from typing import Any, BinaryIO

from services.ingest.sources.files.book import Book, Line, check_size, refuse, short
from services.ingest.sources.files.cells import Cell, Limits, text_of
from services.ingest.sources.files.encoding import conclude_encoding
from services.ingest.sources.files.grid import COLUMNS
from shared.kernel import canonical
from shared.kernel.errors import Invalid
from shared.kernel.quote import quoted

_JSON = re.compile(r"\ufeff?\s*(?:\{\s*[\"}]|\[\s*[\[{\]])")
_UNICODE = {"utf-8", "utf-16", "utf-16-le", "utf-16-be"}


def is_json(text: str) -> bool:
    """Whether a file that begins so is JSON."""
    return bool(_JSON.match(text))


def open_objects(stream: BinaryIO, size: int, head: bytes, name: str, limits: Limits) -> Book:
    """The file's lists as tables, each under the names that lead to it."""
    check_size(size, name, limits)
    (fact, *_) = conclude_encoding(stream, head)
    stream.seek(0)
    try:
        text = stream.read().decode(fact.value if fact.value in _UNICODE else "utf-8").removeprefix("\ufeff")
        found = list(_tables(canonical.loads(text), ""))
    except UnicodeError as error:
        raise refuse("bad_encoding", name, f"it is JSON, and {fact.evidence}", "save it as UTF-8") from error
    except Invalid as problem:
        raise refuse(problem.code, name, problem.cause, problem.remedy) from problem
    tables = dict(found)
    if not found or len(tables) < len(found):
        cause = "two of its lists have one name" if found else "it is JSON without a list of objects"
        raise refuse("no_table", name, cause, "give a list of objects, or an object that holds such lists")
    return Book("json", name, tuple(tables), lambda table: _lines(tables[table], name, limits), (fact,))


def _tables(value: Any, path: str) -> Iterator[tuple[str, list[Any]]]:
    """Each list of objects, or of lists, that no other of them holds."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield from _tables(below, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and any(isinstance(each, dict | list) for each in value):
        odd = next((at for at, each in enumerate(value, 1) if type(each) is not type(value[0])), None)
        if odd:
            cause = f"the list {quoted(path)} is of objects and other things; number {odd} is {quoted(value[odd - 1])}"
            raise Invalid("bad_json", cause, "give a list of objects only")
        yield path, value


def _lines(found: list[Any], name: str, limits: Limits) -> Iterator[Line]:
    for number, cells in enumerate(_listed(found) if isinstance(found[0], list) else _named(found, name, limits), 1):
        yield short(Line(number, cells), name, limits)


def _listed(rows: list[list[Any]]) -> Iterator[list[Cell]]:
    """Lists of values have no names of their own."""
    for row in rows:
        yield [_joined(_flat({"": each}).get("", ())) for each in row]


def _named(objects: list[dict[str, Any]], name: str, limits: Limits) -> Iterator[list[Cell]]:
    """The names of all members, and below them the values of each object."""
    rows = [_flat(each) for each in objects]
    names = list(dict.fromkeys(chain.from_iterable(rows)))
    if len(names) > COLUMNS or len(names) * len(rows) > limits.area:
        cause = f"its objects have {len(names)} different members in {len(rows)} rows, together more than {limits.area} cells"
        raise refuse("file_too_large", name, cause, "export the report as CSV")
    yield [*names]
    for row in rows:
        yield [_joined(row.get(key, ())) for key in names]


def _flat(value: dict[str, Any]) -> dict[str, list[Any]]:
    """The single values by the names that lead to them, with dots; those of a list have one name together."""
    flat: dict[str, list[Any]] = {}
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [(f"{path}.{key}" if path else key, below) for key, below in reversed(value.items())]
        elif isinstance(value, list):
            waiting += [(path, below) for below in reversed(value)]
        else:
            flat.setdefault(path, []).append(value)
    return flat


def _joined(values: Sequence[Any]) -> Cell:
    """One value as it is; several as texts with commas between."""
    cells = [_cell(value) for value in values]
    return cells[0] if len(cells) == 1 else ", ".join(text for text in map(text_of, cells) if text)


def _cell(value: str | bool | int | Decimal | None) -> Cell:
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    return value
