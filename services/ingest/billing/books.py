"""What the books say of an invoice, and what follows for billing: it is frozen, freed, or put back as they have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.ingest.billing import revise, store, void
from services.ingest.billing.query import Head
from services.ingest.billing.store import turn
from shared.domain import reconcile
from shared.platform.session import Session
from shared.platform.vault import Vault

__all__ = ["Word", "say", "turn"]


@dataclass(frozen=True, slots=True)
class Word:
    """What one connection last said of an invoice."""

    status: str
    binding_state: str
    pushed_version: int
    problem: str | None


def say(session: Session, vault: Vault, organisation: str, head: Head, words: Sequence[Word], actor: str) -> None:
    """Set the invoice's status to what the books say, all connections taken together. Saying it again changes nothing."""
    status = reconcile.combined([word.status for word in words], withdrawn=head.withdrawn)
    untouched = reconcile.is_open_and_untouched(status, [(word.binding_state, word.problem) for word in words])
    if (status, untouched) != (head.status, head.untouched):
        store.set_invoice(session, organisation, head.id, status=status.value, untouched=untouched)
    if status in reconcile.GONE:
        void.gone_in_the_books(session, vault, organisation, head.id, actor)
    for word in words:
        stuck = word.problem == reconcile.CLOSED and not head.withdrawn
        frozen = stuck or reconcile.is_money_moved(word.status, word.binding_state)
        if frozen and 0 < word.pushed_version < head.version:
            revise.restore(session, vault, organisation, head, word.pushed_version, actor)
            return
