"""Which shares make one line, in which order lines come, and what each says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from shared.contract.documents import Grouping, LineKind
from shared.contract.records import Expense, Work
from shared.domain.allocation import Share
from shared.domain.rates import World
from shared.kernel.duration import format_hms

MOST_TEXT = 4_000
"""Characters of a line's description; books take no more."""

_ORDER = list(LineKind)
_ALONE = frozenset({LineKind.EXPENSE, LineKind.CORRECTION})  # each such share is a line of its own
Key = tuple[object, ...]


def lines(shares: Iterable[Share], grouping: Grouping, world: World) -> list[list[Share]]:
    """Shares by line, in the order of the lines. Different prices never share a line."""
    groups: dict[Key, list[Share]] = {}
    for share in sorted(shares, key=lambda share: (share.work.date, share.work.id)):
        groups.setdefault(_key(share, grouping), []).append(share)
    return sorted(groups.values(), key=lambda group: _rank(group[0], grouping, world))


def _key(share: Share, grouping: Grouping) -> Key:
    alone = grouping == Grouping.DETAILED or share.kind in _ALONE
    same = (
        share.work.id
        if alone
        else {
            Grouping.JOB: share.work.job,
            Grouping.PERSON: share.work.person,
            Grouping.DAY: share.work.date,
        }[grouping]
    )
    return share.kind, same, share.unit, share.unit_price.normalize()


def _rank(share: Share, grouping: Grouping, world: World) -> tuple[object, ...]:
    """Kinds in their order; then by day where lines have one, else by name; what is given back before what is billed anew."""
    day, title = share.work.date.isoformat(), _title([share], grouping, world)
    if share.kind in _ALONE or grouping == Grouping.DETAILED:
        return _ORDER.index(share.kind), day, share.work.id, share.weight, share.unit_price
    return _ORDER.index(share.kind), title, share.unit, share.unit_price, share.work.id


def describe(shares: Sequence[Share], grouping: Grouping, world: World) -> str:
    """The text of the line that these shares make."""
    first = shares[0]
    if first.kind == LineKind.CORRECTION:
        size = f" {format_hms(first.seconds)}" if first.unit == "hour" else ""
        return _clip(f"Correction of {first.about}: {_joined(first.work.date.isoformat(), _job(first.work, world))}{size}")
    if first.kind == LineKind.EXPENSE:
        return _clip(_expense(first.work, world))
    return _clip(_title(shares, grouping, world) + _SUFFIX.get(first.kind, ""))


_SUFFIX = {LineKind.OVERTIME: " (overtime)", LineKind.MILEAGE: " (mileage)"}


def _title(shares: Sequence[Share], grouping: Grouping, world: World) -> str:
    work = shares[0].work
    if grouping == Grouping.PERSON:
        person = world.people.get(work.person)
        return (person and person.name) or "Time"
    if grouping == Grouping.DAY:
        return work.date.isoformat()
    if grouping == Grouping.DETAILED:
        return _joined(work.date.isoformat(), _job(work, world), work.notes)
    return _job(work, world) or "Time"


def _expense(work: Work, world: World) -> str:
    category = work.category if isinstance(work, Expense) and work.category else "Expense"
    return _joined(work.date.isoformat(), category, _job(work, world), work.notes)


def _job(work: Work, world: World) -> str:
    job = world.job(work)
    return job.name if job else ""


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _clip(text: str) -> str:
    return text if len(text) <= MOST_TEXT else text[: MOST_TEXT - 1] + "…"
