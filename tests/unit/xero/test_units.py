"""Hours with two decimals: the period's total is the rounded total."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from services.xero_connector.planner.units import residue, units
from tests.sizes import size


def test_three_days_of_twenty_minutes_make_one_hour():
    sent = units({"mon": 1200, "tue": 1200, "wed": 1200})
    assert sent == {"mon": Decimal("0.34"), "tue": Decimal("0.33"), "wed": Decimal("0.33")}


def test_the_largest_remainder_gets_the_hundredth():
    sent = units({"mon": 27_365, "tue": 27_378})  # 7.60138… and 7.605 hours; together 15.206…, so 15.21
    assert sent == {"mon": Decimal("7.60"), "tue": Decimal("7.61")}


def test_half_a_hundredth_goes_up_and_the_residue_shows_it():
    sent = units({"mon": 18})
    assert sent == {"mon": Decimal("0.01")}
    assert residue({"mon": 18}, sent) == -18
    assert residue({"mon": 17}, units({"mon": 17})) == 17


@settings(max_examples=size("money_examples"))
@given(st.dictionaries(st.integers(0, 400), st.integers(0, 90_000), max_size=31))
def test_the_total_is_the_rounded_total_and_each_day_is_near_its_own(seconds):
    sent = units(seconds)
    total = sum(seconds.values())
    assert sum(sent.values()) * 100 == Decimal((total * 2 + 36) // 72)
    assert all(abs(sent[key] * 3600 - seconds[key]) < 36 for key in seconds)
    assert all(sent[key] == 0 for key in seconds if not seconds[key])
    assert all(value == value.quantize(Decimal("0.01")) for value in sent.values())
    assert -18 <= residue(seconds, sent) <= 18
