"""Amounts keep to their currency, and numbers are taken in one grammar only."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.kernel.errors import Invalid
from shared.kernel.money import EXPONENT, check_currency, exponent, parse_decimal, round_money
from tests.sizes import size

CURRENCIES = st.sampled_from(sorted(EXPONENT))
NOT_NUMBERS = [
    *("1E+999999999", "1e400", "NaN", "sNaN", "Infinity", "-Infinity", "1_000", "1,000", "١٢", "１２", "²", "0x10", "1/2"),
    *(" 1", "1 ", "1\n", "+1", ".5", "5.", "1.2.3", "--1", "-", "", "9" * 5_000, "1." + "0" * 5_000, "1\x00", "\ud800"),
    *(None, True, 1, Decimal(1), [], {}),
]


@pytest.mark.parametrize("text", NOT_NUMBERS, ids=lambda text: repr(text)[:20])
def test_what_is_no_plain_number_is_refused_with_a_remedy(text):
    with pytest.raises(Invalid) as caught:
        parse_decimal(text, negative=True)
    assert caught.value.code == "bad_number"
    assert "digits" in caught.value.remedy
    assert len(caught.value.cause) < 200
    assert caught.value.cause.isprintable()


@pytest.mark.parametrize("text", ["-0", "-0.00", "-000"])
def test_a_negative_zero_is_refused(text):
    with pytest.raises(Invalid):
        parse_decimal(text, negative=True)


def test_a_minus_sign_is_refused_unless_allowed():
    with pytest.raises(Invalid):
        parse_decimal("-1")
    assert parse_decimal("-1", negative=True) == -1


@pytest.mark.parametrize(
    ("text", "options"), [("1.12345678", {}), ("1234567890", {}), ("1.1", {"places": 0}), ("100", {"digits": 2})]
)
def test_more_digits_than_allowed_are_refused(text, options):
    with pytest.raises(Invalid):
        parse_decimal(text, **options)


def test_the_written_digits_are_kept():
    assert str(parse_decimal("85.00")) == "85.00"
    assert str(parse_decimal("0.1234567")) == "0.1234567"
    assert parse_decimal("007") == 7


@pytest.mark.parametrize(("code", "places"), [("USD", 2), ("EUR", 2), ("JPY", 0), ("KRW", 0), ("KWD", 3), ("TND", 3), ("CLF", 4)])
def test_a_currency_has_the_digits_of_iso_4217(code, places):
    assert exponent(code) == places


@pytest.mark.parametrize("code", ["usd", "US", "USDX", "XXX", "XTS", "XAU", "", "ＵＳＤ", None, 840, "US\x00"])
def test_what_is_no_currency_code_is_refused(code):
    with pytest.raises(Invalid) as caught:
        check_currency(code)
    assert caught.value.code == "unknown_currency"


@pytest.mark.parametrize(
    ("value", "currency", "rounded"),
    [
        ("2.005", "USD", "2.01"),
        ("2.004999", "USD", "2.00"),
        ("-2.005", "USD", "-2.01"),
        ("0.5", "JPY", "1"),
        ("1.5", "JPY", "2"),
        ("2.5", "JPY", "3"),
        ("0.4999999", "JPY", "0"),
        ("1.0005", "KWD", "1.001"),
        ("-0.001", "USD", "0.00"),
        ("999999999999999.995", "USD", "1000000000000000.00"),
    ],
)
def test_halves_are_rounded_away_from_zero(value, currency, rounded):
    assert str(round_money(Decimal(value), currency)) == rounded


@pytest.mark.parametrize("value", ["NaN", "sNaN", "Infinity", "1E+999999", "-1E+41"])
def test_what_is_no_amount_is_refused(value):
    with pytest.raises(Invalid):
        round_money(Decimal(value), "USD")


@given(st.decimals(-(10**12), 10**12, places=9), CURRENCIES)
@settings(max_examples=size("money_examples"))
def test_rounding_moves_at_most_half_a_coin_and_only_once(value, currency):
    coin = Decimal(1).scaleb(-exponent(currency))
    rounded = round_money(value, currency)
    assert abs(rounded - value) <= coin / 2
    assert rounded % coin == 0
    assert round_money(rounded, currency) == rounded
    assert round_money(-value, currency) == -rounded


@given(st.integers(-(10**9) + 1, 10**9 - 1), st.integers(0, 7))
@settings(max_examples=size("money_examples"))
def test_every_plain_number_is_read_as_written(units, places):
    text = format(Decimal(units).scaleb(-places), "f")
    assert format(parse_decimal(text, negative=True), "f") == text


@given(st.text(max_size=20))
@settings(max_examples=size("other_examples"))
def test_any_text_is_a_finite_number_or_refused(text):
    try:
        assert parse_decimal(text, negative=True).is_finite()
    except Invalid as problem:
        assert problem.remedy
