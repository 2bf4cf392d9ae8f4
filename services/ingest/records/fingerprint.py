"""The bytes that a record's content hash is made of: equal exactly when ``content`` of the contract is equal.

A JSON list of the kind and of (name, value) of every field, written out flat instead of through canonical JSON, which took
most of an import's time. A field that has its default value is left out, so a field added to the shared schema later
changes no hash.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import MISSING, fields
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from operator import attrgetter
from typing import Any

from shared.contract.records import KINDS, AnyRecord, Kind, Rate

_NOT_CONTENT = frozenset({"id", "organisation", "revision", "content_hash", "origin"})


def _fields(record: Any) -> tuple[tuple[str, str, Any], ...]:
    content = (one for one in fields(record) if one.name not in _NOT_CONTENT)
    return tuple((f'"{one.name}",', one.name, None if one.default is MISSING else one.default) for one in content)


_CONTENT = {kind: _fields(record) for kind, record in KINDS.items()}
_VALUES = {kind: attrgetter(*(name for _, name, _ in content)) for kind, content in _CONTENT.items()}
_RATE = attrgetter("rate", "overtime_rate", "person", "since")


def fingerprint(kind: Kind, record: AnyRecord) -> bytes:
    """The record's content as bytes."""
    told = [f'"{kind}"']
    for (written, _, default), value in zip(_CONTENT[kind], _VALUES[kind](record), strict=True):
        if value is not default and value != default:
            told.append(written + _WRITTEN[type(value)](value))
    return f"[{','.join(told)}]".encode()


def _iso(value: date) -> str:
    return f'"{value.isoformat()}"'


@lru_cache(maxsize=4096)  # rates repeat; equal numbers are written alike
def _number(value: Decimal) -> str:
    return f'"{value.normalize():f}"'


def _list(values: Sequence[Any]) -> str:
    return f"[{','.join([_WRITTEN[type(value)](value) for value in values])}]"


_WRITTEN: dict[type, Callable[[Any], str]] = {
    str: encode_basestring_ascii,
    int: str,
    bool: lambda value: "true" if value else "false",
    Decimal: _number,
    date: _iso,
    datetime: _iso,
    tuple: _list,
    Rate: lambda value: _list(_RATE(value)),
    type(None): lambda value: "null",
}
"""How a value is written; each kind of field has one form only, so no two values look alike."""
