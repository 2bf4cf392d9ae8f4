"""A layout that was confirmed once reads later reports by itself, and refuses those that it would misread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from shared.platform import audit
from shared.platform.db import Database, reading
from tests.component.ingest.conftest import Caller

PATH = "/import/profiles"
HEADERS = ["Tag", "Wer", "Projekt", "Dauer"]
PROFILE: dict[str, Any] = {
    "timebooks_profile": 1,
    "name": "Stundenzettel",
    "source": "stunden",
    "layout": {
        "columns": {"date": "Tag", "person": "Wer", "job": "Projekt", "duration": "Dauer"},
        "date": "DD/MM/YYYY",
        "decimal": ",",
        "unit": "h",
        "delimiter": ";",
    },
    "recognised": {"kind": "csv", "headers": HEADERS},
}
REPORT = "Tag;Wer;Projekt;Dauer\n01/02/2026;Ann Ames;Site;7,5\n02/02/2026;Ann Ames;Site;1,25\n"


@pytest.fixture(params=["sqlite"])
def backend(request: pytest.FixtureRequest) -> str:
    """Profiles are read by key alone; test_walls puts their queries to both databases."""
    return str(request.param)


@pytest.fixture
def kept(owner: Caller) -> dict[str, Any]:
    made: dict[str, Any] = owner.told("POST", PATH, PROFILE, status=201)
    return made


def _read(answer: dict[str, Any]) -> tuple[Any, ...]:
    return answer["profile"], answer["totals"]["new"], answer["totals"]["seconds"], answer["totals"]["from"]


def test_a_report_is_known_by_its_headers_in_any_order_and_encoding(owner: Caller, kept: dict[str, Any]) -> None:
    assert _read(owner.imports(REPORT.encode())) == ("Stundenzettel", 2, 31500, "2026-02-01")
    turned = "\ufeffDauer,Tag,Wer, Projekt\n\"2,5\",03/02/2026,Bea Böhm,Site\n"
    assert _read(owner.imports(turned.encode())) == ("Stundenzettel", 1, 9000, "2026-02-03")
    assert {one["source"] for one in owner.told("GET", "/records?kind=time")["items"]} == {"stunden"}
    assert owner.told("GET", f"{PATH}/{kept['id']}")["used"]


def test_a_report_that_contradicts_its_profile_is_refused_whole(owner: Caller, kept: dict[str, Any]) -> None:
    """A day above 12 where the profile has the month: then 05/04 in the row before is no fifth of April either."""
    american = REPORT + "05/04/2026;Ann Ames;Site;1\n05/31/2026;Ann Ames;Site;1\n"
    for fields in ({}, {"partial": "true"}, {"profile": "Stundenzettel", "partial": "true"}):
        error = owner.imports(american.encode(), status=409, **fields)["error"]
        assert error["code"] == "profile_contradicted"
        assert "row 5" in error["message"] and "05/31/2026" in error["message"]
    assert owner.told("GET", "/records?kind=time")["total"] == 0
    points = REPORT.replace("1,25", "1,250.00")
    assert owner.imports(points.encode(), status=409)["error"]["code"] == "profile_contradicted"


def test_a_profile_may_be_named(owner: Caller) -> None:
    by_name = {name: value for name, value in PROFILE.items() if name != "recognised"}
    owner.told("POST", PATH, by_name, status=201)
    owner.imports(REPORT.encode(), status=409)
    assert _read(owner.imports(REPORT.encode(), profile="stundenZETTEL"))[:2] == ("Stundenzettel", 2)
    assert owner.imports(REPORT.encode(), status=404, profile="Other")["error"]["code"] == "no_such_profile"
    both = {"profile": "Stundenzettel", "layout": '{"columns": {}}'}
    assert owner.imports(REPORT.encode(), status=422, **both)["error"]["code"] == "two_layouts"


def test_our_own_layout_comes_before_any_profile(owner: Caller) -> None:
    own = {**PROFILE, "recognised": {"kind": "csv", "headers": ["date", "person", "duration"]}}
    owner.told("POST", PATH, own, status=201)
    assert owner.imports(b"date,person,duration\n2026-02-01,Ann,1:00\n")["profile"] is None


def test_a_profile_is_shown_changed_and_deleted(owner: Caller, kept: dict[str, Any], db: Database) -> None:
    shown = owner.told("GET", f"{PATH}/{kept['id']}")["profile"]
    assert shown == {**PROFILE, "recognised": {"kind": "csv", "headers": ["Dauer", "Projekt", "Tag", "Wer"]}}
    changed = {**shown, "name": "Zettel", "layout": {**shown["layout"], "date": "MM/DD/YYYY"}}
    owner.told("PUT", f"{PATH}/{kept['id']}", changed)
    assert _read(owner.imports(REPORT.encode())) == ("Zettel", 2, 31500, "2026-01-02")
    assert [one["profile"] for one in owner.told("GET", PATH)["items"]] == [changed]
    owner.told("DELETE", f"{PATH}/{kept['id']}", status=204)
    assert owner.told("GET", PATH)["items"] == []
    assert owner("DELETE", f"{PATH}/{kept['id']}").status_code == 404
    with reading(db) as session:
        told = sa.select(audit.audit.c.action).where(audit.audit.c.subject == kept["id"]).order_by(audit.audit.c.id)
        assert session.execute(told).scalars().all() == ["profile.created", "profile.changed", "profile.deleted"]


@pytest.mark.parametrize(
    "same, other",
    [({"name": "STUNDENZETTEL"}, {"recognised": {"kind": "json", "headers": HEADERS}}), ({}, {"name": "Other"})],
    ids=["name", "reports"],
)
def test_a_second_profile_of_the_same_name_or_reports_is_refused(
    owner: Caller, kept: dict[str, Any], same: dict[str, Any], other: dict[str, Any]
) -> None:
    error = owner.told("POST", PATH, {**PROFILE, **same, **other}, status=409)["error"]
    assert (error["code"], "Stundenzettel" in error["message"]) == ("profile_taken", True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"timebooks_profile": 2},
        {"layout": {"columns": {"date": "Tag"}}},
        {"name": ""},
        {"source": "Bad Name"},
        {"recognised": {"kind": "pdf", "headers": []}},
        {"layout": False},
        {"layout": "{}"},
        {"extra": 1},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_bad_profile_is_refused_with_its_field(owner: Caller, wrong: dict[str, Any]) -> None:
    error = owner.told("POST", PATH, {**PROFILE, **wrong}, status=422)["error"]
    assert next(iter(wrong)) in error["message"] and error["remedy"]


def test_another_organisations_profiles_are_not_there(
    owner: Caller, new_owner: Callable[[str], Caller], kept: dict[str, Any]
) -> None:
    rival = new_owner("Rival")
    assert rival.told("GET", PATH)["items"] == []
    for method in ("GET", "PUT", "DELETE"):
        assert rival(method, f"{PATH}/{kept['id']}", PROFILE if method == "PUT" else None).status_code == 404
    assert rival.imports(REPORT.encode(), status=409)["problem"]["code"] == "questions_open"
    assert owner.told("GET", f"{PATH}/{kept['id']}")["profile"]["name"] == "Stundenzettel"


def test_erasing_a_person_deletes_the_profile_of_their_reports(owner: Caller) -> None:
    columns = {name: header for name, header in PROFILE["layout"]["columns"].items() if name != "person"}
    layout = {**PROFILE["layout"], "columns": columns, "constants": {"person": "Ann Ames"}}
    owner.told("POST", PATH, {**PROFILE, "layout": layout}, status=201)
    owner.imports(REPORT.encode())
    [ann] = owner.told("GET", "/records?kind=person")["items"]
    owner.told("POST", "/erasures", {"person": ann["id"]})
    assert owner.told("GET", PATH)["items"] == []
