"""What reading a file gives: its rows, each with the cells that the layout names, and the limits that hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from services.ingest.sources.worklog.layout import COLUMNS, DELIMITERS, Layout, header
from shared.kernel.duration import format_hms
from shared.kernel.errors import Invalid
from shared.kernel.quote import quoted

Cell = str | bool | Decimal | datetime | date | time | timedelta
"""A CSV cell is a text; a workbook's has the type that it has there. "" is an empty one."""

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is taken. Beyond a limit the file is refused, naming the limit."""

    csv: int = 512 * MEGABYTE  # bytes of a CSV file, which is streamed
    packed: int = 25 * MEGABYTE  # bytes of a workbook as sent
    unpacked: int = 100 * MEGABYTE  # bytes of a workbook's parts together
    ratio: int = 100  # unpacked to packed bytes of any part of a workbook
    area: int = 10 * MEGABYTE  # rows x columns of a workbook's sheet
    texts: int = 200 * MEGABYTE  # characters of all cells of a workbook together
    cell: int = 65_536  # characters of one cell
    row: int = 4 * MEGABYTE  # characters of one row of a CSV file


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Row:
    """One row; ``problem`` says why its cells could not be taken apart."""

    number: int  # as a spreadsheet counts: from 1, the rows above and blank ones included
    cells: dict[str, Cell]  # header -> cell, those that the layout names
    file: str = ""  # the file's name, for messages
    problem: Invalid | None = None


def text_of(cell: Cell) -> str:
    """The cell as text, as a person would read it in the sheet."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, Decimal):
        return format(cell.to_integral_value() if cell == cell.to_integral_value() else cell, "f")
    if isinstance(cell, timedelta):
        return format_hms(round(cell / timedelta(seconds=1)))
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    return cell if isinstance(cell, str) else cell.isoformat()


def places(cells: Sequence[Cell], layout: Layout, file: str) -> dict[str, int]:
    """Where each header that the layout names stands; Invalid when one is missing, twice there, or not ours."""
    names = _names(cells, file)
    lacking = sorted(_lacking(set(names), layout))
    if lacking:
        raise _bad_header(file, f"lacks {_listed(lacking)}; it has {_listed(names)}", _hint(names, layout))
    wanted, counts = layout.wanted(), Counter(names)
    twice = [name for name in counts if counts[name] > 1 and name in wanted]
    if twice:
        raise _bad_header(file, f"has {_listed(twice)} twice", "rename or remove one of the two columns")
    unknown = set(names) - wanted - {""}
    if layout.closed and unknown:
        cause = f"has {_listed(sorted(unknown))}, which is no column of ours"
        raise _bad_header(file, cause, f"use only: {', '.join(COLUMNS)}")
    return {name: at for at, name in enumerate(names) if name in wanted}


def _names(cells: Sequence[Cell], file: str) -> list[str]:
    try:
        return [header(text_of(cell)) for cell in cells]
    except Invalid as problem:
        raise _bad_header(file, f"holds what is no header: {problem.cause}", problem.remedy) from problem


def _lacking(names: set[str], layout: Layout) -> set[str]:
    if not layout.closed:
        return set(layout.wanted()) - names
    return {"date", "person"} - names


def _hint(names: list[str], layout: Layout) -> str:
    other = next((sign for sign in DELIMITERS if sign != layout.delimiter and len(names) == 1 and sign in names[0]), None)
    if other:
        return f'the cells seem to be separated by {quoted(other)}: say "delimiter": {quoted(other)} in a layout'
    return "export the report with these columns, or declare its own ones in a layout"


def _listed(names: Iterable[str]) -> str:
    shown = [quoted(name) for name in names if name]
    return ", ".join(shown[:30]) or "nothing"


def _bad_header(file: str, cause: str, remedy: str) -> Invalid:
    return Invalid("bad_header", f"{quoted(file)}: the header row {cause}", remedy, file=file)


def cut(number: int, cells: Sequence[Cell], where: dict[str, int], width: int, file: str, limits: Limits) -> Row | None:
    """One row's named cells; None for a row without anything in it."""
    if not any(cell != "" for cell in cells):
        return None
    problem = _misfit(cells, width, limits)
    if problem:
        code, cause, remedy = problem
        return Row(number, {}, file, Invalid(code, f"{quoted(file)}, row {number}: {cause}", remedy, file=file, row=number))
    return Row(number, {name: cells[at] for name, at in where.items()}, file)


def _misfit(cells: Sequence[Cell], width: int, limits: Limits) -> tuple[str, str, str] | None:
    if len(cells) < width or any(cell != "" for cell in cells[width:]):
        remedy = "put quotes around cells that hold the separator, and give every row all cells"
        return "wrong_cells", f"it has {len(cells)} cells, the header has {width}", remedy
    longest = max(len(cell) if isinstance(cell, str) else 0 for cell in cells)
    if longest > limits.cell:
        return "cell_too_long", f"a cell has {longest} characters, more than {limits.cell}", f"shorten it to {limits.cell}"
    return None
