"""The second main job: approved work becomes pay-period timesheets, and what becomes of them over there comes back."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.journeys.payroll import REGIONS, WORKER, Payroll
from tests.journeys.product import Refused

WEEK, NEXT = "2026-11-02/2026-11-08", "2026-11-09/2026-11-15"
DATED = [region for region in REGIONS if region != "au"]
"""The regions of API 2.0."""


@pytest.fixture
def product(make_database, clock):
    clock.now = datetime(2026, 11, 2, 9, tzinfo=UTC)
    return Payroll(make_database, clock)


@pytest.fixture(params=REGIONS)
def region(request):
    return request.param


def begun(product: Payroll, region: str, *lengths: str, **options: object) -> str:
    """Somebody's Monday, Tuesday …, linked and written; the connection."""
    connection = product.connects(region)
    product.chooses(connection, **options) if options else None
    product.logs(*((f"d{at}", WORKER[region], f"2026-11-{2 + at:02}", length) for at, length in enumerate(lengths)))
    product.work()
    product.links(connection)
    product.pushes(connection)
    return connection


def units(sheet: dict) -> dict[str, str]:
    return {line["day"]: str(line["units"]) for line in sheet["lines"] if line["units"]}


@pytest.mark.row("I4")
def test_approved_work_becomes_a_timesheet_and_processed_comes_back(product, region):
    connection = product.connects(region)
    product.logs(("a", WORKER[region], "2026-11-02", "7:36:00"), ("b", WORKER[region], "2026-11-03", "8:00:00"))
    product.work()
    product.links(connection)
    product.work()
    plan = product.pushes(connection)
    [item] = plan["items"]
    assert (item["action"], item["name"], item["number"], item["total"]) == ("create", WORKER[region], WEEK, "15.60")
    assert plan["left_out"] == []
    [there] = product.there(region)
    assert (there["start"], there["end"], there["status"].upper()) == ("2026-11-02", "2026-11-08", "DRAFT")
    assert units(there) == {"2026-11-02": "7.60", "2026-11-03": "8.00"}
    product.emulator.approve(REGIONS[region], there["id"])
    product.later(minutes=30)
    [shown] = product.timesheets()
    assert (shown["status"], shown["external_id"]) == ("approved", there["id"])
    product.emulator.pay(REGIONS[region], there["id"])
    product.later(minutes=30)
    product.later(minutes=30)
    [shown] = product.timesheets()
    assert (shown["status"], shown["binding_state"], shown["hours"]) == ("processed", "settled", Decimal("15.60"))
    assert shown["payment_date"] == "2026-11-11"  # three days after the period's end
    assert product.plans(connection)["items"] == []


def test_the_same_again_writes_nothing(product, region):
    connection = begun(product, region, "7:36:00")
    before = len(product.emulator.writes())
    product.logs(("d0", WORKER[region], "2026-11-02", "7:36:00"))
    product.work()
    assert product.plans(connection)["items"] == []
    assert len(product.emulator.writes()) == before


def test_an_edit_before_it_is_approved_there_updates_the_timesheet(product, region):
    connection = begun(product, region, "7:36:00", "8:00:00")
    product.logs(("d0", WORKER[region], "2026-11-02", "6:00:00"), ("d3", WORKER[region], "2026-11-05", "1:00:00"))
    product.work()
    [item] = product.pushes(connection)["items"]
    assert item["action"] == "update"
    changed = [(one["field"].split()[1], one["there"], one["here"]) for one in item["fields"]]
    assert changed == [("2026-11-02", "7.60", "6.00"), ("2026-11-05", None, "1.00")]
    [there] = product.there(region)
    assert units(there) == {"2026-11-02": "6.00", "2026-11-03": "8.00", "2026-11-05": "1.00"}


def test_what_nothing_is_left_of_is_taken_back(product, region):
    connection = begun(product, region, "7:36:00")
    product.unapproves("d0")
    product.work()
    product.pushes(connection)
    there = product.there(region)
    if region == "au":
        assert [units(sheet) for sheet in there] == [{}]  # nothing can be deleted there: it stands with zeros
    else:
        assert there == []
    product.approves(confirm=True)
    product.work()
    product.pushes(connection)
    [sheet] = product.there(region)
    assert units(sheet) == {"2026-11-02": "7.60"}


def test_an_approved_timesheet_is_corrected_only_when_so_chosen(product, region):
    connection = begun(product, region, "7:36:00")
    [there] = product.there(region)
    product.emulator.approve(REGIONS[region], there["id"])
    product.later(minutes=30)
    product.logs(("d0", WORKER[region], "2026-11-02", "6:00:00"))
    product.work()
    [item] = product.plans(connection)["items"]
    assert (item["action"], item["problem"]["code"]) == ("blocked", "approved_there" if region == "au" else "asks_first")
    product.chooses(connection, correct_approved=True)
    [item] = product.pushes(connection)["items"]
    [there] = product.there(region)
    if region == "au":
        assert item["action"] == "blocked" and units(there) == {"2026-11-02": "7.60"}
    else:
        assert item["action"] == "update" and units(there) == {"2026-11-02": "6.00"}
    assert there["status"].upper() == "APPROVED"


@pytest.mark.parametrize("region", DATED)
def test_a_person_may_say_that_ours_goes_over_an_approved_one(product, region):
    connection = begun(product, region, "7:36:00")
    [there] = product.there(region)
    product.emulator.approve(REGIONS[region], there["id"])
    product.later(minutes=30)
    product.logs(("d0", WORKER[region], "2026-11-02", "6:00:00"))
    product.work()
    [item] = product.plans(connection)["items"]
    product.post("xero", f"/connections/{connection}/keep", {"document": item["document"], "whose": "ours"})
    [item] = product.pushes(connection)["items"]
    [there] = product.there(region)
    assert (item["action"], units(there), there["status"].upper()) == ("update", {"2026-11-02": "6.00"}, "APPROVED")


def test_late_work_of_a_processed_period_goes_into_the_next_as_a_visible_correction(product, region):
    connection = begun(product, region, "7:36:00", approve=True)
    [there] = product.there(region)
    assert there["status"].upper() == "APPROVED"
    product.emulator.pay(REGIONS[region], there["id"])
    product.later(minutes=30)
    product.later(minutes=30)
    product.logs(
        ("d0", WORKER[region], "2026-11-02", "6:36:00"), ("d1", WORKER[region], "2026-11-04", "3:00:00"),
        ("d2", WORKER[region], "2026-11-10", "8:00:00"),
    )  # fmt: skip
    product.work()
    plan = product.pushes(connection)
    assert [(item["action"], item["number"], item["total"]) for item in plan["items"]] == [("create", NEXT, "10.00")]
    old, new = sorted(product.there(region), key=lambda sheet: sheet["start"])
    assert units(old) == {"2026-11-02": "7.60"}
    assert sum(map(float, units(new).values())) == 10.0  # 8 worked there, 3 late, 1 taken back


def test_more_taken_back_than_there_is_to_pay_is_held_back_as_a_problem(product, region):
    connection = begun(product, region, "7:36:00", approve=True)
    product.emulator.pay(REGIONS[region], product.there(region)[0]["id"])
    product.later(minutes=30)
    product.later(minutes=30)
    product.logs(("d0", WORKER[region], "2026-11-02", "5:36:00"), ("d2", WORKER[region], "2026-11-10", "1:00:00"))
    product.work()
    plan = product.plans(connection)
    assert [(one["name"], one["code"], one["duration"]) for one in plan["left_out"]] == [
        (WORKER[region], "negative_net", "-1:00:00")  # the other hour is what there was to pay
    ]
    assert "negative_net" in {one["code"] for one in product.get("ingest", "/problems")["items"]}


def test_a_timesheet_that_somebody_made_there_is_shown_and_changed_not_made_twice(product, region):
    employee = product.emulator.employees(REGIONS[region])[WORKER[region]]
    theirs = product.emulator.add(REGIONS[region], employee, "2026-11-02", [{"day": "2026-11-04", "units": "4.00"}])["id"]
    connection = begun(product, region, "7:36:00")
    [there] = product.there(region)
    assert there["id"] == theirs and units(there) == {"2026-11-02": "7.60"}
    [shown] = product.timesheets()
    assert shown["external_id"] == theirs and product.plans(connection)["items"] == []


@pytest.mark.parametrize("region", DATED)
def test_what_is_deleted_there_comes_back_only_after_it_was_shown(product, region):
    connection = begun(product, region, "7:36:00", push="automatic")
    product.work()
    [there] = product.there(region)
    product.emulator.delete(REGIONS[region], there["id"])
    product.later(hours=7)
    product.later(minutes=30)
    assert product.there(region) == []
    [item] = product.plans(connection)["items"]
    assert item["action"] == "create"
    product.pushes(connection)
    assert len(product.there(region)) == 1


def test_one_person_who_is_not_linked_blocks_nobody_else(product, region):
    connection = product.connects(region)
    product.logs(("a", WORKER[region], "2026-11-02", "7:36:00"), ("b", "Nobody There", "2026-11-03", "8:00:00"))
    product.work()
    product.links(connection)
    product.work()
    plan = product.pushes(connection)
    assert [item["name"] for item in plan["items"]] == [WORKER[region]]
    [left] = plan["left_out"]
    assert (left["name"], left["code"], left["duration"]) == ("Nobody There", "not_linked", "8:00:00")
    assert left["cause"] and left["remedy"]


def test_moved_to_another_person_and_another_week(product, region):
    connection = begun(product, region, "7:36:00", "8:00:00")
    product.logs(("d1", WORKER[region], "2026-11-11", "8:00:00"))
    product.work()
    plan = product.pushes(connection)
    assert sorted((item["action"], item["number"]) for item in plan["items"]) == [("create", NEXT), ("update", WEEK)]
    assert [units(sheet) for sheet in sorted(product.there(region), key=lambda one: one["start"])] == [
        {"2026-11-02": "7.60"}, {"2026-11-11": "8.00"}
    ]  # fmt: skip


def test_a_pay_run_is_posted_only_when_its_id_is_given_twice(product, region):
    connection = begun(product, region, "7:36:00", approve=True)
    [there] = product.there(region)
    path = f"/connections/{connection}/payruns"
    if region == "uk":
        with pytest.raises(Refused) as refused:
            product.post("xero", path, {"calendar": there["calendar"]})
        assert refused.value.error["code"] == "not_in_region" and "Xero" in refused.value.error["remedy"]
        return
    run = product.post("xero", path, {"calendar": there["calendar"]})
    assert run["status"] == "draft"
    assert product.post("xero", path, {"calendar": there["calendar"]})["id"] == run["id"]
    with pytest.raises(Refused) as refused:
        product.post("xero", f"{path}/{run['id']}/post", {})
    assert refused.value.error["code"] == ("not_confirmed" if region == "au" else "not_in_region")
    assert [one["status"].upper() for one in product.emulator.pay_runs(REGIONS[region])] == ["DRAFT"]
    if region == "au":
        product.post("xero", f"{path}/{run['id']}/post", {"confirm": run["id"]})
        product.work()
        product.later(minutes=30)
        assert [one["status"] for one in product.timesheets()] == ["processed"]


def test_an_app_without_a_secret_connects_by_proof_of_possession_and_stays_connected(make_database, clock):
    clock.now = datetime(2026, 11, 2, 9, tzinfo=UTC)
    native = {"XERO_CLIENT_ID": "sample-native", "XERO_CLIENT_SECRET": ""}
    product = Payroll(make_database, clock, own=native)
    connection = begun(product, "nz", "7:36:00")
    product.later(hours=2)
    assert product.emulator.token_calls()[0] == "authorization_code" and "refresh_token" in product.emulator.token_calls()
    product.logs(("d1", WORKER["nz"], "2026-11-03", "1:00:00"))
    product.work()
    assert [item["action"] for item in product.pushes(connection)["items"]] == ["update"]


def test_disconnecting_one_organisation_leaves_the_others(product):
    first, second = product.connects("au"), product.connects("nz")
    product.send("DELETE", "xero", f"/connections/{first}")
    product.logs(("a", WORKER["nz"], "2026-11-02", "7:36:00"))
    product.work()
    product.links(second)
    product.work()
    product.pushes(second)
    assert len(product.there("nz")) == 1
    assert [one["tenant"] for one in product.emulator.connections() if one["live"]] == [REGIONS["nz"]]


def test_a_callback_only_hurries_the_poll(product):
    begun(product, "au", "7:36:00")
    answers = [product.network.send("POST", "http://xero.internal/xero/callbacks/webhook", headers=one.headers, body=one.body)
               for one in product.emulator.intend()]  # fmt: skip
    assert sorted({answer.status for answer in answers}) == [200, 401]
    assert all(answer.body == b"" and "set-cookie" not in answer.headers for answer in answers)


def test_rounds_leave_most_of_the_calls_of_the_day_alone(make_database, clock):
    """A pull takes a few calls; a budget of 40 a day leaves 10 of them for rounds, however often those come by."""
    clock.now = datetime(2026, 11, 2, 9, tzinfo=UTC)
    product = Payroll(make_database, clock, own={"XERO_CALLS_PER_DAY": "40"})
    begun(product, "nz", "7:36:00")
    before = len(product.emulator.requests)
    for _ in range(24):
        product.later(minutes=60)
    asked = [path for _, path in product.emulator.requests[before:] if "/Timesheets" in path]
    assert 4 <= len(asked) <= 10, asked


def test_the_version_is_chosen_for_each_connection_and_never_mixed_on_a_timesheet(product):
    connection = begun(product, "au", "7:36:00")
    with pytest.raises(Refused) as refused:
        product.chooses(connection, version="2.0")
    assert refused.value.error["code"] == "timesheets_open"
    product.emulator.pay(REGIONS["au"], product.there()[0]["id"])
    product.later(hours=1)
    product.later(hours=1)
    product.chooses(connection, version="2.0")
    product.logs(("d9", WORKER["au"], "2026-11-10", "8:00:00"))
    product.work()
    before = len(product.emulator.requests)
    product.pushes(connection)
    asked = {path for method, path in product.emulator.requests[before:] if "Timesheets" in path and method == "POST"}
    assert asked == {"/payroll.xro/2.0/Timesheets"}
    assert [one["region"] for one in product.timesheets() if one["period_start"] == "2026-11-09"] == ["au2"]


def test_a_change_that_somebody_made_there_is_shown_as_such(product, region):
    connection = begun(product, region, "7:36:00")
    [there] = product.there(region)
    product.emulator.edit(REGIONS[region], there["id"], [{"day": "2026-11-02", "units": "5.00"}])
    product.later(hours=1)
    assert "changed_there" in {one["code"] for one in product.get("ingest", "/problems")["items"]}
    [shown] = product.timesheets()
    assert (shown["hours"], shown["total"]) == (Decimal("7.60"), Decimal("5.00"))
    product.logs(("d1", WORKER[region], "2026-11-03", "1:00:00"))
    product.work()
    [item] = product.plans(connection)["items"]
    assert (item["action"], item["problem"]["code"]) == ("blocked", "diverged")
    product.unapproves("d1")  # changed back here: what they changed is still told
    product.work()
    product.later(hours=1)
    assert {one["code"] for one in product.get("ingest", "/problems")["items"]} == {"changed_there"}


def test_who_is_turned_away_while_planning_is_told_and_so_is_the_connection(product, region):
    connection = begun(product, region, "7:36:00")
    product.logs(("d0", WORKER[region], "2026-11-02", "6:00:00"))
    product.work()
    product.emulator.disconnect(REGIONS[region])
    with pytest.raises(Refused) as refused:
        product.plans(connection)
    assert refused.value.error["remedy"]
    [mine] = product.get("xero", "/connections")["items"]
    assert mine["state"] == "needs_reconnect"
    url = product.post("xero", "/connect", {"reconnect": connection})["authorize_url"]
    callback = product.emulator.consent(url, REGIONS[region])
    assert product.network.send("GET", f"http://xero.internal/xero/{callback.split('/xero/', 1)[1]}").status == 200
    assert [item["action"] for item in product.pushes(connection)["items"]] == ["update"]
