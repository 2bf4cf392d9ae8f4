"""Which earnings rate pays a piece of work, and whether the books take that rate on this employee's timesheet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from services.xero_connector.planner.work import ORDINARY, Piece
from shared.kernel.errors import Park


@dataclass(frozen=True, slots=True, kw_only=True)
class EarningsRate:
    """An earnings rate over there. ``kind``: regular, overtime, allowance or other; ``hourly``: it is paid by units."""

    id: str
    name: str
    kind: str
    active: bool = True
    hourly: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Employee:
    """An employee over there, linked to a person of ours."""

    id: str
    active: bool
    calendars: tuple[tuple[date | None, str], ...]  # (first day, calendar id) in rising order; the last is today's
    started: date | None = None
    ended: date | None = None  # last day of employment
    ordinary_rate: str | None = None  # the books' own choice for ordinary time
    template: frozenset[str] | None = None  # earnings rates of the pay template; None: this region doesn't ask for it

    def calendar_on(self, day: date) -> str:
        """The calendar that held on a day."""
        held = [calendar for since, calendar in self.calendars if since is None or since <= day]
        return held[-1] if held else self.calendars[0][1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """What people linked: pay kinds to earnings rates (keys by ``local``), jobs and tags to tracking options."""

    rates: Mapping[str, str]
    tracking: Mapping[str, str]


def local(kind: str, of: str | None = None) -> str:
    """The local side of a link: a kind of pay for everybody, or for one person, job or tag."""
    return f"{of}/{kind}" if of else kind


def rate_for(links: Links, employee: Employee | None, piece: Piece) -> str:
    """The earnings rate of a piece. Raises Park when none is linked, or two tags disagree; never falls back to ordinary.

    The employee's own rate in the books pays ordinary time that nothing here links more closely than everybody's.
    """
    own = employee.ordinary_rate if employee and piece.kind == ORDINARY else None
    found = _special(links, piece) or own or links.rates.get(local(piece.kind))
    if not found:
        raise _unmapped(piece)
    return found


def _special(links: Links, piece: Piece) -> str | None:
    """The rate that is linked for the person, the job or a tag."""
    for one in (piece.person, piece.job):
        if one and local(piece.kind, one) in links.rates:
            return links.rates[local(piece.kind, one)]
    by_tag = {links.rates.get(local(piece.kind, tag)) for tag in piece.tags} - {None}
    if len(by_tag) > 1:
        raise _ambiguous(piece)
    return next(iter(by_tag), None)


def tracking_for(links: Links, piece: Piece) -> str | None:
    """The tracking option of a piece: its job's, else its first tag's that has one."""
    return next((links.tracking[one] for one in (piece.job, *piece.tags) if one and one in links.tracking), None)


def check_rate(rate: EarningsRate | None, employee: Employee, allowed: frozenset[str] | None) -> None:
    """Raise Park when the books would refuse this rate on this employee's timesheet."""
    if rate is None:
        raise Park("rate_gone", "A linked earnings rate is not in Xero any more.", "Link the kind of pay to another rate.")
    if not rate.active:
        raise Park("rate_inactive", f"The earnings rate “{rate.name}” is not active.", "Activate it in Xero, or link another.")
    if not rate.hourly or (allowed is not None and rate.kind not in allowed):
        why = f"The earnings rate “{rate.name}” is not valid for timesheets."
        raise Park("rate_not_for_timesheets", why, "Link the kind of pay to a rate per hour, of a kind that this region takes.")
    if employee.template is not None and rate.id not in employee.template:
        why = f"The earnings rate “{rate.name}” is not on the employee's pay template."
        raise Park("rate_not_on_template", why, "Add it to the employee's pay template in Xero, or link another.")


def _unmapped(piece: Piece) -> Park:
    return Park(
        "rate_unmapped",
        f"No earnings rate is linked to the kind of pay “{piece.kind}”.",
        f"Link “{piece.kind}” to an earnings rate, for everybody or for this person, job or tag.",
        kind=piece.kind,
    )


def _ambiguous(piece: Piece) -> Park:
    why = f"The entry's tags are linked to different earnings rates for “{piece.kind}”."
    return Park("rate_ambiguous", why, "Link the job or the person to a rate, or take one of the tags off.", kind=piece.kind)
