"""The web side of a service: routes that name their scope, the caller, strict bodies, and the headers of every answer."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from ipaddress import ip_address, ip_network
from typing import Any, Protocol, TypedDict, TypeVar, Unpack

from flask import Flask, Response, g, request
from marshmallow import Schema
from werkzeug.routing import Rule

from shared.contract import fields
from shared.kernel import canonical
from shared.kernel.errors import Denied, Invalid
from shared.kernel.quote import quoted
from shared.platform.auth import NotAuthenticated, Principal
from shared.platform.logs import log
from shared.platform.web_errors import Malformed, TooLarge, WrongMedia, handle_errors

JSON_LIMIT = 1_000_000  # bytes
MOST_ROWS = 500
_LONGEST_ADDRESS = 4_000
_BEARER = re.compile(r"Bearer ([A-Za-z0-9._~+/=-]{1,4096})", re.ASCII)
_PAGES_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)

Handler = Callable[..., Any]
F = TypeVar("F", bound=Handler)


@dataclass(slots=True)
class Counts:
    """What a call gave or took beside itself: rows, and documents such as invoices. Whoever knows adds to it."""

    rows: int = 0
    documents: int = 0


class Meter(Protocol):
    """Who counts calls and holds callers to a limit."""

    def admit(self, caller: Principal) -> Mapping[str, str]: ...

    def count(self, caller: Principal, counts: Counts) -> None: ...


@dataclass(frozen=True, slots=True)
class Media:
    """A body that is no JSON: of this media type, and what is in it; a form has ``fields``."""

    kind: str
    says: str
    fields: Schema | None = None
    example: Any = None


class Said(TypedDict, total=False):
    """What a route says of itself, beside its handler's docstring; the contract is made of it, and ``sent`` reads by it."""

    takes: Schema | Media  # the body
    example: Any  # of the body
    asks: type[Schema]  # the query arguments it knows; others are refused, and without it every one
    gives: type[Schema] | Media | None  # the answer when all went well; None: an empty one
    status: int  # of that answer, when it isn't 200, or 204 for an empty one
    also: Mapping[int, type[Schema] | Media]  # other answers
    files: tuple[str, ...]  # media types that the same comes as when it is asked for
    once: bool  # an Idempotency-Key is heeded
    revised: bool  # If-Match is heeded, and the answer has an ETag
    name: str  # of the operation, where several routes share a handler
    says: str  # in place of the handler's docstring
    limit: int  # bytes of the body
    own: bool  # it keeps a worker to their own records by itself


@dataclass(frozen=True, slots=True)
class Route:
    """One address of a service. ``scope`` None: open to anybody."""

    method: str
    rule: str
    scope: str | None
    handler: Handler
    said: Said

    @property
    def limit(self) -> int:
        return self.said.get("limit", JSON_LIMIT)

    @property
    def own(self) -> bool:
        return self.said.get("own", False)


class Room:
    """The routes of one room. Each states the scope it needs, or is opened by name (callbacks, health).

    A worker is refused wherever a route doesn't say ``own``: that it shows and changes only what is of ``principal().own``.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.routes: list[Route] = []

    def get(self, rule: str, *, scope: str, **said: Unpack[Said]) -> Callable[[F], F]:
        return self._add("GET", rule, scope, said)

    def post(self, rule: str, *, scope: str, **said: Unpack[Said]) -> Callable[[F], F]:
        return self._add("POST", rule, scope, said)

    def put(self, rule: str, *, scope: str, **said: Unpack[Said]) -> Callable[[F], F]:
        return self._add("PUT", rule, scope, said)

    def delete(self, rule: str, *, scope: str, **said: Unpack[Said]) -> Callable[[F], F]:
        return self._add("DELETE", rule, scope, said)

    def open_get(self, rule: str, **said: Unpack[Said]) -> Callable[[F], F]:
        return self._add("GET", rule, None, said)

    def open_post(self, rule: str, **said: Unpack[Said]) -> Callable[[F], F]:
        return self._add("POST", rule, None, said)

    def _add(self, method: str, rule: str, scope: str | None, said: Said) -> Callable[[F], F]:
        def keep(handler: F) -> F:
            self.routes.append(Route(method, rule, scope, handler, said))
            return handler

        return keep


class _Rule(Rule):
    """An address that is read, never made: what makes it would take most of the time in which a service starts."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        return _never_made


def _never_made(rule: Rule, **_: Any) -> tuple[str, str]:
    raise NotImplementedError(f"{rule.rule}: addresses are written out, not made from routes")


class _ServiceApp(Flask):
    """A Flask application that takes routes from rooms only, so that none is without a scope."""

    url_rule_class = _Rule

    def add_url_rule(self, rule: str, *args: Any, route: Route | None = None, **options: Any) -> None:
        if route is None:
            raise TypeError(f"{rule}: routes come from a Room, which says who may call")
        super().add_url_rule(rule, *args, **options)


def service_app(
    name: str, prefix: str, *rooms: Room, authenticate: Callable[[str], Principal], meter: Meter | None = None
) -> Flask:
    """The application of one service under ``prefix``. ``authenticate`` turns a bearer into a Principal or raises Denied."""
    app = _ServiceApp(name, static_folder=None)
    app.url_map.strict_slashes, app.url_map.merge_slashes = False, False
    app.extensions["timebooks"] = {"prefix": prefix, "authenticate": authenticate, "meter": meter, "routes": [], "own": set()}
    app.before_request(_check_address)
    app.after_request(_finish)
    handle_errors(app)
    mount(app, *rooms)
    return app


def mount(app: Flask, *rooms: Room) -> None:
    """Add the routes of rooms to a service's application."""
    ours = app.extensions["timebooks"]
    for room in rooms:
        for route in room.routes:
            endpoint = f"{room.name}.{route.handler.__name__}.{route.method}.{len(ours['routes'])}"
            view = _view(route, ours["authenticate"], ours["meter"])
            rule = ours["prefix"] + route.rule
            app.add_url_rule(rule, endpoint, view, methods=[route.method], provide_automatic_options=False, route=route)
            ours["routes"].append((room.name, rule, route))
            ours["own"] |= {(route.method, rule)} if route.own else set()


def described(app: Flask) -> list[tuple[str, str, Route]]:
    """Every address of a service as (room, whole rule, route)."""
    return list(app.extensions["timebooks"]["routes"])


def routes(app: Flask) -> list[tuple[str, str, str | None]]:
    """Every address of a service as (method, rule, scope); scope None: open."""
    return [(route.method, rule, route.scope) for _, rule, route in described(app)]


def workers_routes(app: Flask) -> set[tuple[str, str]]:
    """The addresses, as (method, rule), that a worker may use."""
    return set(app.extensions["timebooks"]["own"])


def principal() -> Principal:
    """Who calls. Only inside a route that is not open."""
    caller: Principal = g.principal
    return caller


def counts() -> Counts:
    """What is counted of the present call; what a stream adds to it until it ends counts as well."""
    if "counts" not in g:
        g.counts = Counts()
    found: Counts = g.counts
    return found


def body() -> dict[str, Any]:
    """The JSON object that was sent, by our strict reader."""
    if request.mimetype != "application/json" or request.mimetype_params.get("charset", "utf-8").lower() != "utf-8":
        raise WrongMedia("unsupported_media_type", "The body is not announced as JSON.", "Send Content-Type: application/json.")
    raw = raw_body()
    try:
        value = canonical.loads(raw)
    except Invalid as error:
        raise Malformed(error.code, f"The body can't be read: {error.cause}.", error.remedy) from error
    if not isinstance(value, dict):
        raise Malformed("bad_json", "The body is not a JSON object.", 'Send {"name": value, …}.')
    return value


def sent() -> dict[str, Any]:
    """The values of the JSON object that was sent, read by what the route says it takes; every error at once."""
    return fields.load(g.route.said["takes"], body(), "the request")


def raw_body() -> bytes:
    """The very bytes that were sent, no more than the route takes."""
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise WrongMedia("unsupported_encoding", "The body is compressed.", "Send it without Content-Encoding.")
    data = request.get_data(cache=True)
    _check_length(len(data))  # werkzeug cuts a body of unannounced length off without a word
    return data


def argument(name: str, *, limit: int = 200) -> str | None:
    """One query argument as clean text; None when it wasn't given."""
    if "gives" in g.route.said and name not in _known(g.route):
        raise LookupError(f"{request.endpoint} reads {name}, which its route doesn't say that it asks for")
    given = request.args.getlist(name)
    if len(given) > 1:
        raise Invalid("bad_argument", f"{name} was given {len(given)} times.", "Give it once.")
    return canonical.clean_text(given[0], limit=limit) if given else None


def network(proxies: int) -> str:
    """Where a request comes from: an address, in IPv6 the network of 64 bits; behind so many proxies of ours, as they name it."""
    named = [request.remote_addr or ""]
    if proxies:
        named = [one.strip() for one in request.headers.get("X-Forwarded-For", "").split(",")][-proxies:]
    try:
        address = ip_address(named[0])
    except ValueError:
        return "unknown"
    return str(ip_network((address, 64), strict=False)) if address.version == 6 else str(address)


class Paged(fields.Strict):
    """The query arguments of a list that comes in pages."""

    page = fields.whole(1_000_000, lowest=1, metadata={"description": "Which page, counted from 1."})
    page_size = fields.whole(MOST_ROWS, lowest=1, metadata={"description": "How many on a page."})


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is wanted; ``number`` counts from 1."""

    number: int
    size: int

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size


def page_args(*, size: int = 50) -> Page:
    """``page`` and ``page_size`` of the query."""
    return Page(_count("page", 1, 1_000_000), _count("page_size", size, MOST_ROWS))


def _count(name: str, default: int, most: int) -> int:
    text = argument(name)
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,7}", text, re.ASCII) or not 1 <= int(text) <= most:
        raise Invalid("bad_argument", f"{name} is {quoted(text)}.", f"Give a whole number from 1 to {most}.")
    return int(text)


def html(text: str, status: int = 200) -> Response:
    """A page for a person."""
    return Response(text, status, content_type="text/html; charset=utf-8")


def _view(route: Route, authenticate: Callable[[str], Principal], meter: Meter | None) -> Handler:
    def view(**names: str) -> Response:
        g.route, request.max_content_length = route, route.limit + 1
        if route.scope is not None:
            g.principal = authenticate(_bearer())
            if meter is not None:
                g.meter, g.limits = meter, meter.admit(g.principal)
            g.principal.need(route.scope)
            if g.principal.own is not None and not route.own:
                raise Denied("own_only", "This is about everybody's records; a worker has their own.", "Ask a manager to do it.")
        _check_length(request.content_length or 0)
        _check_arguments(route)
        return _answer(route.handler(**names))

    return view


def _check_arguments(route: Route) -> None:
    """A filter with a mistyped name would answer more than was asked for. What providers add to a callback is their matter."""
    if route.scope is None or "gives" not in route.said:
        return
    if unknown := request.args.keys() - _known(route):
        known = ", ".join(sorted(_known(route)))
        remedy = f"This address knows: {known}." if known else "This address takes no query arguments."
        raise Invalid("unknown_argument", f"There is no argument {quoted(min(unknown))}.", remedy)


@cache
def _arguments(schema: type[Schema]) -> frozenset[str]:
    return frozenset(field.data_key or name for name, field in schema().fields.items())


def _known(route: Route) -> frozenset[str]:
    return _arguments(route.said["asks"]) if "asks" in route.said else frozenset()


def _check_length(length: int) -> None:
    if length > g.route.limit:
        raise TooLarge("too_large", f"The body has more than {g.route.limit} bytes.", "Send less at once.")


def _bearer() -> str:
    found = _BEARER.fullmatch(request.headers.get("Authorization", ""))
    if not found:
        raise NotAuthenticated("not_authenticated", "No credential was sent.", "Send Authorization: Bearer with an API key.")
    return found[1]


def _answer(value: Any) -> Response:
    if isinstance(value, Response):
        return value
    value, status, headers = (*value, {})[:3] if isinstance(value, tuple) else (value, 200, {})
    if isinstance(value, dict) and isinstance(value.get("items"), list):
        counts().rows += len(value["items"])
    if value is None:
        return Response(status=204)
    return Response(canonical.dumps(value), status, headers, content_type="application/json")


def _check_address() -> None:
    g.began = time.monotonic_ns()
    if len(request.full_path) > _LONGEST_ADDRESS:
        raise Malformed("address_too_long", f"The address has over {_LONGEST_ADDRESS} characters.", "Send less in the query.")
    for text in (request.path, *request.args.keys(), *(value for values in request.args.listvalues() for value in values)):
        if any(letter < " " or "\x7f" <= letter <= "\x9f" for letter in text):
            raise Malformed("bad_address", "The address holds control characters.", "Send plain text, percent-encoded in UTF-8.")


def _finish(answer: Response) -> Response:
    answer.headers.setdefault("X-Content-Type-Options", "nosniff")
    answer.headers.setdefault("Referrer-Policy", "no-referrer")
    answer.headers.setdefault("Cache-Control", "no-store")
    answer.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    if answer.mimetype == "text/html":
        answer.headers.setdefault("Content-Security-Policy", _PAGES_CSP)
        answer.headers.setdefault("X-Frame-Options", "DENY")
    if request.is_secure:
        answer.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    answer.headers.extend(g.get("limits", {}))
    if "meter" in g and answer.status_code < 500:
        answer.call_on_close(partial(g.meter.count, g.principal, counts()))
    _note(answer)
    return answer


def _note(answer: Response) -> None:
    caller = g.get("principal")
    log(
        "http.served",
        route=request.url_rule.rule if request.url_rule else None,
        method=request.method,
        status=answer.status_code,
        ms=(time.monotonic_ns() - g.began) // 1_000_000 if "began" in g else None,
        organisation=caller.organisation if caller else None,
        key=caller.key if caller else None,
    )
