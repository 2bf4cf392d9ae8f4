"""A file becomes records: read in flat memory, then stored in one transaction, all of it or what is good.

One transaction keeps the promise that a file counts wholly or not at all; its statements carry a thousand rows each. More
than 5,000 feed rows may not be in it, so those of a great file follow by a job (see ``records.publish``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from sqlalchemy.orm import Session

from services.ingest.imports.held import Held
from services.ingest.imports.listing import Listing
from services.ingest.imports.resolve import Names
from services.ingest.records import intake
from services.ingest.records.intake import Outcome
from services.ingest.records.mapping import KIND_OF, subjects_of
from services.ingest.records.publish import Announcements
from services.ingest.sources.worklog.layout import Layout
from services.ingest.sources.worklog.normalize import RowResult, normalize_rows
from services.ingest.sources.worklog.read import rows
from shared.contract.records import AnyRecord
from shared.kernel.errors import Invalid
from shared.platform import files
from shared.platform.vault import Keyring, Vault

_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as sent, and how it is to be read."""

    stream: BinaryIO  # can seek
    name: str
    layout: Layout
    source: str


@dataclass(slots=True)
class Taken:
    """What came of it."""

    listing: Listing = field(default_factory=Listing)
    changed: list[str] = field(default_factory=list)  # ids of work stored before that now differs
    subjects: set[str] = field(default_factory=set)  # people and clients whom the file names


def read(upload: Upload, organisation: str, ref: str) -> Held:
    """Every row of the file, checked. Raises Invalid for a file that can't be read."""
    found = rows(upload.stream, upload.name, upload.layout)
    return Held(normalize_rows(found, upload.layout, organisation, upload.source, file=ref))


def take(session: Session, vault: Vault, organisation: str, held: Held) -> Taken:
    """Store every row that can be; whether refused ones undo the rest is for who opened the transaction to say."""
    taken, announcements = Taken(), Announcements()
    names = Names(vault, vault.keyring(session, organisation))
    for page in held.pages():
        _take_page(session, vault, organisation, page, taken, names=names, announcements=announcements)
    announcements.finish(session, organisation)
    return taken


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
    page: Sequence[RowResult],
    taken: Taken,
    *,
    names: Names,
    announcements: Announcements,
) -> None:
    new = names.learn(session, [record for result in page for record in result.records[:-1]])
    entries, outcomes = _entries(page, names)
    accepted = intake.accept(session, vault, organisation, [*new, *entries.values()], announce=announcements)
    stored = dict(zip(entries, accepted[len(new) :], strict=True))
    for result in page:
        if result.row in stored:
            taken.listing.add(result.row, entries[result.row], stored[result.row])
            taken.subjects.update(subjects_of(KIND_OF[type(entries[result.row])], entries[result.row]))
        elif result.row in outcomes:
            taken.listing.refuse(result.row, outcomes[result.row])
    taken.changed += [one.id for one in stored.values() if one.outcome is Outcome.CHANGED]


def _entries(page: Sequence[RowResult], names: Names) -> tuple[dict[int, AnyRecord], dict[int, Invalid]]:
    """The entries by their rows, referring to what their names mean, and the problems of the other rows."""
    entries: dict[int, AnyRecord] = {}
    problems = {result.row: result.problem for result in page if result.problem}
    for result in page:
        if result.problem or not result.records:  # neither: a row that the layout says to skip
            continue
        try:
            entries[result.row] = names.entry(result.records[-1])
        except Invalid as problem:
            problems[result.row] = problem
    return entries, problems


def content_hash(keyring: Keyring, upload: Upload) -> str:
    """HMAC of the file's content: the same for the same file, and nothing to others."""
    mac = keyring.macs()
    for piece in _content(upload.stream):
        mac.update(piece)
    return mac.hexdigest()


def _content(stream: BinaryIO) -> Iterator[bytes]:
    stream.seek(0)
    while piece := stream.read(_PIECE):
        yield piece
