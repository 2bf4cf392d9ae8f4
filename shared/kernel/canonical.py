"""One form for every value that travels or is hashed: canonical JSON out, strict JSON in, clean text."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any, NoReturn

from shared.kernel.errors import Invalid
from shared.kernel.quote import quoted

DEPTH = 32
INT_DIGITS = 18  # fits every database's 64-bit integer
_REACH = 30  # decimal digits on either side of the point; beyond, arithmetic would blow up


# ---- out


def dumps(value: object) -> bytes:
    """Canonical JSON: keys sorted, no spaces, UTF-8, Decimals as their exact number text, never a float."""
    try:
        return _text(value).encode()
    except UnicodeEncodeError as error:
        raise Invalid("bad_text", "a text holds half of a surrogate pair", "send whole characters in UTF-8") from error


def _text(value: object) -> str:
    write = _WRITTEN.get(type(value)) or _other(value)
    return write(value)


def _other(value: object) -> Callable[[Any], str]:
    """How a value is written whose very type isn't in the table."""
    if isinstance(value, Enum):
        return lambda value: _text(value.value)
    if is_dataclass(value) and not isinstance(value, type):
        return lambda value: _object({field.name: getattr(value, field.name) for field in fields(value)})
    for known in (str, bool, int, Decimal, date, list, tuple, dict):
        if isinstance(value, known):
            return _WRITTEN[known]
    raise TypeError(f"{type(value).__name__} has no canonical form")


def _list(value: Iterable[object]) -> str:
    return f"[{','.join(map(_text, value))}]"


def _object(value: dict[Any, object]) -> str:
    keys = _keys(tuple(value)) if len(value) <= _FEW else _keys.__wrapped__(tuple(value))
    return "{" + ",".join([f"{written}{_text(value[key])}" for key, written in keys]) + "}"


_FEW = 64  # keys of an object of ours; a caller's may have any number, and shall not fill the memory


@lru_cache(maxsize=1024)  # objects of one sort have the same keys
def _keys(keys: tuple[object, ...]) -> list[tuple[object, str]]:
    return [(key, f"{_key(key)}:") for key in sorted(keys, key=str)]


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError("the keys of an object are texts")
    return _text(key)


def _integer_text(value: int) -> str:
    if abs(value) >= 10**INT_DIGITS:
        raise Invalid("bad_number", "an integer is too long", f"give at most {INT_DIGITS} digits")
    return str(int(value))


def _decimal_text(value: Decimal) -> str:
    _check_size(value)
    return format(value if value else abs(value), "f")


_WRITTEN: dict[type, Callable[[Any], str]] = {
    str: encode_basestring,
    type(None): lambda value: "null",
    bool: lambda value: "true" if value else "false",
    int: _integer_text,
    Decimal: _decimal_text,
    date: lambda value: f'"{value.isoformat()}"',
    datetime: lambda value: f'"{value.isoformat()}"',
    list: _list,
    tuple: _list,
    dict: _object,
}


def _check_size(value: Decimal) -> None:
    digits, lowest = value.adjusted(), value.as_tuple().exponent
    if not isinstance(lowest, int) or digits > _REACH or lowest < -_REACH:
        raise Invalid("bad_number", "a number is infinite or of no ordinary size", f"give at most {_REACH} digits on either side")


# ---- in


def loads(raw: bytes | bytearray | str, *, depth: int = DEPTH) -> Any:
    """Strict JSON. Refused: other encodings, duplicate keys, NaN and Infinity, long integers, NUL, half surrogates, depth."""
    text = _decoded(raw)
    _check_depth(text, depth)
    try:
        value = json.loads(text, parse_float=_fraction, parse_int=_integer, parse_constant=_constant, object_pairs_hook=_of_pairs)
    except json.JSONDecodeError as error:
        raise _bad(f"it is not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from error
    if _ODD_ESCAPE.search(text):  # raw controls and surrogates are refused already; only an escape can bring one in
        for part in _texts(value):
            _check_characters(part)
    return value


def _bad(cause: str, remedy: str = "send one JSON value, encoded in UTF-8") -> Invalid:
    return Invalid("bad_json", cause, remedy)


def _decoded(raw: bytes | bytearray | str) -> str:
    try:
        text = raw if isinstance(raw, str) else raw.decode()
        text.encode()
    except UnicodeDecodeError as error:
        raise _bad(f"byte {error.start + 1} is not UTF-8") from error
    except UnicodeEncodeError as error:
        raise _bad("it holds half of a surrogate pair") from error
    if text.startswith("\ufeff"):
        raise _bad("it starts with a byte order mark", "send UTF-8 without a byte order mark")
    if not text.strip():
        raise _bad("it is empty")
    return text


# A string runs to its quote or, when it never ends, to the end of the text: so the scan stays linear on bad input.
_BRACKET = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|([\[{])|([\]}])', re.DOTALL)


def _check_depth(text: str, depth: int) -> None:
    """Count brackets before parsing: Python's parser answers deep nesting with a RecursionError."""
    if text.count("[") + text.count("{") <= depth or _shallow(text, depth):
        return
    level = 0
    for match in _BRACKET.finditer(text):
        level += 1 if match[1] else -1 if match[2] else 0
        if level > depth:
            raise _bad(f"it is nested more than {depth} deep", f"nest at most {depth} objects and lists")


def _shallow(text: str, depth: int) -> bool:
    """A quick yes for ordinary JSON: whether its innermost pairs of brackets, taken away so often, leave nothing."""
    raw = text.encode()
    marks = (_ESCAPED.sub(b"", raw) if b"\\" in raw else raw).translate(None, _NO_MARKS)
    brackets = b"".join(marks.split(b'"')[::2])
    for _ in range(depth // 2):  # each time one level goes, or two
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    return not brackets


_NO_MARKS = bytes(set(range(256)) - set(b'[]{}"'))
_ESCAPED = re.compile(rb"\\.", re.DOTALL)
_ODD_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


def _of_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        twice = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise _bad(f"the key {quoted(twice)} stands twice in one object", "give each key once")
    return value


def _integer(text: str) -> int | Decimal:
    if len(text) < INT_DIGITS and text != "-0":
        return int(text)
    if len(text.lstrip("-")) > INT_DIGITS:
        raise _bad(f"an integer has more than {INT_DIGITS} digits", f"give at most {INT_DIGITS} digits")
    return Decimal(text) if text == "-0" else int(text)  # kept visible: the fields' grammar refuses a negative zero


def _fraction(text: str) -> Decimal:
    head, _, power = text.lower().partition("e")
    if len(head) > 2 * _REACH or len(power) > 4:
        raise _bad(f"the number {quoted(text)} is too long", f"give at most {_REACH} digits on either side of the point")
    value = Decimal(text)
    try:
        _check_size(value)
    except Invalid as error:
        raise _bad(f"the number {quoted(text)} is of no ordinary size", error.remedy) from error
    return value


def _constant(text: str) -> NoReturn:
    raise _bad(f"{text} is not a number", "give a finite number")


def _texts(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            waiting += [*value, *value.values()]
        elif isinstance(value, list):
            waiting += value


def _check_characters(text: str) -> None:
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise _bad("a text holds NUL or half of a surrogate pair", "send whole characters and no NUL")


# ---- text

_PLANES = range(0, 0x110000, 0x10000)
_NON_CHARACTERS = "\ufdd0-\ufdef" + "".join(chr(plane + 0xFFFE) + chr(plane + 0xFFFF) for plane in _PLANES)
_REFUSED = f"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff{_NON_CHARACTERS}"
_BAD_LINES = re.compile(f"[{_REFUSED}]")
_BAD_LINE = re.compile(f"[{_REFUSED}\t\n\r\u2028\u2029\u202a-\u202e\u2066-\u2069]")  # direction overrides could forge a name
_EDGES = " \t\r\n\u00a0"


def is_plain(text: str) -> bool:
    """Whether ``clean_text`` would at most take outer blanks away: nothing but visible characters in NFC, and spaces."""
    return text.isprintable() and (text.isascii() or unicodedata.is_normalized("NFC", text))


def clean_text(text: object, *, limit: int, multiline: bool = False) -> str:
    """The text in NFC without outer blanks; ``limit`` counts characters.

    Controls, half surrogates and non-characters are refused; in one line also tabs, line ends and direction overrides.
    """
    if not isinstance(text, str):
        raise Invalid("bad_text", f"{quoted(text)} is not a text", "give a text in quotes")
    if len(text) <= limit and is_plain(text):
        return text.strip()
    if len(text) > 4 * limit + 100:
        raise _too_long(len(text), limit)
    text = unicodedata.normalize("NFC", text).strip(_EDGES)
    if multiline:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > limit:
        raise _too_long(len(text), limit)
    found = (_BAD_LINES if multiline else _BAD_LINE).search(text)
    if found:
        raise Invalid(
            "bad_text",
            f"{quoted(text)} holds the character U+{ord(found[0]):04X} at place {found.start() + 1}",
            "remove this character; text is ordinary Unicode without control characters",
        )
    return text


def _too_long(length: int, limit: int) -> Invalid:
    return Invalid("too_long", f"the text has {length} characters, more than {limit}", f"shorten it to {limit} characters")
