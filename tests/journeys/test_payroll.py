"""The second main job: approved work becomes pay-period timesheets, and what becomes of them over there comes back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.journeys.payroll import REGIONS, WORKER, Payroll


@pytest.fixture
def product(make_database, clock):
    clock.now = datetime(2026, 11, 2, 9, tzinfo=UTC)
    return Payroll(make_database, clock)


@pytest.mark.parametrize("region", REGIONS)
def test_approved_work_becomes_a_timesheet_and_processed_comes_back(product, region):
    connection = product.connects(region)
    product.logs(("a", WORKER[region], "2026-11-02", "7:36:00"), ("b", WORKER[region], "2026-11-03", "8:00:00"))
    product.work()
    product.links(connection)
    product.work()
    plan = product.pushes(connection)
    print(plan)
    assert [(item["action"], item["number"], item["total"]) for item in plan["items"]] == [("create", "2026-11-02/2026-11-08", "15.60")]
    [there] = product.there(region)
    assert there["employee"] and there["start"] == "2026-11-02"
    print(there)
    print(product.timesheets())
