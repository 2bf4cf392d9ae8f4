"""Which rate, currency and client hold."""

from __future__ import annotations

from datetime import date

import pytest

from shared.contract.documents import LineKind
from shared.contract.records import Rate
from shared.domain import overtime, rates
from shared.domain.rates import Hourly, MileageRate
from shared.kernel.errors import Invalid
from tests.unit.domain.making import DAY, D, client, entry, job, trip, world

CARD = (
    Rate(rate=D("100")),
    Rate(rate=D("110"), since=date(2026, 2, 1)),
    Rate(rate=D("120"), since=date(2026, 4, 1)),
    Rate(rate=D("90"), person="bob", overtime_rate=D("135")),
)


@pytest.mark.parametrize(
    ("person", "day", "rate"),
    [
        ("ann", date(2026, 1, 31), "100"),
        ("ann", date(2026, 2, 1), "110"),
        ("ann", date(2026, 3, 31), "110"),
        ("ann", date(2026, 4, 1), "120"),
        ("bob", date(2026, 4, 1), "90"),
    ],
)
def test_a_line_for_the_person_beats_one_for_everybody_and_a_later_one_an_earlier(person, day, rate):
    assert rates.card_line(job(rates=CARD), person, day).rate == D(rate)


def test_a_line_of_somebody_else_or_of_later_does_not_hold():
    lines = (Rate(rate=D("1"), person="bob"), Rate(rate=D("2"), since=date(2026, 3, 3)))
    assert rates.card_line(job(rates=lines), "ann", DAY) is None


def test_the_entrys_own_rate_goes_before_the_card():
    assert rates.hourly(entry(rate=D("5")), world()) == Hourly(ordinary=D("5"), overtime=D("5"))


def test_a_rate_of_zero_is_a_rate():
    assert rates.hourly(entry(rate=D("0")), world()).ordinary == 0


def test_the_cards_overtime_rate_holds_also_for_an_entry_with_its_own_rate():
    around = world(job(rates=CARD))
    assert rates.hourly(entry(person="bob", rate=D("95")), around) == Hourly(ordinary=D("95"), overtime=D("135"))


@pytest.mark.parametrize("fields", [{"rates": ()}, {"rates": (Rate(rate=D("1"), person="bob"),)}])
def test_no_rate_is_said_and_not_guessed(fields):
    with pytest.raises(Invalid, match="no_rate"):
        rates.hourly(entry(), world(job(**fields)))


def test_a_rate_card_does_not_hold_in_another_currency():
    with pytest.raises(Invalid, match="no_rate") as refused:
        rates.hourly(entry(currency="EUR"), world(job(currency="USD")))
    assert "USD" in refused.value.cause and "EUR" in refused.value.cause


def test_the_currency_is_the_entrys_then_the_jobs_then_the_clients_then_the_organisations():
    rich = world(job(currency="CHF"), client(currency="GBP"), home="USD")
    assert rates.currency_of(entry(currency="JPY"), rich) == "JPY"
    assert rates.currency_of(entry(), rich) == "CHF"
    assert rates.currency_of(entry(), world(client(currency="GBP"))) == "GBP"
    assert rates.currency_of(entry(), world(home="KWD")) == "KWD"


def test_the_client_is_the_entrys_own_then_the_jobs():
    assert rates.client_of(entry(client="zen"), world()) == "zen"
    assert rates.client_of(entry(), world()) == "acme"
    with pytest.raises(Invalid, match="no_client"):
        rates.client_of(entry(), world(job(client=None)))


def test_a_mileage_rate_holds_only_for_its_unit_and_currency():
    given = MileageRate(rate=D("0.67"), currency="USD", unit="mi")
    assert rates.per_distance(trip(), world(), given) == D("0.67")
    assert rates.per_distance(trip(rate=D("0.5")), world(), given) == D("0.5")
    for other in (trip(unit="km"), trip(currency="EUR")):
        with pytest.raises(Invalid, match="no_rate"):
            rates.per_distance(other, world(), given)


def test_overtime_is_split_off_at_its_own_price():
    parts = overtime.parts(entry(seconds=36_000, overtime_seconds=7_200), Hourly(ordinary=D("100"), overtime=D("150")))
    assert parts == ((LineKind.TIME, 28_800, D("100")), (LineKind.OVERTIME, 7_200, D("150")))


def test_overtime_that_costs_no_more_is_ordinary_time():
    parts = overtime.parts(entry(seconds=36_000, overtime_seconds=7_200), Hourly(ordinary=D("100"), overtime=D("100")))
    assert parts == ((LineKind.TIME, 36_000, D("100")),)
