"""Every approved second appears once, in the right period, on the right civil day, and nothing else appears."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from services.xero_connector.planner.calendars import TYPES, Calendar, Period, period_of
from services.xero_connector.planner.compose import compose
from services.xero_connector.planner.work import ORDINARY, PayableWork
from tests.sizes import seed, size
from tests.unit.xero.making import HOUR, books, employee, entry

ZONES = (
    *("Australia/Sydney", "Australia/Perth", "Australia/Adelaide", "Australia/Lord_Howe", "Pacific/Auckland", "Pacific/Chatham"),
    *("Europe/London", "Europe/Madrid", "America/New_York", "America/Los_Angeles", "America/St_Johns", "America/Sao_Paulo"),
    *("America/Havana", "Africa/Casablanca", "Africa/Cairo", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Tehran", "Asia/Tokyo"),
    *("Pacific/Apia", "Pacific/Honolulu", "Asia/Beirut", "America/Asuncion", "Antarctica/Troll", "Atlantic/Azores", "UTC"),
)
"""Those of the three countries and twenty others; several change their clocks at midnight or by half an hour."""
QUARTER = timedelta(minutes=15)


def quarters(start: datetime, end: datetime, zone: ZoneInfo) -> Counter[date]:
    """Seconds by civil day, counted the slow way."""
    found: Counter[date] = Counter()
    while start < end:
        found[start.astimezone(zone).date()] += 900
        start += QUARTER
    return found


def shift(pick: random.Random, zone: str, number: int, day: datetime) -> tuple[PayableWork, Counter[date]]:
    start = day + QUARTER * pick.randrange(96)
    end = start + QUARTER * pick.randrange(1, 56)
    began, ended = start.astimezone(ZoneInfo(zone)), end.astimezone(ZoneInfo(zone))
    seconds = (end - start) // timedelta(seconds=1)
    given = {"start": began, "end": ended, "zone": zone, "seconds": ((ORDINARY, seconds),)}
    return entry(f"e{number}", began.date().isoformat(), **given), quarters(start, end, ZoneInfo(zone))


def schedule(pick: random.Random, kind: str, zone: str) -> int:
    """Plan some weeks of one person and check all of it; the number of days planned."""
    first = datetime(pick.randrange(2020, 2036), pick.randrange(1, 13), pick.randrange(1, 29), tzinfo=UTC)
    anchor = first.date() + timedelta(days=pick.randrange(-900, 900))
    calendar = Calendar(id="c", name="n", type=kind, start=anchor)
    length = pick.randrange(20, 60)
    made = [shift(pick, zone, n, first + timedelta(days=n)) for n in range(length) if pick.random() < 0.8]
    known = books(calendars={"c": calendar}, employees={"ann": employee(calendars=((None, "c"),))})
    result = compose(known, [work for work, _ in made], lambda person: zone)
    assert result.left_out == []
    wanted = {(work.entry, day): part for work, parts in made for day, part in parts.items()}
    check(result, wanted, calendar)
    return length


def check(result, wanted, calendar):
    assert {(one.entry, one.line_date): one.seconds for one in result.allocations} == wanted
    assert len(result.allocations) == len(wanted)
    sheets = {sheet.id: sheet for sheet in result.timesheets}
    assert len(sheets) == len(result.timesheets) == len({sheet.period for sheet in result.timesheets})
    by_line: Counter[tuple[str, date]] = Counter()
    for one in result.allocations:
        assert one.line_date in sheets[one.timesheet].period
        by_line[(one.timesheet, one.line_date)] += one.seconds
    assert by_line == {(sheet.id, line.date): line.seconds for sheet in sheets.values() for line in sheet.lines}
    for sheet in sheets.values():
        assert sheet.period == period_of(calendar, sheet.period.start)
        assert sum(line.seconds for line in sheet.lines) - int(sheet.hours * 3600) == sheet.residue[0][1]


def test_planned_days_of_every_calendar_and_zone(capsys):
    pick, planned, runs = random.Random(seed()), 0, 0
    wanted = size("planned_days")
    while planned < wanted:
        planned += schedule(pick, TYPES[runs % len(TYPES)], ZONES[runs // len(TYPES) % len(ZONES)])
        runs += 1
    assert runs >= len(TYPES) * len(ZONES)
    with capsys.disabled():
        print(f"\nplanned days: {planned}, seed {seed()}, schedules {runs}")


KIND = st.sampled_from((ORDINARY, "overtime", "travel", "overtime:2"))
ENTRY = st.tuples(
    st.sampled_from(("ann", "bob", "eve")), st.integers(1, 28), KIND, st.integers(-20_000, 60_000), st.integers(0, 9)
)


@settings(max_examples=size("money_examples"))
@given(st.lists(ENTRY, max_size=25), st.integers(0, 4))
def test_what_is_paid_and_what_is_left_out_are_together_all_there_is(logged, closed):
    """Whatever is wrong: unlinked people, unmapped kinds, corrections, closed periods, entries not approved."""
    work = [
        entry(f"e{n}", f"2026-11-{day:02}", person=person, seconds=((kind, part),), approved=chance > 0)
        for n, (person, day, kind, part, chance) in enumerate(logged)
        if part
    ]
    limit = date(2026, 11, 2) + timedelta(days=7 * closed)
    known = books(closed=lambda person, period: period.start < limit)
    result = compose(known, work, lambda person: "UTC")
    found: Counter[str] = Counter()
    for one in (*result.allocations, *result.left_out):
        found[one.entry] += one.seconds
    assert {key: value for key, value in found.items() if value} == {one.entry: one.seconds[0][1] for one in work if one.approved}
    assert all(line.units >= 0 for sheet in result.timesheets for line in sheet.lines)
    assert all(not known.closed(sheet.person, sheet.period) for sheet in result.timesheets)
    assert all(line.date in sheet.period for sheet in result.timesheets for line in sheet.lines)


@settings(max_examples=size("other_examples"))
@given(st.lists(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 10)), max_size=4), min_size=1, max_size=6))
def test_edits_week_after_week_end_with_exactly_the_present_time_paid(weeks):
    """Each week some entries of the past are changed and the week is processed; a last long week settles what is owed."""
    hours: dict[int, int] = {0: 8, 1: 8, 2: 8, 3: 8}
    closed: set[Period] = set()
    paid, sizes = [], {}
    known = books(closed=lambda person, period: period in closed)
    days = [date(2026, 11, 2) + timedelta(days=7 * n) for n in range(len(weeks) + 1)]
    for week, day in enumerate(days):
        hours |= dict(weeks[week] if week < len(weeks) else ())
        work = [entry(f"e{n}", "2026-11-02", value, revision=week + 1) for n, value in hours.items()]
        work += [entry(f"w{n}", one.isoformat(), 40) for n, one in enumerate(days[: week + 1])]
        result = compose(known, work, lambda person: "UTC", paid=paid)
        (sheet,) = result.timesheets
        sizes[sheet.period] = sheet.hours
        paid += result.allocations
        closed |= {Period(day, day + timedelta(days=6), "cal-week")}
    assert sum(sizes.values()) * HOUR == (sum(hours.values()) + 40 * len(days)) * HOUR
