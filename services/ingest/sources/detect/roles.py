"""Which column is which of ours: by the words of its header, held against what stands in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from services.ingest.sources.detect.columns import Column
from services.ingest.sources.detect.findings import Inquiry, Option, Question, listed
from services.ingest.sources.detect.scan import Table
from services.ingest.sources.files.cells import text_of
from services.ingest.sources.words.vocabulary import fold, words

Roles = dict[str, list[Column]]
"""Our column, or a helper such as start_date -> the columns of the file that give it together."""

_DAY, _CLOCK = ("day", "moment"), ("clock", "moment")
_NUMBER = ("number",)


def _typed(column: Column, *names: str) -> bool:
    return not column.typed or bool(set(names) & column.typed.keys())


def _has_days(column: Column) -> bool:
    return column.share("day", "moment", "number") and _typed(column, "day", "moment", "number", "clock")


def _has_clocks(column: Column) -> bool:
    if column.numbers and not {"clock", "moment", "day"} & column.forms.keys():
        return all(number.text[:2] in ("0.", "0,") for number, _ in column.numbers.values())
    return column.share("clock", "moment", "day") and _typed(column, "clock", "moment", "day", "stretch", "number")


def _has_stretches(column: Column) -> bool:
    return column.share("stretch", "number", "clock") and _typed(column, "stretch", "clock", "number", "moment")


def _has_numbers(column: Column) -> bool:
    return column.share("number") and _typed(column, "number")


def _has_flags(column: Column) -> bool:
    if column.typed:
        return set(column.typed) <= {"flag", "number"}
    known = {**words("yes"), **words("no")}
    values = [*column.words, *(number.text for number, _ in column.numbers.values())]
    return all(fold(word) in known or word in ("0", "1") for word in values)


def _has_names(column: Column) -> bool:
    return not (column.words and _has_flags(column)) and not (column.noted and not column.words and column.forms.get("day"))


_FITS: dict[str, Callable[[Column], bool]] = {
    **dict.fromkeys(("date", "start_date", "end_date", "due"), _has_days),
    **dict.fromkeys(("start", "end", "begin", "finish"), _has_clocks),
    **dict.fromkeys(("duration", "break", "overtime"), _has_stretches),
    **dict.fromkeys(("rate", "amount", "pay", "distance", "fixed", "balance"), _has_numbers),
    **dict.fromkeys(("billable", "is_running", "deleted"), _has_flags),
    **dict.fromkeys(("person", "client", "job", "first_name", "last_name"), _has_names),
}
_SEVERAL = {"notes", "status", "wage"}  # several columns of the file may give it together
_NAMED = {"client", "job", "person"}
_NEVER_ASKED = {"task", "weekday", "status", "balance", "due", "fixed", "invoice", "category", "tags", "unit", "kind"}


@dataclass(slots=True)
class Assigned:
    """The roles of one table's columns, and what was decided on the way."""

    roles: Roles = field(default_factory=dict)
    twins: list[tuple[Column, Column]] = field(default_factory=list)  # two ways to write one duration: the finer first

    def one(self, role: str) -> Column | None:
        found = self.roles.get(role)
        return found[0] if found else None

    def taken(self) -> set[int]:
        return {column.place for columns in self.roles.values() for column in columns}


def assign(table: Table, inquiry: Inquiry) -> Assigned:
    """The role of each column that has one."""
    found = Assigned()
    candidates = {role: _candidates(table, role) for role in sorted({r for head in table.heads for r in head.roles()})}
    for role, columns in candidates.items():
        if not columns or role in ("time", "total", "begin", "finish", "person"):
            continue
        found.roles[role] = columns if role in _SEVERAL else [_choose(table, role, columns, found, inquiry)]
    _person(table, candidates.get("person", []), found, inquiry)
    _weak_times(candidates, found)
    _by_content(table, found, inquiry)
    _dates_and_times(found)
    return found


def drop_counter(table: Table, found: Assigned, inquiry: Inquiry) -> None:
    """A number that counts the rows of this report is no entry's identity: the next report begins with 1 again."""
    column, first = found.one("source_id"), table.sample[: len(table.sample) - table.late]
    if column and all(text_of(cells[column.place]) == str(at) for at, (_, cells) in enumerate(first, 1)):
        del found.roles["source_id"]
        inquiry.note("source_id", "none", f"{column.head.text} counts the rows from 1, as it will in the next report")


def _candidates(table: Table, role: str) -> list[Column]:
    """The columns whose headers claim the role and whose values allow it; the most telling word first."""
    fits = _FITS.get(role, lambda column: True)
    claimed = [column for column in table.columns if role in column.head.roles() and fits(column)]
    strong = [column for column in claimed if not column.head.weak(role)]
    return sorted(strong or claimed, key=lambda column: (not column.filled, column.head.rank(role) or 0, column.place))


def _choose(table: Table, role: str, columns: list[Column], found: Assigned, inquiry: Inquiry) -> Column:
    filled = _telling(role, columns)
    rivals = [column for column in filled if not _equal(table, filled[0], column)]
    if not rivals or role in _NEVER_ASKED:
        return filled[0]
    if role == "duration":
        return _finest(filled, found)
    if role == "rate":
        return _rate(filled)
    return _asked(table, role, [filled[0], *rivals], inquiry) or filled[0]


def _telling(role: str, columns: list[Column]) -> list[Column]:
    """The columns that hold anything; a number beside a name is its id."""
    filled = list(filter(_is_filled, columns)) or columns[:1]
    return [column for column in filled if column.words or role not in _NAMED] or filled


def _is_filled(column: Column) -> bool:
    return column.filled


def _rate(filled: list[Column]) -> Column:
    """Among several rates the one whose header says by what it is multiplied."""
    said = [column for column in filled if column.head.rank("rate")]
    return said[0] if said else filled[0]


def _equal(table: Table, one: Column, other: Column) -> bool:
    return all(cells[one.place] == cells[other.place] or cells[other.place] == "" for _, cells in table.sample)


def _asked(table: Table, role: str, columns: list[Column], inquiry: Inquiry) -> Column | None:
    options = tuple(Option(column.head.text, column.head.text, _example(table, column)) for column in columns)
    named = listed(column.head.text for column in columns)
    text = f"{named} may each be the {role} of an entry, and they differ. Which one is it?"
    answer = inquiry.ask(Question(f"column:{role}", "column", text, options))
    return next((column for column in columns if column.head.text == answer), None)


def _example(table: Table, column: Column) -> str:
    values = dict.fromkeys(text_of(cells[column.place]) for _, cells in table.sample[:20] if cells[column.place] != "")
    return ", ".join(list(values)[:3])


def _finest(columns: list[Column], found: Assigned) -> Column:
    """Of several ways to write one duration the finest: with seconds, with minutes, as a number."""
    ordered = sorted(columns, key=lambda column: (-fineness(column), column.place))
    found.twins = [(ordered[0], other) for other in ordered[1:]]
    return ordered[0]


def fineness(column: Column) -> int:
    """How finely a column of durations is written."""
    if "stretch" in column.typed or any(":ss" in pattern for pattern in column.clocks):
        return 3
    if column.stretches and not column.numbers:
        return 2
    return 1 if column.numbers or column.typed else 0


def _person(table: Table, columns: list[Column], found: Assigned, inquiry: Inquiry) -> None:
    parts = [each for role in ("first_name", "last_name") if (each := found.one(role))]
    if columns and any(column.filled for column in columns):
        found.roles["person"] = [_choose(table, "person", columns, found, inquiry)]
    elif len(parts) == 2:
        found.roles["person"] = parts


def _weak_times(candidates: dict[str, list[Column]], found: Assigned) -> None:
    """Words that mean one thing or another: "Time", "Total", and the vendor's date1 and date2."""
    for role, weak in (("start", "begin"), ("end", "finish")):
        if candidates.get(weak):
            found.roles.setdefault(role, candidates[weak][:1])
    times = list(filter(_is_filled, candidates.get("time", [])))
    _times(times, list(filter(_is_length, times)), found)
    _total(candidates.get("total", []), found)


def _times(times: list[Column], stretches: list[Column], found: Assigned) -> None:
    if stretches and "duration" not in found.roles:
        found.roles["duration"] = [_finest(stretches, found)]
    elif times and _has_clocks(times[0]) and "start_date" not in found.roles:
        found.roles.setdefault("start", times[:1])


def _is_length(column: Column) -> bool:
    return _has_stretches(column) and not _has_noons(column) and bool(column.stretches or column.numbers or column.typed)


def _has_noons(column: Column) -> bool:
    return any("a" in pattern for pattern in column.clocks)


def _total(columns: list[Column], found: Assigned) -> None:
    for column in (each for each in columns if each.filled):
        if "duration" not in found.roles and (column.stretches or column.head.unit in ("h", "min", "s")):
            found.roles["duration"] = [column]
        elif "amount" not in found.roles and _has_numbers(column) and not column.stretches:
            found.roles["amount"] = [column]


# ---- what the words leave open


def _by_content(table: Table, found: Assigned, inquiry: Inquiry) -> None:
    """Days, starts and ends by what stands in columns whose headers say nothing known."""
    if not {"date", "start", "start_date"} & found.roles.keys():
        _pick_days(table, [column for column in _free(table, found) if _holds_days(column)], found, inquiry)
    if not {"duration", "end", "amount", "pay", "distance"} & found.roles.keys():
        _pick_quantity(table, _free(table, found), found, inquiry)


def _free(table: Table, found: Assigned) -> list[Column]:
    taken = found.taken()
    return [column for column in table.columns if column.filled and column.place not in taken and not column.head.claims]


def _holds_days(column: Column) -> bool:
    return bool({"day", "moment"} & column.typed.keys()) or _mostly(column, "day") or _mostly(column, "moment")


def _mostly(column: Column, name: str) -> bool:
    return column.noted > 0 and column.forms.get(name, 0) * 2 > column.noted


def _pick_days(table: Table, days: list[Column], found: Assigned, inquiry: Inquiry) -> None:
    moments = [column for column in days if "moment" in column.typed or column.forms.get("moment")]
    if len(moments) == 2 and len(days) == 2:
        found.roles |= {"start": [moments[0]], "end": [moments[1]]}
    elif len(days) == 1:
        found.roles["date"] = days
    elif days and (chosen := _asked(table, "date", days, inquiry)):
        found.roles["date"] = [chosen]


def _pick_quantity(table: Table, free: list[Column], found: Assigned, inquiry: Inquiry) -> None:
    clocks = _holding(free, "clock")
    if len(clocks) in (2, 3) and "start" not in found.roles:
        found.roles |= {role: [column] for role, column in zip(("start", "end", "duration"), clocks, strict=False)}
        return
    likely = clocks or list(filter(_is_length, free))
    if not likely:
        return
    if chosen := _only_length(likely) or _asked(table, "duration", likely, inquiry):
        found.roles["duration"] = [chosen]


def _only_length(columns: list[Column]) -> Column | None:
    return columns[0] if len(columns) == 1 and columns[0].stretches else None


def _holding(columns: list[Column], name: str) -> list[Column]:
    return [column for column in columns if _holds(column, name)]


def _holds(column: Column, name: str) -> bool:
    return _mostly(column, name) or name in column.typed


def _dates_and_times(found: Assigned) -> None:
    """A start's date and its time may stand in two columns; the date of the work is the start's unless given."""
    for role in ("start", "end"):
        if days := found.roles.pop(f"{role}_date", None):
            _join(role, days, found)
    start = found.one("start")
    if start and _dated(start):
        found.roles.setdefault("date", [start])


def _join(role: str, days: list[Column], found: Assigned) -> None:
    clocks = found.roles.get(role, [])
    if role == "start":
        found.roles.setdefault("date", list(days))
    if clocks and not _whole(clocks[0]):
        found.roles[role] = [*days, *clocks]
    elif not clocks and _whole(days[0]):
        found.roles[role] = days


def _whole(column: Column) -> bool:
    """Whether a date and a time stand in one cell."""
    return bool(column.forms.get("moment")) or "moment" in column.typed


def _dated(column: Column) -> bool:
    return bool(column.days or {"moment", "day"} & column.typed.keys())
