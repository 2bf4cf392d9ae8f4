"""What a case of the layouts is: a file, what is unusual about it, and the figures written by hand that it has to give."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.component.reports import write


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What importing gives. Money is what expenses cost, time and trips are worth: each entry's rounded, then summed."""

    entries: int
    seconds: int = 0
    first: str
    last: str
    people: tuple[str, ...] = ()
    money: dict[str, str] = field(default_factory=dict)  # currency ("": not known) -> sum
    distance: dict[str, str] = field(default_factory=dict)  # unit -> sum
    refused: int = 0  # rows that the import names and doesn't take


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """``asks``: topic -> our answer, in the order of a person's thinking; None: what follows an answer isn't shown here.

    Without ``figures`` the file itself is refused, unless it asks.
    """

    name: str
    kind: str  # csv | xlsx | xls | ods | html | sqlite | json
    language: str
    rows: str  # time | expense | mileage | invoice, or several
    unusual: str
    data: bytes
    asks: dict[str, str | None] = field(default_factory=dict)
    figures: Figures | None = None

    @property
    def file(self) -> str:
        return f"report.{self.kind}"


def text(content: str, *, encoding: str = "utf-8", end: str = "\r\n") -> bytes:
    """A text file's bytes: the lines as they stand, without the first line break and the last."""
    return content.strip("\n").replace("\n", end).encode(encoding) + end.encode(encoding.removesuffix("-sig"))


def table(content: str, *, split: str = "|") -> write.Rows:
    """Rows of cells from lines such as ``Date | Hours``."""
    return [[cell.strip() for cell in line.split(split)] for line in content.strip().splitlines()]
