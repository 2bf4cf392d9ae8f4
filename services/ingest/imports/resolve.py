"""Names in a file find the records that bear them already; only what nobody has heard of yet is made new."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from services.ingest.records import query
from shared.contract.records import AnyRecord, Client, Job, Person, Tag
from shared.kernel.errors import Invalid
from shared.platform.vault import Vault

NAMED = (Person, Client, Tag, Job)


class Names:
    """What the names of one file mean. A file's name of a person becomes an id; another record may have that name already."""

    def __init__(self, vault: Vault, organisation: str) -> None:
        self._vault, self._organisation = vault, organisation
        self._meant: dict[str, str] = {}  # id that the name gives -> id of the record that is meant
        self._ambiguous: dict[str, Invalid] = {}

    def learn(self, session: Session, records: Iterable[AnyRecord]) -> list[AnyRecord]:
        """Look up the names of a page; gives the records to be made."""
        new: list[AnyRecord] = []
        for kind in NAMED:  # a job is looked up by its client, so clients come first
            fresh = {record.id: record for record in records if type(record) is kind and record.id not in self._meant}
            named = [self.resolved(record) for record in fresh.values()]
            found = query.by_name(session, self._vault, self._organisation, named)
            for given, record in zip(fresh, named, strict=True):
                new += self._decide(given, record, found.get(record.id, []))
        return new

    def _decide(self, given: str, record: AnyRecord, found: Sequence[str]) -> list[AnyRecord]:
        self._meant[given] = given if given in found or not found else found[0]
        if len(found) > 1 and given not in found:
            cause = f"{len(found)} stored records have this name"
            self._ambiguous[given] = Invalid("ambiguous_name", cause, "give them different names, or give the rows ids")
        return [] if found else [record]

    def resolved(self, record: Any) -> Any:
        """The record, referring to what its names mean. Raises Invalid when that can't be told."""
        changed: dict[str, Any] = {}
        for field in ("person", "client", "job"):
            given = getattr(record, field, None)
            if given in self._ambiguous:
                raise self._ambiguous[given]
            if given is not None and self._meant.get(given, given) != given:
                changed[field] = self._meant[given]
        tags = getattr(record, "tags", ())
        if any(self._meant.get(tag, tag) != tag for tag in tags):
            changed["tags"] = tuple(sorted(self._meant.get(tag, tag) for tag in tags))
        return replace(record, **changed) if changed else record
