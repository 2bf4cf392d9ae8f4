"""In which unit durations and breaks are, whether a break is part of the duration, and whether durations are rounded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product

from services.ingest.sources.detect.clocks import halves_untold
from services.ingest.sources.detect.columns import Column, Seen
from services.ingest.sources.detect.findings import Inquiry, Option, Question
from services.ingest.sources.detect.forms import form_of
from services.ingest.sources.detect.numbers import Writing, settle
from services.ingest.sources.detect.roles import Assigned
from services.ingest.sources.detect.scan import Table
from services.ingest.sources.detect.trials import Trial, trials
from services.ingest.sources.worklog.layout import Layout
from services.ingest.sources.worklog.stretches import SECONDS
from shared.kernel.duration import format_hms

ROLES = ("duration", "break", "overtime")
_UNITS = ("h", "min", "s", "d")
_NAMES = {"h": "hours", "min": "minutes", "s": "seconds", "d": "days, as a spreadsheet counts"}
_BACKUP = ("working", "breaks", "overtime")
_HALF_A_DAY = 43_200
_MARKS = frozenset(".,")
_COARSE = 360  # seconds: a tenth of an hour


@dataclass(frozen=True, slots=True)
class Lengths:
    """What was found of one table's durations."""

    units: dict[str, str]
    whole: tuple[str, ...] = ()  # counted in minutes or seconds, as no header says, and without decimals
    gross: bool = False
    rounded: bool = False
    overnight: bool = False
    twelve: bool = False
    done: bool = True  # nothing is open
    shown: tuple[tuple[str, str], ...] = ()  # (header, unit) of what the rows themselves show by start and end, or by money


def lengths(table: Table, assigned: Assigned, layout: Layout, written: Writing, inquiry: Inquiry) -> Lengths:
    """The units of one table, asked where nothing tells; may settle the decimal sign on the way."""
    wanted = _wanted(assigned)
    said = {role: _said(table, column, inquiry) for role, column in wanted.items()}
    units = {role: unit or _held(table, assigned, layout, written, role, inquiry) for role, unit in said.items()}
    shown = _shown_by_rows(units, said, wanted)
    if written.decimal is None:
        _decimal(table, assigned, replace(layout, units=_known(units)), written)
    units = {role: unit or _asked(role, wanted[role], inquiry) for role, unit in units.items()}
    if written.decimal is None or not all(units.values()):
        return Lengths(_known(units), done=False, shown=shown)
    found = _shape(table, assigned, replace(layout, units=_known(units), **_written(written)), inquiry)
    return replace(found, whole=_whole(units, said, wanted, written.decimal), shown=shown)


def _shown_by_rows(units: dict[str, str], said: dict[str, str], wanted: dict[str, Column]) -> tuple[tuple[str, str], ...]:
    return tuple((wanted[role].head.text, unit) for role, unit in units.items() if unit and not said[role])


def _whole(units: dict[str, str], said: dict[str, str], wanted: dict[str, Column], decimal: str) -> tuple[str, ...]:
    """What is counted in a small unit that its header does not name, and without decimals."""
    small = [role for role, unit in units.items() if unit in ("min", "s") and not said[role]]
    return tuple(role for role in small if _is_whole(wanted[role], decimal))


def _is_whole(column: Column, decimal: str) -> bool:
    """Whether none of its numbers has decimals."""
    return not column.fraction and not any(number.text.partition(decimal)[2].strip("0") for number, _ in column.numbers.values())


def _wanted(assigned: Assigned) -> dict[str, Column]:
    return {role: column for role in ROLES if (column := assigned.one(role)) and plain_number(column)}


def _known(units: dict[str, str]) -> dict[str, str]:
    return {role: unit for role, unit in units.items() if unit}


def _written(written: Writing, decimal: str | None = None) -> dict[str, str]:
    if decimal is None or decimal == written.decimal:
        return {"decimal": written.decimal or ".", "thousands": written.thousands}
    trial = replace(written)
    settle(trial, decimal)
    return {"decimal": decimal, "thousands": trial.thousands}


def plain_number(column: Column) -> Seen | None:
    """The first value that is a number without a unit of its own."""
    if "number" in column.typed:
        return column.typed["number"]
    plain = (seen for number, seen in column.numbers.values() if not (form := form_of(seen[1])).unit and form.stretch is None)
    return next(plain, None)


def _said(table: Table, column: Column, inquiry: Inquiry) -> str:
    """The unit that the header names, or that the vendor's backup is known to count in."""
    name = column.head.text
    if column.head.unit in SECONDS:
        inquiry.note("unit", column.head.unit, f"the column is called {name}")
        return column.head.unit
    if name in _BACKUP and {"date1", "date2"} <= {head.text for head in table.heads}:
        inquiry.note("unit", "min", f"the table of the backup counts {name} in minutes")
        return "min"
    return ""


def _held(table: Table, assigned: Assigned, layout: Layout, written: Writing, role: str, inquiry: Inquiry) -> str:
    """The only unit with which the rows agree with themselves."""
    decimals = [written.decimal] if written.decimal else [".", ","]
    fits: dict[str, list[Trial]] = {}
    for unit, decimal in product(_UNITS, decimals):
        trial = replace(layout, units={**layout.units, role: unit}, **_written(written, decimal))
        if good := _fitting(trials(table, assigned, trial), role, unit):
            fits[unit] = max(fits.get(unit, []), good, key=len)
    if len(fits) != 1:
        return ""
    unit, good = fits.popitem()
    shown = good[0]
    what = "start and end" if shown.span is not None else "rate and amount"
    inquiry.note(
        "unit", unit, f"{shown.texts[role]} in row {shown.row} agrees with its {what} in {_NAMES[unit]} ({len(good)} rows)"
    )
    return unit


def _fitting(rows: Iterable[Trial], role: str, unit: str) -> list[Trial]:
    """The rows that agree with themselves; none when most of those that tell do not."""
    verdicts = [(each, _agrees(each, role, unit)) for each in rows]
    good = [each for each, agrees in verdicts if agrees]
    return good if len(good) >= sum(agrees is False for _, agrees in verdicts) else []


def _agrees(trial: Trial, role: str, unit: str) -> bool | None:
    """Whether the row agrees with itself; None when it tells nothing."""
    length = trial.lengths.get(role)
    if not length:
        return None
    spare = _spare(trial, role, unit)
    if trial.span:
        return _spans(trial, role, length, spare)
    if role != "duration":
        return None
    return _pays(trial, length, spare)


def _spans(trial: Trial, role: str, length: int, spare: int) -> bool | None:
    span, pause = trial.span or 0, trial.lengths.get("break", 0)
    if role == "duration":
        return min(abs(length - span), abs(length + pause - span)) <= spare
    worked = trial.lengths.get("duration")
    if role == "overtime" or worked is None or worked == span:
        return None
    return abs(worked + length - span) <= spare


def _pays(trial: Trial, length: int, spare: int) -> bool | None:
    rate, amount = trial.numbers.get("rate"), trial.numbers.get("amount")
    if not rate or not amount:
        return None
    price = rate * length / 3600
    return abs(price - amount) <= Decimal("0.01") + rate * min(spare, length // 100) / 3600


def _spare(trial: Trial, role: str, unit: str) -> int:
    """By how many seconds a rounded number may be off."""
    _, _, decimals = trial.texts[role].replace(",", ".").rpartition(".")
    places = len(decimals) if "." in trial.texts[role].replace(",", ".") else 0
    step = SECONDS[unit] // 10**places if places else min(SECONDS[unit], 60)
    return min(step, _COARSE) + trial.spare


def _decimal(table: Table, assigned: Assigned, layout: Layout, written: Writing) -> None:
    """The only decimal sign with which rows that have one agree with themselves."""
    unit = layout.units.get("duration", "h")
    fits: dict[str, list[Trial]] = {}
    for decimal in (".", ","):
        trial = replace(layout, units={**layout.units, "duration": unit}, **_written(written, decimal))
        telling = [each for each in trials(table, assigned, trial) if _telling(each)]
        if good := _fitting(telling, "duration", unit):
            fits[decimal] = good
    if len(fits) == 1:
        decimal, good = fits.popitem()
        settle(written, decimal)
        written.marks = {decimal: (good[0].row, next(filter(_MARKS.intersection, good[0].texts.values())))}


def _telling(trial: Trial) -> bool:
    """Whether the sign decides anything that is compared in this row."""
    roles = ("duration", "break") if trial.span else ("duration", "rate", "amount")
    return any(_MARKS & set(trial.texts[role]) for role in roles)


def _asked(role: str, column: Column, inquiry: Inquiry) -> str | None:
    row, text = plain_number(column) or (0, "")
    choices = tuple(Option(unit, _NAMES[unit], f"{text} is {text} {_NAMES[unit]}") for unit in ("h", "min", "s"))
    asked = f"{column.head.text} has {text} in row {row}, without a unit. What does it count?"
    return inquiry.ask(Question("unit" if role == "duration" else f"unit:{role}", "unit", asked, choices))


# ---- breaks, and rounding


def _shape(table: Table, assigned: Assigned, layout: Layout, inquiry: Inquiry) -> Lengths:
    rows = list(trials(table, assigned, layout))
    turned = _turned(table, assigned, rows, layout.units, inquiry)
    if turned is None or not assigned.one("duration"):
        return Lengths(layout.units, overnight=turned == "24", twelve=turned == "12", done=turned is not None)
    gross = _gross([each for each in rows if each.lengths.get("break") and each.lengths.get("duration")], layout.units, inquiry)
    if gross is None:
        return Lengths(layout.units, done=False)
    off = next((each for each in rows if _is_off(each, gross, layout.units)), None)
    if off:
        told = f"{off.texts['duration']} in row {off.row} is {off.span} s from start to end"
        inquiry.note("rounded", "yes", f"durations are rounded: {told}; start and end say how long it was")
    return Lengths(layout.units, gross=gross, rounded=off is not None, twelve=turned == "12")


def _turned(table: Table, assigned: Assigned, rows: list[Trial], units: dict[str, str], inquiry: Inquiry) -> str | None:
    """What an end before its start means: "24" the next day, "12" that the half of the day is not said, "" there is none."""
    back = [each for each in rows if each.turned]
    if not back:
        return ""
    if not halves_untold([(table, assigned)]) or _first_fit(back, units, 2 * _HALF_A_DAY):
        return "24"
    if half := _first_fit(back, units, _HALF_A_DAY):
        inquiry.note("clock", "12", f"row {half.row}: {half.texts['duration']} fits {_shown(half)} in a half of the day")
        return "12"
    return inquiry.ask(_about_clock(back[0]))


def _first_fit(back: list[Trial], units: dict[str, str], turn: int) -> Trial | None:
    """The first row whose duration fits when the clock starts again after so many seconds."""
    return next((each for each in back if _fits_span(each, units, (each.span or 0) % turn)), None)


def _shown(trial: Trial) -> str:
    return f"{trial.texts['start']} to {trial.texts['end']}"


def _fits_span(trial: Trial, units: dict[str, str], span: int) -> bool:
    length, pause = trial.lengths.get("duration"), trial.lengths.get("break", 0)
    if length is None:
        return False
    return min(abs(length - span), abs(length + pause - span)) <= _spare(trial, "duration", units.get("duration", "s"))


def _about_clock(shown: Trial) -> Question:
    choices = (
        Option("12", "the half of the day is not said", f"{_shown(shown)} is {format_hms((shown.span or 0) % _HALF_A_DAY)}"),
        Option("24", "the hours of a whole day; the end is on the next day", f"{_shown(shown)} is {format_hms(shown.span or 0)}"),
    )
    asked = f"Row {shown.row} goes from {_shown(shown)}, and no hour of the file is above 12. How are the times meant?"
    return Question("clock", "clock", asked, choices)


def _gross(both: list[Trial], units: dict[str, str], inquiry: Inquiry) -> bool | None:
    """Whether the duration includes the break; asked when no row with both tells."""
    if not both:
        return False
    net = [each for each in both if _near(each, units, each.lengths["break"])]
    gross = [each for each in both if _near(each, units, 0)]
    if len(net) == len(gross):
        answer = inquiry.ask(_about_break(both[0]))
        return None if answer is None else answer == "included"
    word, shown = ("excluded", net[0]) if len(net) > len(gross) else ("included", gross[0])
    inquiry.note("break", word, f"row {shown.row}: start, end, duration and break agree with the break {word}")
    return word == "included"


def _about_break(shown: Trial) -> Question:
    length, pause = shown.texts["duration"], shown.texts["break"]
    asked = f"Row {shown.row} has the duration {length} and the break {pause}. Is the break part of the duration?"
    choices = (
        Option("excluded", "no, the duration is what was worked", f"{length} were worked"),
        Option("included", "yes, the break still has to be taken off", f"{length} less {pause} were worked"),
    )
    return Question("break", "break", asked, choices)


def _near(trial: Trial, units: dict[str, str], pause: int) -> bool:
    off = trial.lengths["duration"] + pause - (trial.span or 0)
    return trial.span is not None and abs(off) <= _spare(trial, "duration", units.get("duration", "s"))


def _is_off(trial: Trial, gross: bool, units: dict[str, str]) -> bool:
    """Whether the duration differs from start to end by no more than its own rounding."""
    length, span = trial.lengths.get("duration"), trial.span
    if length is None or span is None:
        return False
    off = abs(length + (0 if gross else trial.lengths.get("break", 0)) - span)
    coarse = units.get("duration") or ("min" if trial.texts["duration"].count(":") == 1 else "s")
    return 0 < off <= min(_spare(trial, "duration", coarse), 180)
