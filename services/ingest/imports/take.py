"""A file becomes records: read in flat memory, compared, then stored in one transaction, all of it or what is good.

One transaction keeps the promise that a file counts wholly or not at all; its statements carry a thousand rows each. More
than 5,000 feed rows may not be in it, so those of a great file follow by a job (see ``records.publish``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from typing import Any, BinaryIO

from services.ingest.accounts import query as accounts
from services.ingest.imports import store
from services.ingest.imports.checks import SHOWN, Checks, Remark
from services.ingest.imports.choose import Chosen
from services.ingest.imports.difference import Difference, difference
from services.ingest.imports.held import Held, Place, Placed
from services.ingest.imports.layouts import family
from services.ingest.imports.listing import Listing
from services.ingest.imports.proof import Compared, Fault
from services.ingest.imports.resolve import Names
from services.ingest.imports.stated import Stated
from services.ingest.imports.survey import entries, named
from services.ingest.records import intake, query
from services.ingest.records.intake import Outcome
from services.ingest.records.mapping import KIND_OF, subjects_of
from services.ingest.records.publish import Announcements
from services.ingest.records.store import lock
from services.ingest.sources.worklog.normalize import Reading, RowResult, identifier, normalize
from services.ingest.sources.worklog.read import parts
from shared.contract.records import Origin, changed
from shared.platform import clock, files
from shared.platform.session import Session
from shared.platform.vault import Keyring, Vault

_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as sent, and how it is to be read."""

    stream: BinaryIO  # can seek
    name: str
    ref: str  # HMAC of its content
    chosen: Chosen


@dataclass(slots=True)
class Taken:
    """What came of it."""

    listing: Listing = field(default_factory=Listing)
    difference: Difference = field(default_factory=Difference)
    warnings: list[Remark] = field(default_factory=list)
    unproven: list[Fault] = field(default_factory=list)  # sums of the file itself that are not ours
    deleted: int = 0
    changed: list[str] = field(default_factory=list)  # ids of work stored before that now differs
    subjects: set[str] = field(default_factory=set)  # people and clients whom the file names


def read(upload: Upload, organisation: str) -> Held:
    """Every row of the file, checked. Raises Invalid for a file that can't be read."""
    sums: list[Stated] = []
    held = Held(_results(upload, organisation, sums))
    held.sums = sums
    return held


def _results(upload: Upload, organisation: str, sums: list[Stated]) -> Iterator[tuple[str, RowResult]]:
    chosen, whole = upload.chosen, Reading(identify=identifier(organisation))
    several = bool(chosen.layout.more)
    for part, found in parts(chosen.book, chosen.layout):
        reading = whole.of_table()  # equal entries are counted over all tables
        table = (part.sheet or "") if several else ""
        said = Stated(part, table)
        sums += [said] if chosen.detection is None and part.totals else []
        for row in found:
            result = normalize(row, part, organisation, chosen.source, reading=reading, file=upload.ref)
            said.note(row, result)
            yield table, result


def take(session: Session, vault: Vault, organisation: str, upload: Upload, held: Held, *, delete: bool = False) -> Taken:
    """Store every row that can be, and with ``delete`` let go of what the file lacks.

    Whether that stays is for who opened the transaction to say: refused rows or a difference that nobody accepted undo it.
    """
    lock(session, organisation)
    chosen = upload.chosen
    laid_out, proof = family(chosen.layout), chosen.proof(held.sums)
    found = difference(session, vault, organisation, held, source=chosen.source, family=laid_out, stated=_period(chosen, held))
    taken, announcements, checks = Taken(difference=found), Announcements(), Checks(clock.now().date())
    names = Names(vault, vault.keyring(session, organisation))
    for page in held.pages():
        stored = _take_page(session, vault, organisation, page, taken, names=names, announcements=announcements)
        for place, entry in stored.items():
            checks.add(place, entry)
            proof.add(place, entry)
    if taken.listing.refused:  # one of these rows may be what the file seems to lack
        found.absent, found.vanished = found.absent + found.vanished, []
    if delete:
        _delete(session, vault, organisation, upload, taken, announcements)
    announcements.finish(session, organisation)
    store.note_report(session, organisation, upload.ref, laid_out)
    compared = Compared() if taken.listing.refused else proof.compare()
    taken.unproven = compared.faults
    taken.warnings = [*_warnings(session, vault, organisation, upload, held, checks, taken), *sums_told(compared)]
    return taken


def _period(chosen: Chosen, held: Held) -> tuple[date, date] | None:
    """The period that the file states, unless its own entries lie outside."""
    period = chosen.detection.period if chosen.detection else None
    return period if period and held.days and period[0] <= held.days[0] and held.days[1] <= period[1] else None


def keep(session: Session, vault: Vault, organisation: str, upload: Upload, taken: Taken) -> str | None:
    """Keep the original, sealed, until somebody whom it names is erased.

    None when it changed nothing, or when rows were refused: nobody could say whom these name.
    """
    counts = taken.listing.counts()
    if counts[Outcome.REFUSED] or not counts[Outcome.NEW] + counts[Outcome.CHANGED]:
        return None
    content = _content(upload.stream)
    return files.store(session, vault, organisation, content, kind="import", subjects=taken.subjects, name=upload.name)


def _take_page(
    session: Session,
    vault: Vault,
    organisation: str,
    page: Sequence[Placed],
    taken: Taken,
    *,
    names: Names,
    announcements: Announcements,
) -> dict[Place, Any]:
    """Store a page; gives its entries, refused ones too."""
    new = names.learn(session, named(page))
    found, problems = entries(page, names)
    found = {place: _known(entry, taken.difference.ids.get(place)) for place, entry in found.items()}
    accepted = intake.accept(session, vault, organisation, [*new, *found.values()], announce=announcements)
    stored = dict(zip(found, accepted[len(new) :], strict=True))
    for place, _ in page:
        if place in stored:
            taken.listing.add(place, found[place], stored[place])
            taken.subjects.update(subjects_of(KIND_OF[type(found[place])], found[place]))
        elif place in problems:
            taken.listing.refuse(place, problems[place])
    taken.changed += [one.id for one in stored.values() if one.outcome is Outcome.CHANGED]
    return found


def _known(entry: Any, meant: tuple[str, str] | None) -> Any:
    """The entry under the id of the stored one that it is."""
    return changed(entry, id=meant[0], source_id=meant[1]) if meant else entry


def _delete(
    session: Session, vault: Vault, organisation: str, upload: Upload, taken: Taken, announcements: Announcements
) -> None:
    origin = Origin(via="file", ref=upload.ref)
    gone = [changed(one, deleted=True, origin=origin) for one in taken.difference.vanished]
    done = intake.accept(session, vault, organisation, gone, announce=announcements)
    deleted = [one.id for one in done if one.outcome is Outcome.CHANGED]
    taken.deleted, taken.changed = len(deleted), taken.changed + deleted


def _warnings(
    session: Session, vault: Vault, organisation: str, upload: Upload, held: Held, checks: Checks, taken: Taken
) -> list[Remark]:
    """What the checks say of the file beside what else is stored for its people and days."""
    if not held.days:
        return []
    gone = () if taken.deleted else taken.difference.vanished
    others = query.spans(session, organisation, taken.subjects, *held.days, beside=upload.chosen.source)
    for entry in chain(taken.difference.absent, gone, others):
        checks.add(None, entry)
    home = accounts.organisation(session, organisation).zone

    def zone_of(person: str) -> str:
        one = query.people(session, vault, organisation, [person]).get(person)
        return (one and one.zone) or home

    jobs = query.jobs(session, vault, organisation, checks.unpriced_jobs())
    return [*checks.warnings(zone_of, {one.id for one in jobs.values() if one.rates}), *_doubtful(taken), *_absent(taken)]


def _doubtful(taken: Taken) -> list[Remark]:
    rows = [place.label for place in taken.difference.doubtful]
    told = "1 row is" if len(rows) == 1 else f"{len(rows)} rows are"
    text = f"{told} on days of which the same work may be stored already, by another sort of report."
    return [Remark("maybe_twice", len(rows), tuple(rows[:SHOWN]), text)] if rows else []


def _absent(taken: Taken) -> list[Remark]:
    """What is stored for the file's people and days beside it: more work, or an edited row that nothing showed to be one."""
    number = len(taken.difference.absent)
    told = "1 stored entry" if number == 1 else f"{number} stored entries"
    text = f"{told} of these people and days came otherwise and are not in this file; they stay."
    return [Remark("not_in_file", number, (), text)] if number else []


def sums_told(compared: Compared) -> list[Remark]:
    """Sums of the file itself that are ours only nearly, or that could not be compared."""
    found = (
        ("total_rounded", compared.rounded, "Sums of the file that differ from ours by no more than its rounding explains"),
        ("total_not_compared", compared.not_compared, "Sums of the file that could not be compared with ours"),
    )
    told = [(code, [Place(one.table, one.row).label for one in some], text) for code, some, text in found if some]
    return [Remark(code, len(rows), tuple(rows[:SHOWN]), f"{text}: {len(rows)}.") for code, rows, text in told]


def content_hash(keyring: Keyring, stream: BinaryIO) -> str:
    """HMAC of the file's content: the same for the same file, and nothing to others."""
    mac = keyring.macs()
    for piece in _content(stream):
        mac.update(piece)
    return mac.hexdigest()


def _content(stream: BinaryIO) -> Iterator[bytes]:
    stream.seek(0)
    while piece := stream.read(_PIECE):
        yield piece
