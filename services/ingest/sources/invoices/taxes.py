"""The tax of an invoice: which of its lines bear it, and of which percentage it is. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from services.ingest.sources.invoices.rows import Told
from shared.domain.invoicing import Tax
from shared.kernel.errors import Invalid
from shared.kernel.money import round_money

ZERO, _HUNDRED, _FINEST = Decimal(0), Decimal(100), Decimal("0.001")


def reckoned(rows: Sequence[Told], amounts: Sequence[Decimal], currency: str) -> list[Decimal]:
    """What the tax may be where only its percentage is said."""
    base, percent = _base(amounts, [bool(row.percent) for row in rows]), _said(rows)
    return [_part(base, each, currency) for each in _meant(percent)] if percent else []


def bearing(rows: Sequence[Told], tax: Decimal) -> list[bool]:
    """Which lines bear the tax: those with a percentage or a tax of their own, where the rows say so; else all."""
    if not tax or any(row.percent for row in rows):
        return [bool(tax and row.percent) for row in rows]
    own = [row.tax for row in rows if row.tax is not None]
    each_its_own = len(own) == len(rows) and sum(own, ZERO) == tax
    return list(map(bool, own)) if each_its_own else [True] * len(rows)


def tax_of(rows: Sequence[Told], amounts: Sequence[Decimal], amount: Decimal, currency: str) -> Tax | None:
    """The tax that comes to this amount; None where there is none. Raises Invalid where its percentage is not plain."""
    if not amount:
        return None
    base, said = _base(amounts, bearing(rows, amount)), _said(rows)
    percent = _checked(said, base, amount, currency) if said else _percent(base, amount, currency)
    return Tax(name=rows[0].tax_name, percent=percent)


def before_tax(row: Told, currency: str) -> Decimal:
    """What a row's total is without its tax."""
    total = row.total or ZERO
    if row.tax is None and row.percent:
        return round_money(total * _HUNDRED / (_HUNDRED + row.percent), currency)
    return total - (row.tax or ZERO)


def _base(amounts: Sequence[Decimal], bears: Sequence[bool]) -> Decimal:
    return sum((amount for amount, taxed in zip(amounts, bears, strict=True) if taxed), ZERO)


def _said(rows: Sequence[Told]) -> Decimal | None:
    """The percentage that the rows say, which has to be one."""
    found = sorted({row.percent for row in rows if row.percent})
    if len(found) > 1:
        shown = " and ".join(f"{one.normalize():f} %" for one in found)
        raise Invalid("several_taxes", f"its lines bear {shown} of tax, an invoice here has one", "leave it out, or split it")
    return found[0] if found else None


def _meant(percent: Decimal) -> Iterator[Decimal]:
    """A percentage as it stands, and what a spreadsheet means by a fraction."""
    yield percent
    if percent < 1:
        yield percent * _HUNDRED


def _part(base: Decimal, percent: Decimal, currency: str) -> Decimal:
    return round_money(base * percent / _HUNDRED, currency)


def _checked(said: Decimal, base: Decimal, amount: Decimal, currency: str) -> Decimal:
    for percent in _meant(said):
        if percent == percent.quantize(_FINEST) and _part(base, percent, currency) == amount:
            return percent
    raise Invalid("tax_unclear", f"its tax {amount} is not {said.normalize():f} % of {base}", "mend the tax or its percentage")


def _percent(base: Decimal, amount: Decimal, currency: str) -> Decimal:
    """The percentage with the fewest decimals, at most three, of which the tax is the amount, if there is but one."""
    for places in range(4) if base > 0 else ():
        step = Decimal(1).scaleb(-places)
        near = (amount * _HUNDRED / base).quantize(step)
        if found := [each for each in (near - step, near, near + step) if _part(base, each, currency) == amount]:
            if len(found) == 1 and found[0] < _HUNDRED:
                return found[0]
            break
    raise Invalid("tax_unclear", f"its tax {amount} is no plain percentage of {base}", "add a column with the percentage")
