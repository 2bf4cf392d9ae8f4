"""Approval of entries here: who said of which revision that it may be billed."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from services.ingest.records import query, store
from services.ingest.records.models import WORK
from shared.contract.records import Approval
from shared.kernel.errors import Missing
from shared.platform import clock


def set_state(session: Session, organisation: str, states: Mapping[str, tuple[Approval, int]], actor: str) -> None:
    """Set the approval of entries: id -> (state, the revision that was seen). Raises Missing naming ids that aren't here."""
    known = {one for kind in WORK for one in query.find(session, organisation, kind, states)}
    unknown = sorted(states.keys() - known)
    if unknown:
        cause = f"{len(unknown)} of the entries do not exist."
        raise Missing("no_such_entry", cause, "List the entries to see ids.", ids=unknown[:20])
    store.approve(session, organisation, states, actor, clock.now())
