"""On which days a file and the store disagree.

Most rows of a report that comes again are stored already, and most of the others belong to days of which nothing is. So
the file is gone through once to find the days that have to be compared in full, keeping counts only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from services.ingest.imports.coverage import Coverage
from services.ingest.imports.held import Held, Place, Placed
from services.ingest.imports.matching import Candidate, Key, bucket
from services.ingest.imports.resolve import Names, is_derived
from services.ingest.records import query, store
from services.ingest.records.fingerprint import fingerprint
from services.ingest.records.mapping import KIND_OF
from shared.contract.records import Kind
from shared.kernel.errors import Invalid
from shared.platform.session import Session
from shared.platform.vault import Keyring

Bucket = tuple[Kind, str, date]


def entries(page: Sequence[Placed], names: Names) -> tuple[dict[Place, Any], dict[Place, Invalid]]:
    """The entries by their rows, referring to what their names mean, and the problems of the other rows."""
    found: dict[Place, Any] = {}
    problems = {place: result.problem for place, result in page if result.problem}
    for place, result in page:
        if result.problem or not result.records:  # neither: a row that the layout says to leave out
            continue
        try:
            found[place] = names.entry(result.records[-1])
        except Invalid as problem:
            problems[place] = problem
    return found, problems


def named(page: Iterable[Placed]) -> list[Any]:
    """The people, clients, jobs and tags that the rows name."""
    return [record for _, result in page for record in result.records[:-1]]


def stored_days(
    session: Session, organisation: str, held: Held, source: str, stated: tuple[date, ...] | None
) -> dict[Bucket, int] | None:
    """How many entries of the source each day has of those that the file is about; None: nothing stored can be meant."""
    days = (*held.days, *(stated or ())) if held.days else ()
    stored = query.per_day(session, organisation, source, min(days), max(days)) if days else {}
    may_have_moved = held.named and query.known_source(session, organisation, source)
    return stored if stored or may_have_moved else None


def differing_days(
    session: Session, keyring: Keyring, held: Held, names: Names, stored: Mapping[Bucket, int], coverage: Coverage
) -> set[Bucket]:
    """The days of people on which the file and the store disagree; ``coverage`` learns what the file has."""
    days: set[Bucket] = set()
    same: Counter[Bucket] = Counter()
    for page in held.pages():
        names.learn(session, named(page))
        found = list(entries(page, names)[0].values())
        coverage.note(found)
        for entry, unchanged in _compared(session, keyring, found):
            day = bucket(entry)
            same[day] += unchanged is True
            if unchanged is False or (unchanged is None and day in stored):
                days.add(day)
    return days | _lacking(stored, same, coverage)


def _lacking(stored: Mapping[Bucket, int], same: Counter[Bucket], coverage: Coverage) -> set[Bucket]:
    return {day for day, number in stored.items() if same[day] < number and coverage.about(*day[:2])}


def _compared(session: Session, keyring: Keyring, found: Iterable[Any]) -> Iterator[tuple[Any, bool | None]]:
    """Each entry, and whether one of its id is stored with the same content; None: there is none."""
    by_kind: dict[Kind, list[Any]] = {}
    for entry in found:
        by_kind.setdefault(KIND_OF[type(entry)], []).append(entry)
    for kind, some in by_kind.items():
        states = store.states(session, keyring.organisation, kind, [entry.id for entry in some])
        for entry in some:
            _, had = states.get(entry.id, (0, ""))
            yield entry, had == keyring.mac(fingerprint(kind, entry)) if had else None


def alike(held: Held, names: Names, keys: Collection[Hashable], key: Key) -> Counter[Hashable]:
    """How many of the file's rows have each of the keys."""
    found = (key(entry) for page in held.pages() for entry in entries(page, names)[0].values())
    return Counter(one for one in found if one in keys)


def candidates(held: Held, names: Names, days: set[Bucket]) -> list[Candidate]:
    """The file's rows of some days."""
    found: list[Candidate] = []
    for page in held.pages():
        given = {place: result.records[-1].source_id for place, result in page if result.records}
        rows = [(place, entry) for place, entry in entries(page, names)[0].items() if bucket(entry) in days]
        found += (Candidate(place, entry, given[place] if is_derived(given[place]) else "") for place, entry in rows)
    return found
