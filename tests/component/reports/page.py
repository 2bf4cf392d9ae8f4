"""Writes the reference page of layouts out of the cases: ``python -m tests.component.reports.page``."""

from __future__ import annotations

from pathlib import Path

from tests.component.reports.case import Case
from tests.component.reports.layouts import CASES, ROOMS

PAGE = Path(__file__).parents[3] / "docs/reference/real-files.md"
OPENING = f"""# What reports look like, and what becomes of them

A report is taken as it is: what the file itself settles is found with its evidence, what it leaves open is asked, and
nothing is guessed. These {len(CASES)} layouts are of our own making, in the ways that trackers, phones, spreadsheets and
backups write. A test brings in each of them and compares with the figures here, which were written by hand.
`tests/component/reports/page.py` writes this page.

*asks* are the points that the file leaves open; the figures are those after they were answered. Time is in seconds. Money
is what expenses cost and what time and trips are worth.
"""


def page() -> str:
    """The whole page."""
    return OPENING + "".join(f"\n## {title}\n\n{_table(cases)}" for title, cases in ROOMS.items())


def _table(cases: list[Case]) -> str:
    lines = [
        "| layout | file | language | rows | what is unusual | asks | entries | seconds | days | people | money | distance |"
    ]
    lines += ["|---|---|---|---|---|---|---|---|---|---|---|---|", *map(_line, cases)]
    return "\n".join(lines) + "\n"


def _line(case: Case) -> str:
    left = [case.name, case.kind, case.language, case.rows, case.unusual.replace("|", "\\|"), ", ".join(case.asks)]
    return f"| {' | '.join([*left, *_figures(case)])} |"


def _figures(case: Case) -> list[str]:
    told = case.figures
    if told is None:
        return ["" if case.asks else "refused", "", "", "", "", ""]
    refused = f", {told.refused} refused" if told.refused else ""
    days = told.first if told.first == told.last else f"{told.first} to {told.last}"
    money = ", ".join(f"{amount} {currency or 'of no currency'}" for currency, amount in told.money.items())
    distance = ", ".join(f"{total} {unit}" for unit, total in told.distance.items())
    return [f"{told.entries}{refused}", f"{told.seconds:,}", days, ", ".join(told.people), money, distance]


if __name__ == "__main__":
    PAGE.write_text(page())
