"""The kinds of field that answers are described with: what each one says, and an example of it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from marshmallow import EXCLUDE, INCLUDE, Schema, fields, missing


class Answer(Schema):
    """What a caller is told. Later versions may add members, so nobody may refuse those it doesn't know."""

    class Meta:
        unknown = EXCLUDE


class OpenAnswer(Schema):
    """What a caller is told, where members beside the described ones are data."""

    class Meta:
        unknown = INCLUDE


def example_id(name: str) -> str:
    """The id that stands in examples for the thing of this name."""
    return str(uuid5(NAMESPACE_OID, name))


def _told(says: str, example: Any, null: bool, optional: bool, **schema: Any) -> fields.Raw:
    data_key = schema.pop("data_key", None)
    metadata = {**schema, **({"description": says} if says else {}), "example": example}
    return fields.Raw(required=not optional, allow_none=null, data_key=data_key, metadata=metadata)


def text(says: str = "", example: str | None = "", *, null: bool = False, optional: bool = False, **schema: Any) -> fields.Raw:
    """Any text. An ``example`` of None is that of a text which often isn't there."""
    return _told(says, example, null or example is None, optional, type="string", **schema)


def ident(name: str, says: str = "", *, null: bool = False, optional: bool = False) -> fields.Raw:
    """The id of the thing of this name."""
    return _told(says, example_id(name), null, optional, type="string")


def number(says: str = "", example: str | None = "0", *, null: bool = False, optional: bool = False) -> fields.Raw:
    """An exact decimal number: read it as such."""
    shown = None if example is None else Decimal(example)
    return _told(says, shown, null or example is None, optional, type="number")


def whole(says: str = "", example: int | None = 1, *, null: bool = False, optional: bool = False) -> fields.Raw:
    return _told(says, example, null or example is None, optional, type="integer")


def flag(says: str = "", example: bool = False, *, null: bool = False, optional: bool = False) -> fields.Raw:
    return _told(says, example, null, optional, type="boolean")


def word(of: Iterable[str], says: str = "", *, null: bool = False, optional: bool = False, example: str = "") -> fields.Raw:
    """One of some words; the first is the example unless another is given."""
    words = [str(one) for one in of]
    allowed = [*words, None] if null else words
    return _told(says, example or words[0], null, optional, type="string", enum=allowed)


def day(
    says: str = "", example: str | None = "2026-03-02", *, null: bool = False, optional: bool = False, **named: str
) -> fields.Raw:
    """A civil date; ``data_key`` where its name is a word of Python's."""
    return text(says, example, null=null, optional=optional, format="date", **named)


def instant(
    says: str = "", example: str | None = "2026-03-02T09:00:00+00:00", *, null: bool = False, optional: bool = False
) -> fields.Raw:
    """A moment with its offset."""
    return text(says, example, null=null, optional=optional, format="date-time")


def one(schema: type[Schema] | Schema, *, null: bool = False, optional: bool = False) -> fields.Nested:
    return fields.Nested(schema, required=not optional, allow_none=null)


def many(of: type[Schema] | fields.Field[Any], *, optional: bool = False) -> fields.List[Any]:
    """A list of things, or of plain fields."""
    return fields.List(fields.Nested(of) if isinstance(of, type) else of, required=not optional)


def by_name(says: str, example: dict[str, Any], *, null: bool = False, optional: bool = False) -> fields.Raw:
    """An object whose names are data or whose content is its own matter."""
    return _told(says, example, null, optional, type="object")


def anything(says: str, example: Any, *, optional: bool = False) -> fields.Raw:
    """A value of whatever kind."""
    return _told(says, example, False, optional)


@cache
def listing(of: type[Schema]) -> type[Schema]:
    """All things of a sort: ``{"items": […]}``."""
    return _made(of, "List", {"items": many(of)})


@cache
def page(of: type[Schema]) -> type[Schema]:
    """A page of a longer list."""
    counts = {
        "page": whole("Which page this is, counted from 1."),
        "page_size": whole("How many are on a full page.", 50, optional=True),
        "total": whole("How many there are on all pages."),
    }
    return _made(of, "Page", {"items": many(of), **counts})


def _made(of: type[Schema], suffix: str, members: dict[str, Any]) -> type[Schema]:
    return type(of.__name__ + suffix, (Answer,), {**members, "__module__": of.__module__})


def sample(schema: Schema) -> dict[str, Any]:
    """An object that a schema describes, made of the examples of its fields; a field that has none and may be left out is."""
    found = {field.data_key or name: _sample(field) for name, field in schema.fields.items()}
    return {name: value for name, value in found.items() if value is not missing}


def _sample(field: fields.Field[Any]) -> Any:
    if isinstance(field, fields.Nested):
        return sample(field.schema)
    if isinstance(field, fields.List):
        inner = _sample(field.inner)
        return missing if inner is missing else [inner]
    return field.metadata.get("example", missing)
