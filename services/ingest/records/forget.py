"""What records still hold of somebody erased, beside what their destroyed key sealed."""

from __future__ import annotations

from services.ingest.records import query, store, work
from services.ingest.records.mapping import name_id
from shared.contract.records import Kind
from shared.kernel.ids import record_id
from shared.platform.session import Session
from shared.platform.vault import Vault


def forget(session: Session, vault: Vault, organisation: str, kind: Kind, subject: str) -> None:
    """Null the hashes of a person's or client's name, and leave tombstones at the ids that a file knowing only the name gives.

    So such a file's rows are refused too. Somebody else of the same name then needs a record of their own first; rows
    of that name find it. Call it while the subject's key still opens the name.
    """
    store.lock(session, organisation)  # first of all locks, as in an intake: neither waits for the other while holding a row
    name = getattr(query.by_id(session, vault, organisation, kind, [subject])[subject], "name", "")
    source_id = name_id(vault.keyring(session, organisation), kind, name)
    ids = {record_id(organisation, kind, source, source_id) for source in query.sources(session, organisation, kind)}
    for other in ids - query.find(session, organisation, kind, ids):
        vault.erase(session, organisation, other)
    store.forget(session, organisation, kind, subject)
    if kind is Kind.PERSON:
        work.announce_person(session, organisation, subject)
