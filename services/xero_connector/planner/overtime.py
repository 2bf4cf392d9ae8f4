"""Overtime by a rule that a person can see: which of a day's ordinary seconds are paid as something else, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby, pairwise

from services.xero_connector.planner.work import ORDINARY, Piece

IsHoliday = Callable[[date], bool]


@dataclass(frozen=True, slots=True)
class Tier:
    """From so many seconds on, work is of this kind."""

    after: int
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Tiers in rising order. Time that already is overtime by one clause isn't counted again by another."""

    daily: tuple[Tier, ...] = ()
    weekly: tuple[Tier, ...] = ()
    seventh_day: str | None = None  # kind of the last day of a week in which every day was worked
    public_holiday: str | None = None  # kind of all work on a public holiday
    week_begins: int = 0  # Monday is 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DayEffect:
    """What the rule made of one person's day: kinds and seconds, before and after."""

    person: str
    date: date
    before: tuple[tuple[str, int], ...]
    after: tuple[tuple[str, int], ...]
    why: str


def applied(rule: Rule, pieces: Iterable[Piece], is_holiday: IsHoliday) -> tuple[list[Piece], list[DayEffect]]:
    """The pieces with the rule applied to each person's weeks, and its effect by day.

    Only ordinary time is touched: overtime that was logged as such, and allowances, pass straight through. A week has to be
    complete: seconds that aren't given aren't counted.
    """
    done: list[Piece] = []
    effects: list[DayEffect] = []
    ordered = sorted(pieces, key=lambda piece: (piece.person, piece.date, piece.order, piece.entry))
    for _, week in groupby(ordered, key=lambda piece: (piece.person, week_of(rule, piece.date))):
        made, seen = _week(rule, list(week), is_holiday)
        done += made
        effects += seen
    return done, effects


def week_of(rule: Rule, day: date) -> date:
    """The first day of a date's week."""
    return day - timedelta(days=(day.weekday() - rule.week_begins) % 7)


def whole_weeks(rule: Rule, days: Iterable[tuple[str, date]]) -> frozenset[tuple[str, date]]:
    """The weeks (person, first day) in which these days of people lie."""
    return frozenset((person, week_of(rule, day)) for person, day in days)


def _week(rule: Rule, week: Sequence[Piece], is_holiday: IsHoliday) -> tuple[list[Piece], list[DayEffect]]:
    worked = {piece.date for piece in week if piece.seconds > 0}
    done: list[Piece] = []
    effects: list[DayEffect] = []
    so_far = 0
    for day, group in groupby(week, key=lambda piece: piece.date):
        before = list(group)
        whole, why = _whole_day(rule, day, len(worked), is_holiday)
        after = [_as(piece, whole) for piece in before] if whole else _by_tiers(rule, before, so_far)
        so_far += _ordinary(after)
        done += after
        if totals(after) != totals(before):
            named = why or "daily or weekly hours"
            effects.append(DayEffect(person=before[0].person, date=day, before=totals(before), after=totals(after), why=named))
    return done, effects


def _whole_day(rule: Rule, day: date, days_worked: int, is_holiday: IsHoliday) -> tuple[str | None, str]:
    """The kind that all of a day is, if any. A public holiday goes before a seventh day."""
    if rule.public_holiday and is_holiday(day):
        return rule.public_holiday, "public holiday"
    if rule.seventh_day and days_worked == 7 and day - week_of(rule, day) == timedelta(days=6):
        return rule.seventh_day, "seventh day worked in a week"
    return None, ""


def _as(piece: Piece, kind: str) -> Piece:
    return replace(piece, kind=kind) if _is_ours(piece) else piece


def _is_ours(piece: Piece) -> bool:
    return piece.kind == ORDINARY and piece.seconds > 0


def _ordinary(pieces: Iterable[Piece]) -> int:
    return sum(piece.seconds for piece in pieces if _is_ours(piece))


def _by_tiers(rule: Rule, day: Sequence[Piece], week_so_far: int) -> list[Piece]:
    """The day's ordinary time cut first at the daily tiers, and what stays ordinary at the weekly ones."""
    return _cut(_cut(day, rule.daily, 0), rule.weekly, week_so_far)


def _cut(pieces: Iterable[Piece], tiers: Sequence[Tier], position: int) -> list[Piece]:
    found: list[Piece] = []
    for piece in pieces:
        if not _is_ours(piece):
            found.append(piece)
            continue
        bounds = [position, *(tier.after for tier in tiers if position < tier.after < position + piece.seconds)]
        bounds.append(position + piece.seconds)
        for first, last in pairwise(bounds):
            found.append(replace(piece, kind=_kind_at(tiers, first), seconds=last - first))
        position += piece.seconds
    return found


def _kind_at(tiers: Sequence[Tier], position: int) -> str:
    return next((tier.kind for tier in reversed(tiers) if tier.after <= position), ORDINARY)


def totals(pieces: Iterable[Piece]) -> tuple[tuple[str, int], ...]:
    """Seconds by kind."""
    found: dict[str, int] = {}
    for piece in pieces:
        found[piece.kind] = found.get(piece.kind, 0) + piece.seconds
    return tuple(sorted(found.items()))
