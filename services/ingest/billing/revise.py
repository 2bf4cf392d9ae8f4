"""What happens to invoices when the work on them changes, and when the books move on without us."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from services.ingest.billing import approval, freeze, query, store
from services.ingest.billing.freeze import Freeze
from services.ingest.billing.query import Head
from services.ingest.billing.reckon import reckon
from shared.platform import audit
from shared.platform.session import Session
from shared.platform.vault import Vault


def entries_changed(session: Session, vault: Vault, organisation: str, entries: Collection[str], actor: str) -> None:
    """Work that was edited or deleted: hold it when its day became too long, then put right whatever billed it.

    Called last in the transaction that stored the new revisions; brand-new entries need not be named.
    """
    if not entries:
        return
    store.turn(session, organisation)
    approval.hold_again(session, vault, organisation, entries, actor)
    reckon(session, vault, organisation, entries, actor)


def restore(session: Session, vault: Vault, organisation: str, head: Head, version: int, actor: str) -> None:
    """Money moved in the books on ``version`` before a later one reached them: what they hold is what was billed.

    Whatever changed since becomes a correction, as it would have been had the payment come first.
    """
    content = query.content_of(session, organisation, head.id, version)
    if content == query.content_of(session, organisation, head.id, head.version):
        return
    old = query.frozen(session, vault, organisation, head.id, version)
    held = set(store.release(session, organisation, head.id))
    back = replace(old, version=head.version + 1)
    rows = query.allocations(session, organisation, head.id, content)
    elsewhere = query.claims(session, organisation, {row["entry"] for row in rows})
    claims = [freeze.row_of(back, row["entry"], row["part"], elsewhere.get(row["entry"], ()), row) for row in rows]
    store.allocate(session, claims)
    store.set_invoice(session, organisation, head.id, version=back.version, withdrawn=False, total=back.total)
    if head.given_from:
        store.set_invoice(session, organisation, head.id, given_from=back.period_from, given_to=back.period_to)
    kept = query.wish_of(session, vault, organisation, head)
    freeze.write(session, vault, Freeze(invoice=back, cause="restored", wish=kept, content_of=content))
    audit.record(session, organisation, actor, "invoice.restored", head.id, version=back.version)
    # One that corrected what is gone by now looks like a first billing: what it lacks is owed still.
    moved = {row["entry"] for row, claim in zip(rows, claims, strict=True) if row["chain"] != claim["chain"]}
    reckon(session, vault, organisation, held | {row["entry"] for row in rows}, actor, anew=moved | elsewhere.keys())
