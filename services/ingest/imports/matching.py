"""Which stored entry each row of a file is: the same, an edited one, or none.

A row without an id of its own has one made from what was done, so a mended start or length makes another id of it. Here
such a row meets the entry that it was before, so that a mended row is an edit and nothing is billed twice.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from services.ingest.imports.held import Place
from services.ingest.records.fingerprint import fingerprint
from services.ingest.records.mapping import KIND_OF
from shared.contract.records import Kind

_MADE = re.compile(r"[0-9a-f]{64}", re.ASCII)
"""A stored source id that the report did not give (see ``resolve``)."""

Key = Callable[[Any], Hashable]
"""What two entries have to agree in; None: nothing to agree in."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row of the file as an entry."""

    place: Place
    entry: Any
    identity: str  # what its id was made of; "": its id is the report's own

    @property
    def kind(self) -> Kind:
        return KIND_OF[type(self.entry)]


@dataclass(slots=True)
class Matches:
    """Rows and the stored entries that they are."""

    same: dict[Place, Any] = field(default_factory=dict)
    changed: dict[Place, Any] = field(default_factory=dict)
    new: list[Candidate] = field(default_factory=list)
    left: list[Any] = field(default_factory=list)  # stored, not deleted, and no row is it

    @property
    def met(self) -> dict[Place, Any]:
        return self.same | self.changed

    def pair(self, rows: Sequence[tuple[Candidate, Any]]) -> None:
        """Take new rows for changes of entries that were left."""
        self.changed |= {row.place: old for row, old in rows}
        gone = {old.id for _, old in rows}
        self.left = [one for one in self.left if one.id not in gone]
        self.new = [one for one in self.new if one.place not in self.changed]


def is_made(entry: Any) -> bool:
    """Whether a stored entry's id was made of what was done: its report gave none."""
    return _MADE.fullmatch(entry.source_id) is not None


def bucket(entry: Any) -> tuple[Any, ...]:
    """Where an edited row is looked for: entries of this kind, person and day."""
    return KIND_OF[type(entry)], entry.person, entry.date


def content(entry: Any) -> bytes:
    """All that an entry says but its id."""
    return fingerprint(KIND_OF[type(entry)], replace(entry, source_id=""))


def _quantity(entry: Any) -> tuple[Any, ...]:
    return tuple(getattr(entry, name, None) for name in ("seconds", "amount", "currency", "distance", "unit"))


def _start(entry: Any) -> Hashable:
    return getattr(entry, "start", None) and entry.start.replace(tzinfo=None)


def but_its_day(entry: Any) -> Hashable:
    """What tells an entry from all others whatever its day: who did what, at what time, how long; None: that says too little."""
    start = _start(entry)
    clock = start and start.time()
    told = KIND_OF[type(entry)], entry.person, entry.client, entry.job, clock, _quantity(entry), entry.notes
    return told if clock is not None or entry.notes else None


_ALIKE: tuple[Key, ...] = (
    lambda entry: _start(entry) and (bucket(entry), entry.client, entry.job, _start(entry)),
    lambda entry: (bucket(entry), entry.client, entry.job, _quantity(entry), entry.notes),
    lambda entry: (bucket(entry), entry.client, entry.job),
    lambda entry: _start(entry) and (bucket(entry), _start(entry)),
    lambda entry: entry.notes and (bucket(entry), _quantity(entry), entry.notes),
)
"""Agreements that make an edit of two entries, the closest first."""


def match(rows: Sequence[Candidate], stored: Sequence[Any], strange: Collection[str] = ()) -> Matches:
    """Each row with at most one stored entry and the other way round; the closest agreement first.

    ``strange``: ids of entries that came otherwise than by a report of this layout. A report of sums tells the same work in
    fewer rows, so with these only what agrees one to one is an edit.
    """
    found, pool = Matches(), _Pool(rows, stored)
    pool.pair(found.same, lambda entry: (entry.id, content(entry)), by_id=True)
    pool.pair(found.same, content)
    pool.pair(found.changed, lambda entry: entry.id, by_id=True)
    for key in _ALIKE:
        pool.pair(found.changed, key, strange=strange)
    found.new = list(pool.rows.values())
    found.left = [one for one in pool.stored.values() if not one.deleted]
    return found


class _Pool:
    """Rows and stored entries that nothing is known of yet."""

    def __init__(self, rows: Iterable[Candidate], stored: Iterable[Any]) -> None:
        self.rows = {one.place: one for one in rows}
        self.stored = {one.id: one for one in stored}

    def pair(self, into: dict[Place, Any], key: Key, *, by_id: bool = False, strange: Collection[str] = ()) -> None:
        """Pair what agrees in ``key``. Two that the report itself gives different ids are never one entry."""
        everything = list(self.stored.values())
        if strange:
            several = self._several(key)
            everything = [one for one in everything if one.id not in strange or key(one) not in several]
        made = [one for one in everything if is_made(one)]
        for named in (False, True):
            self._pair(into, key, made if named and not by_id else everything, named=named, by_id=by_id)

    def _several(self, key: Key) -> set[Hashable]:
        """What several rows, or several entries, agree in."""
        rows = Counter(key(one.entry) for one in self.rows.values())
        stored = Counter(key(one) for one in self.stored.values())
        return {agreed for counts in (rows, stored) for agreed, number in counts.items() if number > 1}

    def _pair(self, into: dict[Place, Any], key: Key, stored: Sequence[Any], *, named: bool, by_id: bool) -> None:
        waiting: dict[Hashable, list[Any]] = defaultdict(list)
        for one in reversed(stored):
            if one.id in self.stored and (by_id or not one.deleted):
                waiting[key(one)].append(one)
        for row in [one for one in self.rows.values() if bool(one.identity) is not named]:
            agreed = key(row.entry)
            if agreed and waiting.get(agreed):
                into[row.place] = one = waiting[agreed].pop()
                del self.rows[row.place], self.stored[one.id]
