"""Seconds survive the way to hours and back."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.kernel.duration import format_hms, hours, parse_hms, seconds_of
from shared.kernel.errors import Invalid
from tests.sizes import size

SECONDS = st.integers(0, 10_000_000)


def test_hours_have_five_decimals_rounded_half_up():
    assert str(hours(3600)) == "1.00000"
    assert str(hours(1)) == "0.00028"
    assert str(hours(5)) == "0.00139"
    assert str(hours(20)) == "0.00556"
    assert str(hours(-5400)) == "-1.50000"


def test_every_second_of_ten_days_comes_back():
    assert all(seconds_of(hours(seconds)) == seconds for seconds in range(0, 864_000, 7))


@given(SECONDS)
@settings(max_examples=size("money_examples"))
def test_the_seconds_come_back_from_the_hours(seconds):
    assert seconds_of(hours(seconds)) == seconds
    assert seconds_of(-hours(seconds)) == -seconds


@given(st.lists(SECONDS, max_size=30))
@settings(max_examples=size("money_examples"))
def test_the_seconds_of_many_entries_come_back_from_their_sum(entries):
    assert seconds_of(hours(sum(entries))) == sum(entries)


@given(SECONDS)
@settings(max_examples=size("money_examples"))
def test_what_is_written_is_read_again(seconds):
    assert parse_hms(format_hms(seconds)) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"), [("1:30", 5400), ("0:00", 0), ("00:00:01", 1), ("210:00:00", 756_000), ("99999:59:59", 359_999_999)]
)
def test_hours_and_minutes_are_read(text, seconds):
    assert parse_hms(text) == seconds


@pytest.mark.parametrize(
    "text", ["1:60", "1:00:60", "1", "1:5", ":30", "1:", "-1:00", "1:00:00:00", "1.5:00", "١:٣٠", "1:30\n", " 1:30", "", None, 90]
)
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(Invalid) as caught:
        parse_hms(text)
    assert caught.value.code == "bad_duration"
    assert "h:mm" in caught.value.remedy


def test_a_negative_duration_is_shown_with_its_sign():
    assert format_hms(-90) == "-0:01:30"


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1E+999999999"])
def test_hours_that_are_no_number_are_refused(value):
    with pytest.raises(Invalid):
        seconds_of(Decimal(value))
