"""In which currency the file's money is, and whether an amount is the price of its hours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain

from services.ingest.sources.detect import titles
from services.ingest.sources.detect.columns import Column, Seen
from services.ingest.sources.detect.findings import Inquiry, Option, Question
from services.ingest.sources.detect.forms import currencies_of, telling
from services.ingest.sources.detect.roles import Assigned
from services.ingest.sources.detect.scan import Table
from services.ingest.sources.detect.shown import shown_in
from services.ingest.sources.detect.trials import Trial, comes_to, contradicts, nearly, trials
from services.ingest.sources.files.book import Book
from services.ingest.sources.worklog.layout import Layout
from shared.kernel.money import EXPONENT, check_currency

_MONEY = ("rate", "amount")


@dataclass(slots=True)
class Money:
    """What was found of one table's money."""

    currency: str | None = None  # of rows that name none
    signs: dict[str, str] = field(default_factory=dict)
    heard: str | None = None  # of amounts that don't name theirs, by other words of the file: the next one has its own
    done: bool = True


def money(book: Book, table: Table, assigned: Assigned, every: list[tuple[Table, Assigned]], inquiry: Inquiry) -> Money:
    """The currency of one table: by its own column, by signs and codes at amounts and in headers, by the titles, by how its
    cells are shown; else asked.
    """
    columns, column = _priced(assigned), assigned.one("currency")
    if not columns:
        return Money()
    if column and column.filled:
        inquiry.note("currency", "by row", f"the column {column.head.text} names it")
        return Money(signs=_plain_signs(columns))
    certain, title = _certain(book, table, columns, inquiry)
    found = Money()
    for sign, seen in _signs(columns).items():
        _add(found, sign, seen, certain, every, inquiry)
    if not found.signs or any(map(_is_bare, columns)):
        found.currency = certain or _told(found, columns[0], inquiry)
        found.done = found.done and found.currency is not None
    if title in _unsaid(found):
        found.heard = title
    return found


def _unsaid(found: Money) -> set[str | None]:
    """The currencies that amounts do not name themselves."""
    return {found.currency, *(code for sign, code in found.signs.items() if len(currencies_of(sign)) > 1)} - {None}


def _plain_signs(columns: list[Column]) -> dict[str, str]:
    """Signs that mean one currency; the column beside says which it is for the others."""
    return {sign: codes[0] for sign in _signs(columns) if len(codes := currencies_of(sign)) == 1}


def _priced(assigned: Assigned) -> list[Column]:
    return [column for role in _MONEY for column in assigned.roles.get(role, []) if _any_money(column)]


def _is_bare(column: Column) -> bool:
    """Whether some amounts have no sign."""
    return bool(column.typed) or not all(number.sign for number, _ in column.numbers.values())


def _any_money(column: Column) -> bool:
    """Whether anything but zero stands there."""
    texts = [number.text for number, _ in column.numbers.values()] + [text for _, text in column.typed.values()]
    return column.distinct > 1 or any(set("123456789").intersection(text) for text in texts)


def _signs(columns: Iterable[Column]) -> dict[str, Seen]:
    found: dict[str, Seen] = {}
    for column in columns:
        for sign, seen in column.signs.items():
            found.setdefault(sign, seen)
    return found


def _certain(book: Book, table: Table, columns: list[Column], inquiry: Inquiry) -> tuple[str | None, str | None]:
    """The currency of the whole table, by the header of an amount, by a title or by its cells' looks, and that of the latter two.

    None where the looks contradict the words.
    """
    shown = shown_in(book, table, columns)
    if shown:
        names = ", ".join(column.head.text for column in columns)
        inquiry.note("currency", shown, f"the cells of {names} are formatted in {shown}")
    for column in columns:
        if len(column.head.currencies) == 1:
            inquiry.note("currency", column.head.currencies[0], f"the column is called {column.head.text}")
            return (column.head.currencies[0] if shown in (None, column.head.currencies[0]) else None), None
    if told := titles.currency(table):
        inquiry.note("currency", told[1], f"row {told[0]} says so")
        shown = told[1] if shown in (None, told[1]) else None
    return shown, shown


def _add(found: Money, sign: str, seen: Seen, certain: str | None, every: list[tuple[Table, Assigned]], inquiry: Inquiry) -> None:
    """What a sign means: itself, or what a code elsewhere in the file says."""
    codes = currencies_of(sign)
    if certain in codes:
        found.signs[sign] = certain or ""
        return
    own = telling(codes)
    if known := own or _code_elsewhere(codes, every):
        found.heard = found.heard if own else known
        inquiry.note("currency", known, f"{seen[1]} stands in row {seen[0]}")
        found.signs[sign] = known
        return
    choices = tuple(Option(code, code, f"{seen[1]} is in {code}") for code in codes)
    asked = f"Row {seen[0]} has {seen[1]}, and {sign} stands for several currencies. Which one is it?"
    answer = inquiry.ask(Question("currency", "currency", asked, choices, free=False))
    found.done = answer is not None and found.done
    if answer:
        found.signs[sign] = answer


def _code_elsewhere(codes: tuple[str, ...], every: list[tuple[Table, Assigned]]) -> str | None:
    """The one of these currencies whose code stands anywhere in the file."""
    named = set(chain.from_iterable(_codes(table) for table, _ in every))
    fitting = [code for code in codes if code in named]
    return fitting[0] if len(fitting) == 1 else None


def _codes(table: Table) -> Iterator[str]:
    for column in table.columns:
        yield from column.head.currencies if len(column.head.currencies) == 1 else ()
        yield from (sign.upper() for sign in column.signs if sign.upper() in EXPONENT)
    if told := titles.currency(table):
        yield told[1]


def _told(found: Money, column: Column, inquiry: Inquiry) -> str | None:
    """The currency of amounts without any sign: the file's only one, else asked; "" when the answer is none."""
    if len(set(found.signs.values())) == 1:
        return next(iter(found.signs.values()))
    row, text = column.first or (0, "")
    choices = tuple(Option(code, code, f"{text} is in {code}") for code in column.head.currencies)
    asked = f"{column.head.text} has {text} in row {row}, and nothing names a currency. Which one is it (three letters, or none)?"
    choices = choices or (Option("none", "no currency"),)
    answer = inquiry.ask(Question("currency", "currency", asked, choices, free=len(column.head.currencies) < 2))
    if answer is None or answer == "none":
        return answer and ""
    return check_currency(answer.strip().upper())


# ---- amounts and rates


def price(table: Table, assigned: Assigned, layout: Layout, inquiry: Inquiry) -> None:
    """Whether a second rate is the price of the entry, and which of rate and amount holds where they differ."""
    _wages(table, assigned, layout, inquiry)
    _fixed_price(table, assigned, layout)
    if not assigned.one("rate") or not assigned.one("amount"):
        return
    off = [each for each in trials(table, assigned, layout) if contradicts(each)]
    apart = next((each for each in off if not nearly(each)), None)
    if apart:
        _which(apart, assigned, inquiry)
    elif off:
        inquiry.note("amount", "by rate", f"row {off[0].row}: the amount is the rate times rounded hours, so the rate is taken")
        del assigned.roles["amount"]


def _wages(table: Table, assigned: Assigned, layout: Layout, inquiry: Inquiry) -> None:
    """What the worker is paid is not what is billed: neither the rate, nor the amount that it comes to."""
    for column in filter(lambda each: each.filled, assigned.roles.get("wage", [])):
        inquiry.note("not_taken", column.head.text, "it says what the worker is paid or costs, not what is billed")
        amount = None if assigned.one("rate") else assigned.one("amount")
        shown = amount and comes_to(table, replace(assigned, roles={**assigned.roles, "rate": [column]}), layout)
        if amount and shown:
            told = f"row {shown.row}: {shown.texts['amount']} is {column.head.text} times the hours, not what is billed"
            inquiry.note("not_taken", amount.head.text, told)
            del assigned.roles["amount"]


def _which(shown: Trial, assigned: Assigned, inquiry: Inquiry) -> None:
    names = {role: assigned.roles[role][0].head.text for role in _MONEY}
    told = f"{shown.texts['duration']} at {shown.texts['rate']} do not cost {shown.texts['amount']}"
    choices = tuple(Option(name, f"the {role}, {name}", shown.texts[role]) for role, name in names.items())
    question = Question("column:amount", "column", f"Row {shown.row}: {told}. Which one holds?", choices)
    answer = inquiry.ask(question)
    for role, name in names.items():
        if answer not in (None, name):
            del assigned.roles[role]


def _fixed_price(table: Table, assigned: Assigned, layout: Layout) -> None:
    """Beside an hourly and a fixed rate, a column called rate is the price that they come to."""
    rate = assigned.one("rate")
    if rate is None or not assigned.one("fixed") or assigned.one("amount"):
        return
    others = [column for column in table.columns if column is not rate and column.filled and "rate" in column.head.roles()]
    for column in others:
        trial = replace(assigned, roles={**assigned.roles, "amount": [column]})
        if all(map(_fixed, trials(table, trial, layout))):
            assigned.roles["amount"] = [column]
            del assigned.roles["rate"]
            return


def _fixed(trial: Trial) -> bool:
    fixed, amount = trial.numbers.get("fixed"), trial.numbers.get("amount")
    return amount is None or (amount == fixed if fixed else not contradicts(trial))
