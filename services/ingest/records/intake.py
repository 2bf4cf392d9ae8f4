"""Records come in: what is new or differs becomes a revision and a feed row, what is the same writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from services.ingest.records import store, work
from services.ingest.records.fingerprint import fingerprint
from services.ingest.records.mapping import KIND_OF, subjects_of, to_row
from shared.contract.records import AnyRecord, Kind
from shared.kernel.errors import Failure, Invalid
from shared.platform import clock, feed
from shared.platform.vault import Keyring, Vault

RECORD_CHANGED = "record.changed"  # feed kind; the subject is the record, the version its revision
AT_ONCE = 1_000
"""Records that are compared and written together."""

_ORDER = (Kind.PERSON, Kind.CLIENT, Kind.TAG, Kind.JOB, Kind.TIME, Kind.EXPENSE, Kind.MILEAGE)
"""What others refer to comes first."""


class Outcome(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one record. A refused one has a problem and was not stored."""

    outcome: Outcome
    kind: Kind
    id: str
    revision: int = 0
    problem: Failure | None = None


Announce = Callable[[Session, str, Kind, Sequence[tuple[str, int]]], None]
Numbered = tuple[int, AnyRecord]


def announce_now(session: Session, organisation: str, kind: Kind, changed: Sequence[tuple[str, int]]) -> None:
    """A feed row for each (id, revision), in this transaction; for time a second one, for whoever pays it."""
    for record, revision in changed:
        feed.publish(session, organisation, RECORD_CHANGED, record, revision)
    if kind is Kind.TIME:
        work.publish(session, organisation, dict(changed))


def feed_rows(kind: Kind) -> int:
    """How many feed rows a change of one such record makes."""
    return 2 if kind is Kind.TIME else 1


def accept(
    session: Session, vault: Vault, organisation: str, records: Sequence[AnyRecord], *, announce: Announce = announce_now
) -> list[Result]:
    """Store records of one organisation; one result each, in their order.

    A record naming somebody erased, or something unknown, is refused alone. The same id twice counts in order. Nothing
    is asked per record: a thousand share one keyring, one comparison and one statement a kind.
    """
    store.lock(session, organisation)
    results: dict[int, Result] = {}
    for batch in _batches(records):
        keyring = vault.keyring(session, organisation, {s for _, r in batch for s in subjects_of(KIND_OF[type(r)], r)})
        for kind in _ORDER:
            some = [(index, record) for index, record in batch if KIND_OF[type(record)] is kind]
            if some:
                results |= _accept_kind(session, keyring, kind, some, announce)
    return [results[index] for index in range(len(records))]


def _batches(records: Sequence[AnyRecord]) -> Iterator[list[Numbered]]:
    """Runs of records in which no id stands twice."""
    batch: list[Numbered] = []
    seen: set[str] = set()
    for index, record in enumerate(records):
        if record.id in seen or len(batch) == AT_ONCE:
            yield batch
            batch, seen = [], set()
        batch.append((index, record))
        seen.add(record.id)
    if batch:
        yield batch


def _accept_kind(session: Session, keyring: Keyring, kind: Kind, some: list[Numbered], announce: Announce) -> dict[int, Result]:
    organisation, at = keyring.organisation, clock.now()
    known = _known_references(session, organisation, kind, [record for _, record in some])
    stored = store.states(session, organisation, kind, [record.id for _, record in some])
    results, rows = {}, []
    for index, record in some:
        problem = _refusal(kind, record, keyring, known)
        if problem is not None:
            results[index] = Result(Outcome.REFUSED, kind, record.id, problem=problem)
            continue
        revision, had = stored.get(record.id, (0, ""))
        content_hash = keyring.mac(fingerprint(kind, record))
        if had == content_hash:
            results[index] = Result(Outcome.UNCHANGED, kind, record.id, revision)
            continue
        rows.append(to_row(kind, record, keyring, revision=revision + 1, content_hash=content_hash, at=at))
        results[index] = Result(Outcome.CHANGED if revision else Outcome.NEW, kind, record.id, revision + 1)
    if rows:
        _keep(session, organisation, kind, rows, announce)
    return results


def _keep(session: Session, organisation: str, kind: Kind, rows: Sequence[dict[str, Any]], announce: Announce) -> None:
    if kind is Kind.PERSON:
        work.announce_moves(session, organisation, {row["id"]: row["zone"] for row in rows if row["revision"] > 1})
    store.keep(session, kind, rows)
    announce(session, organisation, kind, [(row["id"], row["revision"]) for row in rows])


# ---- what a record refers to

def _references(kind: Kind, record: AnyRecord) -> Iterator[tuple[str, Kind, str]]:
    """(field, kind, id) of everything that a record names."""
    for name, target in (("person", Kind.PERSON), ("client", Kind.CLIENT), ("job", Kind.JOB)):
        value = getattr(record, name, None)
        if value:
            yield name, target, value
    for tag in getattr(record, "tags", ()):
        yield "tags", Kind.TAG, tag
    for rate in getattr(record, "rates", ()):
        if rate.person:
            yield "rates", Kind.PERSON, rate.person


def _known_references(session: Session, organisation: str, kind: Kind, records: Sequence[AnyRecord]) -> set[str]:
    named: dict[Kind, set[str]] = {}
    for record in records:
        for _, target, value in _references(kind, record):
            named.setdefault(target, set()).add(value)
    return {one for target, ids in named.items() for one in store.states(session, organisation, target, sorted(ids))}


def _refusal(kind: Kind, record: AnyRecord, keyring: Keyring, known: set[str]) -> Failure | None:
    for subject in subjects_of(kind, record):
        if keyring.erased(subject):
            cause = "it is about a person or client who was erased; new data about them is refused"
            remedy = "leave it out, or give somebody else of that name a record with another source id"
            return Invalid("erased", cause, remedy, subject=subject)
    for field, target, value in _references(kind, record):
        if value not in known:
            return Invalid(
                f"unknown_{target.value}",
                f"{field}: no such {target.value} is stored",
                f"send the {target.value} first, or in the same request",
                field=field,
                reference=value,
            )
    return None
