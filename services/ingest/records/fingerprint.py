"""The bytes that a record's content hash is made of: equal exactly when ``content`` of the contract is equal.

Written out flat instead of through canonical JSON, which took most of an import's time. A field that has its default
value is left out, so a field added to the shared schema later changes no hash.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields
from datetime import date
from decimal import Decimal
from json import encoder
from operator import attrgetter
from typing import Any

from shared.contract.records import KINDS, AnyRecord, Kind, Rate

_NOT_CONTENT = frozenset({"id", "organisation", "revision", "content_hash", "origin"})
_ENCODE: Callable[[Any], str] = encoder.JSONEncoder(separators=(",", ":"), ensure_ascii=True).encode


def _fields(record: Any) -> tuple[tuple[str, Any], ...]:
    content = (one for one in fields(record) if one.name not in _NOT_CONTENT)
    return tuple((one.name, None if one.default is MISSING else one.default) for one in content)


_CONTENT = {kind: _fields(record) for kind, record in KINDS.items()}
_VALUES = {kind: attrgetter(*(name for name, _ in content)) for kind, content in _CONTENT.items()}
_RATE = attrgetter("rate", "overtime_rate", "person", "since")


def fingerprint(kind: Kind, record: AnyRecord) -> bytes:
    """The record's content as bytes."""
    told = [kind.value]
    for (name, default), value in zip(_CONTENT[kind], _VALUES[kind](record), strict=True):
        if value != default:
            told += (name, _plain(value))
    return _ENCODE(told).encode()


def _plain(value: Any) -> Any:
    """A value that JSON has; each kind of field has one form only, so no two values look alike."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return [_plain(part) for part in _RATE(value)] if isinstance(value, Rate) else value
