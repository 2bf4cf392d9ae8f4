"""What a record's fields are called where records are written one by one: what refers to others ends in ``_id``, since lists
show names as well."""

from __future__ import annotations

from functools import cache
from typing import Any

from marshmallow import Schema, fields

from shared.contract.fields import Strict, refusal
from shared.contract.record_schemas import schema_of
from shared.contract.records import Kind
from shared.kernel.errors import Failure, Invalid

OUTSIDE = {"client": "client_id", "job": "job_id", "person": "user_id", "tags": "tag_ids"}
"""Inside -> outside."""
_INSIDE = {outside: inside for inside, outside in OUTSIDE.items()}


def inside(sent: dict[str, Any]) -> dict[str, Any]:
    """Fields as the schema calls them. Raises Invalid for one that the schema would know and nobody is to send."""
    strange = next((name for name in sent if name in OUTSIDE), None)
    if strange is not None:
        cause = f"{strange}: there is no such field"
        raise Invalid("unknown_field", cause, f"give {OUTSIDE[strange]}", field=strange)
    named = {_INSIDE.get(name, name): value for name, value in sent.items()}
    if isinstance(named.get("rates"), list):
        named["rates"] = [inside(rate) if isinstance(rate, dict) else rate for rate in named["rates"]]
    return named


def outside(dumped: dict[str, Any]) -> dict[str, Any]:
    """A dumped record as it is shown."""
    named = {OUTSIDE.get(name, name): value for name, value in dumped.items()}
    return named | {"rates": [outside(rate) for rate in named["rates"]]} if "rates" in named else named


def outside_problem(problem: Failure) -> Failure:
    """A refusal in the words of who sent the record."""
    errors, field = problem.facts.get("errors"), problem.facts.get("field")
    if isinstance(errors, list):
        return refusal([{**one, "field": _path(one["field"])} for one in errors])
    if not isinstance(field, str) or field not in OUTSIDE:
        return problem
    name = OUTSIDE[field]
    cause = problem.cause.replace(f"{field}: ", f"{name}: ", 1)
    return Invalid(problem.code, cause, problem.remedy, **problem.facts | {"field": name})


def _path(field: str) -> str:
    return ".".join(OUTSIDE.get(part, part) for part in field.split("."))


@cache
def outside_schema(kind: Kind) -> Schema:
    """What one record of a kind is written with, for whoever describes it."""
    return _renamed(schema_of(kind))


def _renamed(schema: Schema) -> Schema:
    known = dict(schema.declared_fields)
    rates = known.get("rates")
    if isinstance(rates, fields.List) and isinstance(rates.inner, fields.Nested):
        lines = fields.Nested(_renamed(rates.inner.schema))
        known["rates"] = fields.List(lines, validate=rates.validate, metadata=rates.metadata)
    named = {OUTSIDE.get(name, name): field for name, field in known.items()}
    made: Schema = type(type(schema).__name__, (Strict,), {"__module__": __name__, **named})()
    return made
