"""Understands the older surface's `where` and `order`: conditions on properties, joined by &&."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from .wire import Body, Malformed, ms_date

_TERM = re.compile(r"\s*([\w.]+)\s*(==|!=|>=|<=|>|<)\s*(.+?)\s*")
_GUID = re.compile(r'(?i)guid\("([^"]*)"\)')
_DAY = re.compile(r"(?i)datetime\(\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*\)")
_MS = re.compile(r"/Date\((-?\d+)")


def kept(rows: list[Body], where: str, order: str, kind: str, names: set[str]) -> list[Body]:
    """The rows that meet every condition, in the order asked for."""
    for term in re.split(r"\s*(?:&&|\band\b|\bAND\b)\s*", where) if where.strip() else []:
        name, sign, wanted = _read(term, kind, names)
        rows = [row for row in rows if _meets(row.get(name), sign, wanted)]
    if order.strip():
        name, _, way = order.strip().partition(" ")
        _known(name, kind, names)
        rows = sorted(rows, key=lambda row: _comparable(row.get(name, "")), reverse=way.strip().upper() == "DESC")
    return rows


def _read(term: str, kind: str, names: set[str]) -> tuple[str, str, Any]:
    found = _TERM.fullmatch(term)
    if not found:
        raise Malformed(f"Syntax error in '{term}'", "QueryParseException", 16)
    name, sign, text = found.groups()
    _known(name, kind, names)
    return name, sign, _value(text)


def _known(name: str, kind: str, names: set[str]) -> None:
    if name not in names:
        raise Malformed(f"No property or field '{name}' exists in type '{kind}' (at index 0)", "QueryParseException", 16)


def _value(text: str) -> Any:
    if guid := _GUID.fullmatch(text):
        return guid.group(1).lower()
    if day := _DAY.fullmatch(text):
        return _comparable(ms_date(_day(*map(int, day.groups()))))
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1]
    raise Malformed(f"Expression expected: '{text}'", "QueryParseException", 16)


def _day(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except (ValueError, OverflowError):
        raise Malformed(f"There is no day {year}-{month}-{day}", "QueryParseException", 16) from None


def _comparable(value: Any) -> Any:
    found = _MS.match(value) if isinstance(value, str) else None
    return int(found.group(1)) if found else value


def _meets(value: Any, sign: str, wanted: Any) -> bool:
    value = _comparable(value)
    if sign in ("==", "!="):
        return bool(value == wanted) == (sign == "==")
    if type(value) is not type(wanted):
        raise Malformed("Operator incompatible with operand types", "QueryParseException", 16)
    return bool({">=": value >= wanted, "<=": value <= wanted, ">": value > wanted, "<": value < wanted}[sign])
