"""What goes onto an invoice, and what it comes to."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contract.documents import Grouping, LineKind
from shared.contract.records import Rate
from shared.domain import invoicing
from shared.domain.invoicing import Candidate, Deduction, Order, Tax, compose
from shared.domain.rates import MileageRate
from shared.kernel.duration import seconds_of
from shared.kernel.errors import Invalid
from shared.kernel.money import exponent, round_money
from tests.sizes import size
from tests.unit.domain.making import DAY, D, approved, client, entry, expense, job, trip, world


def lines(*works, order=None, around=None):
    (draft,) = compose(approved(*works), around or world(), order or Order()).drafts
    return [(line.description, line.quantity, line.unit_price, line.amount) for line in draft.lines]


# ---- grouping

TWO_DAYS = (entry("1"), entry("2", 1800, date=DAY + timedelta(days=1), person="bob", notes="by night"))


@pytest.mark.parametrize(
    ("grouping", "texts"),
    [
        (Grouping.JOB, ["Web"]),
        (Grouping.PERSON, ["Ann", "Time"]),
        (Grouping.DAY, ["2026-03-02", "2026-03-03"]),
        (Grouping.DETAILED, ["2026-03-02 · Web", "2026-03-03 · Web · by night"]),
    ],
)
def test_lines_are_grouped_as_asked(grouping, texts):
    assert [line[0] for line in lines(*TWO_DAYS, order=Order(grouping=grouping))] == texts


def test_different_prices_never_share_a_line():
    assert lines(entry("1"), entry("2", rate=D("90"))) == [
        ("Web", D("1.00000"), D("90"), D("90.00")),
        ("Web", D("1.00000"), D("100"), D("100.00")),
    ]


def test_the_same_price_written_differently_shares_a_line():
    assert len(lines(entry("1"), entry("2", rate=D("100.00")))) == 1


def test_hours_are_rounded_once_from_the_summed_seconds():
    """Three times 20 minutes: 0.33333 each would come to 0.99999 hours."""
    assert lines(*(entry(str(at), 1200) for at in range(3))) == [("Web", D("1.00000"), D("100"), D("100.00"))]


def test_a_long_note_is_cut_to_what_books_take():
    (line,) = lines(entry(notes="x" * 5000), order=Order(grouping=Grouping.DETAILED))
    assert len(line[0]) == 4000 and line[0].endswith("…")


# ---- money


def test_the_amount_is_half_up_in_the_currencys_smallest_unit():
    yen = entry(rate=D("0.5"), currency="JPY")
    dinar = entry(rate=D("0.0005"), currency="KWD")
    assert lines(yen)[0][3] == D("1")
    assert lines(dinar)[0][3] == D("0.001")
    assert lines(entry(rate=D("0.005")))[0][3] == D("0.01")


def test_the_line_amounts_make_the_total_not_the_total_hours():
    """reliability.md 2.4: three days of 0.33 h x 10.05 come to 9.96, though 0.99 h x 10.05 would be 9.95."""
    works = [entry(str(at), 1188, date=DAY + timedelta(days=at), rate=D("10.05")) for at in range(3)]
    (draft,) = compose(approved(*works), world(), Order(grouping=Grouping.DAY)).drafts
    assert draft.total == D("9.96")


def test_tax_is_rounded_once_on_the_taxed_sum():
    order = Order(tax=Tax(name="VAT", percent=D("7.7"), exempt=frozenset({LineKind.EXPENSE})))
    (draft,) = compose(approved(entry(rate=D("33.33")), expense(amount="50")), world(), order).drafts
    assert (draft.subtotal, draft.tax, draft.total) == (D("83.33"), D("2.57"), D("85.90"))


def test_deductions_are_negative_lines_and_never_take_more_than_is_there():
    order = Order(deductions=(Deduction(description="Half", percent=D(50)), Deduction(description="Gift", amount=D("80"))))
    assert lines(entry(), order=order)[1:] == [
        ("Half", D(1), D("-50.00"), D("-50.00")),
        ("Gift", D(1), D("-50.00"), D("-50.00")),
    ]


def test_an_expense_in_yen_has_no_decimals():
    assert lines(expense(amount="1999.5", currency="JPY"))[0][3] == D("2000")


def test_a_trip_is_distance_times_rate():
    order = Order(mileage=MileageRate(rate=D("0.67"), currency="USD", unit="mi"))
    assert lines(trip(distance="12.5"), order=order) == [("Web (mileage)", D("12.5"), D("0.67"), D("8.38"))]


# ---- what is left out


@pytest.mark.parametrize(
    ("candidate", "why"),
    [
        (Candidate(work=entry(), approved=False), "not_approved"),
        (Candidate(work=entry(), approved=True, billed=True), "already_billed"),
        (Candidate(work=entry(billable=False), approved=True), "not_billable"),
        (Candidate(work=entry(deleted=True), approved=True), "deleted"),
        (Candidate(work=entry(seconds=0), approved=True), "nothing_to_bill"),
        (Candidate(work=entry(job=None), approved=True), "no_client"),
        (Candidate(work=entry(job=None, client="acme"), approved=True), "no_rate"),
        (Candidate(work=entry(client="ghost"), approved=True), "unknown_client"),
        (Candidate(work=entry(client="erased"), approved=True), "unknown_client"),
        (Candidate(work=trip(), approved=True), "no_rate"),
        (Candidate(work=expense(amount="-5"), approved=True), "below_zero"),
    ],
)
def test_what_cannot_be_billed_is_left_out_with_a_reason(candidate, why):
    composed = compose([candidate], world(replace(client("erased"), name="")), Order())
    assert composed.drafts == ()
    assert [(one.entry, one.why) for one in composed.skipped] == [(candidate.work.id, why)]


def test_a_refund_lowers_an_invoice_that_stays_above_zero():
    (draft,) = compose(approved(entry(), expense(amount="-5")), world(), Order()).drafts
    assert draft.total == D("95.00")


def test_an_amount_cannot_be_deducted_from_several_invoices():
    both = approved(entry("1"), entry("2", client="zen"))
    with pytest.raises(Invalid, match="deduction_needs_client"):
        compose(both, world(client("zen")), Order(deductions=(Deduction(description="x", amount=D(1)),)))


# ---- properties

CURRENCIES = ("USD", "JPY", "KWD", "CHF")
rate_texts = st.decimals("0", "2000", places=4) | st.sampled_from([D("33.3333333"), D("0.0000001"), D("10.05")])
works = st.lists(
    st.one_of(
        st.builds(
            lambda seconds, extra, rate, day, job, currency, person: entry(
                seconds=seconds + extra, overtime_seconds=extra, rate=rate, date=DAY + timedelta(days=day),
                job=job, currency=currency, person=person,
            ),
            st.integers(1, 90_000), st.integers(0, 9_000), rate_texts, st.integers(0, 3), st.sampled_from(["web", "app"]),
            st.sampled_from(CURRENCIES), st.sampled_from(["ann", "bob"]),
        ),
        st.builds(
            lambda amount, currency: expense(amount=str(amount), currency=currency),
            st.decimals("-50", "500", places=3), st.sampled_from(CURRENCIES),
        ),
        st.builds(
            lambda distance, rate, unit: trip(distance=str(distance), rate=rate, unit=unit),
            st.decimals("0", "900", places=3), rate_texts, st.sampled_from(["mi", "km"]),
        ),
    ),
    max_size=12,
)  # fmt: skip
orders = st.builds(
    Order,
    grouping=st.sampled_from(Grouping),
    tax=st.none() | st.builds(
        Tax, name=st.just("VAT"), percent=st.decimals("0", "30", places=3),
        exempt=st.frozensets(st.sampled_from([LineKind.EXPENSE, LineKind.MILEAGE])),
    ),
    deductions=st.lists(
        st.builds(Deduction, description=st.just("d"), percent=st.decimals("0", "100", places=2)), max_size=3
    ).map(tuple),
)  # fmt: skip
OVERTIME = (Rate(rate=D("1"), overtime_rate=D("75.5")),)


def composed(found, order):
    numbered = [replace(work, id=f"{at:03}") for at, work in enumerate(found)]
    around = world(job("web", rates=OVERTIME), job("app", rates=OVERTIME))
    return numbered, compose(approved(*numbered), around, order)


@settings(max_examples=size("money_examples"))
@given(works, orders)
def test_every_line_is_quantity_times_price_and_totals_add_up(found, order):
    _, composition = composed(found, order)
    for draft in composition.drafts:
        for line in draft.lines:
            assert line.amount == round_money(line.quantity * line.unit_price, draft.currency)
            assert -line.amount.as_tuple().exponent == exponent(draft.currency)
        taxable = sum((line.amount for line in draft.lines if line.taxable), Decimal(0))
        percent = order.tax.percent if order.tax else Decimal(0)
        assert draft.subtotal == sum(line.amount for line in draft.lines)
        assert draft.tax == round_money(taxable * percent / 100, draft.currency)
        assert draft.total == draft.subtotal + draft.tax >= 0
        assert [line.position for line in draft.lines] == list(range(1, len(draft.lines) + 1))


@settings(max_examples=size("money_examples"))
@given(works, orders)
def test_every_second_and_every_cent_is_allocated_once(found, order):
    numbered, composition = composed(found, order)
    skipped = {one.entry for one in composition.skipped}
    seconds: Counter[str] = Counter()
    for draft in composition.drafts:
        for line in draft.lines:
            parts = [part for part in draft.allocations if part.line == line.position]
            if line.kind == LineKind.DEDUCTION:
                assert parts == []
                continue
            assert sum(part.amount for part in parts) == line.amount
            assert sum(part.quantity for part in parts) == line.quantity
            if line.unit == "hour":
                assert seconds_of(line.quantity) == sum(part.share.seconds for part in parts)
            seconds.update({part.share.work.id: 0 for part in parts})
            for part in parts:
                seconds[part.share.work.id] += part.share.seconds
    assert {work.id for work in numbered} == skipped | seconds.keys()
    for work in numbered:
        if work.id in seconds:
            assert seconds[work.id] == getattr(work, "seconds", 0)


@settings(max_examples=size("other_examples"))
@given(works, orders, st.randoms(use_true_random=False))
def test_the_order_in_which_entries_arrive_changes_nothing(found, order, random):
    numbered, composition = composed(found, order)
    random.shuffle(numbered)
    around = world(job("web", rates=OVERTIME), job("app", rates=OVERTIME))
    assert compose(approved(*numbered), around, order).drafts == composition.drafts


@settings(max_examples=size("other_examples"))
@given(works, orders)
def test_no_civil_date_moves_onto_another_line(found, order):
    _, composition = composed(found, order)
    for draft in composition.drafts:
        for line in draft.lines:
            dates = {part.share.work.date for part in draft.allocations if part.line == line.position}
            assert line.date == (next(iter(dates)) if len(dates) == 1 else None)
            if order.grouping == Grouping.DAY and line.kind in (LineKind.TIME, LineKind.OVERTIME):
                assert dates == {date.fromisoformat(line.description[:10])}


def test_a_price_that_is_not_there_is_not_made_up():
    with pytest.raises(Invalid, match="no_rate"):
        invoicing.price(entry(), world(job(rate=None)), Order())
