"""Approval of entries here: who said of which revision that it may be billed."""

from __future__ import annotations

from collections.abc import Mapping

from services.ingest.records import query, store, work
from services.ingest.records.models import WORK
from shared.contract.records import Approval, Kind
from shared.kernel.errors import Missing
from shared.platform import clock
from shared.platform.session import Session


def set_state(session: Session, organisation: str, states: Mapping[str, tuple[Approval, int]], actor: str) -> None:
    """Set the approval of entries: id -> (state, the revision that was seen). Raises Missing naming ids that aren't here."""
    known = {kind: query.find(session, organisation, kind, states) for kind in WORK}
    unknown = sorted(states.keys() - set().union(*known.values()))
    if unknown:
        cause = f"{len(unknown)} of the entries do not exist."
        raise Missing("no_such_entry", cause, "List the entries to see ids.", ids=unknown[:20])
    store.approve(session, organisation, states, actor, clock.now())
    work.announce(session, organisation, {entry: states[entry][1] for entry in sorted(known[Kind.TIME])})
