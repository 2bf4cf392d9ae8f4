"""Makes reports of which the order of dates, the decimal mark, the unit, the year, the currency and the person are either
settled by something in the file or left open, and knows which and what is true. Every second file is settled throughout.
"""

from __future__ import annotations

import random

from tests.component.reports import columns, write
from tests.component.reports.plan import PEOPLE, YEAR, Made, Plan, Sheet, Truth
from tests.component.reports.ways import WORDS, ways
from tests.component.sources.spreadsheet import workbook


def make(number: int, *, seed: int = 1, again: bool = False) -> Made:
    """The file of this number; even ones are settled throughout. ``again``: other entries in the same layout."""
    pick = random.Random(f"{seed} {number}")
    kind = pick.choice(("time", "time", "expense"))
    money = kind == "expense" or pick.random() < 0.5
    plan = Plan(
        pick=pick,
        roll=random.Random(f"{seed} {number} {again}"),
        kind=kind,
        words=WORDS[pick.choice(sorted(WORDS))],
        order=pick.choice(("D-M-Y", "M-D-Y")),
        mark=pick.choice((".", ",")),
        unit=pick.choice(("h", "min", "s")),
        currency=None,
        way=ways(pick, kind, money=money, leave_open=bool(number % 2)),
    )
    return _written(plan)


def _written(plan: Plan) -> Made:
    sheet = Sheet()
    one = plan.pick.choice(PEOPLE)
    long = plan.pick.random() < 0.02  # what settles a point stands in the last row
    days = columns.days(plan, plan.roll.randint(4, 14) + 600 * long)
    columns.dates(plan, sheet, days)
    people = columns.people(plan, sheet, len(days), one)
    seconds, money = columns.quantities(plan, sheet, len(days))
    columns.currencies(plan, sheet)
    columns.prose(plan, sheet, len(days))
    order = sorted(sheet.columns, key=lambda _: plan.pick.random())
    sheet.columns = {header: sheet.columns[header] for header in order}
    truth = tuple(map(Truth, days, people, seconds, money, [plan.currency] * len(days)))
    answers = {"date_order": plan.order, "decimal": plan.mark, "unit": plan.unit, "year": str(YEAR)}
    answers |= {"currency": plan.currency or "none", "person": one}
    opened = {point: answers[point] for point, way in plan.way.items() if way.startswith("open")}
    settled = {point: way for point, way in plan.way.items() if not way.startswith("open")}
    return Made(*_file(plan, sheet), opened, settled, truth)


def _file(plan: Plan, sheet: Sheet) -> tuple[str, bytes]:
    head = [[title] for title in sheet.titles] + [[]] * (bool(sheet.titles) and plan.pick.random() < 0.5)
    rows = [*head, list(sheet.columns), *map(list, zip(*sheet.columns.values(), strict=True))]
    if plan.way["date_order"] == "typed" or plan.pick.random() < 0.1:
        return "report.xlsx", workbook(rows)
    if not head and plan.pick.random() < 0.1:
        return "report.html", write.page(rows)
    encoding = plan.pick.choice(("utf-8", "utf-8-sig", "utf-16"))
    return "report.csv", write.delimited(rows, delimiter=plan.pick.choice(",;\t|"), encoding=encoding)
