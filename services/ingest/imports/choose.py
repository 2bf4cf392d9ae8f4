"""By which layout a file is read: the one that was sent, our own, or a profile that knows such files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import BinaryIO

from sqlalchemy.orm import Session

from services.ingest.imports import profiles, query
from services.ingest.imports.profiles import Recognised
from services.ingest.imports.query import Kept
from services.ingest.sources.files.book import Book
from services.ingest.sources.files.cells import LIMITS, Limits
from services.ingest.sources.files.open import open_book
from services.ingest.sources.worklog.layout import COLUMNS, ENCODINGS, OWN, Layout
from shared.kernel.errors import Conflict, Invalid
from shared.platform.vault import Vault

_FORMS = frozenset({"bad_date", "bad_time", "bad_number", "bad_duration"})
"""Codes of cells that are written otherwise than the layout says."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the sender of a file said about how to read it."""

    layout: Layout | None = None
    profile: str | None = None  # by name
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """How a file is read."""

    layout: Layout
    source: str
    profile: Kept | None = None

    @property
    def name(self) -> str | None:
        """The profile's name."""
        return self.profile.profile.name if self.profile else None


def choose(
    session: Session, vault: Vault, organisation: str, stream: BinaryIO, name: str, asked: Asked, *, limits: Limits = LIMITS
) -> Chosen:
    """The layout for a file. Raises Invalid for a file of no kind that is read, and Missing for an unknown profile."""
    source = asked.source or "worklog"
    if asked.layout:
        return Chosen(asked.layout, source)
    book = open_book(stream, name, limits=limits)
    if asked.profile:
        return _by(query.named_profile(session, vault, organisation, asked.profile), book, asked)
    signs = _signs(book)
    if signs and {"date", "person"} <= set(signs[0].headers) <= set(COLUMNS):
        return Chosen(OWN, source)
    kept = query.fitting_profile(session, vault, organisation, signs)
    return _by(kept, book, asked) if kept else Chosen(OWN, source)


def _signs(book: Book) -> list[Recognised]:
    """What the file may be recognised by; nothing where it can't be taken apart, which is told when it is read."""
    try:
        return profiles.candidates(book)
    except Invalid:
        return []


def _by(kept: Kept, book: Book, asked: Asked) -> Chosen:
    """By a profile; how the bytes of this very file are written may differ from file to file."""
    encoding, delimiter = book.fact("encoding"), book.fact("delimiter")
    layout = kept.profile.layout
    if encoding in ENCODINGS and delimiter:
        layout = replace(layout, encoding=encoding, delimiter=delimiter)
    return Chosen(layout, asked.source or kept.profile.source, kept)


def check_fit(chosen: Chosen, problem: Invalid | None) -> None:
    """Refuse a file that its profile can't read: with a date order of another kind even readable rows would be misread."""
    if chosen.profile and problem:
        cause = f"The profile {chosen.name} knows such files, but does not fit this one: {problem.cause}."
        raise Conflict("profile_contradicted", cause, "Send a layout for this file, or change the profile.")


def misfit(problem: Invalid | None) -> bool:
    """Whether a row was refused for the form of its cells."""
    errors = problem.facts.get("errors", []) if problem else []
    return isinstance(errors, list) and any(error["code"] in _FORMS for error in errors)
