"""Takes one API request to its surface: token, organisation, limits, scope, rights, remembered answer, work."""

from __future__ import annotations

from collections.abc import Callable

from . import accounting, australia, memory, scopes, second
from .asking import Ask, Call
from .books import Books
from .identity import Consent
from .journal import Act
from .wire import Malformed, Reply, Turned, denied, json_reply, loads, not_there, text_reply
from .world import World

Surface = Callable[[Ask], Reply]


def answer(world: World, call: Call) -> Reply:
    """The answer to one call of an organisation's data, with the headers that tell what is left of the limits."""
    with world.held() as state:
        left: dict[str, str] = {}
        try:
            consent = state.identity.holder(call, world.now())
            books = _organisation(world, call, consent)
            if world.options.limits is not None:
                limit = books.organisation.day_limit
                full, left = state.meter.admit(world.options.limits, books.tenant, consent.app, limit, world.now())
                if full is not None:
                    return Reply(full.status, full.body, {**full.headers, **left})
            made = _admitted(world, call, consent, books)
        except Turned as turned:
            made = turned.answer
    return Reply(made.status, made.body, {**made.headers, **left})


def remember(world: World, call: Call, spoilt: Reply) -> None:
    """A wrong answer that the key is to remember."""
    with world.held() as state:
        consent = state.identity.holder(call, world.now())
        state.memory.keep(consent.app, call.headers.get("idempotency-key", ""), call, world.now(), spoilt)


def _organisation(world: World, call: Call, consent: Consent) -> Books:
    """The organisation named in the header, if this person has connected it to this app."""
    tenant = call.headers.get("xero-tenant-id", "").lower()
    known = world.state.identity.connection(consent.app, consent.user, tenant)
    if known is None or not known.live or tenant not in world.state.books:
        raise denied(403, "AuthenticationUnsuccessful")
    return world.state.books[tenant]


def _admitted(world: World, call: Call, consent: Consent, books: Books) -> Reply:
    if books.organisation.offline:
        return text_reply("The organisation is offline", 503)
    surface = _surface(call, books)
    if not scopes.allows(consent.scopes, call):
        raise denied(401, "AuthorizationUnsuccessful", WWW_Authenticate='Bearer error="insufficent_scope"')
    if surface is not accounting.answer and books.organisation.payroll != "ready":
        raise denied(403, "AuthorizationUnsuccessful")
    return _once(world, call, consent, books, surface)


def _surface(call: Call, books: Books) -> Surface:
    family, version = call.path.lower().strip("/").split("/")[:2]
    region, facts = books.organisation.region, books.organisation
    if family == "api.xro":
        return accounting.answer
    if version == "1.0" and region == "AU":
        return australia.answer
    if version == "2.0" and (region != "AU" or facts.second_version):
        return second.answer
    raise not_there()


def _once(world: World, call: Call, consent: Consent, books: Books, surface: Surface) -> Reply:
    """A call under a known key gets the first answer again, and nothing runs."""
    key = call.headers.get("idempotency-key", "")
    if not key or call.method not in ("POST", "PUT", "PATCH"):
        return _worked(world, call, books, surface, None)
    if world.options.memory_down:
        return json_reply({"ErrorNumber": 500, "Type": "Error", "Message": "The idempotency store is not available"}, 500)
    try:
        memory.check(key)
        known = world.state.memory.known(consent.app, key, call, world.now(), world.options.memory_seconds)
    except Malformed as refused:
        return json_reply({"ErrorNumber": 0, "Type": "Error", "Message": refused.message}, 400)
    if known is not None:
        return known
    made = _worked(world, call, books, surface, key)
    world.state.memory.keep(consent.app, key, call, world.now(), made)
    return made


def _worked(world: World, call: Call, books: Books, surface: Surface, key: str | None) -> Reply:
    try:
        sent = loads(call.body) if call.body and call.method in ("POST", "PUT") else None
    except Malformed as unread:
        return json_reply({"ErrorNumber": 0, "Type": "Error", "Message": unread.message}, 400)
    try:
        return surface(Ask(call, books, Act("api", world.now(), key, sent), world.options))
    except Turned as turned:
        return turned.answer
