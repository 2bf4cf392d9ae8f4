"""How much each sized test does: the one table, short (`make test`) and long (`make test-long`)."""

from __future__ import annotations

import os

SIZES: dict[str, tuple[int, int]] = {
    # name: (short, long)
    "postgresql_every": (6, 1),  # of the tests on both databases outside the platform, each sixth runs on PostgreSQL too
    "fork_kills_quickbooks": (5, 25),  # SIGKILLs of this connector at each fault point on each database
    "fork_kills_xero": (1, 25),
    "fork_kills_ingest": (5, 25),
    "lost_answers_quickbooks": (2, 36),  # ways to lose the answer of a write, of 36, for each kind of fault on each database
    "lost_answers_xero": (1, 54),  # of 54; other ones on each database
    "group_kills": (5, 20),  # SIGKILLs of whole worker groups started by the compose commands
    "sequences": (200, 2_000),  # random lives on SQLite; a 40th of them on PostgreSQL, whose resets cost a second
    "sequence_steps": (30, 40),  # steps in each of them
    "schedules": (8, 10_000),  # random schedules of payroll clerks, faults, crashes and clock jumps, on SQLite
    "refreshing_workers": (50, 50),  # workers refreshing one token at once
    "layouts_imported": (4, 200),  # reports of our own making that come in by the door, and again
    "money_examples": (60, 5_000),  # examples of each money, duration and date property
    "damaged_files": (15, 5_000),  # damaged files of each kind that is read
    "csv_lines": (10_000, 1_000_000),  # lines of the CSV file that is read in flat memory
    "planned_days": (12_000, 1_000_000),  # worked days planned into pay periods
    "ambiguous_files": (40, 5_000),  # made reports, half of them settled throughout
    "writings": (3, 100),  # ways of each of 12 countries to write one table; there are about 28
    "spoiled_files": (250, 1_000_000),  # inputs of the importer, made by spoiling good ones
    "odd_tables": (15, 10_000),  # tables put together from odd cells
    "report_rows": (20_000, 1_000_000),  # rows of the CSV file that is detected and read in flat memory
    "webhook_events": (60, 10_000),  # told to three receivers in a day of the virtual clock, with a fifth failures
    "export_tables": (6, 5_000),  # tables written in every format and compared
    "mutant_requests": (250, 180_000),  # odd requests made of the examples of every route
    "schemathesis_requests": (40, 20_000),  # requests that schemathesis makes of the contract
    "other_examples": (30, 1_000),  # examples of every other property
}


def is_long() -> bool:
    """Whether `make test-long` runs."""
    return os.environ.get("TIMEBOOKS_TEST_SIZE") == "long"


def size(name: str) -> int:
    """How many of ``name`` this run does."""
    return SIZES[name][is_long()]


def seed() -> int:
    """Where this run's random choices start; the same number gives the same run."""
    return int(os.environ.get("TIMEBOOKS_TEST_SEED", "1"))


def headline() -> str:
    """What a report says about the sizes it ran with."""
    sizes = ", ".join(f"{name} {size(name)}" for name in SIZES)
    return f"sizes: {'long' if is_long() else 'short'}, seed {seed()}: {sizes}"
