"""Forgetting one person or client: keys destroyed, hashes gone, a tombstone left, the connectors told."""

from __future__ import annotations

from collections.abc import Callable

from services.ingest.records import query
from shared.contract.messages import PERSON_ERASED
from shared.contract.records import Kind
from shared.kernel.errors import Missing
from shared.platform import audit, feed, files
from shared.platform.session import Session
from shared.platform.vault import Vault
from shared.platform.web_idempotency import forget_answers

Forget = Callable[[Session, Vault, str, Kind, str], None]
"""What a room does about (organisation, kind, subject) before the subject's key is destroyed."""


def erase(
    session: Session, vault: Vault, organisation: str, kind: Kind, subject: str, *, actor: str, forget: Forget
) -> None:
    """Erase a person or client in the running transaction; ``vault.scrub`` has to follow its commit. Again changes nothing.

    The key that seals their names, addresses and notes is destroyed, and the keys of the files that name them. Ids, days,
    seconds and money stay, so every total stays.
    """
    if not query.find(session, organisation, kind, [subject]):
        raise Missing(f"no_such_{kind.value}", f"There is no {kind.value} of this id.", "List the records to see ids.")
    if vault.erased(session, organisation, subject):
        return
    forget(session, vault, organisation, kind, subject)
    gone = vault.erase(session, organisation, subject)
    files.drop_erased(session, organisation)
    forget_answers(session, organisation)
    feed.publish(session, organisation, PERSON_ERASED, subject, 1)
    audit.record(session, organisation, actor, f"{kind.value}.erased", subject, files=len(gone.blobs))
