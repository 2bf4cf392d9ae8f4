"""Writing timesheets in all four regions: create, change, approve, take back; each step safe to repeat."""

from __future__ import annotations

import hashlib
from decimal import Decimal

import pytest

from services.xero_connector import faults, pace, sending
from services.xero_connector.sdk import Books
from shared.connector.provider import Operation
from shared.kernel import canonical
from shared.kernel.errors import Conflict, Failure, Missing, Park, Retry, Unsupported

WEEK = "2026-11-02"
WORKERS = ("Wanda Wattle", "Barney Billabong")


def test_a_timesheet_is_created_as_a_draft(office):
    wire = office.create("7.6", "8")
    assert office.there() == [(WEEK, "DRAFT", "15.6")]
    assert office.region.read_status(wire).total == Decimal("15.6")


def test_a_timesheet_is_created_and_approved(office):
    wire = office.create("7.6", approve=True)
    assert office.there() == [(WEEK, "APPROVED", "7.6")]
    assert office.region.read_status(wire).status == "approved"


def test_the_same_write_twice_leaves_one_timesheet(office):
    office.create("7.6", approve=True)
    office.create("7.6", approve=True)
    office.emulator.forget_keys()
    office.create("7.6", approve=True)
    assert office.there() == [(WEEK, "APPROVED", "7.6")]


def test_what_stands_in_the_way_of_a_creation_is_shown_and_never_overwritten(office):
    office.emulator.add(office.tenant, office.worker, WEEK, [{"day": WEEK, "units": "3"}])
    with pytest.raises(Conflict) as refused:
        office.create("7.6")
    assert refused.value.code == faults.EXISTS
    assert "2026-11-02 to 2026-11-08" in refused.value.cause
    assert refused.value.remedy == "Look again: timebooks plan"
    assert office.there() == [(WEEK, "DRAFT", "3")]


def test_a_creation_that_says_what_is_there_already_takes_it_over_and_approves_it(office):
    there = office.emulator.add(office.tenant, office.worker, WEEK, [{"day": WEEK, "units": "7.6"}])
    wire = office.create("7.6", approve=True)
    assert office.number(wire) == there["id"]
    assert office.there() == [(WEEK, "APPROVED", "7.6")]


def test_a_change_makes_the_draft_as_wanted(office):
    number = office.number(office.create("7.6", "8", "1"))
    [wire] = office.write(("update", office.week("7.6", "4", "0", "2", number=number), False), key="k-2")
    assert office.there() == [(WEEK, "DRAFT", "13.6")]
    assert office.region.picture(wire) == office.region.picture(office.week("7.6", "4", "0", "2"))


def test_a_change_of_an_approved_one_goes_by_way_of_a_draft(dated_office):
    number = dated_office.number(dated_office.create("7.6", approve=True))
    [wire] = dated_office.write(("update", dated_office.week("7.6", "4", number=number), True), key="k-2")
    assert wire["status"] == "Approved"
    operations = [entry.operation for entry in dated_office.emulator.writes(kind="timesheet")]
    assert operations == ["create", "approve", "revert", "add_line", "approve"]


def test_a_change_that_is_there_already_writes_nothing(dated_office):
    number = dated_office.number(dated_office.create("7.6", approve=True))
    dated_office.calls()
    dated_office.write(("update", dated_office.week("7.6", number=number), True), key="k-2")
    assert [method for method, _ in dated_office.calls()] == ["GET"]


def test_an_approved_one_refuses_a_change_in_australia_1_0(australia):
    number = australia.number(australia.create("7.6", approve=True))
    with pytest.raises(Conflict) as refused:
        australia.write(("update", australia.week("8", number=number), False), key="k-2")
    assert refused.value.code == faults.NOT_DRAFT


def test_a_change_of_what_is_gone_says_so(office):
    number = office.number(office.create("7.6"))
    office.emulator.delete(office.tenant, number)
    with pytest.raises(Missing):
        office.write(("update", office.week("8", number=number), False), key="k-2")


def edited_since(office, clock) -> tuple[str, str]:
    """A draft of 7.60 hours that a clerk made 5 of: its id, and when we last saw it change."""
    wire = office.create("7.6")
    clock.advance(seconds=5)
    office.emulator.edit(office.tenant, office.number(wire), [{"day": "2026-11-02", "units": "5"}])
    return office.number(wire), str(wire.get("updatedDateUTC") or wire["UpdatedDateUTC"])


def test_what_a_clerk_changed_since_we_looked_is_not_written_over(office, clock):
    number, seen = edited_since(office, clock)
    change = ("update", office.week("8", number=number), False)
    try:
        [outcome] = office.write(change, key="k-2", seen=seen)
    except Conflict as refusal:
        outcome = refusal
    assert outcome.code == "stale_version"
    assert office.there() == [("2026-11-02", "DRAFT", "5")]
    office.write(change, key="k-2", seen=seen, again=True)  # it may have been our own writing, broken off
    assert office.there() == [("2026-11-02", "DRAFT", "8")]


def test_what_a_clerk_changed_since_we_looked_is_not_deleted(dated_office, clock):
    number, seen = edited_since(dated_office, clock)
    with pytest.raises(Conflict, match="stale_version"):
        dated_office.write(("retire", {"timesheetID": number}, False), key="k-2", seen=seen)
    assert len(dated_office.there()) == 1


def test_a_change_of_what_is_as_we_saw_it_takes_one_look_in_australia_1_0(australia):
    wire = australia.create("7.6")
    australia.calls()
    change = ("update", australia.week("8", number=australia.number(wire)), False)
    australia.write(change, key="k-2", seen=wire["UpdatedDateUTC"])
    assert [method for method, _ in australia.calls()] == ["GET", "POST"]


def test_of_an_array_only_what_a_clerk_changed_stays_as_it_is(australia, clock):
    first, second = (australia.week("7.6", name=name) for name in WORKERS)
    made = australia.write(("create", first, False), ("create", second, False))
    numbers, seen = [australia.number(one) for one in made], made[0]["UpdatedDateUTC"]
    clock.advance(seconds=5)
    australia.emulator.edit(australia.tenant, numbers[0], [{"day": "2026-11-02", "units": "5"}])
    australia.calls()
    changed = (australia.week("8", name=name, number=number) for name, number in zip(WORKERS, numbers, strict=True))
    refused, written = australia.write(*(("update", week, False) for week in changed), key="k-2", seen=seen)
    assert (refused.code, australia.number(written)) == ("stale_version", numbers[1])
    assert [method for method, _ in australia.calls()] == ["GET", "POST"]
    assert sorted(str(one["hours"]) for one in australia.emulator.timesheets(australia.tenant)) == ["5", "8"]


def test_a_line_that_somebody_removes_in_the_same_moment_is_no_sign_that_the_timesheet_is_gone(dated_office):
    number = dated_office.number(dated_office.create("7.6", "8"))
    gone = {"status": 404, "body": "The resource you're looking for cannot be found", "content_type": "text/plain"}
    dated_office.emulator.fault("page_before", operation="update_line", **gone)
    with pytest.raises(Conflict, match="stale_version"):
        dated_office.write(("update", dated_office.week("7.6", "4", number=number), False), key="k-2")
    dated_office.emulator.fault("page_before", operation="delete_line", **gone)
    dated_office.write(("update", dated_office.week("7.6", number=number), False), key="k-3")


@pytest.mark.parametrize("approve", [False, True])
def test_a_withdrawn_one_is_deleted_and_deleting_it_again_is_as_good(dated_office, approve):
    number = dated_office.number(dated_office.create("7.6", approve=approve))
    for key in ("k-2", "k-2", "k-3"):
        [wire] = dated_office.write(("retire", dated_office.week("7.6", number=number), False), key=key)
        assert (wire["timesheetID"], wire["status"]) == (number, "Deleted")
    assert dated_office.there() == []


def test_a_refused_approval_leaves_the_draft_and_the_answer_shows_it(office):
    path = "Timesheets" if office.region.key == "au1" else "Approve"
    words = "Timesheets of this employee are approved by their manager"
    for nth in (1, 3) if path == "Timesheets" else (1,):  # where it is made approved, asked as a draft, and approved after all
        office.emulator.fault("error_before", path=path, method="POST", nth=nth, status=400, message=words)
    wire = office.create("7.6", approve=True)
    assert office.region.read_status(wire).status == "draft"
    assert office.there() == [(WEEK, "DRAFT", "7.6")]


def test_a_paid_one_is_not_approved_again(dated_office):
    wire = dated_office.create("7.6")
    dated_office.emulator.pay(dated_office.tenant, dated_office.number(wire))
    [after] = dated_office.write(("update", dated_office.week("7.6", number=dated_office.number(wire)), True), key="k-2")
    assert after["status"] == "Completed"


def test_a_deletion_is_never_sent_to_australia_1_0(australia):
    number = australia.number(australia.create("7.6"))
    australia.calls()
    with pytest.raises(Unsupported, match="not_deleted_there"):
        australia.write(("retire", {"timesheetID": number}, False), key="k-2")
    assert australia.calls() == []


def test_what_is_taken_back_needs_no_more_than_its_id(dated_office):
    """Its text may have been erased."""
    number = dated_office.number(dated_office.create("7.6"))
    for _ in range(2):
        [wire] = dated_office.write(("retire", {"timesheetID": number}, False), key="k-2")
        assert (wire["timesheetID"], wire["status"]) == (number, "Deleted")
    assert dated_office.find("retire", {"timesheetID": number}, number=number)["status"] == "Deleted"


def test_a_rejected_one_is_set_back_before_it_is_approved(open_office):
    office = open_office("nz")
    number = office.number(office.create("7.6"))
    office.emulator.reject(office.tenant, number)
    [wire] = office.write(("update", office.week("7.6", number=number), True), key="k-2")
    assert wire["status"] == "Approved"


# ---- bytes


def test_the_stored_bytes_go_out_and_not_the_librarys(office):
    seen = []
    whole = office.emulator.wsgi

    def listening(environ, start):
        body = environ["wsgi.input"].read()
        environ["wsgi.input"].seek(0)
        seen.append(body)
        return whole(environ, start)

    office.connector.network.mount("https://xero.example/", listening)
    office.create("7.60", "8.00")
    payload = office.week("7.60", "8.00")
    assert canonical.dumps([payload] if office.region.key == "au1" else payload) in seen
    assert b"7.60" in b"".join(seen)


def test_other_bytes_than_the_intended_ones_are_refused_before_anything_is_sent(office):
    body = canonical.dumps({"items": [{"timesheet": office.week("7.6"), "approve": False}]})
    office.calls()
    with pytest.raises(Park) as refused:
        office.client.write([Operation.CREATE], body.replace(b"7.6", b"9.6"), "k-1", hashlib.sha256(body).hexdigest())
    assert refused.value.code == "intent_mismatch"
    assert office.calls() == []


def test_a_library_that_would_send_something_else_is_refused(office):
    books = Books(office.connector, "https://xero.example", office.tenant, office.token, office.region.key, pace.SMALLEST)
    books.wires.part = canonical.dumps({"hours": 1})
    office.calls()
    with pytest.raises(Park, match="intent_mismatch"):
        books.wires.POST("https://xero.example/payroll.xro/2.0/Timesheets", headers={}, body={"hours": 2})
    assert office.calls() == []


# ---- unknown outcomes: the caller looks, and sends the same again


@pytest.mark.parametrize("kind", ["timeout", "reset_after", "page", "truncated", "empty", "error_after"])
def test_a_creation_whose_answer_is_lost_is_found_and_repeating_it_makes_no_second(office, kind):
    office.emulator.fault(kind, resource="timesheets", operation="create")
    with pytest.raises(Retry) as unheard:
        office.create("7.6")
    assert unheard.value.unknown
    assert office.find("create", office.week("7.6")) is not None
    office.create("7.6")
    assert office.there() == [(WEEK, "DRAFT", "7.6")]


@pytest.mark.parametrize("kind", ["hang", "reset_before", "connect", "page_before"])
def test_a_creation_that_never_arrived_is_not_found_and_made_by_repeating_it(office, kind):
    office.emulator.fault(kind, resource="timesheets", operation="create")
    with pytest.raises(Retry):
        office.create("7.6")
    assert office.find("create", office.week("7.6")) is None
    office.create("7.6")
    assert office.there() == [(WEEK, "DRAFT", "7.6")]


@pytest.mark.parametrize("step", range(1, 7))
@pytest.mark.parametrize("kind", ["timeout", "hang"])
def test_a_change_broken_off_at_any_step_is_finished_by_repeating_it(dated_office, step, kind):
    """Revert, remove a line, change one, add one, approve; between them reads."""
    number = dated_office.number(dated_office.create("7.6", "8", approve=True))
    wanted = ("update", dated_office.week("0", "4", "5", number=number), True)
    dated_office.emulator.fault(kind, resource="timesheets", nth=step)
    with pytest.raises(Retry):
        dated_office.write(wanted, key="k-2")
    dated_office.write(wanted, key="k-2")
    assert dated_office.there() == [(WEEK, "APPROVED", "9")]
    found = dated_office.find("update", wanted[1], approve=True, number=number)
    assert found["status"] == "Approved"


def test_a_draft_whose_approval_is_outstanding_is_not_found_as_done(office):
    office.create("7.6")
    assert office.find("create", office.week("7.6"), approve=False) is not None
    assert office.find("create", office.week("7.6"), approve=True) is None


def test_a_deletion_whose_answer_is_lost_is_found(dated_office):
    number = dated_office.number(dated_office.create("7.6"))
    payload = dated_office.week("7.6", number=number)
    assert dated_office.find("retire", payload, number=number) is None
    dated_office.emulator.fault("timeout", operation="delete")
    with pytest.raises(Retry):
        dated_office.write(("retire", payload, False), key="k-2")
    gone = dated_office.find("retire", payload, number=number)
    assert (gone["timesheetID"], gone["status"]) == (number, "Deleted")


def test_another_call_has_other_keys_and_the_same_call_the_same(office):
    office.emulator.fault("error_before", operation="create", status=500, kept=True)
    for _ in range(2):  # Xero replays its stored error to the same key
        with pytest.raises(Retry):
            office.create("7.6", key="k-1")
    office.create("7.6", key="k-2")
    assert office.there() == [(WEEK, "DRAFT", "7.6")]


def test_every_request_that_changes_something_carries_a_key_of_its_own(dated_office):
    number = dated_office.number(dated_office.create("7.6", "8", approve=True))
    dated_office.write(("update", dated_office.week("0", "4", "5", number=number), True), key="k-2")
    keys = {entry.operation: entry.key for entry in dated_office.emulator.writes(kind="timesheet", actor="api")[2:]}
    assert list(keys) == ["revert", "delete_line", "update_line", "add_line", "approve"]
    assert keys.pop("delete_line") is None  # Xero takes none there: a line that is gone is as wanted
    assert len({key for key in keys.values() if key}) == 4


def test_the_query_for_a_timesheet_that_is_not_understood_is_answered_by_the_whole_list(australia):
    australia.create("7.6")
    words = "No property or field 'EmployeeID' exists in type 'Timesheet' (at index 0)"
    australia.emulator.fault("error_before", operation="list", status=400, message=words)
    assert australia.find("create", australia.week("7.6")) is not None


# ---- arrays


def test_an_array_stores_several_and_approves_some(australia):
    outcomes = australia.write(
        ("create", australia.week("7.6"), True), ("create", australia.week("8", name="Barney Billabong"), False)
    )
    assert [australia.region.read_status(one).status for one in outcomes] == ["approved", "draft"]
    assert len(australia.emulator.timesheets(australia.tenant)) == 2


@pytest.mark.parametrize("arrays", ["all_or_nothing", "good_ones_stored"])
def test_a_refused_array_says_of_each_what_is_wrong_and_of_the_others_that_they_have_to_be_looked_up(australia, arrays):
    australia.emulator.configure(arrays=arrays)
    bad = australia.week("8", name="Barney Billabong")
    bad["TimesheetLines"][0]["NumberOfUnits"] = [1, 2, 3]
    outcomes = australia.write(("create", australia.week("7.6"), False), ("create", bad, False))
    assert all(isinstance(one, Failure) for one in outcomes)
    assert [one.code for one in outcomes] == [sending.NEIGHBOUR, "period_differs"]
    stored = australia.find("create", australia.week("7.6"))
    assert (stored is not None) == (arrays == "good_ones_stored")


def test_a_refused_array_told_of_in_xml_refuses_all_of_it(australia):
    australia.emulator.configure(first_errors="xml")
    bad = australia.week("8", name="Barney Billabong")
    bad["TimesheetLines"][0]["NumberOfUnits"] = [1, 2, 3]
    outcomes = australia.write(("create", australia.week("7.6"), False), ("create", bad, False))
    assert [one.code for one in outcomes] == ["period_differs", "period_differs"]


def test_a_refused_approval_of_an_array_shows_what_xero_has_now(australia):
    for nth in (1, 3):
        australia.emulator.fault("error_before", method="POST", resource="timesheets", nth=nth, status=400, message="Not now")
    outcomes = australia.write(
        ("create", australia.week("7.6"), True), ("create", australia.week("8", name="Barney Billabong"), True)
    )
    assert [australia.region.read_status(one).status for one in outcomes] == ["draft", "draft"]


# ---- answers as they come


def test_errors_in_json_xml_and_html_are_understood(australia):
    gone = australia.week("7.6")
    gone["TimesheetLines"][0]["EarningsRateID"] = "00000000-0000-4000-8000-000000000000"
    for shape in ("json", "xml"):
        australia.emulator.configure(first_errors=shape)
        with pytest.raises(Park) as refused:
            australia.write(("create", gone, False), key=shape)
        assert refused.value.code == "rate_gone"
    australia.emulator.fault("page_before", resource="timesheets", status=503)
    with pytest.raises(Retry) as offline:
        australia.create("7.6")
    assert "offline" in offline.value.cause


def test_a_reference_is_never_created_there(office):
    with pytest.raises(Unsupported, match="not_created_there"):
        office.client.create_reference(None, None, "k")
