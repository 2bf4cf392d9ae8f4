"""One column while the file passes: the forms of its distinct values, each kept with the row where it was first seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from services.ingest.sources.detect.forms import Day, Form, Number, compact_day, form_of
from services.ingest.sources.detect.heads import DAYS, Head
from services.ingest.sources.files.cells import Cell, text_of

_KEPT = 50_000  # distinct values that are remembered, to look at each once
_WORDS = 200  # distinct words that are kept
_DORMANT = 300  # a column of so many words and nothing else is text
_FEW = 16
_DIGITS = str.maketrans("123456789", "999999999")

Seen = tuple[int, str]
"""A row and the text that stands there."""


@dataclass(slots=True)
class Column:
    """What one column holds."""

    head: Head
    place: int
    typed: dict[str, Seen] = field(default_factory=dict)  # name of a cell's type -> the first of it
    days: dict[str, dict[Day, Seen]] = field(default_factory=dict)  # notation -> dates as written
    clocks: dict[str, dict[int, Seen]] = field(default_factory=dict)  # pattern -> hour -> the first
    offsets: dict[str, Seen] = field(default_factory=dict)  # "utc" | "zero" | "local" -> the first instant with one
    stretches: Seen | None = None
    numbers: dict[str, tuple[Number, Seen]] = field(default_factory=dict)  # shape -> the first of it
    signs: dict[str, Seen] = field(default_factory=dict)
    words: dict[str, Seen] = field(default_factory=dict)
    forms: dict[str, int] = field(default_factory=dict)  # form -> distinct values that may have it
    empty: int = 0  # the first row without a value
    flags: dict[str, Seen] = field(default_factory=dict)  # typed yes and no, as text
    fraction: bool = False  # a typed number has decimals
    late: bool = False  # a typed day lies after the 12th of its month
    distinct: int = 0  # values that showed something new
    noted: int = 0  # texts among them
    dormant: bool = False
    _seen: set[Cell] = field(default_factory=set)
    _heads: set[str] = field(default_factory=set)
    _tails: set[str] = field(default_factory=set)
    _shapes: set[str] = field(default_factory=set)

    def feed(self, cells: Sequence[Cell], numbers: Sequence[int]) -> list[int]:
        """Take the cells of some rows in; the places of those that show something new."""
        if self.dormant or self._seen.issuperset(cells):
            return []
        new = set(cells) - self._seen
        if len(self._seen) + len(new) > _KEPT:
            self._seen.clear()
        self._seen |= new
        where = _places(cells, new)
        told = []
        for cell in sorted(new, key=where.__getitem__):
            at = where[cell]
            if cell == "":
                self.empty = self.empty or numbers[at]
            elif self._take(cell, numbers[at]):
                told.append(at)
        self.dormant = self.distinct > _DORMANT and set(self.forms) <= {"word"} and not self.typed
        return told

    def _take(self, cell: Cell, row: int) -> bool:
        if isinstance(cell, Decimal) and self.head.roles() & DAYS and compact_day(text_of(cell)):
            cell = text_of(cell)
        if not isinstance(cell, str):
            return self._take_typed(cell, row)
        if not cell.strip() or self._known(cell):
            return False
        self.distinct += 1
        self.noted += 1
        self._note(form_of(cell.strip()), (row, cell.strip()))
        return True

    def _take_typed(self, cell: Cell, row: int) -> bool:
        name = type_of(cell)
        self.distinct += 1
        self.typed.setdefault(name, (row, text_of(cell)))
        self.fraction = self.fraction or (isinstance(cell, Decimal) and cell != cell.to_integral_value())
        self.late = self.late or (isinstance(cell, date) and cell.day > 12)
        if name == "flag":
            self.flags.setdefault(text_of(cell), (row, text_of(cell)))
        return name == "number"

    def _known(self, text: str) -> bool:
        """Whether nothing in the text is new: a date and a time that were both seen, a number of a known shape."""
        begin, gap, end = text.partition(" ") if " " in text else text.partition("T")
        if gap and begin in self._heads and end in self._tails:
            return True
        shape = text.translate(_DIGITS)
        if shape in self._shapes:
            return True
        form = form_of(text.strip())
        if gap and form.day and form.clock:
            self._heads.add(begin)
            self._tails.add(end)
        elif form.only_number:
            self._shapes.add(shape)
        return False

    def _note(self, form: Form, seen: Seen) -> None:
        form = self._as_claimed(form)
        for name in names_of(form):
            self.forms[name] = self.forms.get(name, 0) + 1
        if form.day:
            self.days.setdefault(form.day.notation, {}).setdefault(form.day, seen)
        if form.clock:
            self.clocks.setdefault(form.clock.pattern, {}).setdefault(form.clock.hour, seen)
            if form.clock.offset:
                self.offsets.setdefault(form.clock.offset, seen)
        if form.stretch is not None:
            self.stretches = self.stretches or seen
        if form.number:
            self._note_number(form, seen)
        if form.word and len(self.words) < _WORDS:
            self.words.setdefault(seen[1], seen)

    def _as_claimed(self, form: Form) -> Form:
        """01.03 is a day where the header says so."""
        return replace(form, day=form.pair, number=None) if form.pair and self.head.roles() & DAYS else form

    def _note_number(self, form: Form, seen: Seen) -> None:
        number = form.number
        assert number is not None
        self.numbers.setdefault(seen[1].translate(_DIGITS), (number, seen))
        if number.sign:
            self.signs.setdefault(number.sign, seen)

    # ---- what the values allow

    def share(self, *names: str) -> bool:
        """Whether most texts may have one of these forms; a column without texts allows any."""
        return min(sum(self.forms.get(name, 0) for name in names), self.noted) * 2 >= self.noted

    @property
    def filled(self) -> bool:
        return self.distinct > 0

    @property
    def first(self) -> Seen | None:
        """The first value that was seen, of whatever form."""
        found = [*self.typed.values(), *self.words.values(), *(seen for _, seen in self.numbers.values())]
        found += [seen for each in (*self.days.values(), *self.clocks.values()) for seen in each.values()]
        found += [self.stretches] if self.stretches else []
        return min(found, default=None)


def _places(cells: Sequence[Cell], new: set[Cell]) -> dict[Cell, int]:
    """Where each of the new values stands first."""
    if len(new) < _FEW:
        return {cell: cells.index(cell) for cell in new}
    return dict(zip(reversed(cells), range(len(cells) - 1, -1, -1), strict=True))


def type_of(cell: Cell) -> str:
    """The name of a typed cell's form."""
    if isinstance(cell, bool):
        return "flag"
    if isinstance(cell, Decimal):
        return "number"
    if isinstance(cell, datetime):
        return "moment"
    if isinstance(cell, date):
        return "day"
    return "clock" if isinstance(cell, time) else "stretch" if isinstance(cell, timedelta) else "word"


def names_of(form: Form) -> list[str]:
    """The forms that a text may have, by name."""
    if form.day and form.clock:
        return ["moment"]
    found = [("day", form.day), ("clock", form.clock), ("number", form.number)]
    names = [name for name, each in found if each is not None]
    return names + (["stretch"] if form.stretch is not None else []) or ["word"]
