"""A file becomes a layout with evidence for each conclusion, or the questions that it leaves open. Nothing is guessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from itertools import chain
from operator import attrgetter
from types import MappingProxyType

from services.ingest.sources.detect import invoices, numbers, titles
from services.ingest.sources.detect.clocks import time_pattern
from services.ingest.sources.detect.compose import Part, columns_of, layout_of, provisional, stated
from services.ingest.sources.detect.dates import dating
from services.ingest.sources.detect.distances import beside_hours, distance_unit
from services.ingest.sources.detect.encodings import in_encoding
from services.ingest.sources.detect.findings import Detection, Inquiry, LeftOut
from services.ingest.sources.detect.formulas import uncomputed
from services.ingest.sources.detect.languages import languages_of
from services.ingest.sources.detect.lengths import lengths
from services.ingest.sources.detect.money import money, price
from services.ingest.sources.detect.pay import as_amount, pay
from services.ingest.sources.detect.people import whose
from services.ingest.sources.detect.roles import Assigned, assign, drop_counter
from services.ingest.sources.detect.sayable import check_sayable
from services.ingest.sources.detect.scan import Table, scan
from services.ingest.sources.detect.sums import Sums, sums
from services.ingest.sources.detect.tables import chosen
from services.ingest.sources.detect.words_in import wording
from services.ingest.sources.detect.zones import zoned
from services.ingest.sources.files.book import Book
from services.ingest.sources.worklog.layout import Layout
from shared.kernel.errors import Invalid
from shared.kernel.quote import quoted


def detect(book: Book, answers: Mapping[str, str] = MappingProxyType({})) -> Detection:
    """The layout of an opened file, or what has to be asked first. An answer that was not asked for is refused."""
    inquiry = Inquiry(answers)
    book, tables = in_encoding(book, scan(book), inquiry)
    for fact in book.facts:
        inquiry.note(fact.topic, fact.value, fact.evidence)
    kinds, left_out = chosen(tables, inquiry)
    if not kinds:
        return _without_work(book, tables, left_out, inquiry)
    assigned = _assigned(book, kinds, inquiry)
    parts = _parts(book, assigned, inquiry)
    every = [sums(part.table, part.assigned, part.person, inquiry) for part in parts]
    layout = None if inquiry.questions else _layout(book, parts, every)
    inquiry.check()
    _columns(parts, inquiry)
    left_out += chain.from_iterable(one.left_out for one in every)
    totals = tuple(chain.from_iterable(one.totals for one in every))
    return Detection(
        layout,
        tuple(inquiry.findings),
        tuple(inquiry.questions),
        totals,
        tuple(left_out),
        stated=tuple(map(stated, parts)),
        dropped=tuple(rule for part in parts for rule in part.wording.dropped),
        units=tuple(chain.from_iterable(part.lengths.shown for part in parts)),
        period=_period(list(map(attrgetter("table"), parts))),
    )


def _without_work(book: Book, tables: list[Table], left_out: list[LeftOut], inquiry: Inquiry) -> Detection:
    """The layout of a list of invoices. Raises Invalid for a file that is none either."""
    found = invoices.detected(book, tables, inquiry)
    if found is None:
        raise _nothing(book, left_out)
    return found


def _assigned(book: Book, kinds: list[tuple[Table, str]], inquiry: Inquiry) -> list[tuple[Table, Assigned, str]]:
    """The tables with the roles of their columns. Raises Invalid for what no layout can say."""
    assigned = [(table, assign(table, inquiry), kind) for table, kind in kinds]
    for table, found, _ in assigned:
        if book.kind not in ("sqlite", "json"):
            drop_counter(table, found, inquiry)
        _check_whole(book, table, found)
        check_sayable(book.name, table, found)
    return assigned


def _check_whole(book: Book, table: Table, assigned: Assigned) -> None:
    """Refuse a table that becomes another client's or job's on the way: its rows do not say which they are."""
    for role in ("client", "job"):
        if not assigned.one(role) and (told := titles.another(table, role)):
            cause = f"{quoted(book.name)}, row {told[0]} begins what is of another {role}, {quoted(told[1])}"
            raise Invalid("tables_apart", cause, "split the file at such rows and import each part", file=book.name, row=told[0])


def _nothing(book: Book, left_out: list[LeftOut]) -> Invalid:
    if any(each.reason == "week" for each in left_out):
        cause = f"{quoted(book.name)} has a column for each day of the week, not a row for each entry"
        return Invalid("weeks", cause, "export a detailed report with a row for each entry", file=book.name)
    cause = f"{quoted(book.name)} has no table with a day and a quantity in its rows"
    return Invalid("no_entries", cause, "export a detailed report with dates, or declare its columns in a layout", file=book.name)


def _parts(book: Book, kinds: list[tuple[Table, Assigned, str]], inquiry: Inquiry) -> list[Part]:
    found = [(table, assigned) for table, assigned, _ in kinds]
    dated = dating(found, languages_of([table for table, _ in found]), _period([table for table, _ in found]), inquiry)
    zone = zoned(found, inquiry)
    clock, written = time_pattern(found, inquiry), numbers.writing(found)
    parts = [Part(table, assigned, kind, dated, clock, written, zone) for table, assigned, kind in kinds]
    for part in parts if written.decimal is None else ():
        lengths(part.table, as_amount(part.assigned), provisional(part), written, inquiry)  # may settle the decimal sign
    numbers.ask(written, inquiry)
    for part, part.person in zip(parts, whose(found, inquiry), strict=True):
        part.lengths = lengths(part.table, as_amount(part.assigned), provisional(part), written, inquiry)
        if written.decimal:
            trial = replace(provisional(part), units=part.lengths.units, gross=part.lengths.gross)
            pay(part.table, part.assigned, trial, inquiry, measured=part.lengths.done)
            price(part.table, part.assigned, trial, inquiry)
        part.money = money(book, part.table, part.assigned, found, inquiry)
        part.wording = wording(part.assigned, inquiry)
        part.distance = distance_unit(part.assigned, [part.kind, *part.wording.kinds.values()], inquiry)
        part.trips = beside_hours(part.assigned, [part.kind, *part.wording.kinds.values()], inquiry)
        part.uncomputed = uncomputed(part.table, part.assigned, inquiry)
    return parts


def _period(tables: list[Table]) -> tuple[date, date] | None:
    return next(filter(None, map(titles.period, tables)), None)


def _layout(book: Book, parts: list[Part], every: list[Sums]) -> Layout | None:
    """One layout for the file: its first table's, with the others as further ones."""
    if any(not part.done for part in parts):
        return None
    first, *others = [layout_of(book, part, found) for part, found in zip(parts, every, strict=True)]
    makes: list[Layout] = []
    for other in others:
        if other not in makes:
            makes.append(replace(other, delimiter=",", encoding="utf-8"))
    return replace(first, more=tuple(makes))


def _columns(parts: list[Part], inquiry: Inquiry) -> None:
    """Say which column is which, and which are not taken in."""
    for part in parts:
        read = columns_of(part)
        for role, names in read.items():
            inquiry.note("column", f"{role}: {' + '.join(names)}", f"header in row {part.table.header}")
        _empty(part, inquiry)
        named = {name for names in read.values() for name in names}
        if rest := [each.head.text for each in part.table.columns if each.filled and each.head.text not in {"", *named}]:
            inquiry.note("not_taken", ", ".join(rest), f"in the table in row {part.table.header} these have no place in an entry")


def _empty(part: Part, inquiry: Inquiry) -> None:
    """Say where a client or job is missing in some rows: merged cells come as one value and empty ones below it."""
    for role in ("client", "job"):
        column = part.assigned.one(role)
        if column and column.filled and column.empty:
            inquiry.note("empty", role, f"row {column.empty} has no {role}, and takes none from the row above it")
