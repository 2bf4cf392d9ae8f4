"""Calls that a weekly pay day takes in each region, against the fewest that Xero's rules permit and the most it lets through.

The product in process against the emulator with its limits on, both on one virtual clock: sleeping moves it, and so does
every answer. A thousand invented employees with a day's approved work each, linked and composed beforehand. Measured is the
push: from "go" to the last timesheet confirmed, on a day on which nothing but connecting, linking and planning was asked
before. Statuses are asked for every five minutes while something is pushed, as the product does; those calls are counted
apart, and they take part in the quota like any other.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from bench.payroll_stage import Asked, Kept, Office, again, keep
from services.xero_connector import forecast, pace
from services.xero_connector.regions.registry import REGIONS
from shared.platform import daily

A_MINUTE = 60
BUDGETS = (1_000, 5_000)
ANSWER_TAKES = timedelta(milliseconds=250)
MEMORY = Path("/dev/shm")


@dataclass(frozen=True, slots=True)
class Case:
    """One pay day."""

    region: str  # as the emulator names it
    array: int
    per_day: int
    approve: bool

    def least(self, people: int) -> int:
        """The fewest calls by the rules: in Australia an array carries several, approved too; elsewhere approval is a call."""
        return -(-people // self.array) if self.region == "AU" else people * (2 if self.approve else 1)


def cases(region: str) -> Iterator[Case]:
    """On either budget; without approval, which takes less, on the smaller."""
    for array in (1, 25) if region == "AU" else (1,):
        yield from (Case(region, array, per_day, approve=True) for per_day in BUDGETS)
        yield Case(region, array, BUDGETS[0], approve=False)


def measure_region(people: int, region: str) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        kept = prepare(Path(folder) / "kept", region, people)
        return [measure(kept, Path(folder) / str(number), case, people) for number, case in enumerate(cases(region))]


def prepare(folder: Path, region: str, people: int) -> Kept:
    """Everybody linked, and a timesheet of everybody composed."""
    folder.mkdir()
    office = Office(folder, per_day=max(BUDGETS), takes=ANSWER_TAKES)
    with office.at_work():
        tenant = office.emulator.open_crowd(region, people)
        office.opens(region)
        connection = office.connects(tenant)
        office.works_off(office.xero)
        office.logs(office.emulator.employees(tenant))
        office.follows()
        office.links(connection)
        office.works_off(office.xero)
        return keep(office, tenant=tenant, connection=connection)


def measure(kept: Kept, folder: Path, case: Case, people: int) -> dict[str, Any]:
    office = again(kept, folder, per_day=case.per_day, array=case.array, takes=ANSWER_TAKES)
    with office.at_work():
        office.there(f"/connections/{kept.connection}", {"approve": case.approve})
        plan = office.pushes(kept.connection)
        said, go = foretold(office, kept, case, plan), office.clock.now
        office.lasts()
        check(office, kept, case, people)
    pushed = [one for one in office.line.asked if one.at >= go and one.pushing]
    besides = [one for one in office.line.asked if one.at >= go and not one.pushing]
    took = pushed[-1].at - go
    return {
        "region": case.region,
        "array": case.array,
        "calls_a_day": case.per_day,
        "approve": case.approve,
        "calls_per_employee": round(len(pushed) / people, 4),
        "least_calls_per_employee": round(case.least(people) / people, 4),
        "polls_per_employee": round(len(besides) / people, 4),
        "share_of_quota": round(share(office.line.asked, go, case), 4),
        "throttled": sum(office.emulator.refusals().values()),
        "forecast_error": round(abs(said.calls - len(pushed)) / len(pushed), 4),
        "hours": _hours(took),
        "forecast_hours": _hours(said.done_at - go),
    }


def foretold(office: Office, kept: Kept, case: Case, plan: Any) -> forecast.Forecast:
    """What the product says of this plan before it is sent."""
    region = REGIONS[str(office.connection(kept.connection).tenant.facts["region"])]
    changes = [(item["action"], len(item["fields"]), "") for item in plan["items"]]
    made = pace.made(office.xero.db, kept.tenant)
    limits = forecast.Limits(pace.between_calls(pace.SMALLEST), case.per_day, daily.COUNTS, made)
    counted = forecast.counted(changes)
    return forecast.forecast(region, counted, limits, office.clock.now, approve=case.approve, array_size=case.array)


def check(office: Office, kept: Kept, case: Case, people: int) -> None:
    """A figure counts only if all is over there as it was wanted."""
    there = [sheet["status"] for sheet in office.emulator.timesheets(kept.tenant)]
    if there != ["APPROVED" if case.approve else "DRAFT"] * people:
        raise RuntimeError(f"{case}: {len(there)} timesheets, {sorted(set(there))}")


def share(asked: Sequence[Asked], go: datetime, case: Case) -> float:
    """Calls from "go" on, of 60 for each minute in which one was due and the calls of any 24 hours allowed the next write.

    When its day begins Xero tells nobody, so more than that nobody can know to be allowed.
    """
    times = [one.at for one in asked]
    last = max(place for place, one in enumerate(asked) if one.pushing)
    one_write = 2 if case.approve and case.region != "AU" else 1
    allowed, calls = timedelta(0), 0
    for place in range(last):
        if times[place] < go:
            continue
        begin = times[place]
        before = place + 1 - (case.per_day - one_write) - 1  # the call that must be 24 hours old first
        until = max(begin, times[before] + timedelta(hours=24)) if before >= 0 else begin
        allowed += max(timedelta(0), times[place + 1] - until)
        calls += 1
    return calls / (allowed.total_seconds() / A_MINUTE) / A_MINUTE


def _hours(time: timedelta) -> float:
    return round(time.total_seconds() / 3600, 2)


WORST = {"calls_per_employee": max, "polls_per_employee": max, "share_of_quota": min, "throttled": max, "forecast_error": max}


def worst(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The worst of every figure, and where the calls are furthest above the fewest that are permitted."""
    above = max(one["calls_per_employee"] / one["least_calls_per_employee"] for one in found)
    return {"calls_to_least": round(above, 4)} | {name: of(one[name] for one in found) for name, of in WORST.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="the JSON alone")
    parser.add_argument("--people", type=int, default=1_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--regions", nargs="+", default=["NZ", "UK", "AU"], choices=["AU", "NZ", "UK"])
    asked = parser.parse_args()
    found: list[dict[str, Any]] = []
    with ProcessPoolExecutor(asked.processes) as pool:
        for lines in pool.map(partial(measure_region, asked.people), asked.regions):
            found += lines
            for line in lines if not asked.json else ():
                print(line, flush=True)
    print(json.dumps({**worst(found), "employees": asked.people, "pay_days": found}))


if __name__ == "__main__":
    main()
