"""The contract of a service as an OpenAPI 3.1 document, made of what its routes say of themselves."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask
from marshmallow import Schema

from shared.contract import answers as a
from shared.platform import auth
from shared.platform.web import Media, Route, Said, described

_TEXT = """\
Send `Authorization: Bearer KEY` with an API key, or with a token made of one. Each operation names the scope it needs: without
a credential the answer is 401, without the scope 403, and what belongs to another organisation is not there (404).

Numbers are exact decimals: read them as such, not as binary fractions. Where a number is taken, its text is taken too. Dates are
civil dates, durations whole seconds, moments carry their offset. Objects may gain members; those that are documented stay.

Every error is `application/problem+json` with an `error` object: a stable `code`, a `message` that says what is wrong, the
`remedy`, and `retry_after_s` where trying again helps. An unknown field or query argument is refused, never passed over.

Operations that take an `Idempotency-Key` answer a repeated request with the first one's answer (`Idempotent-Replayed: true`),
409 while the first is running, 422 when the key came with another body. Keys are kept for 48 hours."""

_PARAMETER = re.compile(r"<(?:[^:>]+:)?([^>]+)>")
_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "description": "Chosen by the caller, one for each thing to be done.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
}


_MATCH = {
    "in": "header",
    "name": "If-Match",
    "description": "The ETag of the revision that was seen; it may stand in the body instead.",
    "schema": {"type": "string"},
}


class FieldError(a.Answer):
    """One field that can't be taken."""

    field = a.text("Where it is, as in `rates.0.since`.", "amount")
    value = a.text("What was sent, shortened.", "'7,5'")
    code = a.text("", "bad_number")
    cause = a.text("", "'7,5' is not a number as it is written here")
    remedy = a.text("", "write digits, with a point")


class Facts(a.OpenAnswer):
    """What belongs to an error besides; more than this may be there."""

    errors = a.many(FieldError, optional=True)


class Error(a.Answer):
    """What went wrong."""

    code = a.text("Stable: programs may decide by it.", "bad_number")
    message = a.text("", "amount: '7,5' is not a number as it is written here")
    remedy = a.text("What to do now.", "write digits, with a point", optional=True)
    retry_after_s = a.whole("Seconds after which to try again.", optional=True)
    facts = a.one(Facts, optional=True)


class Problem(a.Answer):
    """What a caller is told when something can't be done."""

    type = a.text("", "urn:timebooks:problem:bad_number")
    title = a.text("", "Unprocessable Entity")
    status = a.whole("", 422)
    detail = a.text("", "amount: '7,5' is not a number as it is written here")
    instance = a.text("The path that was asked.", "/api/v1/worklog/records")
    error = a.one(Error)


_PROBLEM = {"application/problem+json": {"schema": Problem, "example": a.sample(Problem())}}


def document(app: Flask) -> dict[str, Any]:
    """The document of everything that is mounted on a service's application, under the title that it was published with."""
    spec = APISpec(
        title=app.extensions["timebooks"]["title"],
        version=version("timebooks"),
        openapi_version="3.1.0",
        plugins=[MarshmallowPlugin(schema_name_resolver=_named)],
        info={"description": _TEXT},
        servers=[{"url": "/", "description": "Where this document comes from."}],
        tags=[{"name": name} for name in dict.fromkeys(room for room, _, _ in described(app))],
    )
    spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    spec.components.response("Problem", _problem())
    for room, rule, route in described(app):
        spec.path(_PARAMETER.sub(r"{\1}", rule), operations={route.method.lower(): _operation(room, rule, route)})
    return spec.to_dict()


def _named(schema: Any) -> str:
    """The name of a schema: its room's and its own; what is sent has another name than what is answered."""
    of = schema if isinstance(schema, type) else type(schema)
    room = of.__module__.split(".")[-2]
    return f"{room}.{of.__name__.strip('_').removesuffix('Schema')}{'' if issubclass(of, a.Answer | a.OpenAnswer) else 'Request'}"


def _problem() -> dict[str, Any]:
    headers = {
        "Retry-After": {"description": "With 429 and 503: seconds.", "schema": {"type": "integer"}},
        "WWW-Authenticate": {"description": "With 401.", "schema": {"type": "string"}},
    }
    return {"description": "It can't be done.", "headers": headers, "content": _PROBLEM}


def _operation(room: str, rule: str, route: Route) -> dict[str, Any]:
    scope = route.scope
    summary, _, text = said_of(route).partition("\n\n")
    roles = [role for role, scopes in auth.ROLES.items() if scope in scopes]
    return {
        "operationId": f"{room}_{route.said.get('name', route.handler.__name__)}",
        "tags": [room],
        "summary": " ".join(summary.split()),
        "description": "\n\n".join(part for part in (text, _who(scope, roles)) if part),
        "security": [] if scope is None else [{"bearer": [] if scope == auth.ANY else [scope]}],
        "x-scope": scope,
        "x-roles": roles,
        "parameters": [*_in_path(rule), *_besides(route.said)],
        **_body(route.said),
        "responses": _responses(route),
    }


def said_of(route: Route) -> str:
    """What a route does, in words."""
    return route.said.get("says") or inspect.getdoc(route.handler) or ""


def _besides(said: Said) -> Iterator[dict[str, Any]]:
    if "asks" in said:
        yield {"in": "query", "schema": said["asks"]}
    if said.get("once"):
        yield _KEY
    if said.get("revised"):
        yield _MATCH


def _body(said: Said) -> dict[str, Any]:
    if "takes" not in said:
        return {}
    return {"requestBody": {"required": True, "content": _content(said["takes"], said.get("example"))}}


def _who(scope: str | None, roles: list[str]) -> str:
    if scope is None:
        return "Open to everybody."
    if scope == auth.ANY:
        return "Open to every API key of an organisation."
    return f"Needs the scope `{scope}`, which these roles can have: {', '.join(roles)}."


def _in_path(rule: str) -> Iterator[dict[str, Any]]:
    for name in _PARAMETER.findall(rule):
        schema = {"type": "string"}
        yield {"in": "path", "name": name, "required": True, "schema": schema, "example": a.example_id(name)}


def _responses(route: Route) -> dict[str, Any]:
    said = route.said
    given = {usual(route): said.get("gives"), **said.get("also", {})}
    found: dict[str, Any] = {str(status): _response(status, what) for status, what in given.items()}
    good = found[str(usual(route))]
    good.get("content", {}).update({kind: {"schema": {"type": "string"}} for kind in said.get("files", ())})
    if headers := {name: {"schema": {"type": "string"}} for name, wanted in _HEADERS.items() if said.get(wanted)}:
        found |= {status: what | {"headers": headers} for status, what in found.items() if status < "3"}
    return {**dict.fromkeys(_refusals(route), "Problem"), "default": "Problem", **found}


def _refusals(route: Route) -> Iterator[str]:
    if route.scope is not None:
        yield from ("401", "403")
    if "<" in route.rule:
        yield "404"
    if "takes" in route.said:
        yield "422"


_HEADERS = {"Idempotent-Replayed": "once", "ETag": "revised"}


def usual(route: Route) -> int:
    """The status of the answer when all went well."""
    return route.said.get("status", 204 if route.said.get("gives") is None else 200)


def _response(status: int, what: type[Schema] | Media | None) -> dict[str, Any]:
    if what is None:
        return {"description": HTTPStatus(status).phrase}
    says = what.says if isinstance(what, Media) else inspect.getdoc(what) or ""
    content = _content(what) | (dict(_PROBLEM) if status >= HTTPStatus.BAD_REQUEST else {})
    return {"description": says.partition("\n\n")[0] or HTTPStatus(status).phrase, "content": content}


def _content(what: type[Schema] | Schema | Media, example: Any = None) -> dict[str, Any]:
    if isinstance(what, Media):
        schema = what.fields or {"type": "string", "format": "binary" if "text" not in what.kind else ""}
        return {what.kind: {"schema": schema, **({} if what.example is None else {"example": what.example})}}
    schema = what() if isinstance(what, type) else what
    return {"application/json": {"schema": what, "example": example or a.sample(schema)}}
