"""What the rules need to know around some entries: their jobs, clients, people, and the organisation's currency."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from services.ingest.accounts import query as accounts
from services.ingest.billing.store import chunks
from services.ingest.records import query as records
from services.ingest.records.query import Logged
from shared.contract.records import Approval, Work
from shared.domain import rates
from shared.domain.rates import World
from shared.kernel.dates import zone_of
from shared.kernel.errors import Invalid
from shared.platform import clock
from shared.platform.session import Session
from shared.platform.vault import Vault


def around(session: Session, vault: Vault, organisation: str, works: Iterable[Work]) -> World:
    """Everything that these entries refer to."""
    works = list(works)
    jobs = records.jobs(session, vault, organisation, {work.job for work in works if work.job})
    clients = {work.client for work in works if work.client} | {job.client for job in jobs.values() if job.client}
    return World(
        home=accounts.organisation(session, organisation).currency,
        jobs=jobs,
        clients=records.clients(session, vault, organisation, clients),
        people=records.people(session, vault, organisation, {work.person for work in works}),
    )


def logged(session: Session, vault: Vault, organisation: str, entries: Iterable[str]) -> dict[str, Logged]:
    """Entries as they are now, whatever their approval, deleted ones included."""
    found: dict[str, Logged] = {}
    for some in chunks(entries):
        rows = records.entries(session, vault, organisation, ids=some, approval=None, deleted=None)
        found |= {one.record.id: one for one in rows}
    return found


def wanted_revision(one: Logged) -> int:
    """The revision that is to be billed; 0 when nothing is."""
    billed = one.approval is Approval.APPROVED and one.record.billable and not one.record.deleted
    return one.record.revision if billed else 0


def today(session: Session, organisation: str) -> date:
    """The civil date where the organisation is."""
    return clock.now().astimezone(zone_of(accounts.organisation(session, organisation).zone)).date()


def client_of(one: Logged, around: World) -> str | None:
    """Whom an entry is billed to, if anybody."""
    try:
        return rates.client_of(one.record, around)
    except Invalid:
        return None
