"""Payable work: each time entry's present state told to whoever pays it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from services.ingest.accounts import query as accounts
from services.ingest.records import query, store
from services.ingest.records.models import TABLES, approval
from services.ingest.tables import within
from shared.contract.message_schemas import dump_work
from shared.contract.messages import WORK_CHANGED, WorkMessage
from shared.contract.records import Approval, Kind, Person, TimeEntry
from shared.platform import feed, jobs
from shared.platform.session import Session, dialect
from shared.platform.vault import Vault

PUBLISH = "records.publish"  # job kind; its subject is the organisation
NOTE = "work"
"""What a note says in place of a kind when its entries' work changed but not the records themselves."""

_TIME, _PERSON = TABLES[Kind.TIME].present, TABLES[Kind.PERSON].present


def announce(session: Session, organisation: str, changed: Mapping[str, int]) -> None:
    """Tell of entries (id -> revision): in this transaction, or by notes and a job when they are too many for it."""
    if len(changed) <= store.AT_ONCE:
        publish(session, organisation, changed)
        return
    _announce_later(session, organisation, changed)


def _announce_later(session: Session, organisation: str, entries: Collection[str]) -> None:
    for some in store.chunks(entries):
        store.announce_later(session, organisation, NOTE, some)
    jobs.ask(session, PUBLISH, organisation, organisation=organisation)


def publish(session: Session, organisation: str, changed: Mapping[str, int]) -> None:
    """A feed row for each."""
    feed.publish_all(session, organisation, WORK_CHANGED, changed.items())


def announce_person(session: Session, organisation: str, person: str) -> None:
    """Tell of all that a person ever logged."""
    mine = sa.select(_TIME.c.id, _TIME.c.revision).where(within(_TIME, organisation), _TIME.c.person == person)
    announce(session, organisation, {row.id: row.revision for row in session.execute(mine)})


def announce_moves(session: Session, organisation: str, zones: Mapping[str, str | None]) -> None:
    """Before people are stored anew: tell later of all that those logged whose zone (person -> zone) becomes another."""
    mine = sa.select(_PERSON.c.id, _PERSON.c.zone).where(within(_PERSON, organisation, by_id=True))
    theirs = sa.select(_TIME.c.id).where(within(_TIME, organisation))
    for some in store.chunks(zones):
        rows = session.execute(mine.where(store.among(dialect(session), _PERSON.c.id, some)))
        moved = [row.id for row in rows if row.zone != zones[row.id]]
        of_them = store.among(dialect(session), _TIME.c.person, moved)
        entries = session.execute(theirs.where(of_them)).scalars().all() if moved else []
        if entries:
            _announce_later(session, organisation, entries)


def bodies(session: Session, vault: Vault, rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The body of each entry in some feed rows, as it is now; an erased person's entries have none."""
    wanted: dict[str, set[str]] = {}
    for row in rows:
        wanted.setdefault(row["organisation"], set()).add(row["subject"])
    found = (_messages(session, vault, organisation, entries) for organisation, entries in wanted.items())
    return {one.entry: dump_work(one) for some in found for one in some}


@dataclass(frozen=True, slots=True)
class _Around:
    """What the entries of one page refer to."""

    home: str  # the organisation's zone
    people: Mapping[str, Person]
    names: Mapping[str, str]
    approved: Collection[str]


def _messages(session: Session, vault: Vault, organisation: str, ids: Collection[str]) -> list[WorkMessage]:
    found = query.by_id(session, vault, organisation, Kind.TIME, ids)
    entries = [one for one in found.values() if isinstance(one, TimeEntry)]
    keyring = vault.keyring(session, organisation, {one.person for one in entries})
    live = [one for one in entries if not keyring.erased(one.person)]
    around = _around(session, vault, organisation, live)
    return [_message(one, around) for one in live]


def _around(session: Session, vault: Vault, organisation: str, entries: Collection[TimeEntry]) -> _Around:
    named = query.jobs(session, vault, organisation, {one.job for one in entries if one.job})
    tagged = query.tags(session, vault, organisation, {tag for one in entries for tag in one.tags})
    return _Around(
        home=accounts.organisation(session, organisation).zone,
        people=query.people(session, vault, organisation, {one.person for one in entries}),
        names={one.id: one.name for one in (*named.values(), *tagged.values())},
        approved=_approved(session, organisation, [one.id for one in entries]),
    )


def _approved(session: Session, organisation: str, entries: Collection[str]) -> set[str]:
    mine = sa.select(approval.c.entry).where(within(approval, organisation, by_id=True), approval.c.state == Approval.APPROVED)
    pages = [mine.where(store.among(dialect(session), approval.c.entry, some)) for some in store.chunks(entries)]
    return {entry for page in pages for entry in session.execute(page).scalars()}


def _message(entry: TimeEntry, around: _Around) -> WorkMessage:
    kinds = (("ordinary", entry.seconds - entry.overtime_seconds), ("overtime", entry.overtime_seconds))
    person = around.people[entry.person]
    named = [name for name in (entry.job, *entry.tags) if name]
    return WorkMessage(
        entry=entry.id,
        revision=entry.revision,
        person=entry.person,
        person_name=person.name,
        date=entry.date,
        seconds=tuple(one for one in kinds if one[1]),
        start=entry.start,
        end=entry.end,
        zone=entry.zone,
        person_zone=person.zone or around.home,
        break_seconds=entry.break_seconds,
        job=entry.job,
        tags=entry.tags,
        names={name: around.names[name] for name in named},
        approved=entry.id in around.approved,
        deleted=entry.deleted,
    )
