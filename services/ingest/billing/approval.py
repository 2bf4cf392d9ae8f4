"""Approving work here: it gates what is composed. A day with more hours than it has holds it until a person confirms."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from services.ingest.accounts import query as accounts
from services.ingest.billing import store, world
from services.ingest.billing.reckon import reckon
from services.ingest.records import approval as approvals
from services.ingest.records import query as records
from services.ingest.records.query import Logged
from shared.contract.records import Approval, Kind, TimeEntry, Work
from shared.domain import days
from shared.domain.days import LongDay
from shared.kernel.duration import format_hms
from shared.kernel.errors import Missing
from shared.platform import audit
from shared.platform.session import Session
from shared.platform.vault import Vault

AROUND = timedelta(days=2)
"""How far an entry over midnights may reach into a day from another date."""


@dataclass(frozen=True, slots=True)
class Held:
    """An entry that waits for a person to confirm it; ``warning`` names no person."""

    entry: str
    warning: str


@dataclass(frozen=True, slots=True)
class Approved:
    approved: int
    unchanged: int
    held: tuple[Held, ...]


def approve(
    session: Session, vault: Vault, organisation: str, choice: Mapping[str, Any], actor: str, *, confirm: bool = False
) -> Approved:
    """Approve the chosen work (fields of records.query.Choice; none: all of it). Missing names ids that are not here."""
    store.turn(session, organisation)
    found = _chosen(session, vault, organisation, dict(choice))
    new = {one.record.id: one.record for one in found if not _is_approved(one)}
    warnings = {} if confirm else _warnings(session, vault, organisation, new.values())
    states = {name: (Approval.HELD if name in warnings else Approval.APPROVED, one.revision) for name, one in new.items()}
    if states:
        approvals.set_state(session, organisation, states, actor)
        audit.record(session, organisation, actor, "entries.approved", organisation, entries=len(new), held=len(warnings))
        reckon(session, vault, organisation, states, actor)
    held = tuple(Held(entry, warnings[entry]) for entry in new if entry in warnings)
    return Approved(len(new) - len(held), len(found) - len(new), held)


def _is_approved(one: Logged) -> bool:
    return one.approval is Approval.APPROVED and one.approved_revision == one.record.revision


def _chosen(session: Session, vault: Vault, organisation: str, choice: dict[str, Any]) -> list[Logged]:
    ids, client = choice.pop("ids", None), choice.pop("client", None)
    if ids is None:
        found = records.entries(session, vault, organisation, approval=None, **choice)
    else:
        found = [one for one in _named(session, vault, organisation, ids).values() if not one.record.deleted]
    if client is not None:  # the entry's own or its job's, which the query does not know
        around = world.around(session, vault, organisation, [one.record for one in found])
        found = [one for one in found if world.client_of(one, around) == client]
    return found


def _named(session: Session, vault: Vault, organisation: str, ids: Collection[str]) -> dict[str, Logged]:
    known = world.logged(session, vault, organisation, ids)
    unknown = sorted(set(ids) - known.keys())
    if unknown:
        cause = f"{len(unknown)} of the entries do not exist."
        raise Missing("no_such_entry", cause, "List the entries to see their ids.", ids=unknown[:20])
    return known


def withdraw(session: Session, vault: Vault, organisation: str, entries: Collection[str], actor: str) -> int:
    """Take approval back; what was billed of the entries is put right. Gives how many were approved or held."""
    store.turn(session, organisation)
    known = _named(session, vault, organisation, entries)
    states = {entry: (Approval.DRAFT, one.record.revision) for entry, one in known.items() if one.approval is not Approval.DRAFT}
    if states:
        approvals.set_state(session, organisation, states, actor)
        audit.record(session, organisation, actor, "entries.unapproved", organisation, entries=len(states))
        reckon(session, vault, organisation, states, actor)
    return len(states)


def hold_again(session: Session, vault: Vault, organisation: str, entries: Collection[str], actor: str) -> None:
    """An edit of approved work that makes a day too long has to be confirmed anew."""
    known = world.logged(session, vault, organisation, entries)
    approved = [one.record for one in known.values() if one.approval is Approval.APPROVED and not one.record.deleted]
    warnings = _warnings(session, vault, organisation, approved)
    if warnings:
        states = {entry: (Approval.HELD, known[entry].record.revision) for entry in warnings}
        approvals.set_state(session, organisation, states, actor)


def _warnings(session: Session, vault: Vault, organisation: str, works: Iterable[Work]) -> dict[str, str]:
    """Entry -> why a person should look at it, for those of the entries that stand on a day that is too long."""
    mine = {work.id: work for work in works if isinstance(work, TimeEntry)}
    if not mine:
        return {}
    people = {work.person for work in mine.values()}
    theirs = _logged_around(session, vault, organisation, people, [work.date for work in mine.values()])
    found = days.long_days(theirs, _zones(session, vault, organisation, people))
    return {entry: _warning(day) for day in found for entry in day.entries if entry in mine}


def _logged_around(
    session: Session, vault: Vault, organisation: str, people: Collection[str], dates: Collection[date]
) -> list[TimeEntry]:
    """All time of these people that may reach into these dates, approved or not."""
    since, until = min(dates) - AROUND, max(dates) + AROUND
    every = records.entries(session, vault, organisation, kinds=(Kind.TIME,), since=since, until=until)
    return [one.record for one in every if isinstance(one.record, TimeEntry) and one.record.person in people]


def _zones(session: Session, vault: Vault, organisation: str, people: Collection[str]) -> Callable[[str], str]:
    home = accounts.organisation(session, organisation).zone
    own = {person.id: person.zone for person in records.people(session, vault, organisation, people).values()}
    return lambda person: own.get(person) or home


def _warning(day: LongDay) -> str:
    return f"{day.date} has {format_hms(day.length)} hours, and {format_hms(day.seconds)} are logged on it for one person."
