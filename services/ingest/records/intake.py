"""Records come in: what is new or differs becomes a revision and a feed row, what is the same writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from enum import StrEnum
from operator import attrgetter
from typing import Any, NamedTuple

from services.ingest.records import store, work
from services.ingest.records.fingerprint import fingerprint
from services.ingest.records.mapping import KIND_OF, subjects_among, subjects_of, to_row
from services.ingest.records.models import WORK
from shared.contract.messages import RECORD_CHANGED
from shared.contract.records import AnyRecord, Kind
from shared.kernel.errors import Failure, Invalid
from shared.platform import clock, feed
from shared.platform.session import Session
from shared.platform.vault import Keyring, Vault

AT_ONCE = 1_000
"""Records that are compared and written together."""

_ORDER = (Kind.PERSON, Kind.CLIENT, Kind.TAG, Kind.JOB, Kind.TIME, Kind.EXPENSE, Kind.MILEAGE)
"""What others refer to comes first."""


class Outcome(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class Result(NamedTuple):
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
    feed.publish_all(session, organisation, RECORD_CHANGED, changed)
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
        kinds: dict[Kind, list[Numbered]] = {}
        for numbered in batch:
            kinds.setdefault(KIND_OF[type(numbered[1])], []).append(numbered)
        subjects = [subjects_among(kind, [record for _, record in some]) for kind, some in kinds.items()]
        keyring = vault.keyring(session, organisation, set().union(*subjects))
        for kind in sorted(kinds, key=_ORDER.index):
            results |= _accept_kind(session, keyring, kind, kinds[kind], announce)
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
    stored, refused = _known(session, keyring, kind, some)
    results: dict[int, Result] = {}
    fresh, rows = [], []
    for index, record in some:
        if index in refused:
            results[index] = Result(Outcome.REFUSED, kind, record.id, problem=refused[index])
            continue
        revision, had = stored.get(record.id, (0, ""))
        content_hash = keyring.mac(fingerprint(kind, record))
        if had == content_hash:
            results[index] = Result(Outcome.UNCHANGED, kind, record.id, revision)
            continue
        fresh.append((record, revision + 1))
        rows.append(to_row(kind, record, keyring, revision=revision + 1, content_hash=content_hash, at=at))
        results[index] = Result(Outcome.CHANGED if revision else Outcome.NEW, kind, record.id, revision + 1)
    if rows:
        _keep(session, organisation, kind, fresh, rows)
        announce(session, organisation, kind, [(record.id, revision) for record, revision in fresh])
    return results


def _keep(session: Session, organisation: str, kind: Kind, fresh: Sequence[tuple[Any, int]], rows: Sequence[Any]) -> None:
    replaced = {record.id: record for record, revision in fresh if revision > 1}
    if kind is Kind.PERSON:
        work.announce_moves(session, organisation, {one: record.zone for one, record in replaced.items()})
    store.keep(session, kind, rows, replaced=replaced)


# ---- what a record refers to

def _references(record: AnyRecord) -> Iterator[tuple[str, Kind, str]]:
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


def _known(
    session: Session, keyring: Keyring, kind: Kind, some: list[Numbered]
) -> tuple[dict[str, tuple[int, str]], dict[int, Failure]]:
    """Revision and hash of those that are stored; and index -> why it can't be taken, which mostly all can be."""
    records = [record for _, record in some]
    named = _named(kind, records)
    states = store.states_of(session, keyring.organisation, {**named, kind: {record.id for record in records}})
    stored, known = states.pop(kind, {}), set[str]().union(*states.values())
    erased = {subject for subject in subjects_among(kind, records) if keyring.erased(subject)}
    if not erased and known.issuperset(set().union(*named.values())):
        return stored, {}
    problems = ((index, _refusal(kind, record, erased, known)) for index, record in some)
    return stored, {index: problem for index, problem in problems if problem}


def _named(kind: Kind, records: Sequence[AnyRecord]) -> dict[Kind, set[str]]:
    """What the records refer to."""
    named: dict[Kind, set[str]] = {}
    if kind in WORK:
        for target in (Kind.PERSON, Kind.CLIENT, Kind.JOB):
            named[target] = set(map(attrgetter(target), records)) - {None}
        named[Kind.TAG] = set().union(*map(attrgetter("tags"), records))
        return named
    for record in records:
        for _, target, value in _references(record):
            named.setdefault(target, set()).add(value)
    return named


def _refusal(kind: Kind, record: AnyRecord, erased: Collection[str], known: Collection[str]) -> Failure | None:
    for subject in subjects_of(kind, record):
        if subject in erased:
            cause = "it is about a person or client who was erased; new data about them is refused"
            remedy = "leave it out, or give somebody else of that name a record with another source id"
            return Invalid("erased", cause, remedy, subject=subject)
    for field, target, value in _references(record):
        if value not in known:
            return Invalid(
                f"unknown_{target.value}",
                f"{field}: no such {target.value} is stored",
                f"send the {target.value} first, or in the same request",
                field=field,
                reference=value,
            )
    return None
