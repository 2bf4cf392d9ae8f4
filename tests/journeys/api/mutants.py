"""Requests that nobody should send: a contract's own examples with something in them made odd."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 10**30, 1.5, 1e-9, 1e300, "", " ", "x" * 5_000, "ß" * 40, "\u0000", "\ud800", "\u202e", "💥",
    "0", "-0", "1e5", "NaN", "7,5", "'; DROP TABLE x; --", "=1+1", "../../etc/passwd", "2026-02-30", "9999-12-31", "0001-01-01",
    "2026-03-02T25:00:00Z", "2026-03-02T09:00:00+99:99", "null", "[]", [], {}, [[]], [None], {"": ""}, {"a": {"b": {"c": []}}},
    "00000000-0000-0000-0000-000000000000", "*", "%00", "http://127.0.0.1:1/", "http://[::1]:99999/",
)  # fmt: skip
BODIES = (
    *(b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"a":1,"a":2}', b"[" * 99, b'{"a":1e400}', b"\x00", b"{}x", b'{"a":NaN}'),
)
TYPES = (
    *("", "text/plain", "application/json; charset=utf-16", "multipart/form-data", "multipart/form-data; boundary=x", "*/*"),
)
HEADERS = (
    *("Idempotency-Key", "If-Match", "Range", "Content-Encoding", "Accept", "X-Forwarded-For", "Content-Length", "If-None-Match"),
)
VALUES = ("", "x", '"1"', 'W/"9"', "bytes=0-", "bytes=9-1,2-3", "gzip", "x" * 300, "\xe9", "-1", '"999999999999"', "*")


@dataclass(slots=True)
class Sending:
    """A request before it is sent."""

    path: str
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None  # a JSON value, or bytes
    moved: bool = False  # to what may be another address

    @property
    def data(self) -> bytes | None:
        if self.body is None or isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body).encode()


def mutate(chance: random.Random, one: Sending, arguments: list[str]) -> None:
    """Make one to three things of a request odd."""
    for _ in range(chance.randint(1, 3)):
        chance.choice(_WAYS)(chance, one, arguments)


def _odd(chance: random.Random) -> Any:
    return copy.deepcopy(chance.choice(ODD))  # the next mutation may reach into it


def _value(chance: random.Random, one: Sending, arguments: list[str]) -> None:
    """Some value in the body, however deep."""
    at = one.body
    if not isinstance(at, dict) or not at:
        return
    while True:
        key = chance.choice(list(at)) if isinstance(at, dict) else chance.randrange(len(at))
        below = at[key]
        if not isinstance(below, dict | list) or not below or chance.random() < 0.3:
            at[key] = _odd(chance)
            return
        at = below


def _member(chance: random.Random, one: Sending, arguments: list[str]) -> None:
    """A member too many, or one that is missing."""
    if isinstance(one.body, dict) and one.body and chance.random() < 0.6:
        del one.body[chance.choice(list(one.body))]
    elif isinstance(one.body, dict):
        one.body[chance.choice(("id", "organisation", "__proto__", "x" * 300, "", "deleted"))] = _odd(chance)


def _bytes(chance: random.Random, one: Sending, arguments: list[str]) -> None:
    data = one.data
    if data and chance.random() < 0.5:
        cut = chance.randrange(len(data))
        one.body = data[:cut] + chance.choice((b"", bytes([chance.randrange(256)]))) + data[cut + 1 :]
    else:
        one.body = chance.choice(BODIES)


def _place(chance: random.Random, one: Sending, arguments: list[str]) -> None:
    """A part of the path."""
    parts = one.path.split("/")
    parts[chance.randrange(1, len(parts))] = quote(str(_odd(chance)).encode("utf-8", "replace"), safe="")
    one.path, one.moved = "/" + "/".join(parts).lstrip("/"), True  # two slashes would name another host


def _argument(chance: random.Random, one: Sending, arguments: list[str]) -> None:
    name = chance.choice([*arguments, "page", "no_such"])
    one.query[name] = str(_odd(chance)).encode("utf-8", "replace").decode()


def _header(chance: random.Random, one: Sending, arguments: list[str]) -> None:
    if chance.random() < 0.4:
        one.headers["Content-Type"] = chance.choice(TYPES)
    else:
        one.headers[chance.choice(HEADERS)] = chance.choice(VALUES)


_WAYS: tuple[Callable[[random.Random, Sending, list[str]], None], ...] = (
    *(_value, _value, _value, _member, _bytes, _place, _argument, _argument, _header),
)
