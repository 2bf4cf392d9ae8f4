"""An opened file: its tables, their lines as cells, and what was concluded about how it is written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from services.ingest.sources.files.cells import Cell, Limits, longest
from shared.kernel.errors import Invalid
from shared.kernel.quote import quoted

NO_FAULTS: Mapping[int, str] = MappingProxyType({})


class Line(NamedTuple):
    """One row of a table, blank ones included. A tuple, since a frozen dataclass takes as long to make as a row to read."""

    number: int  # as a spreadsheet counts: from 1, blank rows counted
    cells: list[Cell]
    problem: Invalid | None = None  # why it can't be taken apart
    faults: Mapping[int, str] = NO_FAULTS  # place in ``cells`` -> "error_value" | "formula_without_value"


class Look(NamedTuple):
    """A number other than zero, as its cell shows it."""

    row: int
    place: int  # in the cells of its line
    texts: tuple[str, ...]  # what stands beside the number by its format, such as KYD or €


@dataclass(frozen=True, slots=True)
class Fact:
    """One conclusion about how the file is written, and from what it was drawn."""

    topic: str  # "encoding" | "encoding_or": another that reads it too | "delimiter" | "quoting" | "separator_line"
    value: str
    evidence: str
    languages: tuple[str, ...] = ()  # of an encoding: whose letters it makes of the file's bytes, such as ("Czech", "Slovak")


@dataclass(frozen=True, slots=True)
class Book:
    """One opened file. It reads the stream that it was opened from, which has to stay open."""

    kind: str  # "csv" | "xlsx" | "xls" | "ods" | "html" | "sqlite" | "json"
    name: str  # the file's, for messages
    tables: tuple[str, ...]  # names of sheets or tables; ("",) when the file is one table
    read: Callable[[str], Iterator[Line]]  # the lines of the table of this name
    facts: tuple[Fact, ...] = ()
    reopen: Callable[[str], Book] | None = None  # of a CSV file whose encoding was concluded: the same in another encoding
    looks: Callable[[str, Collection[int]], Iterator[Look]] | None = None  # of the numbers that a table has at some places

    def lines(self, table: str | None = None) -> Iterator[Line]:
        """The lines of a table, of the first unless named; as often as asked, one pass at a time."""
        if table is None:
            return self.read(self.tables[0])
        if table not in self.tables:
            held = ", ".join(quoted(each) for each in self.tables[:20])
            cause = f"{quoted(self.name)} has no sheet {quoted(table)}; it has {held}"
            raise Invalid("no_sheet", cause, "name one of its sheets in the layout", file=self.name)
        return self.read(table)

    def fact(self, topic: str) -> str | None:
        """The value concluded on this topic."""
        return next((fact.value for fact in self.facts if fact.topic == topic), None)


def refuse(code: str, name: str, cause: str, remedy: str, row: int | None = None) -> Invalid:
    """Why a file, or a row of it, is not taken."""
    where = f"{quoted(name)}, row {row}" if row else quoted(name)
    return Invalid(code, f"{where}: {cause}", remedy, file=name, **({"row": row} if row else {}))


def check_size(size: int, name: str, limits: Limits) -> None:
    """Refuse a file, other than CSV, of too many bytes."""
    if size > limits.packed:
        raise refuse("file_too_large", name, f"it has {size} bytes, more than {limits.packed}", "split it, or send it as CSV")


def short(line: Line, name: str, limits: Limits) -> Line:
    """The line, or why it is not taken when one of its cells is too long."""
    length = longest(line.cells)
    if length <= limits.cell:
        return line
    cause = f"a cell has {length} characters, more than {limits.cell}"
    return Line(line.number, [], refuse("cell_too_long", name, cause, f"shorten it to {limits.cell}", line.number))
