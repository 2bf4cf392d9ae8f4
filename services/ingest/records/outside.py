"""What a record's fields are called where records are written one by one: what refers to others ends in ``_id``, since lists
show names as well."""

from __future__ import annotations

from typing import Any

from shared.contract.fields import refusal
from shared.kernel.errors import Failure, Invalid

_OUTSIDE = {"client": "client_id", "job": "job_id", "person": "user_id", "tags": "tag_ids"}
_INSIDE = {outside: inside for inside, outside in _OUTSIDE.items()}


def inside(sent: dict[str, Any]) -> dict[str, Any]:
    """Fields as the schema calls them. Raises Invalid for one that the schema would know and nobody is to send."""
    strange = next((name for name in sent if name in _OUTSIDE), None)
    if strange is not None:
        cause = f"{strange}: there is no such field"
        raise Invalid("unknown_field", cause, f"give {_OUTSIDE[strange]}", field=strange)
    fields = {_INSIDE.get(name, name): value for name, value in sent.items()}
    if isinstance(fields.get("rates"), list):
        fields["rates"] = [inside(rate) if isinstance(rate, dict) else rate for rate in fields["rates"]]
    return fields


def outside(dumped: dict[str, Any]) -> dict[str, Any]:
    """A dumped record as it is shown."""
    fields = {_OUTSIDE.get(name, name): value for name, value in dumped.items()}
    return fields | {"rates": [outside(rate) for rate in fields["rates"]]} if "rates" in fields else fields


def outside_problem(problem: Failure) -> Failure:
    """A refusal in the words of who sent the record."""
    errors, field = problem.facts.get("errors"), problem.facts.get("field")
    if isinstance(errors, list):
        return refusal([{**one, "field": _path(one["field"])} for one in errors])
    if not isinstance(field, str) or field not in _OUTSIDE:
        return problem
    name = _OUTSIDE[field]
    cause = problem.cause.replace(f"{field}: ", f"{name}: ", 1)
    return Invalid(problem.code, cause, problem.remedy, **problem.facts | {"field": name})


def _path(field: str) -> str:
    return ".".join(_OUTSIDE.get(part, part) for part in field.split("."))
