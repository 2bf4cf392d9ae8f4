"""What somebody who is limited to their own records may send, and how much of the others' they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from services.ingest.records import query, store
from services.ingest.records.mapping import KIND_OF
from services.ingest.records.models import WORK
from shared.contract.records import AnyRecord, Client, Expense, Job, Mileage, TimeEntry
from shared.kernel.errors import Denied, Failure
from shared.platform.auth import Principal
from shared.platform.session import Session


def kept(session: Session, caller: Principal, sent: Sequence[AnyRecord | Failure]) -> list[AnyRecord | Failure]:
    """What was sent, with a refusal in the place of each record that is not the caller's own work."""
    if caller.own is None:
        return list(sent)
    store.lock(session, caller.organisation)  # whose a stored entry is stays so until ours is stored
    owners: dict[str, str] = {}
    for kind in WORK:
        ids = [one.id for one in sent if not isinstance(one, Failure) and KIND_OF[type(one)] is kind]
        owners |= query.owners(session, caller.organisation, kind, ids)
    return [one if isinstance(one, Failure) or _is_own(one, caller.own, owners) else _refusal() for one in sent]


def _is_own(one: AnyRecord, own: str, owners: dict[str, str]) -> bool:
    """New or stored: an entry of somebody else must not be taken over by naming its id with another person."""
    return isinstance(one, TimeEntry | Expense | Mileage) and one.person == own == owners.get(one.id, own)


def _refusal() -> Denied:
    return Denied("own_only", "The record is not work of your own.", "Send your own time, expenses and mileage only.")


def shown(caller: Principal, record: AnyRecord) -> AnyRecord:
    """A record as this caller may see it: to log work one needs the names of clients and jobs, not what they pay."""
    if caller.own is None:
        return record
    if isinstance(record, Client):
        return replace(record, email=None, address=None)
    return replace(record, rates=()) if isinstance(record, Job) else record
