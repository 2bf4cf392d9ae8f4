"""Overtime by rule: what becomes of each day, worked out by hand."""

from __future__ import annotations

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from services.xero_connector.planner.overtime import Rule, Tier, applied
from services.xero_connector.planner.work import ORDINARY, OVERTIME, pieces
from tests.sizes import size
from tests.unit.xero.making import HOUR, entry

DOUBLE = "overtime:2"
DAILY = Rule(daily=(Tier(8 * HOUR, OVERTIME), Tier(10 * HOUR, DOUBLE)))
WEEKLY = Rule(weekly=(Tier(38 * HOUR, OVERTIME),))


def run(rule, work, holidays=()):
    parts = [piece for one in work for piece in pieces(one, "UTC")]
    return applied(rule, parts, lambda day: day in holidays)


def by_day(parts):
    found = {}
    for piece in parts:
        key = (piece.date.isoformat(), piece.kind)
        found[key] = found.get(key, 0) + piece.seconds
    return {key: seconds / HOUR for key, seconds in found.items()}


def test_a_day_of_eleven_hours_has_two_tiers():
    parts, effects = run(DAILY, [entry("a", "2026-11-02", 11)])
    assert by_day(parts) == {("2026-11-02", ORDINARY): 8, ("2026-11-02", OVERTIME): 2, ("2026-11-02", DOUBLE): 1}
    (effect,) = effects
    assert effect.before == ((ORDINARY, 11 * HOUR),)
    assert effect.after == ((ORDINARY, 8 * HOUR), (OVERTIME, 2 * HOUR), (DOUBLE, HOUR))


def test_two_entries_of_a_day_count_together_and_the_later_one_is_overtime():
    first = entry("b", "2026-11-02", 6)
    parts, _ = run(DAILY, [first, entry("c", "2026-11-02", 4)])
    assert [(piece.entry, piece.kind, piece.seconds // HOUR) for piece in parts] == [
        ("b", ORDINARY, 6),
        ("c", ORDINARY, 2),
        ("c", OVERTIME, 2),
    ]


def test_the_week_counts_from_its_first_day_and_only_what_stayed_ordinary():
    week = [entry(f"d{n}", f"2026-11-0{n}", 10) for n in range(2, 7)]  # Monday to Friday, ten hours each
    both = Rule(daily=(Tier(8 * HOUR, OVERTIME),), weekly=WEEKLY.weekly)
    parts, effects = run(both, week)
    made = by_day(parts)
    assert [made[(f"2026-11-0{n}", ORDINARY)] for n in range(2, 7)] == [8, 8, 8, 8, 6]
    assert made[("2026-11-06", OVERTIME)] == 4
    assert len(effects) == 5


def test_a_new_week_begins_at_zero_on_the_day_that_the_rule_says():
    days = [entry(f"d{n}", f"2026-11-{n:02}", 10) for n in range(4, 11)]  # Wednesday to Tuesday
    monday, _ = run(WEEKLY, days)
    wednesday, _ = run(Rule(weekly=WEEKLY.weekly, week_begins=2), days)
    assert sum(value for (_, kind), value in by_day(monday).items() if kind == OVERTIME) == 12
    assert sum(value for (_, kind), value in by_day(wednesday).items() if kind == OVERTIME) == 32


def test_the_seventh_day_counts_only_when_all_seven_were_worked():
    rule = Rule(seventh_day=DOUBLE)
    seven = [entry(f"d{n}", f"2026-11-0{n}", 4) for n in range(2, 9)]
    assert by_day(run(rule, seven)[0])[("2026-11-08", DOUBLE)] == 4
    assert all(kind == ORDINARY for _, kind in by_day(run(rule, seven[1:])[0]))


def test_a_public_holiday_is_paid_as_such_and_is_not_counted_for_the_week_again():
    rule = Rule(public_holiday="holiday", weekly=(Tier(8 * HOUR, OVERTIME),))
    parts, effects = run(rule, [entry("a", "2026-11-02", 8), entry("b", "2026-11-03", 8)], {date(2026, 11, 2)})
    assert by_day(parts) == {("2026-11-02", "holiday"): 8, ("2026-11-03", ORDINARY): 8}
    assert [effect.why for effect in effects] == ["public holiday"]


def test_overtime_that_was_logged_passes_straight_through():
    logged = entry("a", "2026-11-02", seconds=((ORDINARY, 8 * HOUR), (OVERTIME, 3 * HOUR)))
    parts, effects = run(DAILY, [logged])
    assert by_day(parts) == {("2026-11-02", ORDINARY): 8, ("2026-11-02", OVERTIME): 3}
    assert effects == []


def test_one_persons_hours_are_not_anothers():
    parts, _ = run(DAILY, [entry("a", "2026-11-02", 6), entry("b", "2026-11-02", 6, person="bob")])
    assert {kind for _, kind in by_day(parts)} == {ORDINARY}


@settings(max_examples=size("other_examples"))
@given(st.lists(st.tuples(st.integers(1, 28), st.integers(-9_000, 60_000)), max_size=30), st.integers(0, 6))
def test_a_rule_moves_seconds_between_kinds_and_never_between_days_or_entries(logged, begins):
    work = [entry(f"e{n}", f"2026-11-{day:02}", seconds=((ORDINARY, part),)) for n, (day, part) in enumerate(logged)]
    rule = Rule(daily=DAILY.daily, weekly=WEEKLY.weekly, seventh_day=DOUBLE, public_holiday="holiday", week_begins=begins)
    parts, _ = run(rule, work, {date(2026, 11, 3)})
    total = {}
    for piece in parts:
        total[(piece.entry, piece.date)] = total.get((piece.entry, piece.date), 0) + piece.seconds
    assert total == {(one.entry, one.date): one.seconds[0][1] for one in work if one.seconds[0][1]}
