"""Which part of an entry goes onto which line, and what is still owed after an entry has changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from shared.contract.documents import LineKind
from shared.contract.records import Work
from shared.kernel.duration import hours

HOUR_PLACES = 5
DISTANCE_PLACES = 3
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one entry puts on one line. Time is counted in ``seconds``, everything else in ``quantity``."""

    work: Work
    kind: LineKind
    client: str
    currency: str
    unit: str  # "hour" | "mi" | "km" | "each"
    unit_price: Decimal
    seconds: int = 0
    quantity: Decimal = ZERO  # 0 for time
    about: str = ""  # corrections: which documents it corrects

    @property
    def weight(self) -> Fraction:
        return Fraction(self.seconds) if self.unit == "hour" else Fraction(self.quantity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocated:
    """A share as it stands on a line: its part of the line's quantity and amount. Parts add up to the line exactly."""

    share: Share
    line: int  # position on the document
    quantity: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A live allocation as stored. ``chain`` 0 is the first billing of the entry, what corrects it comes after."""

    entry: str
    revision: int  # of the entry; 0: the entry had nothing to bill any more
    chain: int
    document: str
    client: str
    currency: str
    kind: LineKind
    unit: str
    unit_price: Decimal
    seconds: int
    quantity: Decimal
    amount: Decimal


def quantity_of(shares: Sequence[Share]) -> Decimal:
    """The quantity of a line holding these shares: hours out of the summed seconds, else the summed quantities."""
    if shares[0].unit == "hour":
        return hours(sum(share.seconds for share in shares))
    return sum((share.quantity for share in shares), Decimal(0))


def allocate(shares: Sequence[Share], line: int, quantity: Decimal, amount: Decimal, exponent: int) -> list[Allocated]:
    """Split a line over its shares so that quantities and amounts add up to the line's."""
    weights = [share.weight for share in shares]
    places = HOUR_PLACES if shares[0].unit == "hour" else DISTANCE_PLACES
    parts = zip(shares, split(quantity, weights, places), split(amount, weights, exponent), strict=True)
    return [Allocated(share=share, line=line, quantity=part, amount=money) for share, part, money in parts]


def split(total: Decimal, weights: Sequence[Fraction], places: int) -> list[Decimal]:
    """Parts in steps of 10^-places by largest remainder; they add up to ``total``. No weight at all: the first takes it."""
    whole = sum(weights, Fraction(0))
    if not whole:
        return [total, *[Decimal(0)] * (len(weights) - 1)]
    steps = int(total.scaleb(places))
    exact = [steps * weight / whole for weight in weights]
    floors = [part.numerator // part.denominator for part in exact]
    by_remainder = sorted(range(len(weights)), key=lambda at: (floors[at] - exact[at], at))
    for at in by_remainder[: steps - sum(floors)]:
        floors[at] += 1
    return [Decimal(part).scaleb(-places) for part in floors]


def is_settled(revision: int, claims: Iterable[Claim]) -> bool:
    """Whether the live claims of one entry say all there is to say of this revision, so that its prices stay as billed.

    A gap in the chain means that a document in the middle was withdrawn: then everything is reckoned anew.
    """
    by_chain = {claim.chain: claim.revision for claim in claims}
    return sorted(by_chain) == list(range(len(by_chain))) and bool(by_chain) and by_chain[max(by_chain)] == revision


def difference(work: Work, wanted: Iterable[Share], claims: Iterable[Claim], about: str) -> list[Share]:
    """What has to be billed, or given back, so that the live claims of an entry come to what is wanted of it now.

    Reckoned per client, currency and price: hours billed at an old price are given back at that price.
    """
    seconds: dict[tuple[str, str, str, Decimal], int] = {}
    quantity: dict[tuple[str, str, str, Decimal], Decimal] = {}
    signed: list[tuple[int, Share | Claim]] = [(1, share) for share in wanted]
    signed += [(-1, claim) for claim in claims]
    for sign, part in signed:
        key = (part.client, part.currency, part.unit, part.unit_price.normalize())
        seconds[key] = seconds.get(key, 0) + sign * part.seconds
        quantity[key] = quantity.get(key, ZERO) + (ZERO if part.unit == "hour" else sign * part.quantity)
    return [
        Share(
            work=work,
            kind=LineKind.CORRECTION,
            client=client,
            currency=currency,
            unit=unit,
            unit_price=plain(price),
            seconds=seconds[key],
            quantity=quantity[key],
            about=about,
        )
        for key in sorted(seconds, key=lambda key: (seconds[key] or quantity[key], key))
        for client, currency, unit, price in [key]
        if seconds[key] or quantity[key]
    ]


def plain(value: Decimal) -> Decimal:
    """The value without trailing zeros and without an exponent."""
    value = value.normalize()
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value
