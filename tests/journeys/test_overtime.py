"""Overtime by a rule: seen by day, paid at the rate of its kind, and never as ordinary time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.journeys.payroll import REGIONS, WORKER, Payroll


@pytest.fixture
def product(make_database, clock):
    clock.now = datetime(2026, 11, 2, 9, tzinfo=UTC)
    return Payroll(make_database, clock)


def test_an_overtime_rule_is_seen_by_day_and_pays_at_the_rate_of_its_kind(product):
    connection = product.connects("nz")
    rule = {"daily": [{"after": "8:00:00", "kind": "overtime"}], "public_holiday": "holiday", "holidays": "NZ"}
    product.post("xero", f"/connections/{connection}/overtime", rule, method="PUT")
    product.logs(("a", WORKER["nz"], "2026-11-02", "9:30:00"), ("b", WORKER["nz"], "2026-11-03", "4:00:00"))
    product.work()
    product.links(connection)
    product.work()
    plan = product.plans(connection)
    assert [(one["date"], one["before"], one["after"]) for one in plan["overtime"]] == [
        ("2026-11-02", {"ordinary": "9:30:00"}, {"ordinary": "8:00:00", "overtime": "1:30:00"})
    ]
    rates = product.emulator.rates(REGIONS["nz"])
    path = f"/connections/{connection}/references"
    product.post("xero", path, {"kind": "earnings_rate", "local": "overtime", "remote": rates["Overtime 1.5"]}, method="PUT")
    product.work()
    product.pushes(connection)
    [there] = product.there("nz")
    assert {(line["day"], line["rate"]): str(line["units"]) for line in there["lines"]} == {
        ("2026-11-02", rates["Ordinary Hours"]): "8.00",
        ("2026-11-02", rates["Overtime 1.5"]): "1.50",
        ("2026-11-03", rates["Ordinary Hours"]): "4.00",
    }


def test_an_unmapped_kind_of_pay_is_a_problem_and_never_ordinary(product):
    connection = product.connects("nz")
    rule = {"daily": [{"after": "8:00:00", "kind": "double"}]}
    product.post("xero", f"/connections/{connection}/overtime", rule, method="PUT")
    product.logs(("a", WORKER["nz"], "2026-11-02", "9:30:00"))
    product.work()
    product.links(connection)
    plan = product.plans(connection)
    assert plan["items"] == []  # half a timesheet is not sent
    assert {one["code"] for one in plan["left_out"]} == {"rate_unmapped", "timesheet_incomplete"}


def test_what_was_planned_before_a_kind_of_pay_lost_its_rate_is_not_sent(product):
    """A rule that makes overtime of it, with no rate linked: the timesheet composed before would pay it as ordinary."""
    connection = product.connects("nz")
    product.logs(("a", WORKER["nz"], "2026-11-02", "9:30:00"))
    product.work()
    product.links(connection)
    product.work()
    assert [item["total"] for item in product.plans(connection)["items"]] == ["9.50"]
    rule = {"daily": [{"after": "8:00:00", "kind": "overtime"}]}
    product.post("xero", f"/connections/{connection}/overtime", rule, method="PUT")
    for _ in range(2):  # composing it again asks for nothing new
        plan = product.pushes(connection)
        assert plan["items"] == []
        assert {one["code"] for one in plan["left_out"]} == {"rate_unmapped", "timesheet_incomplete"}
    assert product.there("nz") == []
    path, rates = f"/connections/{connection}/references", product.emulator.rates(REGIONS["nz"])
    product.post("xero", path, {"kind": "earnings_rate", "local": "overtime", "remote": rates["Overtime 1.5"]}, method="PUT")
    product.work()
    assert [(item["action"], item["total"]) for item in product.pushes(connection)["items"]] == [("create", "9.50")]
    [there] = product.there("nz")
    assert {line["rate"]: str(line["units"]) for line in there["lines"]} == {
        rates["Ordinary Hours"]: "8.00", rates["Overtime 1.5"]: "1.50"
    }  # fmt: skip
