"""Takes one API request through the service: token, limits, remembered answer, work, Fault or answer."""

from __future__ import annotations

from urllib.parse import parse_qs

from . import batch, changes, faults, invoices, memory, objects, query
from .books import Books
from .faults import Call
from .oauth import Grant
from .wire import Body, Refused, Reply, length, missing, parse, reply, stamp
from .world import World


def answer(world: World, call: Call) -> Reply:
    """The answer to one data request, refusals included."""
    try:
        with world.lock:
            grant = world.grants.holder(call.headers.get("authorization", ""), call.realm)
            if not _admitted(world, call, grant):
                return faults.throttled(world.options.retry_after, world.options.throttle_xml)
        return _remembered(world, call) if call.method == "POST" and "requestid" in call.args else _fresh(world, call)
    except Refused as refused:
        return reply(refused.body(world.now()), refused.status)


def _admitted(world: World, call: Call, grant: Grant) -> bool:
    return world.meter.admits(world.options.limits, call.realm, grant.client, batch=call.resource == "batch", now=world.now())


def _remembered(world: World, call: Call) -> Reply:
    """A request under a known id gets the first answer again and does nothing."""
    requestid = call.args["requestid"]
    memory.check(requestid)
    with world.acting(call.realm, "api", requestid) as books:
        known = world.memory.known(call.realm, requestid, world.now(), length(world.options.memory_seconds))
        if known is not None and world.options.known_request == "refuse":
            raise memory.already_there(requestid)
        return known or _kept(world, call, books, requestid)


def _kept(world: World, call: Call, books: Books, requestid: str) -> Reply:
    """Works and notes the answer under the id before anybody else may look; refusals only if the options say so."""
    try:
        made = _worked(world, call, books)
    except Refused as refused:
        if world.options.remember_errors:
            world.memory.keep(call.realm, requestid, world.now(), reply(refused.body(world.now()), refused.status))
        raise
    world.memory.keep(call.realm, requestid, world.now(), made)
    return made


def _fresh(world: World, call: Call) -> Reply:
    with world.acting(call.realm, "api") as books:
        return _worked(world, call, books)


def _worked(world: World, call: Call, books: Books) -> Reply:
    return reply({**_result(world, books, call), "time": stamp(world.now(), milliseconds=True)})


def _result(world: World, books: Books, call: Call) -> Body:
    if call.resource == "query":
        return {"QueryResponse": query.answer(books, _statement(call), world.visible())}
    if call.resource == "cdc":
        return changes.answer(books, call.args.get("entities"), call.args.get("changedSince"), world.visible())
    if call.resource == "batch":
        return batch.answer(
            books, parse(call.body), call.args.get("requestid"), lambda text: query.answer(books, text, world.visible())
        )
    entity, *rest = call.resource.split("/")
    return _entity(world, books, call, objects.named(entity), rest)


def _entity(world: World, books: Books, call: Call, entity: str, rest: list[str]) -> Body:
    if call.method == "GET":
        return {entity: objects.read(books, entity, rest[0] if rest else "")}
    if rest[1:] == ["send"] and entity == "Invoice":
        return {entity: invoices.email(books, rest[0], call.args.get("sendTo"), stamp(world.now()))}
    if rest:
        raise objects.unsupported(call.resource)
    stored = objects.write(books, entity, call.operation, parse(call.body), call.args.get("include", "").split(","))
    return {entity: stored, **objects.warnings(books, entity, stored)}


def _statement(call: Call) -> str:
    """The query of a GET, or the body of a POST, as plain text or as a form."""
    text = call.args.get("query") or call.body.decode("utf-8", "replace")
    if text.startswith("query="):
        text = parse_qs(text)["query"][0]
    if not text.strip():
        raise missing("query")
    return text
