"""What makes two entries without ids the same one: what was done, not how it is described and priced."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any

from shared.contract.records import Kind

_DESCRIBED = {"billable", "break_seconds", "end", "notes", "overtime_seconds", "rate", "tags", "zone"}
_WRITTEN: dict[type, Callable[[Any], str]] = {
    str: encode_basestring,
    int: str,
    bool: lambda value: "true" if value else "false",
    type(None): lambda value: "null",
    date: lambda value: f'"{value.isoformat()}"',
    datetime: lambda value: f'"{value.isoformat()}"',
}
"""As canonical JSON writes what identifies an entry."""


@lru_cache(maxsize=256)  # the rows of a file give the same fields
def _names(given: tuple[str, ...]) -> list[str]:
    return sorted(set(given) - _DESCRIBED)


def identity(kind: Kind, data: Mapping[str, Any]) -> str:
    """A hash of what was done, so that the same file gives the same ids.

    The start of a time entry identifies it, so that its length may be mended (an empty one may share it); without a
    start the length has to.
    """
    started = bool(data.get("start"))
    told = []
    for name in _names(tuple(data)):
        value = data[name] > 0 if started and name == "seconds" else data[name]
        told.append(f'"{name}":{_WRITTEN[type(value)](value)}')
    return hashlib.sha256(f'["{kind}",{{{",".join(told)}}}]'.encode()).hexdigest()[:32]
