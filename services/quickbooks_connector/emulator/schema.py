"""Checks a sent object name by name against the properties the service knows; all else is refused, with 2010 and the like."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from .properties import SHAPES, Leaf
from .wire import Body, Refused, invalid


def clean(entity: str, body: Any) -> Body:
    """The sent object checked name by name; blank values become None (clear this), nulls are as if not sent."""
    return _object(SHAPES[entity], body, entity)


def _object(shape: Body, value: Any, where: str) -> Body:
    if not isinstance(value, dict):
        raise invalid(f"{where} must be an object", element=where)
    for name in value:
        if name not in shape:
            raise _unknown(shape, where, name)
    return {name: _value(shape[name], item, name) for name, item in value.items() if item is not None}


def _value(shape: Any, value: Any, where: str) -> Any:
    if isinstance(shape, Leaf):
        return _LEAVES[shape.kind](shape, value, where)
    if isinstance(shape, list):
        rows = value if isinstance(value, list) else [value]
        return [_kept(_object(shape[0], row, where)) for row in rows]
    found = _kept(_object(shape, value, where))
    return None if not found or ("value" in shape and "value" not in found) else found


def _kept(found: Body) -> Body:
    return {name: value for name, value in found.items() if value is not None}


def _text(leaf: Leaf, value: Any, where: str) -> str | None:
    if isinstance(value, dict | list):
        raise invalid(f"{where} must be text", element=where)
    found = str(value).lower() if isinstance(value, bool) else str(value)
    if leaf.limit is not None and len(found) > leaf.limit:
        raise Refused(
            "2050",
            "String length specified does not match the supported length",
            f"String length is either shorter or longer than supported by specification. "
            f"Min:0 Max:{leaf.limit} supported. Supplied length:{len(found)}",
            element=where,
        )
    return found or None


def _number(_: Leaf, value: Any, where: str) -> Decimal | None:
    if value == "":
        return None
    try:
        number = Decimal("" if isinstance(value, bool | dict | list) else value)
    except InvalidOperation as error:
        raise invalid(f"Invalid Number : {where}", "2080", where) from error
    if not number.is_finite() or abs(number.adjusted()) > 15:
        raise invalid(f"Invalid Number : {where}", "2080", where)
    return number


def _flag(_: Leaf, value: Any, where: str) -> bool | None:
    if value == "":
        return None
    if isinstance(value, bool) or value in ("true", "false"):
        return value is True or value == "true"
    raise invalid(f"{where} must be true or false", element=where)


def _date(_: Leaf, value: Any, where: str) -> str | None:
    if value == "":
        return None
    try:
        return date.fromisoformat(str(value)[:10]).isoformat()
    except ValueError as error:
        raise invalid(f"Invalid date : {where}", element=where) from error


def _anything(_: Leaf, value: Any, where: str) -> Any:
    return value


_LEAVES: dict[str, Callable[[Leaf, Any, str], Any]] = {
    "text": _text,
    "number": _number,
    "flag": _flag,
    "date": _date,
    "any": _anything,
}


def _unknown(shape: Body, where: str, name: str) -> Refused:
    known = ", ".join(f'"{each}"' for each in sorted(shape))
    return Refused(
        "2010",
        "Request has invalid or unsupported property",
        f'Property Name:Unrecognized field "{name}" (class com.intuit.schema.finance.v3.{where}), '
        f"not marked as ignorable ({len(shape)} known properties: {known})",
    )
