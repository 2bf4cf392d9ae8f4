"""A record as a row of its tables, and back again: what is personal goes in sealed and comes out opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any

from services.ingest.records.models import FIELDS, SEALED, TABLES, WORK
from shared.contract.records import KINDS, AnyRecord, Kind, Origin, Rate, Record, made
from shared.platform.vault import Keyring

Row = Mapping[str, Any]
_ALWAYS = ("name", "notes", "source_id", "vehicle", "from_place", "to_place")  # never None in a record
KIND_OF: dict[type[Record], Kind] = {record: kind for kind, record in KINDS.items()}

_ALL = {kind: ("source", "source_id", "deleted", *FIELDS[kind]) for kind in Kind}
_CLEAR = {kind: tuple(name for name in _ALL[kind] if name not in (*SEALED[kind], "tags", "rates")) for kind in Kind}
_PLACES = {kind: tuple((name, f"{TABLES[kind].present.name}.{name}") for name in SEALED[kind]) for kind in Kind}
_TUPLES = {kind: tuple(field.name for field in fields(KINDS[kind]) if field.name in ("tags", "rates")) for kind in Kind}

_NAMES = {kind: tuple(field.name for field in fields(KINDS[kind])) for kind in Kind}
_STORED = {kind: attrgetter(*("origin_via" if name == "origin" else name for name in _NAMES[kind])) for kind in Kind}
"""The columns of a record's fields, in their order."""

_HASHED = (Kind.PERSON, Kind.CLIENT)
_HEADER = ("revision", "content_hash", "at", "origin_via", "origin_ref", "origin_row")
_VALUES = {kind: attrgetter("id", "organisation", *names) for kind, names in _CLEAR.items()}
ROW = {
    kind: ("id", "organisation", *_CLEAR[kind], *_HEADER, *SEALED[kind], *_TUPLES[kind], *(["name_hash"] * (kind in _HASHED)))
    for kind in Kind
}
"""The columns of a row of each kind, in the order in which ``to_row`` gives them."""


def subject_of(kind: Kind, record: Any) -> str | None:
    """Whose key seals the personal fields of a record or a row."""
    if kind in WORK:
        return str(record.person)
    return str(record.id) if kind in _HASHED else None


def subjects_of(kind: Kind, record: Any) -> list[str]:
    """The person and client that a record tells something about."""
    own = subject_of(kind, record)
    client = getattr(record, "client", None)
    return [subject for subject in (own, client) if subject]


def subjects_among(kind: Kind, records: Sequence[Any]) -> set[str]:
    """The people and clients that some records of one kind tell something about."""
    if kind in _HASHED:
        return {record.id for record in records}
    found = {record.person for record in records} if kind in WORK else set()
    return found if kind is Kind.TAG else (found | {record.client for record in records}) - {None}


def to_row(
    kind: Kind, record: AnyRecord, keyring: Keyring, *, revision: int, content_hash: str, at: datetime
) -> tuple[Any, ...]:
    """The row of a record's new revision: the values of ROW[kind]."""
    subject, origin = subject_of(kind, record), record.origin
    row = [*_VALUES[kind](record), revision, content_hash, at]
    row += (origin.via, origin.ref, origin.row) if origin else (None, None, None)
    for name, place in _PLACES[kind]:
        text = getattr(record, name)
        row.append(keyring.seal(subject, place, record.id, text) if text else None)
    for name in _TUPLES[kind]:
        row.append(_plain(getattr(record, name)) or None)  # the common empty list costs nothing
    if kind in _HASHED:
        row.append(name_hash(keyring, record.name))  # type: ignore[union-attr]
    return tuple(row)


def to_record(kind: Kind, row: Any, keyring: Keyring) -> AnyRecord:
    """The record of a row; personal fields of somebody erased are empty."""
    values = dict(zip(_NAMES[kind], _STORED[kind](row), strict=True))
    subject = subject_of(kind, row)
    for name, place in _PLACES[kind]:
        text = keyring.open(subject, place, row.id, values[name])
        values[name] = "" if text is None and name in _ALWAYS else text
    for name in _TUPLES[kind]:
        values[name] = tuple(_rate(item) if name == "rates" else item for item in values[name] or ())
    values["origin"] = Origin(row.origin_via, row.origin_ref, row.origin_row) if row.origin_via else None
    return made(KINDS[kind], values)  # type: ignore[no-any-return]


def name_hash(keyring: Keyring, name: str) -> str:
    """Equal for names that differ in case only; says nothing to who hasn't the organisation's key."""
    return keyring.mac(b"name:" + _folded(name).encode())


def hidden(keyring: Keyring, text: str) -> str:
    """What a source id is made of that has to come from a name or from what was done: ids outlive an erasure, so nobody
    without the organisation's key may try texts out on them."""
    return keyring.mac(b"source_id:" + text.encode())


def name_id(keyring: Keyring, kind: Kind, name: str) -> str:
    """The source id of a person or client whom a file knows by name only."""
    return hidden(keyring, f"{kind.value}:{_folded(name)}")


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _plain(items: tuple[Any, ...]) -> list[Any]:
    return [_rate_row(item) if isinstance(item, Rate) else item for item in items]


def _rate_row(rate: Rate) -> dict[str, Any]:
    return {"rate": rate.rate, "overtime_rate": rate.overtime_rate, "person": rate.person, "since": rate.since}


def _rate(row: Row) -> Rate:
    overtime, since = row["overtime_rate"], row["since"]
    return Rate(
        rate=Decimal(row["rate"]),
        overtime_rate=None if overtime is None else Decimal(overtime),
        person=row["person"],
        since=date.fromisoformat(since) if since else None,
    )
