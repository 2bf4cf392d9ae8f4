"""One pass over a sheet: its tables, each with its header, what its columns hold, and the rows that are no entries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import chain, islice, pairwise
from operator import itemgetter

from services.ingest.sources.detect.columns import Column
from services.ingest.sources.detect.forms import compact_day, form_of
from services.ingest.sources.detect.heads import DAYS, Head, heads_of, is_header
from services.ingest.sources.files.book import Book, Line
from services.ingest.sources.files.cells import Cell, text_of

_BATCH = 256  # so few that most are gone before the interpreter looks for garbage, which takes longer than the rest
_BEGIN = 64  # rows that tell which columns hold days
_ABOVE = 200  # lines among which the first header is, so that the first batch holds it
_SAMPLE = 2_000  # rows that are kept from the beginning, and again of those that show something new later
_ODD = 2_000
_KNOWN = 50_000  # days that are remembered
_CELLS = itemgetter(1)  # of a line; as fast as it goes

Numbered = tuple[int, list[Cell]]
"""A row's number and its cells."""


@dataclass(slots=True)
class Table:
    """One table of a sheet."""

    sheet: str | None
    header: int  # the row of its headers
    columns: list[Column]
    titles: list[Numbered] = field(default_factory=list)  # what stands above it
    days: list[int] = field(default_factory=list)  # places of the columns that hold days
    numeric: bool = False  # the days are plain numbers
    known: set[Cell] = field(default_factory=set)  # days that were seen
    sample: list[Numbered] = field(default_factory=list)
    late: int = 0  # rows of the sample that came late
    odd: list[Numbered] = field(default_factory=list)  # rows without a day, blank ones left out
    odd_count: int = 0
    count: int = 0  # rows with a day
    first: int = 0
    last: int = 0
    blanks: list[int] = field(default_factory=list)
    ragged: int = 0  # the first row that lacks cells
    faults: list[tuple[int, int, str]] = field(default_factory=list)  # row, place, what the cell could not tell

    @property
    def heads(self) -> list[Head]:
        return [column.head for column in self.columns]

    @property
    def name(self) -> str:
        """As it is called in a question."""
        return self.sheet or f"row {self.header}"


def scan(book: Book) -> list[Table]:
    """Every table of every sheet."""
    return [table for name in book.tables for table in _tables(book.lines(name), name or None)]


def _tables(lines: Iterable[Line], sheet: str | None) -> list[Table]:
    found: list[Table] = []
    batches = _batches(lines)
    first = next(batches, [])
    at = _header_at(first)
    if at is None:
        at = _nameless(first)
    if at is None:
        return []
    found.append(_table(first[at], sheet, first[:at]))
    for batch in chain([first[at + 1 :]], batches):
        _take(found, batch, sheet)
    return found


def _batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    rest = iter(lines)
    while batch := list(islice(rest, _BATCH)):
        yield batch


def _header_at(lines: list[Line]) -> int | None:
    return next((at for at, line in enumerate(lines[:_ABOVE]) if is_header(line.cells)), None)


def _nameless(lines: list[Line]) -> int | None:
    """The first row of texts alone above a row that holds a day: a header in unknown words."""
    filled = [at for at, line in enumerate(lines[:_ABOVE]) if any(cell != "" for cell in line.cells)]
    return next((at for at, below in pairwise(filled) if _is_texts(lines[at]) and any(map(_is_day, lines[below].cells))), None)


def _is_texts(line: Line) -> bool:
    texts = [text_of(cell).strip() for cell in line.cells if cell != ""]
    return len(set(texts)) == len(texts) > 1 and all(form_of(text).word for text in texts)


def _table(line: Line, sheet: str | None, above: list[Line]) -> Table:
    cells = [cell if isinstance(cell, str) else text_of(cell) for cell in line.cells]
    while cells and not cells[-1].strip():
        cells.pop()
    columns = [Column(head, place) for place, head in enumerate(heads_of(list(cells)))]
    titles = [(each.number, each.cells) for each in above if any(cell != "" for cell in each.cells)]
    return Table(sheet, line.number, columns, titles)


def _is_day(cell: Cell) -> bool:
    return isinstance(cell, date) or (isinstance(cell, str) and form_of(cell.strip()).day is not None)


def _is_claimed_day(cell: Cell) -> bool:
    """Whether the cell holds a day, in a column whose header says so."""
    if isinstance(cell, str):
        return form_of(cell.strip()).as_day() is not None
    return isinstance(cell, date) or (isinstance(cell, Decimal) and compact_day(text_of(cell)) is not None)


def _is_number(cell: Cell) -> bool:
    """A day as a plain number: a spreadsheet's serial."""
    text = text_of(cell) if isinstance(cell, Decimal) else cell
    if not isinstance(text, str) or not text.strip().replace(".", "", 1).isdigit():
        return False
    whole = text.strip().partition(".")[0]
    return len(whole) == 5 and "30000" <= whole < "60000"


def _take(found: list[Table], batch: list[Line], sheet: str | None) -> None:
    """Take a batch of lines into the last table; a further header in it begins the next."""
    table = found[-1]
    if not table.days:
        _find_days(table, batch)
    if _all_dated(table, batch):
        return _feed(table, batch)
    rows: list[Line] = []
    for at, line in enumerate(batch):
        if _dated(table, line):
            rows.append(line)
        elif is_header(line.cells) and heads_of(line.cells)[: len(table.columns)] != table.heads:
            _feed(table, rows)
            found.append(_table(line, sheet, _above(table)))
            return _take(found, batch[at + 1 :], sheet)
        else:
            _leave(table, line)
    return _feed(table, rows)


def _above(table: Table) -> list[Line]:
    """The rows without a day at the end of one table may be titles of the next."""
    return [Line(number, cells) for number, cells in table.odd if number > table.last]


def _all_dated(table: Table, batch: list[Line]) -> bool:
    """Whether each line holds a day that is known already, or one to be known, where the first days stand."""
    if not table.days or len(table.columns) > min(map(len, map(_CELLS, batch))):
        return False
    days = set(map(itemgetter(table.days[0]), map(_CELLS, batch)))
    fresh = days - table.known
    if not all(cell != "" and (_is_claimed_day(cell) or (table.numeric and _is_number(cell))) for cell in fresh):
        return False
    table.known = days if len(table.known) > _KNOWN else table.known | fresh if fresh else table.known
    return True


def _dated(table: Table, line: Line) -> bool:
    cells = line.cells
    for place in table.days:
        if (
            place < len(cells)
            and (cell := cells[place]) != ""
            and (_is_claimed_day(cell) or (table.numeric and _is_number(cell)))
        ):
            return True
    return False


def _find_days(table: Table, batch: list[Line]) -> None:
    """The columns with days: those whose header says so and that hold some, else those that mostly do."""
    begin = [line.cells for line in batch[:_BEGIN]]
    named = [column.place for column in table.columns if column.head.roles() & DAYS]
    table.days = _with(begin, named, _is_claimed_day, 1)
    if not table.days:
        table.days = _with(begin, named, _is_number, 1)
        table.numeric = bool(table.days)
    table.days = table.days or _with(begin, list(range(len(table.columns))), _is_day, len(begin) // 3 + 1)


def _with(rows: list[list[Cell]], places: list[int], test: Callable[[Cell], bool], least: int) -> list[int]:
    return [place for place in places if _count(rows, place, test) >= least]


def _count(rows: list[list[Cell]], place: int, test: Callable[[Cell], bool]) -> int:
    return sum(test(cells[place]) for cells in rows if place < len(cells) and cells[place] != "")


def _leave(table: Table, line: Line) -> None:
    if not any(cell != "" for cell in line.cells) and not line.problem:
        table.blanks.append(line.number)
        del table.blanks[:-1000]
        return
    table.odd_count += 1
    if len(table.odd) >= _ODD:  # the last ones are those that may hold the sums
        del table.odd[_ODD // 2]
    table.odd.append((line.number, line.cells))


def _feed(table: Table, rows: list[Line]) -> None:
    """Take rows with a day into the columns."""
    fitting = _fitting(rows, len(table.columns))
    if not fitting:
        return
    table.first = table.first or fitting[0].number
    table.last = fitting[-1].number
    table.count += len(fitting)
    numbers = [line.number for line in fitting]
    lines = _whole(table, fitting)
    columns = zip(table.columns, zip(*lines, strict=True), strict=True)
    news = set(chain.from_iterable(column.feed(cells, numbers) for column, cells in columns))
    faulty = chain.from_iterable(_faults(line) for line in fitting if line.faults)
    table.faults += islice(faulty, _ODD - len(table.faults))
    _keep(table, numbers, lines, news)


def _fitting(rows: list[Line], width: int) -> list[Line]:
    """The rows that can be taken apart into so many cells."""
    return [line for line in rows if not line.problem and (len(line.cells) <= width or _fits(line.cells, width))]


def _whole(table: Table, fitting: list[Line]) -> list[list[Cell]]:
    """Their cells, as many as the table has columns."""
    width = len(table.columns)
    lines = [line.cells for line in fitting]
    return lines if set(map(len, lines)) == {width} else [_filled(table, line, width) for line in fitting]


def _faults(line: Line) -> list[tuple[int, int, str]]:
    return [(line.number, place, fault) for place, fault in line.faults.items()]


def _fits(cells: list[Cell], width: int) -> bool:
    return not any(cell != "" for cell in cells[width:])


def _filled(table: Table, line: Line, width: int) -> list[Cell]:
    cells = line.cells
    if len(cells) >= width:
        return cells if len(cells) == width else cells[:width]
    table.ragged = table.ragged or line.number
    return cells + [""] * (width - len(cells))


def _keep(table: Table, numbers: list[int], lines: list[list[Cell]], news: set[int]) -> None:
    """The first rows, and later ones that show something new."""
    begin = max(_SAMPLE - len(table.sample), 0)
    table.sample += zip(numbers[:begin], lines[:begin], strict=True)
    later = sorted(at for at in news if at >= begin)[: max(_SAMPLE - table.late, 0)]
    table.late += len(later)
    table.sample += [(numbers[at], lines[at]) for at in later]
