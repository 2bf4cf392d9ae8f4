"""Turns a row of a report into records: its entry, and the person, client, job and tags that it names."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from services.ingest.sources.files.cells import Cell
from services.ingest.sources.worklog import cells
from services.ingest.sources.worklog.entry import PLACE, Values, fields_of, signless
from services.ingest.sources.worklog.identity import identity
from services.ingest.sources.worklog.layout import COLUMNS, Layout
from services.ingest.sources.worklog.leaving import Passing, reason
from services.ingest.sources.worklog.rows import Row, cells_of
from services.ingest.sources.worklog.signs import currency_of
from shared.contract.record_schemas import SOURCE_ID, TAGS, Identify, identifier, load_record
from shared.contract.records import AnyRecord, Kind, Origin
from shared.kernel.errors import Invalid
from shared.kernel.quote import quoted

Faults = list[tuple[str, Invalid]]
"""(column of ours, what is wrong in it)."""


def _text(found: Sequence[Cell], layout: Layout, column: str) -> str:
    return cells.joined(found)


def _name(found: Sequence[Cell], layout: Layout, column: str) -> str:
    return cells.name(cells.joined(found))


def _kind_word(found: Sequence[Cell], layout: Layout, column: str) -> str:
    word = cells.joined(found)
    return layout.kinds.get(word.casefold(), word)


_READ: dict[str, Callable[[Sequence[Cell], Layout, str], Any]] = {
    "kind": _kind_word,
    "unit": cells.unit,
    "currency": cells.currency,
    "distance": cells.distance,
    **dict.fromkeys(("source_id", "category", "notes", "vehicle", "from_place", "to_place"), _text),
    **dict.fromkeys(("person", "client", "job"), _name),
    **dict.fromkeys(("start", "end"), cells.clock),
    **dict.fromkeys(("duration", "break", "overtime"), cells.duration),
    **dict.fromkeys(("rate", "amount", "odometer_start", "odometer_end"), cells.number),
    "date": cells.civil,
    "tags": cells.tags,
    "billable": cells.flag,
}
_COLUMN = {"seconds": "duration", "break_seconds": "break", "overtime_seconds": "overtime", "zone": "start"}
"""Field of an entry -> our column, where they differ."""


class RowResult(NamedTuple):
    """What became of one row: records, or a problem; neither for a row that the layout says to skip."""

    row: int
    records: list[AnyRecord]  # persons, clients, jobs, tags, then the entry; a record id comes later unless the file gives ids
    problem: Invalid | None = None
    left_out: str | None = None  # why the layout says to leave the row out, one of ``leaving.REASONS``
    sheet: str | None = None  # rows of several sheets may have one number

    @property
    def entry(self) -> AnyRecord | None:
        return self.records[-1] if self.records else None


Named = tuple[tuple[AnyRecord, ...], dict[str, str]]
"""Records, and which of an entry's fields refers to which source id of theirs."""
REMEMBERED = 50_000
"""Texts of a column, names of rows: what comes again in most files, and must not fill the memory where it doesn't."""


@dataclass(slots=True)
class Column:
    """A column of ours, and what its texts were read as so far."""

    name: str
    header: str | None  # the only one in the file that says what the value is
    read: dict[Any, Any] = field(default_factory=dict)  # texts only: as a key, True is 1

    def value(self, row: Row, layout: Layout) -> Any:
        """The row's value, None where it has none. Raises Invalid."""
        text = row.cells.get(self.header, "") if self.header is not None else None
        alone = type(text) is str and bool(text.strip())
        found = [text] if alone else cells_of(row, layout, self.name)
        value = _READ[self.name](found, layout, self.name) if found else None  # type: ignore[arg-type]
        if type(text) is str and (self.name not in _UNLIKE or not text):
            remember(self.read, text, value)
        return value


def remember(known: dict[Any, Any], key: Any, value: Any) -> None:
    """Keep it, in place of all else when there is too much."""
    if len(known) >= REMEMBERED:
        known.clear()
    known[key] = value


_UNLIKE = {"source_id", "notes"}
_NEW = object()


def _only(headers: Sequence[str]) -> str | None:
    return headers[0] if len(headers) == 1 else None


@dataclass(slots=True)
class Reading:
    """What one pass over a file remembers from row to row."""

    alike: dict[str, int] = field(default_factory=dict)  # how often an entry of this identity has come
    rows: dict[str, tuple[str | None, int]] = field(default_factory=dict)  # id that the file itself gives -> sheet and row
    known: dict[tuple[str, ...], AnyRecord] = field(default_factory=dict)  # persons, clients, jobs and tags so far
    passing: Passing = field(default_factory=Passing)
    named: dict[tuple[str, ...], Named] = field(default_factory=dict)  # what a person, client and job of these names are
    columns: list[Column] = field(default_factory=list)
    identify: Identify | None = None
    maker: _Maker | None = None

    def of_table(self) -> Reading:
        """For a further table: the same names and identities, other cells."""
        return replace(self, passing=Passing(), columns=[], maker=None)

    def columns_of(self, layout: Layout) -> list[Column]:
        """The columns of ours that the layout gives values to."""
        if not self.columns:
            given = {*layout.columns, *layout.constants}
            self.columns = [Column(name, _only(layout.columns.get(name, ()))) for name in COLUMNS if name in given]
        return self.columns


def normalize_rows(rows: Iterable[Row], layout: Layout, organisation: str, source: str, *, file: str = "") -> Iterator[RowResult]:
    """Every row's result, in order. ``file`` is the content hash that the records' origin names."""
    return normalize_parts([(layout, rows)], organisation, source, file=file)


def normalize_parts(
    parts: Iterable[tuple[Layout, Iterable[Row]]], organisation: str, source: str, *, file: str = ""
) -> Iterator[RowResult]:
    """Every row's result of each table of a file, in order. Entries alike in two tables are different ones."""
    reading = Reading(identify=identifier(organisation))
    for layout, rows in parts:
        reading = reading.of_table()
        for row in rows:
            yield normalize(row, layout, organisation, source, reading=reading, file=file)


def normalize(
    row: Row, layout: Layout, organisation: str, source: str, *, reading: Reading | None = None, file: str = ""
) -> RowResult:
    """One row's records. Without a ``reading`` the row stands alone: the first of its identity."""
    reading = reading or Reading()
    if row.problem:
        reading.passing.above.clear()  # it may have named somebody
        return RowResult(row.number, [], row.problem, sheet=layout.sheet)
    left_out = reason(row, layout, reading.passing)
    if layout.above:
        _hold(row, layout, reading.passing.above, left_out)
    if left_out:
        return RowResult(row.number, [], left_out=left_out, sheet=layout.sheet)
    if reading.maker is None:
        reading.maker = _Maker(organisation, source, file, reading, layout.sheet)
    make, make.row = reading.maker, row.number
    values, faults = _values(row, layout, reading)
    if not faults:
        try:
            return RowResult(row.number, _records(values, layout, make), sheet=layout.sheet)
        except Invalid as problem:
            faults = list(_faults(problem))
    return RowResult(row.number, [], _problem(row, layout, faults), sheet=layout.sheet)


def _hold(row: Row, layout: Layout, above: dict[str, str], left_out: str | None) -> None:
    """Remember what the row says for the rows below it that say nothing; a sum ends what holds."""
    if left_out in ("total", "summary"):
        above.clear()
    if left_out in ("total", "summary", "heading", "repeated_header"):
        return
    for column in layout.above:
        if text := cells.joined(cells_of(row, layout, column)).strip():
            above.pop(column, None)
            with suppress(Invalid):  # the row itself is refused for it
                above[column] = cells.name(text)


def _values(row: Row, layout: Layout, reading: Reading) -> tuple[dict[str, Any], Faults]:
    values: dict[str, Any] = {}
    faults: Faults = []
    for column in reading.columns_of(layout):
        value = column.read.get(row.cells.get(column.header, ""), _NEW)  # type: ignore[call-overload]
        if value is _NEW:
            try:
                value = column.value(row, layout)
            except Invalid as problem:
                faults.append((column.name, problem))
                continue
        if value is not None:
            values[column.name] = value
    values |= reading.passing.above
    return values, faults + _told_otherwise(row, layout, values)


def _told_otherwise(row: Row, layout: Layout, values: dict[str, Any]) -> Faults:
    """What no column of its own says."""
    faults: Faults = []
    if row.person is not None and "person" not in layout.columns:
        faults += _told_above(row, values)
    if layout.signs or "distance" in values:
        faults += _told_beside(row, layout, values)
    if "Z" in layout.time and not layout.zone and "duration" not in values and {"start", "end"} <= values.keys():
        faults += _turned_clock(row, layout)
    return faults


def _told_above(row: Row, values: dict[str, Any]) -> Faults:
    """The person whom a line above the row names."""
    if not row.person:
        cause = "a line above the row seems to name its person, but not plainly whom"
        return [("person", Invalid("missing_person", cause, "write the name into each row, or have the file looked at anew"))]
    values["person"] = cells.name(row.person)
    return []


def _told_beside(row: Row, layout: Layout, values: dict[str, Any]) -> Faults:
    """What stands beside a number: the unit of a distance, the currency of an amount."""
    if "distance" in values and (beside := cells.unit_beside(cells.joined(cells_of(row, layout, "distance")))):
        values["unit"] = beside
    return _told_by_sign(row, layout, values) if layout.signs else []


def _turned_clock(row: Row, layout: Layout) -> Faults:
    """Between a start and an end with other offsets lies another time than their clocks show."""
    start, end = (cells.offset(cells.joined(cells_of(row, layout, column))) for column in ("start", "end"))
    if start == end:
        return []
    remedy = "say the zone in a layout, or give the duration as well"
    return [("end", Invalid("clock_turned", f"the start has the offset {start}, the end {end}", remedy))]


def _told_by_sign(row: Row, layout: Layout, values: dict[str, Any]) -> Faults:
    """The currency that a sign at an amount names, which neither another sign nor a column may contradict."""
    try:
        currency = currency_of(row, layout, ("amount", "rate"), values.get("currency"))
    except Invalid as problem:
        return [(problem.facts["column"], problem)]  # type: ignore[list-item]
    if currency is not None:
        values["currency"] = currency
    return [] if "currency" in layout.columns else list(signless(values))


# ---- records


@dataclass(slots=True)
class _Maker:
    """Makes the records of a table's rows, one after the other."""

    organisation: str
    source: str
    file: str
    reading: Reading
    sheet: str | None = None
    row: int = 0

    def record(self, kind: Kind, data: dict[str, Any], known: Mapping[str, Any] | None = None) -> AnyRecord:
        origin = Origin("file", self.file, self.row)
        identify = self.reading.identify
        return load_record(kind, data, self.organisation, self.source, origin=origin, identify=identify, known=known)

    def named(self, kind: Kind, name: str, source_id: str, **more: str) -> AnyRecord:
        """A person, client, job or tag, made once in one pass."""
        known, key = self.reading.known, (kind, source_id)
        if key not in known:
            known[key] = self.record(kind, {"source_id": source_id, "name": name, **more})
        return known[key]


def _records(values: Values, layout: Layout, make: _Maker) -> list[AnyRecord]:
    kind = _kind(values)
    named, references = _named(values, make)
    tags = [make.named(Kind.TAG, tag, _short(tag)) for tag in values.get("tags", ())]
    data = fields_of(kind, values, layout)
    data |= references
    data["tags"] = [tag.source_id for tag in tags]
    known = dict(zip(references, [record.id for record in named], strict=True))
    data["source_id"] = given = _given_id(kind, values, make)
    if given is None:  # then both are made anew under the organisation's key
        data["source_id"], known["id"] = _derived_id(kind, data, make), ""
    known["tags"] = tuple(sorted([tag.id for tag in tags]))
    return [*named, *tags, make.record(kind, data, known if len(tags) <= TAGS else None)]


def _kind(values: Values) -> Kind:
    """The entry's kind, once nothing stands in a column that has no place there."""
    kind = values.get("kind", "time")
    if kind not in PLACE:
        kinds = ", ".join(PLACE)
        raise Invalid("unknown_kind", f"{quoted(kind)} is no kind of row", f"write one of {kinds}", column="kind")
    if not values.keys() <= PLACE[kind]:
        misplaced = next(column for column in values if column not in PLACE[kind])
        raise Invalid("misplaced", f"{misplaced} has no place in a row of kind {kind}", "empty this cell", column=misplaced)
    return Kind(kind)


def _named(values: Values, make: _Maker) -> Named:
    """The person, the client and the job of the row."""
    person, client, job = key = values.get("person"), values.get("client"), values.get("job")
    known = make.reading.named
    if key in known:
        return known[key]
    found = [make.named(Kind(kind), name, _short(name)) for kind, name in (("person", person), ("client", client)) if name]
    if job:  # two clients may each have a job of this name
        of = {"client": found[-1].source_id} if client else {}
        found.append(make.named(Kind.JOB, job, _short(" / ".join([*of.values(), job])), **of))
    kinds = [kind for kind, name in zip(("person", "client", "job"), key, strict=True) if name]
    named = tuple(found), {kind: record.source_id for kind, record in zip(kinds, found, strict=True)}
    remember(known, key, named)
    return named


def client_named(name: str, organisation: str, source: str, *, file: str, row: int) -> AnyRecord:
    """The client of this name, as a row that names them makes them."""
    return _Maker(organisation, source, file, Reading(), row=row).named(Kind.CLIENT, name, _short(name))


def _short(name: str) -> str:
    """A name as a source id: itself, or its beginning and a hash when it is too long."""
    if len(name) <= SOURCE_ID:
        return name
    return f"{name[: SOURCE_ID - 33].rstrip()} {hashlib.sha256(name.encode()).hexdigest()[:32]}"


def _given_id(kind: Kind, values: Values, make: _Maker) -> str | None:
    """The id that the file itself gives the entry, which it may give only once."""
    given = values.get("source_id")
    if given is None:
        return None
    here = (make.sheet, make.row)
    first = make.reading.rows.setdefault(f"{kind} {given}", here)
    if first != here:
        cause = f"{quoted(given)} is the id of row {first[1]} already"
        raise Invalid("id_twice", cause, "give every entry an id of its own, or none", column="source_id")
    return str(given)


def _derived_id(kind: Kind, data: dict[str, Any], make: _Maker) -> str:
    """An id from what was done. Entries alike in all this are different ones, counted in the order of the file."""
    same, alike = identity(kind, data), make.reading.alike
    alike[same] = number = alike.get(same, 0) + 1
    return f"{same}-{number}"


# ---- problems


def _faults(problem: Invalid) -> Iterator[tuple[str, Invalid]]:
    """A problem of the whole row by our columns."""
    errors = problem.facts.get("errors")
    if not isinstance(errors, list):
        yield str(problem.facts.get("column", problem.facts.get("field", ""))), problem
        return
    for error in errors:
        name = error["field"].split(".")[0]
        yield _COLUMN.get(name, name), Invalid(error["code"], error["cause"], error["remedy"])


def _problem(row: Row, layout: Layout, faults: Faults) -> Invalid:
    errors = [_error(row, layout, column, problem) for column, problem in faults]
    told = "; ".join(f"column {quoted(error['column'])}: {error['cause']}" for error in errors[:3])
    more = f"; and {len(errors) - 3} more" if len(errors) > 3 else ""
    cause = f"{quoted(row.file)}, row {row.number}, {told}{more}"
    first = faults[0][1]
    return Invalid(first.code, cause, first.remedy, file=row.file, row=row.number, errors=errors)


def _error(row: Row, layout: Layout, column: str, problem: Invalid) -> dict[str, object]:
    value = quoted(cells.joined(cells_of(row, layout, column))) if column else ""
    return {
        "row": row.number,
        "column": " + ".join(layout.columns.get(column, (column,))),
        "value": value,
        "code": problem.code,
        "cause": problem.cause,
        "remedy": problem.remedy,
    }
