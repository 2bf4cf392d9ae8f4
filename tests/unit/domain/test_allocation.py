"""Splitting a line over its entries, and what is owed after a change."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contract.documents import LineKind
from shared.domain import allocation, invoicing
from shared.domain.allocation import Claim, Share, difference, is_settled, split
from shared.domain.invoicing import Order, compose_one
from tests.sizes import size
from tests.unit.domain.making import D, entry, world


def test_what_does_not_divide_goes_to_the_largest_remainder():
    assert split(D("10.00"), [Fraction(1)] * 3, 2) == [D("3.34"), D("3.33"), D("3.33")]
    assert split(D("10"), [Fraction(2), Fraction(1)], 0) == [D("7"), D("3")]


def test_nothing_to_weigh_by_leaves_it_with_the_first():
    assert split(D("0.00"), [Fraction(0), Fraction(0)], 2) == [D("0.00"), D("0")]


@settings(max_examples=size("money_examples"))
@given(st.integers(-(10**9), 10**9), st.lists(st.integers(1, 10**6), min_size=1, max_size=20), st.integers(0, 5))
def test_parts_add_up_and_none_is_a_step_away_from_its_due(steps, weights, places):
    total = Decimal(steps).scaleb(-places)
    parts = split(total, [Fraction(weight) for weight in weights], places)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(Fraction(part) - Fraction(total) * weight / sum(weights)) < Fraction(1, 10**places)


def claim(share: Share, *, chain: int = 0, revision: int = 1, document: str = "A") -> Claim:
    return Claim(
        entry=share.work.id, revision=revision, chain=chain, document=document, client=share.client, currency=share.currency,
        kind=share.kind, unit=share.unit, unit_price=share.unit_price, seconds=share.seconds, quantity=share.quantity,
        amount=D(0),
    )  # fmt: skip


def wanted(**fields) -> tuple[Share, ...]:
    return invoicing.price(entry(**fields), world(), Order())


def test_fewer_hours_are_given_back_at_the_price_at_which_they_were_billed():
    billed = [claim(share) for share in wanted(seconds=28_800)]
    (owed,) = difference(entry(), wanted(seconds=21_600), billed, "INV-1")
    assert (owed.kind, owed.seconds, owed.unit_price, owed.about) == (LineKind.CORRECTION, -7200, D(100), "INV-1")


def test_another_price_gives_all_back_and_bills_all_anew():
    billed = [claim(share) for share in wanted(seconds=3600)]
    owed = difference(entry(), wanted(seconds=3600, rate=D("90.10")), billed, "INV-1")
    assert [(share.seconds, share.unit_price) for share in owed] == [(-3600, D(100)), (3600, D("90.1"))]


def test_nothing_is_owed_when_nothing_changed():
    billed = [claim(share) for share in wanted()]
    assert difference(entry(), wanted(rate=D("100.00")), billed, "") == []


def test_a_chain_is_settled_when_it_is_whole_and_up_to_date():
    (share,) = wanted()
    first, second = claim(share), claim(share, chain=1, revision=2)
    assert is_settled(1, [first])
    assert not is_settled(2, [first])
    assert is_settled(2, [first, second])
    assert not is_settled(2, [second])
    assert not is_settled(1, [])


@settings(max_examples=size("money_examples"))
@given(
    st.lists(
        st.tuples(st.integers(0, 40_000), st.sampled_from(["100", "90", "33.3333333"]), st.sampled_from(["USD", "JPY"])),
        min_size=2, max_size=8,
    )
)  # fmt: skip
def test_however_often_an_entry_is_edited_claims_and_corrections_come_to_what_it_is_now(edits):
    claims: list[Claim] = []
    for chain, (seconds, rate, currency) in enumerate(edits):
        now = wanted(seconds=seconds, rate=D(rate), currency=currency)
        owed = difference(entry(), now, claims, "")
        claims += [claim(share, chain=chain, revision=chain) for share in owed]
        assert sum(one.seconds for one in claims) == seconds
        at = {(one.currency, one.unit_price): 0 for one in claims}
        for one in claims:
            at[one.currency, one.unit_price] += one.seconds
        assert {key: left for key, left in at.items() if left} == ({(currency, D(rate)): seconds} if seconds else {})


def test_corrections_wait_while_they_would_bring_the_invoice_below_zero():
    (share,) = wanted(seconds=3600)
    back = [replace(share, work=entry(name), kind=LineKind.CORRECTION, seconds=-3000) for name in ("a", "b")]
    draft = compose_one([share], [[one] for one in back], world(), Order())
    assert draft is not None
    assert (draft.total, draft.waiting) == (D("16.67"), ("b",))


def test_a_credit_alone_makes_no_invoice():
    (share,) = wanted(seconds=3600)
    assert compose_one([], [[replace(share, kind=LineKind.CORRECTION, seconds=-60)]], world(), Order()) is None
    assert allocation.quantity_of([replace(share, seconds=-60)]) == D("-0.01667")
