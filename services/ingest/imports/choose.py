"""By which layout a file is read: the one that was sent, our own, a profile that knows such files, or what it shows itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import chain
from typing import BinaryIO

from services.ingest.imports import profiles, query
from services.ingest.imports.contradictions import contradictions
from services.ingest.imports.profiles import STATED, Profile, Recognised
from services.ingest.imports.proof import Proof
from services.ingest.imports.query import Kept
from services.ingest.imports.stated import Stated
from services.ingest.sources.detect.detect import detect
from services.ingest.sources.detect.findings import Detection
from services.ingest.sources.detect.forms import currencies_of
from services.ingest.sources.files.book import Book
from services.ingest.sources.files.cells import LIMITS, Limits
from services.ingest.sources.files.open import open_book
from services.ingest.sources.worklog.layout import COLUMNS, OWN, Layout
from shared.kernel.errors import Conflict, Invalid
from shared.platform.session import Session
from shared.platform.vault import Vault

_TYPED = ("xlsx", "xls", "ods", "sqlite", "json")
"""Kinds of file whose numbers are numbers."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the sender of a file said about how to read it."""

    layout: Layout | None = None
    profile: str | None = None  # by name
    source: str | None = None
    detect: bool = False  # pass over our own layout and the profiles
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chosen:
    """How a file is read."""

    book: Book
    layout: Layout
    source: str
    profile: Kept | None = None
    detection: Detection | None = None  # what the file shows of itself, where that was looked at
    recognised: Recognised | None = None  # what makes a profile of the layout

    @property
    def invoices(self) -> bool:
        """Whether its rows are lines of invoices."""
        return bool(self.detection and self.detection.invoices and not self.profile)

    @property
    def leave_paid(self) -> bool:
        """Whether those of them that the file says are paid are to be left out."""
        return bool(self.detection and self.detection.leave_paid)

    @property
    def by(self) -> str:
        """In a word, what the layout comes from."""
        if self.recognised or self.invoices:
            return "detection"
        return "profile" if self.profile else "own" if self.layout.closed else "layout"

    def as_profile(self, name: str) -> Profile:
        """The profile of this name that reads later files like it."""
        said = set(chain.from_iterable(self.detection.stated)) if self.detection else set()
        stated = tuple(role for role in STATED if role in said)
        return Profile(name=name, source=self.source, layout=self.layout, stated=stated, recognised=self.recognised)

    @property
    def assumed(self) -> str | None:
        """Whose work it is, where a profile knows that by an answer and the file doesn't say."""
        people = {part.constants["person"] for part in self.layout.parts() if part.constants.get("person")}
        return ", ".join(sorted(people)) if self.profile and people else None

    def proof(self, sums: Sequence[Stated] = ()) -> Proof:
        """What is to be held against the sums that the file states: those that detection found, else ``sums``."""
        found = self.detection
        totals = found.totals if found else [total for one in sums for total in one.totals()]
        left_out = found.left_out if found else [one.left_out() for one in sums]
        return Proof(totals, self.layout, left_out=left_out, typed=self.book.kind in _TYPED)

    @property
    def name(self) -> str | None:
        """The profile's name."""
        return self.profile.profile.name if self.profile else None


@dataclass(frozen=True, slots=True)
class Look:
    """A first look into a file."""

    book: Book
    own: bool = False  # it is in our own layout
    signs: Sequence[Recognised] = ()  # what a profile may know it by


def look(stream: BinaryIO, name: str, asked: Asked, limits: Limits = LIMITS) -> Look:
    """Open a file as far as it takes to say what it may be. Raises Invalid for one of no kind that is read."""
    if asked.layout:
        return Look(_opened(stream, name, asked.layout, limits))
    book = open_book(stream, name, limits=limits)
    if asked.profile or asked.detect or asked.answers:
        return Look(book)
    signs = _signs(book)
    if signs and _is_own(book, set(signs[0].headers)):
        return Look(_opened(stream, name, OWN, limits), own=True)
    return Look(book, signs=signs)


def known(session: Session, vault: Vault, organisation: str, asked: Asked, seen: Look, *, today: date) -> Kept | None:
    """The profile that the file is read by, if there is one. Raises Missing for one of no such name."""
    if asked.profile and not asked.layout:
        return query.named_profile(session, vault, organisation, asked.profile)
    kept = query.fitting_profile(session, vault, organisation, seen.signs)
    return kept if kept and not _outdated(kept.profile.layout, today) else None


def choose(seen: Look, kept: Kept | None, asked: Asked) -> Chosen | Detection:
    """The layout for a file, or what it shows of itself and the questions that it leaves open.

    It may go through the whole file, so no transaction is to be open.
    """
    source = asked.source or "worklog"
    if asked.layout:
        return Chosen(seen.book, asked.layout, source)
    if kept:
        return _by(kept, seen.book, asked)
    return Chosen(seen.book, OWN, source) if seen.own else _detected(seen.book, source, asked.answers)


def _opened(stream: BinaryIO, name: str, layout: Layout, limits: Limits) -> Book:
    given = {"encoding": layout.encoding, "delimiter": layout.delimiter, "quoting": layout.quoting}
    return open_book(stream, name, limits=limits, **given)


def _is_own(book: Book, headers: set[str]) -> bool:
    """Whether a file is in our own layout; in another encoding it is looked at like any other report."""
    plain = book.kind != "csv" or (book.fact("encoding"), book.fact("delimiter")) == (OWN.encoding, OWN.delimiter)
    return plain and {"date", "person"} <= headers <= set(COLUMNS)


def _signs(book: Book) -> list[Recognised]:
    """What the file may be recognised by; nothing where it can't be taken apart, which is told when it is read."""
    try:
        return profiles.candidates(book)
    except Invalid:
        return []


def _detected(book: Book, source: str, answers: Mapping[str, str]) -> Chosen | Detection:
    found = detect(book, answers)
    if found.layout is None:
        return found
    recognised = None if found.invoices else profiles.recognised(book, found.layout)  # what they are is asked of each file
    return Chosen(book, found.layout, source, detection=found, recognised=recognised)


# ---- profiles


def _by(kept: Kept, book: Book, asked: Asked) -> Chosen:
    """By a profile, unless the file itself shows that it is written otherwise."""
    try:
        found = detect(book)
    except Invalid:
        found = None
    said = _said(found)
    layout = _left_out(_restated(kept.profile.layout, said), found)
    chosen = Chosen(book, layout, asked.source or kept.profile.source, kept, found)
    if why := next(_whys(kept.profile, layout, said, found), None):
        raise _contradicted(chosen, why)
    return chosen


def _whys(profile: Profile, layout: Layout, said: Mapping[str, set[str]], found: Detection | None) -> Iterator[str]:
    """Why the file is not what the profile is for."""
    if lacking := next((role for role in profile.stated if role not in said), _nobody(layout, found)):
        yield f"it does not say its {lacking}, as the report did that the profile was made of"
    if found is None:
        return
    if _dropped(layout, found):
        yield "some rows of one of its tables say that they were deleted or rejected, or that they are breaks"
    yield from contradictions(layout, found)


def _left_out(layout: Layout, found: Detection | None) -> Layout:
    """The layout without the rows that this file, of one table, says were deleted or rejected, or are breaks."""
    if found is None or layout.more or len(found.stated) > 1:
        return layout
    return replace(layout, skip=(*layout.skip, *_dropped(layout, found)))


def _dropped(layout: Layout, found: Detection) -> list[dict[str, str]]:
    """What the file says of rows that are no work, as far as the layout does not leave them out."""
    known = [rule for part in layout.parts() for rule in part.skip]
    kinds = {(*part.columns.get("kind", ()), word) for part in layout.parts() for word in part.kinds}
    new = [dict(rule) for rule in found.dropped if rule not in known]
    return [rule for rule in new if not any((header, word.casefold()) in kinds for header, word in rule.items())]


def _nobody(layout: Layout, found: Detection | None) -> str | None:
    """The word person, where neither the profile nor the file says whose work it is."""
    known = any("person" in part.columns or part.constants.get("person") for part in layout.parts())
    open_ = [one for one in found.questions if one.topic == "person" and one.free] if found else []
    return "person" if open_ and not known else None


def _said(found: Detection | None) -> dict[str, set[str]]:
    """What the lines above this file's tables say of all their rows."""
    said: dict[str, set[str]] = {}
    for role, value in chain.from_iterable(each.items() for each in found.stated) if found else ():
        said.setdefault(role, set()).add(value)
    return said


def _restated(layout: Layout, said: Mapping[str, set[str]]) -> Layout:
    """The layout with what this file says of all its rows, such as whose report it is: a profile has the last one's."""
    given = {"year", "currency"}.union(*(part.constants for part in layout.parts()))
    said = {role: values for role, values in said.items() if role in given}  # else the rows say it, or headings between them
    several = next((role for role, values in said.items() if len(values) > 1), None)
    if several:
        cause = f"The tables of this file are each of another {several}, which a profile can't tell apart."
        raise Conflict("profile_contradicted", cause, "Have the file looked at anew (detect=true).")
    return _with({role: min(values) for role, values in said.items()}, layout)


def _with(said: Mapping[str, str], layout: Layout) -> Layout:
    constants = {role: said.get(role, value) for role, value in layout.constants.items()}
    more = tuple(_with(said, each) for each in layout.more)
    signs = {sign: _meant(sign, code, said.get("currency", code)) for sign, code in layout.signs.items()}
    year = layout.year and said.get("year", layout.year)
    return replace(layout, constants=constants, signs=signs, year=year, more=more)


def _meant(sign: str, before: str, said: str) -> str:
    """The currency of a sign: what the file says, where the sign may stand for that."""
    return said if said in currencies_of(sign) else before


def _outdated(layout: Layout, today: date) -> bool:
    """Whether the year that dates without one were said to be of is over: they would be read as of a year ago."""
    if layout.year is None:
        return False
    since = date.fromisoformat(layout.year if len(layout.year) > 4 else f"{layout.year}-01-01")
    return today - since >= timedelta(days=365)


def check_fit(chosen: Chosen, unlike: Invalid | None, misfit: Invalid | None) -> None:
    """Refuse a file that its profile can't read: with a date order of another kind even readable rows would be misread.

    Where the file itself shows its date order, and no other than the profile's, the row with the ``misfit`` alone is at fault.
    """
    shown = {one.topic for one in chosen.detection.findings} if chosen.detection else set()
    problem = unlike or (None if "date_order" in shown else misfit)
    if chosen.profile and problem:
        raise _contradicted(chosen, problem.cause)


def _contradicted(chosen: Chosen, why: str) -> Conflict:
    cause = f"The profile {chosen.name} knows such files, but does not fit this one: {why}."
    remedy = "Have the file looked at anew (detect=true), send a layout for it, or change the profile."
    return Conflict("profile_contradicted", cause, remedy)
