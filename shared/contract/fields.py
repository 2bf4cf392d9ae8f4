"""The kinds of field that schemas are made of, and one way to load: every error at once, each with its remedy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import partial
from typing import Any

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields

from shared.kernel.canonical import clean_text, is_plain
from shared.kernel.dates import FIRST_YEAR, LAST_YEAR, civil, parse_date, parse_instant, zone_of
from shared.kernel.errors import Invalid
from shared.kernel.money import check_currency, parse_decimal
from shared.kernel.quote import quoted


class Strict(Schema):
    """What a caller sends: a field that we do not know is refused by name."""

    class Meta:
        unknown = RAISE


class Tolerant(Schema):
    """What our services tell each other: fields of a later minor version are passed over."""

    class Meta:
        unknown = EXCLUDE


class Checked(fields.Field[Any]):
    """A field read by a function that answers the value or raises Invalid; dumped as the plain value that JSON has."""

    def __init__(self, read: Callable[[Any], Any], **options: Any) -> None:
        super().__init__(**options)
        self.read = read

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        try:
            return self.read(value)
        except Invalid as problem:
            raise ValidationError([problem]) from problem

    def _serialize(self, value: Any, attr: str | None, obj: Any, **options: Any) -> Any:
        if isinstance(value, date):
            return value.isoformat()
        return value.value if isinstance(value, Enum) else value


def _checked(read: Callable[[Any], Any], options: dict[str, Any], **schema: Any) -> Checked:
    """A field that says in JSON Schema what it takes, and in ``metadata`` whatever else its maker has to say."""
    metadata = schema | options.pop("metadata", {})
    return Checked(read, metadata=metadata, **options)


def text(limit: int, *, multiline: bool = False, empty: bool = False, **options: Any) -> Checked:
    """Clean text of at most ``limit`` characters, not empty unless said."""

    def read(value: object) -> str:
        if type(value) is str and len(value) <= limit and is_plain(value):
            cleaned = value.strip()  # as ``clean_text`` has it, without the call
        else:
            cleaned = clean_text(value, limit=limit, multiline=multiline)
        if not cleaned and not empty:
            raise Invalid("empty_text", "the text is empty", "give at least one character, or leave the field out")
        return cleaned

    return _checked(read, options, type="string", minLength=0 if empty else 1, maxLength=limit)


def number(places: int, digits: int, *, negative: bool = False, **options: Any) -> Checked:
    """A Decimal, sent as a JSON number or as its text."""
    read, lowest = partial(_number, places=places, digits=digits, negative=negative), {} if negative else {"minimum": 0}
    return _checked(read, options, type="number", **lowest)


def _number(value: object, *, places: int, digits: int, negative: bool) -> Decimal:
    written: object = value
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < 40:
        written = format(value, "f")
    elif isinstance(value, int) and not isinstance(value, bool) and value.bit_length() < 128:
        written = str(value)
    return parse_decimal(written, places=places, digits=digits, negative=negative)


def whole(highest: int, *, lowest: int = 0, **options: Any) -> Checked:
    """An integer between ``lowest`` and ``highest``, sent as a JSON integer or as its digits."""

    def read(value: object) -> int:
        if type(value) is int and lowest <= value <= highest:
            return value
        result = int(_number(value, places=0, digits=18, negative=lowest < 0))
        if not lowest <= result <= highest:
            raise Invalid("out_of_range", f"{result} is not between {lowest} and {highest}", f"give {lowest} to {highest}")
        return result

    return _checked(read, options, type="integer", minimum=lowest, maximum=highest)


def flag(**options: Any) -> Checked:
    return _checked(_flag, options, type="boolean")


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise Invalid("bad_flag", f"{quoted(value)} is neither true nor false", "write true or false, without quotes")
    return value


def choice(allowed: Iterable[str], into: Callable[[str], Any] = str, **options: Any) -> Checked:
    """One of some words; ``into`` makes it an enumeration's member."""
    words = tuple(allowed)
    return _checked(partial(_choice, allowed=words, into=into), options, type="string", enum=[str(word) for word in words])


def _choice(value: object, *, allowed: tuple[str, ...], into: Callable[[str], Any]) -> Any:
    if isinstance(value, str) and value in allowed:
        return into(value)
    words = ", ".join(allowed)
    raise Invalid("bad_choice", f"{quoted(value)} is not one of: {words}", f"give one of: {words}")


def civil_date(**options: Any) -> Checked:
    return _checked(_civil_date, options, type="string", format="date")


def _civil_date(value: object) -> date:
    """From its text, or as a file's reader has it."""
    if type(value) is not date:
        return parse_date(value)
    return value if FIRST_YEAR <= value.year <= LAST_YEAR else civil(value.year, value.month, value.day, value)


def moment(**options: Any) -> Checked:
    """A wall-clock date and time in whole seconds, with an offset or without one."""
    return _checked(_moment, options, type="string")


_BARE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]")


def _moment(value: object) -> datetime:
    return _plain_moment(value) or _any_moment(value)


def _plain_moment(value: object) -> datetime | None:
    """The common forms, quickly: as a file's reader has it, and as text without an offset."""
    if type(value) is str and _BARE.fullmatch(value):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if type(value) is not datetime or value.tzinfo is not None or value.microsecond:
        return None
    return value if FIRST_YEAR <= value.year <= LAST_YEAR else None


def _any_moment(value: object) -> datetime:
    bare = isinstance(value, str) and len(value) > 10 and value[-1] != "Z" and not {"+", "-"} & set(value[10:])
    try:
        instant = parse_instant(f"{value}Z" if bare else value)
    except Invalid as problem:
        raise _bad_moment(value, "is not a date and time") from problem
    if instant.microsecond:
        raise _bad_moment(value, "has parts of a second")
    return instant.replace(tzinfo=None) if bare else instant


def _bad_moment(value: object, why: str) -> Invalid:
    remedy = "write it as 2024-03-01T09:00:00, with an offset such as +01:00 when it is known"
    return Invalid("bad_time", f"{quoted(value)} {why}", remedy)


def currency(**options: Any) -> Checked:
    return _checked(check_currency, options, type="string", pattern="^[A-Z]{3}$")


def zone(**options: Any) -> Checked:
    return _checked(_zone, options, type="string")


def _zone(value: object) -> str:
    return zone_of(value).key


# ---- loading

_PLAIN = re.compile(r"[\w.]{1,40}", re.ASCII)
_TAIL = re.compile(r"\.(_schema|key|value)$")  # marshmallow's own steps, no names of ours
_STANDARD = {
    "Missing data for required field.": ("missing_field", "the field is missing", "give this field"),
    "Field may not be null.": ("missing_field", "the field is null", "give a value"),
    "Unknown field.": ("unknown_field", "there is no such field", "remove it, or mend its name"),
    "Not a valid list.": ("bad_list", "the value is not a list", "give a list: […]"),
    "Not a valid mapping type.": ("bad_object", "the value is not an object", "give an object: {…}"),
    "Invalid input type.": ("bad_object", "the value is not an object", "give an object: {…}"),
}


def load(schema: Schema, data: object, what: str) -> dict[str, Any]:
    """The schema's values, or one Invalid that tells every error in ``errors``: field, value, code, cause, remedy."""
    if not isinstance(data, dict):
        raise Invalid("bad_object", f"{what} is {quoted(data)}, not an object", "give an object: {…}")
    try:
        given = {name: value for name, value in data.items() if value is not None or name not in schema.fields}
        loaded: dict[str, Any] = schema.load(given)
        return loaded
    except ValidationError as error:
        raise refusal(list(_flat(error.messages, data, ""))) from error


def refusal(errors: list[dict[str, str]]) -> Invalid:
    """Several errors of one thing as one Invalid, in the words of the first ones."""
    first = errors[0]
    more = f"; and {len(errors) - 3} more" if len(errors) > 3 else ""
    cause = "; ".join(f"{error['field']}: {error['cause']}" for error in errors[:3]) + more
    return Invalid(first["code"], cause, first["remedy"], errors=errors)


def problem_of(field: str, problem: Invalid, value: object = None) -> dict[str, str]:
    """One error as an entry of ``errors``."""
    shown = "" if value is None else quoted(value)
    return {"field": field, "value": shown, "code": problem.code, "cause": problem.cause, "remedy": problem.remedy}


def _flat(messages: Any, data: Any, path: str) -> Iterator[dict[str, str]]:
    """Marshmallow's tree of messages as a list with paths such as ``rates.0.since``."""
    if isinstance(messages, dict):
        for name, below in messages.items():
            step = quoted(name) if isinstance(name, str) and not _PLAIN.fullmatch(name) else str(name)
            yield from _flat(below, _inside(data, name), f"{path}.{step}" if path else step)
        return
    for message in messages:
        problem = message if isinstance(message, Invalid) else Invalid(*_STANDARD.get(message, ("bad_field", message)))
        yield problem_of(_TAIL.sub("", path), problem, data)


def _inside(data: Any, name: Any) -> Any:
    if name == "_schema":
        return data
    if isinstance(data, dict):
        return data.get(name)
    return data[name] if isinstance(data, list) and isinstance(name, int) and name < len(data) else None
