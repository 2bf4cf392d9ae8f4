"""What ingest wants in the books: its feed, stored as the wanted version of a binding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from shared.connector import problems, references, store
from shared.connector.context import Connector
from shared.connector.models import binding, call, call_item, reference
from shared.contract.messages import PERSON_ERASED
from shared.contract.statuses import BindingState
from shared.kernel import canonical
from shared.platform import feed, files, jobs
from shared.platform.jobs import Job
from shared.platform.session import Session, insert, prepared

EDITED_THERE = {"diverged", "changed_there"}
"""Codes of problems that say that somebody changed in the books what we wrote."""
CALLING = (BindingState.SENT, BindingState.UNKNOWN)


def follow(c: Connector, job: Job) -> None:
    """Take in everything new of ingest's feed."""
    catch_up(c)


def catch_up(c: Connector, *, organisation: str | None = None, name: str = "ingest") -> int:
    """Read the feed from this reader's cursor on; for a new connection, one organisation's from the beginning."""

    def fetch(after: int, limit: int) -> Mapping[str, Any]:
        query = {"after": str(after), "limit": str(limit), "kinds": ",".join((*c.hooks.kinds, PERSON_ERASED))}
        answer: Mapping[str, Any] = c.ingest.get("/feed", query | ({"organisation": organisation} if organisation else {}))
        return answer

    return feed.follow(c.db, name, fetch, lambda session, row: apply(c, session, row))


def catch_up_connection(c: Connector, job: Job) -> None:
    """What was composed before a connection was made is wanted in it too."""
    catch_up(c, organisation=job.organisation, name=f"ingest:{job.subject}")


def apply(c: Connector, session: Session, row: Mapping[str, Any]) -> None:
    """One feed row. Applied twice, or after a later one, it changes nothing."""
    if row["kind"] == PERSON_ERASED:
        c.vault.erase(session, row["organisation"], row["subject"])
    elif row["kind"] in c.hooks.kinds:
        c.hooks.take(c, session, row)


def take_document(c: Connector, session: Session, row: Mapping[str, Any]) -> None:
    """A feed row whose body is a document: it is wanted where its client is linked (``Hooks.take``)."""
    if row["body"] is not None:
        want(c, session, row["organisation"], row["body"])


def want(
    c: Connector, session: Session, organisation: str, body: Mapping[str, Any], *, connection: Mapping[str, Any] | None = None
) -> None:
    """Want this version of a document, unless a later one is wanted already; ``connection``: where, if that is known."""
    document = c.provider.load(body)
    row = session.execute(*_bound(organisation, document.id)).mappings().first()
    if row is None:
        chosen = connection or _connection_for(session, organisation, document)
        _reserve(c, session, organisation, document, body, chosen)
    elif document.version > row["wanted_version"]:
        _renew(c, session, row, document, body)


@prepared
def _bound(organisation: Any, document: Any) -> sa.Select[Any]:
    return sa.select(binding).where(binding.c.organisation == organisation, binding.c.local == document).with_for_update()


def _reserve(
    c: Connector, session: Session, organisation: str, document: Any, body: Mapping[str, Any], chosen: Mapping[str, Any] | None
) -> None:
    if chosen is None or document.withdrawn:
        return
    values = {
        "id": str(uuid4()),
        "organisation": organisation,
        "connection": chosen["id"],
        "kind": c.provider.info.document_kind,
        "local": document.id,
        "state": BindingState.RESERVED,
        "number": document.number,
        "client": document.client,
        "currency": document.currency,
        "status": c.provider.info.lifecycle.unsent,
        "generation": 1,
        "status_version": 0,
        **_wanted(c, session, organisation, document, body, chosen["push"]),
    }
    session.execute(insert(session, binding), values)
    references.note(c, session, chosen, c.provider.needs(document, store.tenant(chosen)))
    if chosen["push"] == "automatic":
        jobs.ask(session, "push", chosen["id"], organisation=organisation)


def _renew(c: Connector, session: Session, row: Mapping[str, Any], document: Any, body: Mapping[str, Any]) -> None:
    organisation = row["organisation"]
    connection = next((live for live in store.live(session, organisation) if live["id"] == row["connection"]), None)
    push = connection["push"] if connection else "on_plan"
    values = _wanted(c, session, organisation, document, body, push)
    met = _met(c, session, row, document, values["wanted_content"])
    if met is not None:
        values |= met | {"pushed_version": document.version, "problem": None}
    elif row["state"] == BindingState.PARKED:
        values |= {"state": BindingState.CONFIRMED if row["external_id"] else BindingState.RESERVED, "problem": None}
    if "problem" in values:
        problems.close(c, session, row["connection"], subject=row["id"])
    store.change(session, row, **values)
    if connection is not None:
        references.note(c, session, connection, c.provider.needs(document, store.tenant(connection)))
    if push == "automatic":
        jobs.ask(session, "push", row["connection"], organisation=organisation)


def _met(c: Connector, session: Session, row: Mapping[str, Any], document: Any, content: str) -> dict[str, Any] | None:
    """What changes when the new wish is met already, without a write; None when something has to be written."""
    if document.withdrawn and row["state"] == BindingState.VOID:
        return {}
    if row["state"] in CALLING and sent(session, row["id"]):
        return None
    if document.withdrawn and (absent := _absent(c, row)):
        return absent
    if content == row["pushed_content"]:  # it says again what the books had from us
        if problems.open_codes(session, row["connection"], row["id"]) & EDITED_THERE:  # which isn't so any more: look, and tell
            jobs.ask(session, "pull", row["connection"], organisation=row["organisation"])
            return {"state": BindingState.UNKNOWN}
        return {"state": c.provider.info.lifecycle.state(row["status"])}
    return None


def _wanted(
    c: Connector, session: Session, organisation: str, document: Any, body: Mapping[str, Any], push: str
) -> dict[str, Any]:
    [named] = store.living(c, session, organisation, [document])
    keys = c.vault.keyring(session, organisation, named)
    blob = files.store(session, c.vault, organisation, canonical.dumps(body), kind="document", subjects=named)
    said = {name: value for name, value in body.items() if name != "version"}
    wanted = {
        "wanted": blob,
        "wanted_content": keys.mac(canonical.dumps(said)),
        "wanted_version": document.version,
        "wanted_withdrawn": document.withdrawn,
        "wanted_total": document.total,
    }
    return wanted | ({"go_version": document.version} if push == "automatic" else {})


def sent(session: Session, number: str) -> bool:
    """Whether a call that may have arrived carries this binding."""
    return session.execute(*_carrying(number)).first() is not None


@prepared
def _carrying(number: Any) -> sa.Select[Any]:
    return sa.select(call.c.id).join(call_item).where(call_item.c.binding == number, call.c.state == "intended").limit(1)


def _connection_for(session: Session, organisation: str, document: Any) -> Mapping[str, Any] | None:
    """The company that this document belongs in: the one where its client is linked, else the first connected."""
    live = store.live(session, organisation)
    linked = set(session.execute(*_linked(organisation, document.client)).scalars())
    return next((row for row in live if row["id"] in linked), live[0] if live else None)


@prepared
def _linked(organisation: Any, client: Any) -> sa.Select[Any]:
    mine = (reference.c.organisation == organisation, reference.c.local == client, reference.c.remote.is_not(None))
    return sa.select(reference.c.connection).where(*mine)


def _absent(c: Connector, row: Mapping[str, Any]) -> dict[str, Any]:
    """What a withdrawal makes of a binding with nothing to withdraw over there: never sent, or gone. Empty: there is."""
    if row["external_id"] is None:
        return {"state": BindingState.VOID, "status": c.provider.info.lifecycle.dropped}
    return {"state": BindingState.VOID} if row["status"] in c.provider.info.lifecycle.gone else {}
