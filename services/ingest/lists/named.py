"""The lists of people, clients, jobs with their rate cards, and tags."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from services.ingest.exports.asked import whose
from services.ingest.lists.listing import Filter, Item, Listing, Part, Reader, Rows, columns
from services.ingest.records import query as records
from services.ingest.records import query_pages
from shared.contract.records import Client, Job, Kind, Person, Rate
from shared.platform.db import reading

_CHANGED = ("revision:number", "deleted:flag", "updated_at:moment")


def _read(kind: Kind, reader: Reader, asked: Filter, part: Part) -> Sequence[Item]:
    _check(kind, reader)
    with reading(reader.db) as session:
        chosen = {"changed_since": asked.changed_since, "client": asked.client}
        where = {"after": part.after or "", "offset": part.offset, "limit": part.limit}
        found = query_pages.named(session, reader.vault, reader.organisation, kind, **chosen, **where)
        clients = {one.client for one, _ in found if isinstance(one, Job) and one.client}
        names = records.clients(session, reader.vault, reader.organisation, clients)
    return [_item(one, at, {number: client.name for number, client in names.items()}) for one, at in found]


def _count(kind: Kind, reader: Reader, asked: Filter) -> int:
    with reading(reader.db) as session:
        chosen = {"changed_since": asked.changed_since, "client": asked.client}
        return query_pages.count_named(session, reader.organisation, kind, **chosen)


def _check(kind: Kind, reader: Reader) -> None:
    if kind is Kind.PERSON:
        whose(reader.caller, None)


def _item(one: Any, at: datetime, clients: Mapping[str, str]) -> Item:
    told = {"id": one.id, "name": one.name, **_MORE.get(type(one), lambda one, clients: {})(one, clients)}
    header = {"source": one.source, "source_id": one.source_id, "revision": one.revision, "deleted": one.deleted}
    return told | header | {"updated_at": at}


def _job(one: Job, clients: Mapping[str, str]) -> Item:
    client = clients.get(one.client) if one.client else None
    return {"client_id": one.client, "client": client, "currency": one.currency, "rates": [_rate(rate) for rate in one.rates]}


def _rate(rate: Rate) -> Item:
    return {"rate": rate.rate, "overtime_rate": rate.overtime_rate, "user_id": rate.person, "since": rate.since}


_MORE: dict[type, Callable[[Any, Mapping[str, str]], Item]] = {
    Person: lambda one, clients: {"email": one.email, "zone": one.zone},
    Client: lambda one, clients: {"email": one.email, "address": one.address, "currency": one.currency},
    Job: _job,
}


def _listing(kind: Kind, name: str, *own: str, filters: tuple[str, ...] = ()) -> Listing:
    return Listing(
        name=name,
        columns=columns("id", "name:text", *own, "source", "source_id:text", *_CHANGED),
        filters=(*filters, "updated_since"),
        source=Rows(partial(_read, kind), partial(_count, kind), lambda item: str(item["id"])),
    )


LISTS = (
    _listing(Kind.PERSON, "people", "email:text", "zone"),
    _listing(Kind.CLIENT, "clients", "email:text", "address:text", "currency"),
    _listing(Kind.JOB, "jobs", "client_id", "client:text", "currency", "rates:list", filters=("client",)),
    _listing(Kind.TAG, "tags"),
)
