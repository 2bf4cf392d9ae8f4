"""Whatever order workers, offices, payroll clerks and networks do their things in: at rest every approved second is paid once."""

from __future__ import annotations

import random
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.journeys import payday
from tests.journeys.clerks import NAMES, PLACES, Office, PayStage
from tests.sizes import seed, size

DATES = ("2026-10-28", "2026-11-01", "2026-11-02", "2026-11-04", "2026-11-08", "2026-11-09", "2026-11-16", "2026-12-01")
SECONDS = (0, 1, 36, 3_601, 7_200, 27_360)
FAULTS = ("connect", "reset_before", "hang", "throttle", "error_before", "reset_after", "timeout", "error_after", "truncated")
WHO = ("wanda", "fern")
BY_HAND = ("approve", "approve", "revert", "reject", "request", "delete", "pay")
LAST_DAYS = ("2026-11-03", "2026-11-08", "2026-11-30")
CHOICES = (
    *({"push": push} for push in ("automatic", "on_plan")),
    *({option: chosen} for option in ("approve", "correct_approved") for chosen in (True, False)),
)
Step = tuple[str, dict[str, Any]]
Choice = Callable[[random.Random], dict[str, Any]]

DEEDS: dict[str, tuple[float, Choice]] = {
    # how often, and with what
    "log": (8, lambda r: _entry(r)),
    "approve": (6, lambda r: {}),
    "unapprove": (2, lambda r: {"name": r.choice(NAMES)}),
    "erase": (0.15, lambda r: {"person": r.choice(WHO)}),
    "choose": (1.5, lambda r: r.choice(CHOICES)),
    "make_plan": (1.5, lambda r: {}),
    "go": (2, lambda r: {}),
    "send": (4, lambda r: {"work": r.random() < 0.7}),
    "sheet": (6, lambda r: {"deed": r.choice(BY_HAND), "at": r.randrange(6)}),
    "edit": (1.5, lambda r: {"at": r.randrange(6), "units": r.choice(("0", "1.5", "7.25"))}),
    "add": (1, lambda r: {"person": r.choice(WHO), "day": r.choice(DATES), "requested": r.random() < 0.3}),
    "draft_run": (0.7, lambda r: {"person": r.choice(WHO), "day": r.choice(DATES)}),
    "pay_run": (1.5, lambda r: {"deed": r.choice(("post", "post", "reopen", "delete")), "at": r.randrange(4)}),
    "move_calendar": (0.4, lambda r: {"person": "wanda", "kind": r.choice(("Weekly", "Fortnightly"))}),
    "end_employment": (0.4, lambda r: {"person": r.choice(WHO), "day": r.choice(LAST_DAYS)}),
    "archive_rate": (0.2, lambda r: {"name": r.choice(("Ordinary Hours", "Overtime 1.5"))}),
    "goes_wrong": (4, lambda r: {"kind": r.choice(FAULTS), "nth": r.choice((1, 1, 2, 3)), **_where(r)}),
    "expire": (0.5, lambda r: {}),
    "revoke": (0.2, lambda r: {}),
    "die": (1.5, lambda r: {"nth": r.randint(1, 30)}),
    "sleep": (0.7, lambda r: {"nth": r.randint(1, 8)}),
    "sync": (3, lambda r: {}),
    "work": (2, lambda r: {}),
    "follow": (4, lambda r: {}),
    "wait": (3, lambda r: {"minutes": r.choice((1, 6, 11, 11, 60 * 26, 60 * 24 * 16))}),
}


def _entry(r: random.Random) -> dict[str, Any]:
    """An entry as it should have been: another person, day, period or length, or none at all."""
    told = {"name": r.choice(NAMES), "person": r.choice(("wanda", "wanda", "fern")), "date": r.choice(DATES)}
    return {**told, "seconds": r.choice(SECONDS), "overtime": r.choice((0, 0, 900)), "deleted": r.random() < 0.15}


def _where(r: random.Random) -> dict[str, Any]:
    """Which call goes wrong; a limit says when it ends."""
    found: dict[str, Any] = r.choice(({"resource": "timesheets", "method": "POST"}, {"resource": "timesheets"}, {}))
    return found | ({"problem": "day", "retry_after": 7_200} if r.random() < 0.1 else {"retry_after": 20})


def schedule(number: int) -> tuple[str, list[Step]]:
    """The deeds of a schedule, and whose version holds in the end; the same number gives the same."""
    r = random.Random(number)
    names, weights = list(DEEDS), [weight for weight, _ in DEEDS.values()]
    chosen = r.choices(names, weights, k=r.randint(4, 12))
    return r.choice(("ours", "theirs")), [(name, DEEDS[name][1](r)) for name in chosen]


def live(office: Office, steps: list[Step]) -> Iterator[Step]:
    """Do the steps, one at a time; each is given before it is done. Nothing is written before anybody let it be."""
    allowed, before = False, _written(office)
    for name, what in steps:
        yield name, what
        getattr(office, name)(**what)
        allowed = allowed or name in ("go", "send") or what.get("push") == "automatic"
        assert allowed or _written(office) == before, "written without a word"


def _written(office: Office) -> int:
    return len(office.emulator.writes(kind="timesheet", actor="api"))


def lived(stage: PayStage, number: int) -> str | None:
    """Live one schedule; gives what went wrong, with the steps that led to it."""
    whose, steps = schedule(number)
    done: list[Step] = []
    stage.again()
    office = Office(stage)
    office.emulator.configure(memory_seconds=(0, 360)[number // len(PLACES) % 2])
    try:
        done.extend(live(office, steps))
        payday.come_to_rest(office, whose=whose)
        payday.check(office)
    except Exception as error:
        where = "".join(traceback.format_tb(error.__traceback__)[-2:])
        return f"{_told(number, stage.place, done, whose)}\n{where}{type(error).__name__}: {error}"
    return None


def _told(number: int, place: str, done: list[Step], whose: str) -> str:
    """A schedule as it can be lived again, as a test of its own."""
    steps = [f"    office.{name}({', '.join(f'{key}={value!r}' for key, value in what.items())})" for name, what in done]
    return "\n".join([f"schedule {number} on {place}:", *steps, f"    rests(office, {whose!r})"])


@pytest.mark.parametrize("place", PLACES)
def test_whatever_happens_at_rest_every_approved_second_is_paid_once(
    pay_stage: Callable[[str], PayStage], place: str, record_property: Callable[[str, object], None]
) -> None:
    stage, began = pay_stage(place), time.monotonic()
    first, share = seed() * 1_000_000 + PLACES.index(place), size("schedules") // len(PLACES)
    numbers = range(first, first + share * len(PLACES), len(PLACES))
    with stage.timed():
        failures = [said for number in numbers if (said := lived(stage, number))]
    took = f"{time.monotonic() - began:.0f} s"
    record_property("told", f"{share} schedules of clerks on {place}, seed {seed()}: {took}, {len(failures)} failed")
    assert not failures, "\n\n".join(failures[:5])
