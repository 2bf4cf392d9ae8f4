"""Mileage logs: each trip at the official rate of its day, what it lacks, and the year's totals."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
import sqlalchemy as sa

from services.ingest.accounts.operator import operator_token
from services.ingest.exports import stream
from services.ingest.lists import kept
from services.ingest.lists.listing import Filter, Reader, Whole
from services.ingest.records.models import TABLES
from shared.contract.records import Kind
from shared.domain import mileage_rates
from shared.domain.mileage_rates import HMRC, IRS
from shared.platform.auth import Principal
from shared.platform.db import reading
from shared.platform.vault import Vault
from tests.component.ingest.conftest import Caller
from tests.journeys.api.exporting import cells, exports, firm, logs, new_owner

D = Decimal
BASE = [
    {"kind": "person", "source_id": "ann", "name": "Ann Reed"},
    {"kind": "client", "source_id": "blue", "name": "Blue Kite"},
]


def trip(name: str, day: str, distance: str, unit: str = "mi", **more: object) -> dict[str, object]:
    told = {"client": "blue", "notes": "Office to site", **more}
    return {"kind": "mileage", "source_id": name, "date": day, "person": "ann", "distance": distance, "unit": unit, **told}


@pytest.fixture(scope="module")
def owner(tmp_path_factory):
    with firm(tmp_path_factory.mktemp("miles"), TIMEBOOKS_EXPORTS_PER_MINUTE="10000") as owner:
        trips = [
            trip("h1", "2022-06-30", "100"), trip("h2", "2022-07-01", "100.1"),
            trip("k", "2022-08-01", "16.1", "km"), trip("bare", "2022-09-01", "3", client=None, notes=""),
            trip("uk1", "2024-04-05", "1"), trip("uk2", "2024-04-06", "9990.5"), trip("uk3", "2025-04-05", "20"),
            trip("uk4", "2026-04-06", "10"), trip("late", "2031-05-01", "10"),
        ]  # fmt: skip
        logs(owner, *BASE, *[{name: value for name, value in one.items() if value is not None} for one in trips])
        yield owner


@pytest.mark.row("D9")
def test_the_irs_log_follows_the_change_in_the_middle_of_2022(owner):
    log = owner.told("GET", "/mileage-log/irs?year=2022")
    # 100 x 0.585; 100.1 x 0.625 = 62.5625; 10.004 x 0.625 = 6.2525; 3 x 0.625: 58.50, 62.56, 6.26 (6.2525 on 121.0625), 1.87
    assert [(one["miles"], one["rate"], one["amount"]) for one in log["items"]] == [
        (D("100"), D("0.585"), D("58.50")),
        (D("100.1"), D("0.625"), D("62.56")),
        (D("10.004"), D("0.625"), D("6.26")),
        (D("3"), D("0.625"), D("1.87")),
    ]
    assert [one["missing"] for one in log["items"]] == [[], [], [], ["destination_and_purpose", "business_purpose"]]
    [total] = log["totals"]
    assert (total["miles"], total["amount"], total["trips"], total["incomplete_trips"]) == (D("213.104"), D("129.19"), 4, 1)
    assert [(one["from"], one["rate"], one["source"]) for one in log["rates"]] == [
        ("2022-01-01", D("0.585"), "IRS Notice 2022-3"),
        ("2022-07-01", D("0.625"), "IRS Announcement 2022-13"),
    ]


@pytest.mark.row("D10")
def test_the_hmrc_log_counts_the_tax_year_from_6_april_and_pays_less_beyond_10_000_miles(owner):
    log = owner.told("GET", "/mileage-log/hmrc?year=2024")
    # 9,990.5 x 0.45 = 4,495.725; of 20 miles 9.5 at 0.45 and 10.5 at 0.25: 6.90
    assert [(one["date"], one["amount"], one["miles_beyond_limit"]) for one in log["items"]] == [
        ("2024-04-06", D("4495.73"), D("0.0")), ("2025-04-05", D("6.90"), D("10.5"))]  # fmt: skip
    assert (log["from"], log["to"], log["totals"][0]["amount"]) == ("2024-04-06", "2025-04-05", D("4502.63"))
    [first] = owner.told("GET", "/mileage-log/hmrc?year=2026")["items"]
    assert (first["rate"], first["amount"], first["currency"]) == (D("0.55"), D("5.50"), "GBP")


def test_a_year_whose_rate_nobody_knows_yet_is_said_so(owner):
    log = owner.told("GET", "/mileage-log/irs?year=2031")
    [one], [total] = log["items"], log["totals"]
    assert (one["amount"], one["missing"], log["rates"]) == (None, ["rate"], [])
    assert (total["amount"], total["miles_without_rate"]) == (D("0.00"), D("10"))


def test_the_log_is_a_workbook_with_the_years_totals_on_a_sheet_of_its_own(owner):
    book = owner("GET", "/mileage-log/irs?year=2022&format=xlsx").data
    assert len(cells(book)) == 5
    assert cells(book, 1)[1][1:4] == ["Ann Reed", 4, 213.104]
    assert owner.told("GET", "/mileage-log/irs", status=422)["error"]["code"] == "missing_argument"
    assert owner.told("GET", "/mileage-log/irs?year=22", status=422)["error"]["code"] == "bad_argument"


@pytest.mark.parametrize("rates", [IRS, HMRC], ids=["irs", "hmrc"])
def test_every_day_of_the_table_has_one_rate(rates):
    for before, after in pairwise(rates):
        assert (after.since - before.until).days == 1
    assert mileage_rates.allowed(rates, rates[0].since) is rates[0]
    assert mileage_rates.allowed(rates, date(2010, 1, 1)) is None


def test_the_rates_of_2026_changed_in_the_year():
    days = (date(2026, 6, 30), date(2026, 7, 1))
    assert [mileage_rates.allowed(IRS, day).rate for day in days] == [D("0.725"), D("0.76")]
    assert [mileage_rates.allowed(HMRC, day).rate for day in (date(2026, 4, 5), date(2026, 4, 6))] == [D("0.45"), D("0.55")]


@pytest.fixture
def told(tmp_path, clock):
    with firm(tmp_path) as owner:
        logs(owner, *BASE)
        yield owner


FULL = {
    "vehicle": "Van 2", "odometer_start": "48210", "odometer_end": "48223", "from_place": "=Office", "to_place": "Blue Kite",
}  # fmt: skip


def test_a_trip_says_from_where_to_where_in_which_vehicle_and_what_the_odometer_read(told):
    logs(told, trip("full", "2024-05-01", "12.6", notes="", **FULL), trip("bare", "2024-05-02", "3"))
    full, bare = told.told("GET", "/mileage-log/hmrc?year=2024")["items"]
    driven = {**FULL, "odometer_start": D("48210"), "odometer_end": D("48223")}
    assert {name: full[name] for name in FULL} == driven
    assert (full["missing"], bare["missing"]) == ([], ["from_place", "to_place", "vehicle"])
    assert {bare[name] for name in FULL} == {None}
    assert [one["missing"] for one in told.told("GET", "/mileage-log/irs?year=2024")["items"]] == [[], []]
    assert {name: told.told("GET", "/mileage")["items"][0][name] for name in FULL} == driven
    march = exports(told, from_date="2024-05-01", to_date="2024-05-31", include=["mileage"])["entries"]
    assert {name: march[0]["mileage"][name] for name in FULL} == driven
    table = exports(told, from_date="2024-05-01", to_date="2024-05-31", include=["mileage"], format="csv").decode()
    assert "'=Office,Blue Kite,Van 2,48210.0,48223.0" in table


def test_a_report_in_our_own_layout_brings_them_along(told):
    report = (
        "kind,date,person,client,distance,unit,vehicle,odometer_start,odometer_end,from_place,to_place\n"
        "mileage,2024-05-01,Ann Reed,Blue Kite,12.6,mi,Van 2,48210,48223,Office,Blue Kite\n"
        "mileage,2024-05-02,Ann Reed,Blue Kite,12.6,mi,Van 2,48210,48225,,\n"
    )
    rows = told.sends(report.encode(), "trips.csv")["rows"]
    assert [(one["row"], one["problem"]["code"]) for one in rows if one["problem"]] == [(3, "odometer_contradicts")]
    told.imports(report[: report.rindex("mileage")].encode(), "trips.csv")
    [one] = told.told("GET", "/mileage")["items"]
    assert (one["to_place"], one["odometer_end"]) == ("Blue Kite", D("48223"))


def test_places_and_vehicles_are_sealed_and_gone_with_who_drove(told):
    ids = logs(told, trip("full", "2024-05-01", "12.6", **FULL))
    with reading(told.service.db) as session:
        row = session.execute(sa.select(TABLES[Kind.MILEAGE].present)).one()
    assert all(isinstance(getattr(row, name), bytes) and b"Van 2" not in getattr(row, name) for name in ("vehicle", "to_place"))
    told.told("POST", "/erasures", {"person": row.person})
    [one] = told.told("GET", "/mileage")["items"]
    assert [one[name] for name in ("vehicle", "from_place", "to_place", "id")] == [None, None, None, ids["full"]]


def test_further_pages_are_of_what_the_first_one_computed_until_something_changes(told, clock, monkeypatch):
    computed, whole = [], stream.whole
    monkeypatch.setattr(stream, "whole", lambda *asked: computed.append(1) or whole(*asked))
    logs(told, *[trip(f"t{day}", f"2024-05-0{day}", str(day)) for day in (1, 2, 3)])

    def page(number, caller=told):
        shown = caller.told("GET", f"/mileage-log/irs?year=2024&page_size=1&page={number}")
        return [one["date"][-1] for one in shown["items"]], shown["total"], len(computed)

    assert [page(number) for number in (1, 2, 3)] == [(["1"], 3, 1), (["2"], 3, 1), (["3"], 3, 1)]
    assert page(1) == (["1"], 3, 2)
    logs(told, trip("t0", "2024-04-30", "1"))
    assert [page(2), page(3)] == [(["1"], 4, 3), (["2"], 4, 3)]
    clock.advance(seconds=61)
    assert page(2) == (["1"], 4, 4)
    key = told.told("POST", "/keys", {"name": "reader", "scopes": ["records:read"]}, status=201)["key"]
    assert page(2, Caller(told.service, key, told.organisation)) == (["1"], 4, 5)
    rival = new_owner(Caller(told.service, operator_token(Vault(b"m" * 32))), "Rival Firm")
    assert page(2, rival) == ([], 0, 6)


def test_what_is_kept_between_pages_is_bounded(told, monkeypatch):
    monkeypatch.setattr(kept, "MOST", 3)
    computed = []

    def compute(reader, chosen):
        computed.append(chosen.year)
        return Whole([{}] * 2)

    owner = Principal("o", "s", "owner", frozenset(), "key")
    results, reader = kept.Kept(), Reader(told.service.db, Vault(b"m" * 32), owner)
    for year, page in ((1, 1), (1, 2), (2, 1), (2, 2), (1, 2)):  # the second result has pushed the first out
        results.whole(reader, "log", Filter(year=year), compute, page=page)
    assert computed == [1, 2, 1]
