"""What a file would change of what is stored: worked out before anything is, so that a person can accept it or not."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from operator import attrgetter
from typing import Any

from services.ingest.imports import query as imports
from services.ingest.imports.coverage import Coverage
from services.ingest.imports.held import Held, Place
from services.ingest.imports.matching import Candidate, Matches, bucket, but_its_day, is_made, match
from services.ingest.imports.resolve import Names
from services.ingest.imports.survey import Bucket, alike, candidates, differing_days, stored_days
from services.ingest.records import query
from services.ingest.records.fingerprint import fingerprint
from services.ingest.records.mapping import KIND_OF
from shared.kernel import canonical
from shared.platform.session import Session
from shared.platform.vault import Keyring, Vault


@dataclass(frozen=True, slots=True)
class Change:
    """A row and the stored entry or invoice that it edits."""

    place: Place
    new: Any
    old: Any


@dataclass(slots=True)
class Difference:
    """What the rows of a file mean beside what is stored."""

    changed: list[Change] = field(default_factory=list)
    vanished: list[Any] = field(default_factory=list)  # stored, and the file would have it if the source still did
    absent: list[Any] = field(default_factory=list)  # stored for the same people and days; the file may have left it out
    ids: dict[Place, tuple[str, str]] = field(default_factory=dict)  # row -> id and source id, where not the row's own
    doubtful: list[Place] = field(default_factory=list)  # new rows that may be work which came by another sort of report
    fingerprint: str = ""

    def __bool__(self) -> bool:
        return bool(self.changed or self.vanished or self.doubtful)


def difference(
    session: Session, vault: Vault, organisation: str, held: Held, *, source: str, family: str, stated: tuple[date, date] | None
) -> Difference:
    """Compare the file with what is stored. Call it under the organisation's intake lock."""
    stored = stored_days(session, organisation, held, source, stated)
    if stored is None:
        return Difference()
    keyring = vault.keyring(session, organisation)
    names, coverage = Names(vault, keyring), Coverage(stated)
    days = differing_days(session, keyring, held, names, stored, coverage)
    rows = candidates(held, names, days) if days else []
    there = _there(session, vault, organisation, rows, days, source)
    same_layout = imports.laid_out(session, organisation, family, {_report(one) for one in there.values()})
    strange = {one.id for one in there.values() if _report(one) not in same_layout}
    matches = match(rows, [there[one] for one in sorted(there)], strange)
    found = _difference(keyring, rows, matches, strange, coverage=coverage)
    _move(held, names, matches, found)
    found.ids = _met(rows, matches) | _fresh(names, rows, matches)
    found.doubtful = _doubtful(matches, strange)
    found.fingerprint = _fingerprint(keyring, found)
    return found


def _there(
    session: Session, vault: Vault, organisation: str, rows: Sequence[Candidate], days: set[Bucket], source: str
) -> dict[str, Any]:
    """What is stored of those days, and under the ids of the rows, by id."""
    there = {one.id: one for one in query.on_days(session, vault, organisation, days, source)}
    for kind in {one.kind for one in rows}:
        there |= query.by_id(session, vault, organisation, kind, [one.entry.id for one in rows if one.kind is kind])
    return there


def _difference(
    keyring: Keyring, rows: Sequence[Candidate], matches: Matches, strange: set[str], *, coverage: Coverage
) -> Difference:
    by_place = {one.place: one.entry for one in rows}
    changed = [Change(place, by_place[place], matches.changed[place]) for place in sorted(matches.changed)]
    repeated = {(_report(one), bucket(one)) for one in matches.met.values()}
    found = Difference(changed)
    for one in matches.left:
        missed = one.id not in strange and coverage.misses(one, again=(_report(one), bucket(one)) in repeated)
        (found.vanished if missed else found.absent).append(one)
    return found


def _move(held: Held, names: Names, matches: Matches, found: Difference) -> None:
    """Take a new row and a vanished entry that agree in all but the day for one, where no other of either is like them."""
    pairs = _pairs(matches, found.vanished)
    rows = alike(held, names, pairs, but_its_day) if pairs else Counter()
    moved = [pairs[key] for key, number in rows.items() if number == 1]
    matches.pair(moved)
    gone = {old.id for _, old in moved}
    found.vanished = [one for one in found.vanished if one.id not in gone]
    changed = (Change(row.place, row.entry, old) for row, old in moved)
    found.changed = sorted([*found.changed, *changed], key=attrgetter("place"))


def _pairs(matches: Matches, vanished: Sequence[Any]) -> dict[Hashable, tuple[Candidate, Any]]:
    """A new row and a vanished entry, neither with an id of the report's own, by what they agree in."""
    left = Counter(map(but_its_day, matches.left))
    gone = {but_its_day(one): one for one in vanished if is_made(one)}
    fresh = [(but_its_day(one.entry), one) for one in matches.new if one.identity]
    return {key: (row, gone[key]) for key, row in fresh if key and left[key] == 1 and key in gone}


def _doubtful(matches: Matches, strange: set[str]) -> list[Place]:
    """New rows on days of which the same work may be stored already, told in other rows: in sums, or in parts."""
    there: dict[Hashable, list[Any]] = defaultdict(list)
    for one in matches.left:
        if one.id in strange:
            there[bucket(one)].append(one)
    return [row.place for row in matches.new if any(_may_be(row, one) for one in there.get(bucket(row.entry), ()))]


def _may_be(row: Candidate, stored: Any) -> bool:
    """Whether nothing says that they are not the same work: another client, another job, or ids of the report's own."""
    pairs = ((row.entry.client, stored.client), (row.entry.job, stored.job))
    return all(None in pair or pair[0] == pair[1] for pair in pairs) and (bool(row.identity) or is_made(stored))


def _report(entry: Any) -> str:
    """Which file or request an entry came with."""
    return entry.origin.ref if entry.origin else ""


def _met(rows: Sequence[Candidate], matches: Matches) -> dict[Place, tuple[str, str]]:
    """The ids of rows that are entries of another id than their own."""
    own = {one.place: one.entry.id for one in rows}
    return {place: (old.id, old.source_id) for place, old in matches.met.items() if old.id != own[place]}


def _fresh(names: Names, rows: Sequence[Candidate], matches: Matches) -> dict[Place, tuple[str, str]]:
    """Ids for new rows whose own id is that of an entry which another row is by now."""
    ids: dict[Place, tuple[str, str]] = {}
    met = {one.id for one in matches.met.values()}
    taken = met.union((one.entry.id for one in rows), (one.id for one in matches.left))
    for one in matches.new:
        if one.entry.id in met:
            identity, _, ordinal = one.identity.rpartition("-")
            free = (names.derived(one.entry, f"{identity}-{number}") for number in count(int(ordinal) + 1))
            entry = next(entry for entry in free if entry.id not in taken)
            ids[one.place] = entry.id, entry.source_id
            taken.add(entry.id)
    return ids


def _fingerprint(keyring: Keyring, found: Difference) -> str:
    """The same for the same difference: what is stored now, what it becomes, what goes, what may come twice."""
    edits = [[one.old.id, one.old.revision, keyring.mac(fingerprint(KIND_OF[type(one.new)], one.new))] for one in found.changed]
    gone = [[one.id, one.revision] for one in found.vanished]
    return hashlib.sha256(canonical.dumps([sorted(edits), sorted(gone), sorted(found.doubtful)])).hexdigest()[:32]
