"""Names in a file find the records that bear them already; only what nobody has heard of yet is made new.

What a source makes ids of (a name, or what was done) it says in the clear or as a plain hash. Ids outlive an erasure,
so they are made anew here, under the organisation's key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from services.ingest.records import query
from services.ingest.records.mapping import KIND_OF, hidden, name_id
from shared.contract.records import AnyRecord, Client, Job, Person, Tag, changed
from shared.kernel.errors import Invalid
from shared.kernel.ids import record_id
from shared.platform.session import Session
from shared.platform.vault import Keyring, Vault

NAMED = (Person, Client, Tag, Job)
_DERIVED = re.compile(r"[0-9a-f]{32}-[0-9]+", re.ASCII)


def is_derived(source_id: str) -> bool:
    """Whether the row had no id of its own: ``normalize`` made this one from its content."""
    return _DERIVED.fullmatch(source_id) is not None


class Names:
    """What the names of one file mean."""

    def __init__(self, vault: Vault, keyring: Keyring) -> None:
        self._vault, self._keyring = vault, keyring
        self._meant: dict[str, str] = {}  # id that the file's reader gave -> id of the record that is meant
        self._made: set[str] = set()
        self._ambiguous: dict[str, Invalid] = {}

    def learn(self, session: Session, records: Iterable[AnyRecord]) -> list[AnyRecord]:
        """Look up the names of a page; gives the records to be made."""
        fresh = {record.id: record for record in records if record.id not in self._meant}
        new: list[AnyRecord] = []
        for kind in NAMED:  # a job is looked up by its client, so clients come first
            named = {given: self._renamed(record) for given, record in fresh.items() if type(record) is kind}
            found = query.by_name(session, self._vault, self._keyring.organisation, list(named.values()))
            for given, record in named.items():
                new += self._decide(given, record, found[record.id])
        return new

    def _renamed(self, record: Any) -> Any:
        record = changed(record, **self._references(record))
        told = f"{record.client or ''}/{record.name}" if isinstance(record, Job) else record.name
        return changed(record, **_identity(record, name_id(self._keyring, KIND_OF[type(record)], told)))

    def _decide(self, given: str, record: AnyRecord, found: Sequence[str]) -> list[AnyRecord]:
        self._meant[given] = record.id if record.id in found or not found else found[0]
        if len(found) > 1 and record.id not in found:
            cause = f"{len(found)} stored records have this name"
            self._ambiguous[given] = Invalid("ambiguous_name", cause, "give them different names, or give the rows ids")
        if found or record.id in self._made:
            return []
        self._made.add(record.id)
        return [record]

    def entry(self, entry: Any) -> Any:
        """The entry, referring to what its names mean. Raises Invalid when that can't be told."""
        if self._ambiguous:
            for given in (entry.person, entry.client, entry.job):
                if given in self._ambiguous:
                    raise self._ambiguous[given]
        meant = self._references(entry)
        if is_derived(entry.source_id):
            meant |= _identity(entry, hidden(self._keyring, entry.source_id))
        return changed(entry, **meant)

    def meant(self, record: AnyRecord) -> str:
        """The id of what a name that was learned means. Raises Invalid when that can't be told."""
        if record.id in self._ambiguous:
            raise self._ambiguous[record.id]
        return self._meant[record.id]

    def derived(self, entry: Any, identity: str) -> Any:
        """The entry under the id that is made of this identity."""
        return changed(entry, **_identity(entry, hidden(self._keyring, identity)))

    def _references(self, record: Any) -> dict[str, Any]:
        known, meant = self._meant, dict[str, Any]()
        for field in ("person", "client", "job"):
            if given := getattr(record, field, None):
                meant[field] = known.get(given, given)
        if tags := getattr(record, "tags", ()):
            meant["tags"] = tuple(sorted([known.get(tag, tag) for tag in tags]))
        return meant


def _identity(record: Any, source_id: str) -> dict[str, str]:
    named = record_id(record.organisation, KIND_OF[type(record)], record.source, source_id)
    return {"source_id": source_id, "id": named}
