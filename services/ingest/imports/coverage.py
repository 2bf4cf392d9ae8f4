"""Whether a file would have a stored entry, if the source still had it: only then is its absence a deletion.

A report may have been made for one client, one job or one tag only. A filter that lets through a row with the entry's
client lets through the entry as far as the client goes; so the entry is missed only where, for each thing that reports
are made for, some row shows that it wasn't left out on purpose.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from services.ingest.records.mapping import KIND_OF

_FILTERED = ("client", "job", "billable")
"""What reports are made for, beside the kind, the person and the tags."""


@dataclass(slots=True)
class Coverage:
    """What one file shows of itself."""

    stated: tuple[date, date] | None = None  # the period that it says it is for, both days included
    days: dict[str, tuple[date, date]] = field(default_factory=dict)  # person -> their first and last day in the file
    kinds: set[Any] = field(default_factory=set)
    seen: set[tuple[str, Any]] = field(default_factory=set)
    tags: set[frozenset[str]] = field(default_factory=set)

    def note(self, entries: Iterable[Any]) -> None:
        """Take in entries of the file."""
        for entry in entries:
            first, last = self.days.get(entry.person, (entry.date, entry.date))
            self.days[entry.person] = min(first, entry.date), max(last, entry.date)
            self.kinds.add(KIND_OF[type(entry)])
            self.seen.update((name, getattr(entry, name)) for name in _FILTERED)
            self.tags.add(frozenset(entry.tags))

    def about(self, kind: Any, person: str) -> bool:
        """Whether the file has any such entry of this person's."""
        return kind in self.kinds and person in self.days

    def misses(self, entry: Any, *, again: bool) -> bool:
        """Whether the file lacks an entry that came with a report of the same layout, and that it would have.

        ``again``: the file repeats something else that this report had for the person and day.
        """
        if not self._lets_through(entry):
            return False
        first, last = self.days[entry.person]
        stated = self.stated is not None and self.stated[0] <= entry.date <= self.stated[1]
        return again or stated or first < entry.date < last

    def _lets_through(self, entry: Any) -> bool:
        tags = frozenset(entry.tags)
        shown = all((name, getattr(entry, name)) in self.seen for name in _FILTERED)
        tagged = any(one <= tags for one in self.tags)  # a report of some tags has no row without one of them
        return shown and tagged and self.about(KIND_OF[type(entry)], entry.person)
