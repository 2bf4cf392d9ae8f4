"""A table as the rows of a JSON array, whose numbers are the exact texts of the other formats."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from json.encoder import encode_basestring as quoted
from typing import Any

from services.ingest.exports.columns import Column, Row

Shape = Sequence[tuple[str, str]]
"""The members of an object in their order, each with its column; ``expense.amount`` is a member of a member."""


def rows(columns: Sequence[Column], pages: Iterable[Sequence[Row]], shapes: Mapping[str, Shape] | None = None) -> Iterator[bytes]:
    """``[{…},{…}]`` piece by piece. ``shapes``: by the text of the first column; without, every column is a member."""
    flat = _template(columns, [(column.name, column.name) for column in columns])
    known = {kind: _template(columns, shape) for kind, shape in (shapes or {}).items()}
    separator = "["
    for page in pages:
        if page:
            texts = [_object(known.get(row[0], flat), row) for row in page]
            yield (separator + ",".join(texts)).encode()
            separator = ","
    yield b"[]" if separator == "[" else b"]"


def _object(parts: Sequence[_Part], row: Row) -> str:
    return "".join([part if write is None else write(row[part]) for part, write in parts])


_Part = tuple[Any, Callable[[Any], str] | None]
"""A text that is always the same, or a cell's place and how it is written."""


def _template(columns: Sequence[Column], shape: Shape) -> list[_Part]:
    """What an object is put together of."""
    places = {column.name: (at, _WRITTEN[column.kind]) for at, column in enumerate(columns)}
    parts: list[_Part] = []
    before, opened = "{", ""
    for path, name in shape:
        if name not in places:
            continue
        group, _, member = path.rpartition(".")
        if group != opened:
            before = f"{'}' if opened else ''}{before}{quoted(group) + ':{' if group else ''}"
            opened = group
        parts += [(f"{before}{quoted(member)}:", None), places[name]]
        before = ","
    return [*parts, ("}}" if opened else "}", None)]


def _text(cell: Any) -> str:
    return "null" if cell is None else quoted(cell)


def _plain(cell: Any) -> str:
    return "null" if cell is None else cell


def _list(cell: Any) -> str:
    return f"[{','.join(map(quoted, cell))}]" if cell else "[]"


_WRITTEN: dict[str, Callable[[Any], str]] = {
    **dict.fromkeys(("text", "word", "date", "moment"), _text),
    **dict.fromkeys(("number", "flag"), _plain),
    "list": _list,
}
"""How a cell of each kind is written."""
