"""What a cell can hold, how it reads as text, and how much of a file is taken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from shared.kernel.duration import format_hms

Cell = str | bool | Decimal | datetime | date | time | timedelta
"""A CSV cell is a text; a workbook's has the type that it has there. "" is an empty one."""

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is taken. Beyond a limit the file is refused, naming the limit."""

    csv: int = 512 * MEGABYTE  # bytes of a CSV file, which is streamed
    packed: int = 25 * MEGABYTE  # bytes of any other file as sent
    unpacked: int = 100 * MEGABYTE  # bytes of a workbook's parts together
    ratio: int = 100  # unpacked to packed bytes of any part of a workbook
    area: int = 10 * MEGABYTE  # rows x columns of a workbook's sheet
    texts: int = 200 * MEGABYTE  # characters of all cells of a workbook together
    cell: int = 65_536  # characters of one cell
    row: int = 4 * MEGABYTE  # characters of one row of a CSV file
    invoices: int = 1_000  # of one list: each is given by itself


LIMITS = Limits()


def text_of(cell: Cell) -> str:
    """The cell as text, as a person would read it in the sheet."""
    if type(cell) is str:  # most are
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, Decimal):
        return format(cell.to_integral_value() if cell == cell.to_integral_value() else cell, "f")
    if isinstance(cell, timedelta):
        return format_hms(round(cell / timedelta(seconds=1)))
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    return cell if isinstance(cell, str) else cell.isoformat()


def longest(cells: list[Cell]) -> int:
    """Characters of the longest text."""
    return max((len(cell) for cell in cells if isinstance(cell, str)), default=0)
