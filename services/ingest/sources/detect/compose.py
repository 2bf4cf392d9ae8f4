"""Puts what was found of one table together as a layout."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.ingest.sources.detect import titles
from services.ingest.sources.detect.dates import Dating
from services.ingest.sources.detect.lengths import Lengths
from services.ingest.sources.detect.money import Money
from services.ingest.sources.detect.numbers import Writing
from services.ingest.sources.detect.people import Whose
from services.ingest.sources.detect.roles import Assigned
from services.ingest.sources.detect.scan import Table
from services.ingest.sources.detect.sums import Sums
from services.ingest.sources.detect.words_in import Wording
from services.ingest.sources.detect.zones import Zoned
from services.ingest.sources.files.book import Book
from services.ingest.sources.worklog.entry import PLACE
from services.ingest.sources.worklog.layout import DELIMITERS, ENCODINGS, Layout
from shared.contract.records import Kind

_SERIAL = "serial"


@dataclass(slots=True)
class Part:
    """All that was found of one table."""

    table: Table
    assigned: Assigned
    kind: str
    dated: Dating
    clock: str
    written: Writing
    zoned: Zoned
    lengths: Lengths = field(default_factory=lambda: Lengths({}))
    money: Money = field(default_factory=Money)
    wording: Wording = field(default_factory=Wording)
    person: Whose | None = field(default_factory=Whose)
    distance: str | None = ""  # the unit of distances that name none; None: asked
    trips: bool = True  # what becomes of distances in rows of hours is plain
    uncomputed: tuple[dict[str, str], ...] | None = ()  # rows to leave out since a formula has no result; None: asked

    @property
    def done(self) -> bool:
        return (
            self.zoned.done
            and self.lengths.done
            and self.money.done
            and self.wording.done
            and self.person is not None
            and self.distance is not None
            and self.trips
            and self.uncomputed is not None
        )


def provisional(part: Part) -> Layout:
    """A layout to try readings with, while something may be open."""
    pattern, own = _dates(part)
    return Layout(
        columns={},
        date=pattern,
        dates=own,
        time=part.clock,
        language=tuple(part.dated.languages) or ("en",),
        year=part.dated.year or "2000",
        decimal=part.written.decimal or ".",
        thousands=part.written.thousands,
        signs={
            sign: "XXX"
            for role in ("rate", "wage", "amount", "pay", "fixed")
            for each in part.assigned.roles.get(role, [])
            for sign in each.signs
        },
    )


def _dates(part: Part) -> tuple[str, dict[str, str]]:
    """The pattern of the dates, and those of columns that write them in another way."""
    found = {role: pattern for role in ("date", "start", "end") if (pattern := _pattern(part, role))}
    general = next(iter(found.values()), "YYYY-MM-DD")
    return general, {role: pattern for role, pattern in found.items() if pattern != general}


def _pattern(part: Part, role: str) -> str:
    known = part.dated.patterns
    patterns = [known[each] for column in part.assigned.roles.get(role, []) for each in column.days if each in known]
    serial = role == "date" and part.table.numeric
    return "|".join(dict.fromkeys([*patterns, *([_SERIAL] if serial else [])]))


def layout_of(book: Book, part: Part, found: Sums) -> Layout:
    """The layout of one table."""
    pattern, own = _dates(part)
    delimiter, encoding = book.fact("delimiter") or ",", (book.fact("encoding") or "utf-8").casefold()
    return Layout(
        columns=columns_of(part),
        constants=_constants(part),
        skip=(*part.wording.skip, *part.uncomputed),
        kinds=part.wording.kinds,
        totals=found.words,
        tail=found.tail,
        headings=part.person.words,
        people=part.person.names,
        above=part.person.above,
        running=tuple(part.wording.running),
        date=pattern,
        dates=own,
        time=part.clock,
        language=tuple(part.dated.languages) or ("en",),
        year=part.dated.year,
        decimal=part.written.decimal or ".",
        thousands=part.written.thousands,
        signs=part.money.signs,
        units=part.lengths.units,
        whole=part.lengths.whole,
        gross=part.lengths.gross,
        rounded=part.lengths.rounded,
        zone=part.zoned.zone,
        overnight=part.lengths.overnight,
        twelve=part.lengths.twelve,
        yes=part.wording.yes or Layout.__dataclass_fields__["yes"].default,
        no=part.wording.no or Layout.__dataclass_fields__["no"].default,
        delimiter=delimiter if delimiter in DELIMITERS else ",",
        encoding=encoding if encoding in ENCODINGS else "utf-8",
        header=part.table.header,
        find=True,
        ragged=bool(part.table.ragged or part.table.odd),
        sheet=part.table.sheet,
    )


def columns_of(part: Part) -> dict[str, tuple[str, ...]]:
    """Our columns that the table fills, and the headers that give each."""
    kinds = [part.kind, *part.wording.kinds.values()]
    allowed = frozenset().union(*(PLACE[Kind(kind)] for kind in kinds if kind != "break"))
    return {
        role: tuple(column.head.text for column in columns)
        for role, columns in sorted(part.assigned.roles.items())
        if role in allowed and any(column.filled for column in columns) and (role != "kind" or part.wording.kinds)
    }


def stated(part: Part) -> dict[str, str]:
    """What the lines above a table say of all its rows, which is another thing in the next report."""
    told = {role: titles.constant(part.table, role) for role in ("person", "client", "job") if not part.assigned.one(role)}
    found = {role: each[1] for role, each in told.items() if each}
    found |= {"currency": part.money.heard} if part.money.heard else {}
    return found | ({"year": part.dated.year} if part.dated.year and titles.period(part.table) else {})


def _constants(part: Part) -> dict[str, str]:
    assert part.person is not None
    found = {
        "person": part.person.constant,
        "currency": part.money.currency or "",
        "unit": part.distance or "",
    }
    if part.kind != "time" and not part.wording.kinds:
        found["kind"] = part.kind
    for role in ("client", "job"):
        told = None if part.assigned.one(role) else titles.constant(part.table, role)
        found[role] = told[1] if told else ""
    return {role: value for role, value in found.items() if value}
