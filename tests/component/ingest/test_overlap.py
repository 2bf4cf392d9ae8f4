"""The same file, a changed file, an overlapping file: nothing twice, and no edit or deletion that nobody accepted."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.component.ingest.conftest import Caller

HEAD = "date,start,end,duration,person,client,job,tags,rate,currency,notes\n"
MON_A = "2026-03-02,9:00,12:00,3:00,Ann Ames,Blue Ltd,Site,,80,EUR,survey\n"
MON_B = "2026-03-02,13:00,17:00,4:00,Ann Ames,Blue Ltd,Site,,80,EUR,drawings\n"
TUE = "2026-03-03,,,2:00,Ann Ames,Blue Ltd,Site,,80,EUR,call\n"
WED = "2026-03-04,,,1:30,Ann Ames,Blue Ltd,Site,,80,EUR,call\n"


def _file(*rows: str) -> bytes:
    return (HEAD + "".join(rows)).encode()


def _counts(answer: dict[str, Any]) -> tuple[int, ...]:
    """new, changed, unchanged"""
    return tuple(answer["totals"][name] for name in ("new", "changed", "unchanged"))


def _stored(owner: Caller) -> list[tuple[str, int]]:
    """Date and seconds of everything that is stored and not deleted."""
    items = owner.told("GET", "/records?kind=time")["items"]
    return sorted((one["date"], one["seconds"]) for one in items)


@pytest.fixture(params=["sqlite"])
def backend(request: pytest.FixtureRequest) -> str:
    """The comparison is made here, not in SQL; test_import and test_checks put its queries to both databases."""
    return str(request.param)


def test_rows_that_moved_are_the_same_entries(owner: Caller) -> None:
    owner.imports(_file(MON_A, TUE, MON_B))
    assert _counts(owner.imports(_file(MON_B, MON_A, TUE))) == (0, 0, 3)


def test_a_longer_export_adds_only_what_is_not_there_yet(owner: Caller) -> None:
    owner.imports(_file(MON_A, MON_B))
    assert _counts(owner.imports(_file(MON_A, MON_B, TUE, WED))) == (2, 0, 2)
    assert _stored(owner) == [("2026-03-02", 10800), ("2026-03-02", 14400), ("2026-03-03", 7200), ("2026-03-04", 5400)]


def test_two_equal_entries_are_two_and_stay_two_in_a_longer_export(owner: Caller) -> None:
    assert _counts(owner.imports(_file(TUE, TUE))) == (2, 0, 0)
    assert _counts(owner.imports(_file(MON_A, TUE, TUE, WED))) == (2, 0, 2)
    assert _stored(owner).count(("2026-03-03", 7200)) == 2


def test_a_third_equal_entry_is_new(owner: Caller) -> None:
    owner.imports(_file(TUE, TUE))
    assert _counts(owner.imports(_file(TUE, TUE, TUE))) == (1, 0, 2)


def test_equal_entries_that_only_their_notes_tell_apart_may_change_places(owner: Caller) -> None:
    other = TUE.replace("call", "letters")
    owner.imports(_file(TUE, other))
    third = TUE.replace("call", "invoices")
    assert _counts(owner.imports(_file(third, other, TUE))) == (1, 0, 2)
    notes = sorted(one["notes"] for one in owner.told("GET", "/records?kind=time")["items"])
    assert notes == ["call", "invoices", "letters"]


@pytest.mark.parametrize(
    "mended, field",
    [
        (TUE.replace("2:00", "2:30"), {"field": "seconds", "was": 7200, "now": 9000}),
        (TUE.replace("Site", "Office"), {"field": "job", "was": "Site", "now": "Office"}),
        (TUE.replace(",80,", ",90,"), {"field": "rate", "was": 80, "now": 90}),
    ],
    ids=["duration", "job", "rate"],
)
def test_a_mended_row_is_shown_and_stored_only_when_accepted(owner: Caller, mended: str, field: dict[str, Any]) -> None:
    owner.imports(_file(MON_A, TUE))
    asked = owner.imports(_file(MON_A, mended), status=409)
    assert (asked["stored"], asked["problem"]["code"]) == (False, "changes_to_accept")
    [change] = asked["difference"]["changed"]
    assert (change["row"], change["date"], change["person"], change["fields"]) == (3, "2026-03-03", "Ann Ames", [field])
    assert _stored(owner) == [("2026-03-02", 10800), ("2026-03-03", 7200)]
    taken = owner.imports(_file(MON_A, mended), accept=asked["difference"]["fingerprint"])
    assert (_counts(taken), taken["stored"]) == ((0, 1, 1), True)
    assert len(_stored(owner)) == 2
    assert _counts(owner.imports(_file(MON_A, mended))) == (0, 0, 2)


def test_a_mended_start_edits_the_entry(owner: Caller) -> None:
    owner.imports(_file(MON_A, MON_B))
    later = MON_B.replace("13:00", "13:30").replace("4:00", "3:30")
    answer = owner.imports(_file(MON_A, later), changes="accept")
    assert _counts(answer) == (0, 1, 1)
    assert _stored(owner) == [("2026-03-02", 10800), ("2026-03-02", 12600)]
    assert {one["revision"] for one in owner.told("GET", "/records?kind=time")["items"]} == {1, 2}


def test_a_row_that_comes_back_beside_its_mended_self_is_new(owner: Caller) -> None:
    mended = TUE.replace("2:00", "2:30")
    owner.imports(_file(TUE))
    owner.imports(_file(mended), changes="accept")
    assert _counts(owner.imports(_file(TUE, mended))) == (1, 0, 1)
    assert _stored(owner) == [("2026-03-03", 7200), ("2026-03-03", 9000)]
    assert _counts(owner.imports(_file(TUE, mended))) == (0, 0, 2)


def test_a_difference_that_moved_since_it_was_seen_is_not_taken(owner: Caller) -> None:
    owner.imports(_file(TUE))
    mended = TUE.replace("2:00", "2:30")
    seen = owner.imports(_file(mended), status=409)["difference"]["fingerprint"]
    owner.imports(_file(TUE.replace("2:00", "4:00")), changes="accept")
    answer = owner.imports(_file(mended), status=409, accept=seen)
    assert answer["problem"]["code"] == "difference_moved"
    assert _stored(owner) == [("2026-03-03", 14400)]


def test_a_vanished_row_is_proposed_and_deleted_only_on_request(owner: Caller) -> None:
    owner.imports(_file(MON_A, MON_B, TUE, WED))
    asked = owner.imports(_file(MON_A, MON_B, WED), status=409)
    assert asked["difference"]["counts"] == {"changed": 0, "vanished": 1, "absent": 0, "doubtful": 0}
    assert asked["totals"]["unchanged"] == 3
    [gone] = asked["difference"]["vanished"]
    assert (gone["date"], gone["person"], gone["seconds"]) == ("2026-03-03", "Ann Ames", 7200)
    seen = asked["difference"]["fingerprint"]
    kept = owner.imports(_file(MON_A, MON_B, WED), accept=seen)
    assert (kept["stored"], len(_stored(owner))) == (True, 4)
    done = owner.imports(_file(MON_A, MON_B, WED), accept=seen, vanished="delete")
    assert (done["difference"]["deleted"], len(_stored(owner))) == (1, 3)
    assert _counts(owner.imports(_file(MON_A, MON_B, WED))) == (0, 0, 3)


THU = "2026-03-05,8:00,9:00,1:00,Ann Ames,Blue Ltd,Site,,80,EUR,roof\n"
FRI = "2026-03-06,,,6:00,Ann Ames,Blue Ltd,Site,,80,EUR,\n"


def test_a_mended_day_is_shown_as_a_change_of_the_entry(owner: Caller) -> None:
    owner.imports(_file(MON_A, TUE, WED, THU))
    mended = TUE.replace("03-03", "03-02")
    asked = owner.imports(_file(MON_A, mended, WED, THU), status=409)
    assert asked["difference"]["counts"] == {"changed": 1, "vanished": 0, "absent": 0, "doubtful": 0}
    [change] = asked["difference"]["changed"]
    assert (change["row"], change["fields"]) == (3, [{"field": "date", "was": "2026-03-03", "now": "2026-03-02"}])
    taken = owner.imports(_file(MON_A, mended, WED, THU), accept=asked["difference"]["fingerprint"])
    assert _counts(taken) == (0, 1, 3)
    assert [date for date, _ in _stored(owner)] == ["2026-03-02", "2026-03-02", "2026-03-04", "2026-03-05"]
    assert _counts(owner.imports(_file(MON_A, mended, WED, THU))) == (0, 0, 4)


@pytest.mark.parametrize(
    "before, mended",
    [
        ((TUE,), (TUE.replace("03-03", "03-02").replace("2:00", "2:15"),)),  # another length as well
        ((TUE,), (TUE.replace("03-03", "03-02"), TUE.replace("03-03", "03-05"))),  # two rows that it may be
        ((TUE, TUE), (TUE.replace("03-03", "03-02"),)),  # two entries that it may be
        ((TUE,), (TUE.replace("03-03", "03-02").replace("Ann Ames", "Bob Bell"),)),
        ((FRI.replace("03-06", "03-03"),), (FRI.replace("03-06", "03-02"),)),  # neither clock nor notes
        ((TUE, WED.replace("1:30", "2:00")), (TUE.replace("03-03", "03-02"), WED.replace("1:30", "2:00"))),  # each day alike
    ],
    ids=["length", "two rows", "two entries", "person", "says little", "each day alike"],
)
def test_a_row_of_another_day_that_may_be_another_is_new(owner: Caller, before: tuple[str, ...], mended: tuple[str, ...]) -> None:
    owner.imports(_file(MON_A, *before, THU))
    counts = owner.imports(_file(MON_A, *mended, THU), status=409)["difference"]["counts"]
    assert (counts["changed"], counts["vanished"]) == (0, len(before) - (len(before) == len(mended) == 2))


def test_nothing_is_deleted_unseen(owner: Caller) -> None:
    owner.imports(_file(MON_A, TUE, WED))
    assert owner.imports(_file(MON_A, WED), changes="accept")["difference"]["counts"]["vanished"] == 1
    assert owner.imports(_file(MON_A, WED), status=422, vanished="delete")["error"]["code"] == "not_accepted"
    assert len(_stored(owner)) == 3


def test_one_of_two_equal_entries_may_vanish_on_the_last_day_of_the_report(owner: Caller) -> None:
    owner.imports(_file(MON_A, TUE, TUE))
    assert owner.imports(_file(MON_A, TUE), status=409)["difference"]["counts"]["vanished"] == 1


@pytest.mark.parametrize(
    "rows",
    [
        [MON_A],  # ends before
        [TUE.replace("Ann Ames", "Bob Bell"), MON_A.replace("Ann Ames", "Bob Bell")],  # somebody else's
    ],
    ids=["another period", "another person"],
)
def test_what_a_file_does_not_cover_has_not_vanished(owner: Caller, rows: list[str]) -> None:
    owner.imports(_file(MON_A, TUE, WED))
    assert owner.imports(_file(*rows))["difference"]["counts"]["vanished"] == 0


@pytest.mark.parametrize(
    "other",
    [
        TUE.replace("Blue Ltd", "Red Inc"),
        TUE.replace("Site", "Office"),
        TUE.replace("Site,,", "Site,urgent,"),
    ],
    ids=["client", "job", "tag"],
)
def test_what_a_report_was_not_made_for_has_not_vanished(owner: Caller, other: str) -> None:
    """A report of one client (job, tag) lacks the others' rows; here it has the days around, but none of its like."""
    owner.imports(_file(MON_A, other, WED))
    only = [one.replace("Site,,", "Site,quiet,") if "urgent" in other else one for one in (MON_A, WED)]
    counts = owner.imports(_file(*only), changes="accept")["difference"]["counts"]
    assert (counts["vanished"], counts["absent"]) == (0, 1)


def test_what_stays_beside_a_file_is_told(owner: Caller) -> None:
    owner.imports(_file(MON_A, MON_B))
    answer = owner.imports(_file(MON_A.replace("9:00,12:00,3:00", "18:00,19:00,1:00").replace("Site", "Office")))
    assert (_counts(answer), answer["difference"]["counts"]["absent"]) == ((1, 0, 0), 2)
    [remark] = [one for one in answer["warnings"] if one["code"] == "not_in_file"]
    assert (remark["count"], remark["text"][:16]) == (2, "2 stored entries")


def test_another_layout_of_report_deletes_nothing(owner: Caller) -> None:
    owner.imports(_file(MON_A, TUE, WED))
    layout = '{"columns": {"date": "Day", "duration": "Time", "person": "Who", "client": "For", "job": "What"}}'
    other = "Day,Time,Who,For,What\n2026-03-02,3:00,Ann Ames,Blue Ltd,Site\n2026-03-04,1:30,Ann Ames,Blue Ltd,Site\n"
    answer = owner.imports(other.encode(), changes="accept", layout=layout)
    assert answer["difference"]["counts"]["vanished"] == 0


SUMS = '{"columns": {"date": "Day", "duration": "Time", "person": "Who", "client": "For", "job": "What"}}'


def test_the_same_work_told_in_sums_is_not_taken_unseen(owner: Caller) -> None:
    """Seven hours of two entries, and once more as the day's sum: billed twice if both were kept."""
    owner.imports(_file(MON_A, MON_B, TUE))
    sums = b"Day,Time,Who,For,What\n2026-03-02,7:00,Ann Ames,Blue Ltd,Site\n2026-03-05,1:00,Ann Ames,Blue Ltd,Site\n"
    asked = owner.imports(sums, status=409, layout=SUMS)
    assert (asked["difference"]["counts"]["doubtful"], asked["difference"]["counts"]["changed"]) == (1, 0)
    [remark] = [one for one in asked["warnings"] if one["code"] == "maybe_twice"]
    assert remark["rows"] == [2]
    assert len(_stored(owner)) == 3
    assert owner.imports(sums, layout=SUMS, preview="true", accept=asked["difference"]["fingerprint"])["problem"] is None
    other = sums.replace(b"Site", b"Office")
    assert _counts(owner.imports(other, layout=SUMS)) == (2, 0, 0)


def test_one_entry_in_another_layout_is_the_same_entry(owner: Caller) -> None:
    owner.imports(_file(TUE))
    shorter = b"Day,Time,Who,For,What\n2026-03-03,2:15,Ann Ames,Blue Ltd,Site\n"
    [change] = owner.imports(shorter, status=409, layout=SUMS)["difference"]["changed"]
    assert {"field": "seconds", "was": 7200, "now": 8100} in change["fields"]


def test_a_preview_stores_nothing(owner: Caller) -> None:
    answer = owner.imports(_file(MON_A, TUE), preview="true")
    assert (_counts(answer), answer["stored"], answer["problem"]) == ((2, 0, 0), False, None)
    assert owner.told("GET", "/records?kind=person")["total"] == 0


def test_a_deleted_row_that_comes_again_asks_first(owner: Caller) -> None:
    owner.imports(_file(MON_A, TUE, WED))
    seen = owner.imports(_file(MON_A, WED), status=409)["difference"]["fingerprint"]
    owner.imports(_file(MON_A, WED), accept=seen, vanished="delete")
    [again] = owner.imports(_file(MON_A, TUE, WED), status=409)["difference"]["changed"]
    assert again["fields"] == [{"field": "deleted", "was": True, "now": False}]
    owner.imports(_file(MON_A, TUE, WED), changes="accept")
    assert len(_stored(owner)) == 3


def test_what_the_report_numbers_itself_is_known_by_its_number_alone(owner: Caller) -> None:
    head = "source_id,date,duration,person,job\n"
    owner.imports((head + "7,2026-03-02,1:00,Ann Ames,Site\n8,2026-03-02,1:00,Ann Ames,Site\n").encode())
    moved = head + "8,2026-03-05,1:00,Ann Ames,Site\n9,2026-03-02,1:00,Ann Ames,Site\n"
    answer = owner.imports(moved.encode(), changes="accept")
    assert _counts(answer) == (1, 1, 0)
    assert _stored(owner) == [("2026-03-02", 3600), ("2026-03-02", 3600), ("2026-03-05", 3600)]


def test_a_mended_row_on_an_invoice_is_billed_once(new_owner: Callable[[str], Caller]) -> None:
    owner = new_owner("Beta")
    owner.imports(_file(MON_A, TUE, WED))
    owner.told("POST", "/approvals", {})
    [invoice] = owner.told("POST", "/invoices/compose", {"from": "2026-03-01", "to": "2026-03-31"})["invoices"]
    assert Decimal(invoice["total"]) == Decimal("520.00")  # 6.5 h at 80
    owner.imports(_file(MON_A, TUE.replace("2:00", "2:30"), WED), changes="accept")
    owner.told("POST", "/approvals", {})
    [now] = owner.told("GET", "/invoices")["items"]
    assert Decimal(now["total"]) == Decimal("560.00")  # 7 h at 80
    assert owner.told("POST", "/invoices/compose", {"from": "2026-03-01", "to": "2026-03-31"})["invoices"] == []
