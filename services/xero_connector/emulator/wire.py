"""Reads and writes the emulator's JSON, dates and numbers, and shapes its refusals: JSON, XML, plain text."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

Body = dict[str, Any]

_NUMBER = re.compile(r'"\\u0001(-?[0-9.]+)"')
_MS_DATE = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = 0, 7_200_000_000_000  # the year 2198


@dataclass(frozen=True)
class Reply:
    """One HTTP answer before it goes to the wire."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reason:
    """One rule that a request breaks: the field as the 2.0 surfaces name it, and the words."""

    name: str
    text: str


class Broken(Exception):
    """A request against the rules; each surface has its own shape for it."""

    def __init__(self, *reasons: Reason) -> None:
        super().__init__("; ".join(reason.text for reason in reasons))
        self.reasons = reasons


class Malformed(Exception):
    """A body or a query that cannot be understood at all."""

    def __init__(self, message: str, kind: str = "Error", number: int = 0) -> None:
        super().__init__(message)
        self.message, self.kind, self.number = message, kind, number


class Turned(Exception):
    """A request turned away before the surface has seen it, with the answer it gets."""

    def __init__(self, answer: Reply) -> None:
        super().__init__(f"{answer.status} {answer.body[:200]!r}")
        self.answer = answer


def broken(name: str, text: str) -> Broken:
    return Broken(Reason(name, text))


def dumps(value: Any) -> str:
    """JSON in which a Decimal has exactly the digits it has."""
    return _NUMBER.sub(r"\1", json.dumps(value, ensure_ascii=False, default=_plain))


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"\1{value:f}"
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form on the wire")


def loads(raw: bytes) -> Any:
    """JSON with exact numbers."""
    try:
        return json.loads(raw, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"JSON cannot be read: {error}") from error


def json_reply(value: Any, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status, dumps(value).encode(), {"Content-Type": "application/json; charset=utf-8", **named})


def text_reply(words: str, status: int, **headers: str) -> Reply:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status, words.encode(), {"Content-Type": "text/plain; charset=utf-8", **named})


def not_there() -> Turned:
    return Turned(text_reply("The resource you're looking for cannot be found", 404))


def denied(status: int, detail: str, **headers: str) -> Turned:
    """The gateway's 401 and 403."""
    body: Body = {
        "Type": None,
        "Title": {401: "Unauthorized", 403: "Forbidden"}[status],
        "Status": status,
        "Detail": detail,
        "Instance": str(uuid.uuid4()),
        "Extensions": {},
    }
    return Turned(json_reply(body, status, **headers))


def refused_xml(number: int, kind: str, message: str, status: int = 400) -> Reply:
    """The older surface's refusal as it comes at times, though JSON was asked for."""
    words = (f"<ErrorNumber>{number}</ErrorNumber>", f"<Type>{escape(kind)}</Type>", f"<Message>{escape(message)}</Message>")
    text = f'<?xml version="1.0" encoding="utf-8"?><Response>{"".join(words)}</Response>'
    return Reply(status, text.encode(), {"Content-Type": "text/xml; charset=utf-8"})


def ms_date(day: date) -> str:
    """A civil day as the older surface writes it: its midnight in UTC."""
    return f"/Date({(day - _EPOCH.date()) // timedelta(milliseconds=1)}+0000)/"


def ms_moment(moment: datetime) -> str:
    return f"/Date({(moment - _EPOCH) // timedelta(milliseconds=1)}+0000)/"


def day_of_ms(value: Any, name: str) -> date:
    """The UTC day of an instant: a local midnight lands on the day before."""
    found = _MS_DATE.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise Malformed(f"{name} is not a date of the form /Date(1573171200000)/: {value!r}")
    milliseconds = int(found.group(1))
    if not _FIRST <= milliseconds <= _LAST:
        raise Malformed(f"{name} is out of range: {value}")
    return (_EPOCH + timedelta(milliseconds=milliseconds)).date()


def day_of_iso(value: Any, name: str) -> date:
    try:
        found = date.fromisoformat(str(value)[:10])
    except ValueError:
        raise broken(name, f"The {name} is not a date: {value!r}") from None
    if not 1970 <= found.year < 2200:
        raise broken(name, f"The {name} is out of range: {found}")
    return found


def moment(value: datetime) -> str:
    """An instant as the 2.0 surfaces write it: UTC, without saying so."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")


def number(value: Any, name: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise broken(name, f"The {name} is not a number")
    return Decimal(value)


def shown(value: Decimal) -> Decimal:
    """A number without idle zeros."""
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()


def span(value: Any) -> timedelta:
    """A length of time from whatever number a test or a control call gave."""
    whole, _, part = str(value).partition(".")
    return timedelta(seconds=int(whole), microseconds=int(f"{part:0<6.6}"))
