"""Writes the columns of a made report, each point in the way that the plan says, and gives what they say in truth."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from tests.component.reports.plan import PEOPLE, YEAR, Plan, Sheet

SIGNS = {"EUR": "€", "GBP": "£"}
SHARED_SIGNS = {"USD": "$", "AUD": "$", "SEK": "kr", "DKK": "kr", "CNY": "¥"}
_CATEGORIES = ("Parking", "Oil", "Paint")


def days(plan: Plan, count: int) -> list[date]:
    """Days of which none is above 12, unless it settles the order, and of which one differs when read the other way."""
    roll, way = plan.roll, plan.way["date_order"]
    highest = 28 if way in ("named", "year first", "typed") else 12
    if way in ("period", "open period"):  # which the stated days cover
        return sorted(date(YEAR, 3, roll.randint(1, 12)) for _ in range(count - 1)) + [date(YEAR, 3, 12)]
    found = [date(YEAR, roll.randint(1, 12), roll.randint(1, highest)) for _ in range(count - 1)]
    last = date(YEAR, 5, roll.randint(13, 28) if way == "day" else 2)  # 2 May is a Saturday, 5 February is none
    return [*found, last]


def people(plan: Plan, sheet: Sheet, count: int, one: str) -> list[str]:
    if plan.way["person"] == "column":
        sheet.columns[plan.words["person"]] = list(found := [plan.roll.choice(PEOPLE) for _ in range(count)])
        return found
    if plan.way["person"] == "title":
        sheet.titles.append(f"{plan.words['person']}: {one}")
    return [one] * count


# ---- dates


def dates(plan: Plan, sheet: Sheet, found: list[date]) -> None:
    way, words, pick = plan.way["date_order"], plan.words, plan.pick
    sign, padded = pick.choice("/.-"), pick.random() < 0.7
    # 31/05/26 may be the 26th of May 2031, and stays open; 05/31/26 is a day in one order only.
    brief = way == "open" or (way == "day" and plan.order == "M-D-Y")
    short = brief and plan.way["year"] == "written" and pick.random() < 0.3

    def written(day: date, *, year: bool = plan.way["year"] == "written") -> str:
        parts = [f"{day.day:02}" if padded else str(day.day), f"{day.month:02}" if padded else str(day.month)]
        ordered = parts if plan.order == "D-M-Y" else parts[::-1]
        end = "." if sign == "." and not year else ""  # 5.3. is a day, 5.3 a number
        return sign.join([*ordered, *[f"{day:%y}" if short else str(day.year)] * year]) + end

    if way == "typed":
        sheet.columns[words["date"]] = list(found)
    elif way == "year first":
        sheet.columns[words["date"]] = [day.strftime(f"%Y{sign}%m{sign}%d") for day in found]
    elif way == "named":
        sheet.columns[words["date"]] = [_named(plan, day) for day in found]
    else:
        sheet.columns[words["date"]] = [written(day) for day in found]
    if way == "weekday":
        sheet.columns[words["weekday"]] = [words["days"].split()[day.weekday()] for day in found]
    if way == "twin":
        later = [day + timedelta(days=plan.roll.randint(0, 3)) for day in found[:-1]]
        sheet.columns[words["twin"]] = [written(day) for day in [*later, date(YEAR, 5, 25)]]
    if way in ("period", "open period"):
        first, last = (written(date(YEAR, 3, day), year=True) for day in (1, 31 if way == "period" else 12))
        sheet.titles.append(f"{words['period']}: {first} - {last}")


def _named(plan: Plan, day: date) -> str:
    name = plan.words["months"].split()[day.month - 1]
    dot = "." if plan.words["date"] == "Datum" else ""
    year = f" {day.year}" if plan.way["year"] == "written" else ""
    return f"{day.day}{dot} {name}{year}"


def prose(plan: Plan, sheet: Sheet, count: int) -> None:
    """Columns that settle nothing: notes with dates and numbers in them, and numbers that are no quantities."""
    if plan.pick.random() < 0.3:
        notes = ("moved from 31/12/2025", "12,50 m of rope, 1.234,5 kg", "Kim was ill", "", "called 05.13.")
        sheet.columns[plan.words["notes"]] = [plan.roll.choice(notes) for _ in range(count)]
    if plan.pick.random() < 0.3:
        sheet.columns["Id"] = [str(1_001 + number) for number in range(count)]


# ---- durations and money


def quantities(plan: Plan, sheet: Sheet, count: int) -> tuple[list[int | None], list[Decimal | None]]:
    """The seconds and the money of each entry."""
    if plan.kind == "expense":
        sheet.columns[plan.words["category"]] = [plan.roll.choice(_CATEGORIES) for _ in range(count)]
        return [None] * count, list(_amounts(plan, sheet, count))
    seconds = _durations(plan, sheet, count)
    if not plan.money:
        return list(seconds), [None] * count
    if "price" in (plan.way["unit"], plan.way["decimal"]):
        return list(seconds), list(_priced(plan, sheet, seconds))
    return list(seconds), list(_amounts(plan, sheet, count))


def _durations(plan: Plan, sheet: Sheet, count: int) -> list[int]:
    way, words = plan.way["unit"], plan.words
    fine = plan.way.get("decimal") in ("column", "price", "clock")  # hours with decimals
    if fine:
        plan.unit = "h"
    step = {"h": 3600, "min": 900, "s": 900}["min" if fine or way == "colon" else plan.unit]
    seconds = [step * plan.roll.randint(1, 8) for _ in range(count)]
    if fine:
        seconds[-1] = 4_500  # 1.25 h
    header = words[plan.unit] if way == "header" else words["duration"]
    sheet.columns[words["job"]] = ["Lamp"] * count
    sheet.columns[header] = [_duration(plan, length, fine=fine) for length in seconds]
    if "clock" in (way, plan.way.get("decimal")):
        sheet.columns[words["start"]] = ["13:00"] * count
        sheet.columns[words["end"]] = [_colon(13 * 3600 + length) for length in seconds]
    if way == "twin":
        sheet.columns[f"{words['duration']} (h:mm)"] = [_colon(length) for length in seconds]
    return seconds


def _duration(plan: Plan, seconds: int, *, fine: bool) -> str:
    if fine:
        digits = 2 if plan.way["decimal"] == "column" else 3
        return f"{Decimal(seconds) / 3600:.{digits}f}".replace(".", plan.mark)
    if plan.way["unit"] == "colon":
        return _colon(seconds)
    return str(seconds // {"h": 3600, "min": 60, "s": 1}[plan.unit])


def _colon(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds // 60 % 60:02}"


def _priced(plan: Plan, sheet: Sheet, seconds: list[int]) -> list[Decimal]:
    """Hours x rate = amount, to the cent."""
    rates = [Decimal(plan.roll.randint(5, 25) * 4) for _ in seconds]
    amounts = [rate * length / 3600 for rate, length in zip(rates, seconds, strict=True)]
    sheet.columns[plan.words["rate"]] = [str(rate) for rate in rates]
    places = 2 if plan.way["unit"] == "price" else 0
    sheet.columns[plan.words["amount"]] = [f"{amount:.{places}f}".replace(".", plan.mark) for amount in amounts]
    return amounts


def _amounts(plan: Plan, sheet: Sheet, count: int) -> list[Decimal]:
    """Amounts of which each alone may be read in two ways, but for the last, when that settles the mark."""
    roll, mark, way = plan.roll, plan.mark, plan.way["decimal"]
    other = "," if mark == "." else "."
    sign = plan.pick.choice((mark, other)) if way != "twice" else other
    parts = [(str(roll.randint(1, 999)), f"{roll.randint(0, 99):02}0") for _ in range(count)]
    texts = [sign.join(part) for part in parts]
    values = [Decimal(".".join(part) if sign == mark else "".join(part)) for part in parts]
    settling = {
        "cents": (f"12{mark}50", Decimal("12.50")),
        "both": (f"1{other}234{mark}50", Decimal("1234.50")),
        "twice": (f"1{other}234{other}560", Decimal(1_234_560)),
    }
    if way in settling:
        texts[-1], values[-1] = settling[way]
    sheet.columns[plan.words["amount"]] = list(texts)
    if way == "column" and plan.kind == "expense":
        sheet.columns[plan.words["tax"]] = [f"0{mark}{roll.randint(10, 99)}" for _ in range(count)]
    return values


def currencies(plan: Plan, sheet: Sheet) -> None:
    """Says in which currency the money is, or leaves it open; the plan then has the true one."""
    if not plan.money:
        return
    pick, way, words = plan.pick, plan.way["currency"], plan.words
    if way in ("sign", "open sign"):
        signs = SIGNS if way == "sign" else SHARED_SIGNS
        plan.currency = pick.choice(sorted(signs))
        _signed(plan, sheet, signs[plan.currency])
        return
    plan.currency = pick.choice(["USD", "EUR", "CHF"] + [None] * (way == "open bare"))
    if way == "code":
        sheet.columns[words["currency"]] = [plan.currency] * len(sheet.columns[words["date"]])
    if way == "header":
        amount = words["amount"]
        sheet.columns = {f"{name} ({plan.currency})" if name == amount else name: of for name, of in sheet.columns.items()}
    if way == "title":
        sheet.titles.append(f"{words['currency']}: {plan.currency}")


def _signed(plan: Plan, sheet: Sheet, sign: str) -> None:
    behind = sign == "kr" or plan.pick.random() < 0.5
    amounts = sheet.columns[plan.words["amount"]]
    sheet.columns[plan.words["amount"]] = [f"{text} {sign}" if behind else f"{sign}{text}" for text in amounts]
