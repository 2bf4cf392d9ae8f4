"""What a file shows of itself, held against what its profile's layout says: why the profile would misread it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from services.ingest.sources.detect.findings import Detection, Finding, Question
from services.ingest.sources.worklog.layout import MEASURED, Layout

_NEEDED = ("person", "break", "currency")


def contradictions(layout: Layout, found: Detection) -> Iterator[str]:
    """Why the layout can't be the file's."""
    yield from filter(None, (_against(layout, one) for one in found.findings))
    for header, unit in found.units:
        if said := _counted(layout, header) - {unit}:
            yield f"{next(_shown(found, unit), header)}, and it reads {header} as {' or '.join(sorted(said))}"
    for role, header in _unread(layout, found):
        yield f"its rows say their {role} in the column {header}, which it does not read"
    yield from (one.text for one in found.questions if _of_content(layout, one))


def _against(layout: Layout, one: Finding) -> str | None:
    """Why one finding is not what the layout says; None when it is."""
    agrees = _AGREES.get(one.topic)
    if agrees is None or agrees(layout, one.value):
        return None
    return f"{one.evidence} that it is the work of {one.value}" if one.topic == "person" else one.evidence


def _order(pattern: str) -> list[str]:
    """The order of day, month and year."""
    return list(dict.fromkeys(letter for letter in pattern.split("|")[0] if letter in "DMY"))


def _reads_kinds(layout: Layout, value: str) -> bool:
    """Whether rows that a column calls expenses or trips are no time to the layout."""
    told = {part.constants.get("kind", "time") for part in layout.parts()}
    kinds = {"time", "expense", "mileage"}.intersection(value.split(", "))
    return kinds <= told or any("kind" in part.columns for part in layout.parts())


def _reads(layout: Layout, role: str, header: str) -> bool:
    return any(header in part.columns.get(role, ()) for part in layout.parts())


_AGREES: dict[str, Callable[[Layout, str], bool]] = {
    "date_order": lambda layout, value: _order(value) in map(_order, (layout.date, *layout.dates.values())),
    "decimal": lambda layout, value: value == layout.decimal,
    "break": lambda layout, value: (value == "included") in {part.gross for part in layout.parts() if "break" in part.columns},
    "clock": lambda layout, value: any(part.twelve for part in layout.parts()),
    "rate": lambda layout, value: not _reads(layout, "amount", value),
    "amount": lambda layout, value: not _reads(layout, "rate", value),
    "kind": _reads_kinds,
    "person": lambda layout, value: value in {part.constants.get("person", value) for part in layout.parts()},
}
"""Topic of a finding -> whether the layout says so as well."""


def _counted(layout: Layout, header: str) -> set[str]:
    """The units in which the layout reads a column of durations."""
    read = [(part, role) for part in layout.parts() for role in MEASURED if header in part.columns.get(role, ())]
    return {part.units.get(role, part.unit) for part, role in read}


def _unread(layout: Layout, found: Detection) -> Iterator[tuple[str, str]]:
    """(role, header) of columns without which a row is misread; they were empty when the profile was made."""
    for role, _, header in (one.value.partition(": ") for one in found.findings if one.topic == "column"):
        if role in _NEEDED and not any(role in part.columns for part in layout.parts()):
            yield role, header


def _shown(found: Detection, unit: str) -> Iterator[str]:
    return (one.evidence for one in found.findings if (one.topic, one.value) == ("unit", unit))


def _of_content(layout: Layout, one: Question) -> bool:
    """Whether a question is about what stands in this very file, which no profile can have answered."""
    if one.topic == "formula":
        return not any("" in rule.values() for part in layout.parts() for rule in part.skip)
    return one.id == "date_order:mixed"
