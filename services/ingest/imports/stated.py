"""The sums that a file states in the rows which its layout calls totals, where the file was not looked at itself."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.ingest.sources.detect.findings import LeftOut, StatedTotal
from services.ingest.sources.detect.forms import form_of
from services.ingest.sources.detect.sums import spans
from services.ingest.sources.files.cells import text_of
from services.ingest.sources.worklog.layout import Layout
from services.ingest.sources.worklog.normalize import RowResult
from services.ingest.sources.worklog.rows import Row

_MOST = 2_000
_SUMMED = ("duration", "break", "overtime", "amount", "distance")


@dataclass(slots=True)
class Stated:
    """Takes in the rows of one table."""

    layout: Layout
    table: str
    first: int = 0  # row of an entry
    last: int = 0
    count: int = 0  # of sums
    rows: list[Row] = field(default_factory=list)  # that state them; none where there are too many to keep

    def note(self, row: Row, result: RowResult) -> None:
        if result.left_out == "total":
            self.count += 1
            self.rows.append(row)
            if self.count > _MOST:
                self.rows.clear()
        elif not result.left_out:
            self.first, self.last = self.first or row.number, row.number

    def totals(self) -> list[StatedTotal]:
        found = spans([(row.number, row.line) for row in self.rows], self.first, self.last)
        by_number = {row.number: row for row in self.rows}
        return [total for number, span in found for total in self._of(by_number[number], span)]

    def left_out(self) -> LeftOut:
        return LeftOut("total", tuple(row.number for row in self.rows), len(self.rows), "", self.table)

    def _of(self, row: Row, span: tuple[int, int]) -> list[StatedTotal]:
        cells = {role: [row.cells.get(header, "") for header in self.layout.columns.get(role, ())] for role in _SUMMED}
        texts = {role: text_of(each[0]).strip() for role, each in cells.items() if len(each) == 1}
        said = {role: text for role, text in texts.items() if text and not form_of(text).word}
        return [StatedTotal(role, text, row.number, row.first, *span, self.table) for role, text in said.items()]
