"""Tables of the records: per kind the present revision of each, and beside it the revisions that went before.

A revision moves to the ``…_past`` table when the next one comes, so that a first import writes each row once. Sealed
columns are bound to table, column and row id; the past table keeps the ciphertext under the present table's name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from services.ingest.tables import ID, metadata
from shared.contract.records import PERSONAL, Kind
from shared.platform.db import Exact, Instant, Json


class Wall(sa.types.TypeDecorator[datetime]):
    """A wall-clock time as ISO text: with its offset when the zone is known, without one when it isn't."""

    impl = sa.String(40)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> str | None:
        return value.isoformat() if value is not None else None

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> datetime | None:
        return datetime.fromisoformat(value) if value is not None else None


_SEALED = sa.LargeBinary
_WORK: dict[str, Any] = {
    "date": sa.Date,
    "person": ID,
    "client": ID,
    "job": ID,
    "tags": Json,
    "currency": sa.String(3),
    "billable": sa.Boolean,
    "notes": _SEALED,
}
FIELDS: dict[Kind, dict[str, Any]] = {
    Kind.PERSON: {"name": _SEALED, "email": _SEALED, "zone": sa.String(64)},
    Kind.CLIENT: {"name": _SEALED, "email": _SEALED, "address": _SEALED, "currency": sa.String(3)},
    Kind.JOB: {"name": sa.Text, "client": ID, "currency": sa.String(3), "rates": Json},
    Kind.TAG: {"name": sa.Text},
    Kind.TIME: _WORK
    | {
        "seconds": sa.Integer,
        "break_seconds": sa.Integer,
        "overtime_seconds": sa.Integer,
        "start": Wall,
        "end": Wall,
        "zone": sa.String(64),
        "rate": Exact,
    },
    Kind.EXPENSE: _WORK | {"amount": Exact, "category": sa.Text},
    Kind.MILEAGE: _WORK
    | {
        "distance": Exact,
        "unit": sa.String(8),
        "rate": Exact,
        "vehicle": _SEALED,
        "odometer_start": Exact,
        "odometer_end": Exact,
        "from_place": _SEALED,
        "to_place": _SEALED,
    },
}
"""The columns of each kind, named as the record's fields."""

SEALED = {kind: PERSONAL[kind] + (("source_id",) if kind in (Kind.PERSON, Kind.CLIENT) else ()) for kind in Kind}
"""What is sealed at rest. A person's or client's source id too: some sources use the e-mail address as the id."""

WORK = (Kind.TIME, Kind.EXPENSE, Kind.MILEAGE)
_NAMES = {Kind.TIME: "time_entry", Kind.JOB: "client_job"}  # "time" and "job" are taken: SQL's word, the platform's table
_REQUIRED = frozenset({"date", "person", "seconds", "break_seconds", "overtime_seconds", "amount", "distance", "billable"})


@dataclass(frozen=True, slots=True)
class Stored:
    """The two tables of one kind."""

    present: sa.Table
    past: sa.Table


def _header(kind: Kind) -> dict[str, Any]:
    return {
        "organisation": ID,
        "source": sa.String(64),
        "source_id": _SEALED if "source_id" in SEALED[kind] else sa.Text,
        "revision": sa.Integer,
        "content_hash": sa.String(64),
        "deleted": sa.Boolean,
        "origin_via": sa.String(16),
        "origin_ref": sa.String(80),
        "origin_row": sa.Integer,
        "at": Instant,  # when this revision was stored
    }


def _table(kind: Kind, name: str, *key: str) -> sa.Table:
    columns = [sa.Column("id", ID, primary_key=True)]
    for field, type_ in (_header(kind) | FIELDS[kind]).items():
        empty = (field in FIELDS[kind] and field not in _REQUIRED) or field.startswith("origin")
        columns.append(sa.Column(field, type_, primary_key=field in key, nullable=empty))
    return sa.Table(name, metadata, *columns)


def _tables(kind: Kind) -> Stored:
    name = _NAMES.get(kind, kind.value)
    return Stored(_table(kind, name), _table(kind, f"{name}_past", "revision"))


TABLES: dict[Kind, Stored] = {kind: _tables(kind) for kind in Kind}

for _kind in (Kind.PERSON, Kind.CLIENT):
    # HMAC of the casefolded name, to match by name what can't be read; null once erased.
    TABLES[_kind].present.append_column(sa.Column("name_hash", sa.String(64)))
_SEARCHED = {Kind.PERSON: "name_hash", Kind.CLIENT: "name_hash", Kind.JOB: "name", Kind.TAG: "name"}
for _kind, _stored in TABLES.items():
    _present = _stored.present
    sa.Index(f"{_present.name}_search", _present.c.organisation, _present.c[_SEARCHED.get(_kind, "date")])

approval = sa.Table(
    "approval",
    metadata,
    sa.Column("entry", ID, primary_key=True),
    sa.Column("organisation", ID, nullable=False),
    sa.Column("state", sa.String(8), nullable=False),  # contract.records.Approval; no row: draft
    sa.Column("revision", sa.Integer, nullable=False),  # of the entry, as the person saw it
    sa.Column("actor", sa.String(80), nullable=False),
    sa.Column("at", Instant, nullable=False),
)
announcement = sa.Table(
    "announcement",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("organisation", ID, nullable=False),
    sa.Column("kind", sa.String(8), nullable=False),  # Kind, or work.NOTE
    sa.Column("subjects", sa.Text, nullable=False),  # ids, one a line: stored already, not on the feed yet
)
