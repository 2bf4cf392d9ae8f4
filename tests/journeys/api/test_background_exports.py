"""Large exports are written by a worker and given out whole, by a link that is signed, ends, and can be revoked."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest

from services.ingest.accounts.operator import operator_token
from services.ingest.exports import background, stream
from services.ingest.exports.lines import Known
from services.ingest.exports.models import export as table
from services.ingest.records import query as records
from services.ingest.records.query_pages import Wanted
from shared.contract.records import Kind
from shared.platform import jobs, schedule
from shared.platform.db import reading
from shared.platform.faultpoint import Rig
from shared.platform.vault import Vault
from tests.component.ingest.conftest import PREFIX, Caller
from tests.journeys.api.exporting import MARCH, RECORDS, exports, firm, logs, new_owner

WHOLE = {"include": ["expenses", "mileage", "overtime"]}


@pytest.fixture
def owner(tmp_path, clock):
    with firm(tmp_path, TIMEBOOKS_EXPORT_ROWS_AT_ONCE="6") as owner:
        logs(owner, *RECORDS)
        yield owner


def works(owner: Caller) -> None:
    jobs.run_ready(owner.service.db, owner.service.handlers)


def ordered(owner: Caller, **asked: object) -> str:
    answer = owner("POST", "/timesheet/export", {**MARCH, **WHOLE, "background": True, **asked})
    told = answer.get_json()
    assert (answer.status_code, told["state"], told["status_url"]) == (202, "waiting", f"{PREFIX}/exports/{told['export_id']}")
    return told["export_id"]


def fetched(owner: Caller, number: str, **headers: str):
    url = owner.told("GET", f"/exports/{number}")["file_url"]
    return owner.service.app.test_client().get(url, headers=headers)


def test_a_background_export_has_the_very_bytes_of_the_direct_one_and_its_link_needs_no_key(owner):
    direct = exports(owner, format="csv", include=[])
    number = ordered(owner, format="csv", include=[])
    assert owner.told("GET", f"/exports/{number}")["state"] == "waiting"
    works(owner)
    shown = owner.told("GET", f"/exports/{number}")
    assert (shown["state"], shown["done"], shown["total"]) == ("ready", 4, 4)
    answer = fetched(owner, number)
    assert (answer.data, answer.headers["X-Robots-Tag"]) == (direct, "noindex")
    assert shown["sha256"] == hashlib.sha256(direct).hexdigest()
    part = fetched(owner, number, Range="bytes=2-5")
    assert (part.status_code, part.data, part.headers["Content-Range"]) == (206, direct[2:6], f"bytes 2-5/{len(direct)}")
    assert fetched(owner, number, Range=f"bytes={len(direct)}-").status_code == 416


def test_more_rows_than_are_answered_at_once_go_to_the_background(owner):
    assert len(exports(owner)["entries"]) == 4
    assert exports(owner, status=202, **WHOLE)["total"] == 7


def test_a_link_is_for_its_file_and_its_hour_only(owner, clock):
    number = ordered(owner)
    works(owner)
    url = owner.told("GET", f"/exports/{number}")["file_url"]
    client = owner.service.app.test_client()
    assert client.get(url[:-2] + ("AA" if url[-2:] != "AA" else "BB")).status_code == 404
    assert client.get(url.replace("expires=1", "expires=2")).status_code == 404
    assert client.get(url.split("?")[0]).status_code == 404
    clock.advance(minutes=61)
    assert client.get(url).get_json()["error"]["code"] == "link_expired"
    assert fetched(owner, number).status_code == 200


def test_revoking_an_export_ends_its_links_and_its_file(owner):
    number, other = ordered(owner), ordered(owner)
    works(owner)
    url = owner.told("GET", f"/exports/{number}")["file_url"]
    owner.told("DELETE", f"/exports/{number}", status=204)
    assert owner.service.app.test_client().get(url).status_code == 404
    assert owner.told("GET", f"/exports/{number}")["state"] == "revoked"
    assert fetched(owner, other).status_code == 200  # of the same content
    listed = owner.told("GET", "/exports")
    assert (listed["total"], {one["export_id"]: one["state"] for one in listed["items"]}) == (
        2, {number: "revoked", other: "ready"})  # fmt: skip


def test_one_that_is_revoked_while_it_is_written_leaves_nothing(owner):
    number = ordered(owner)
    with Rig(hook=lambda name: name == "export.written" and owner.told("DELETE", f"/exports/{number}", status=204)):
        works(owner)
    with reading(owner.service.db) as session:
        row = session.execute(table.select()).one()
    assert (row.state, row.file) == ("revoked", None)


def test_a_killed_worker_leaves_nothing_half_and_the_next_one_writes_it_whole(owner, clock):
    number = ordered(owner)

    class Killed(BaseException):
        pass

    def kill(name: str) -> None:
        if name == "export.written":
            raise Killed

    with Rig(hook=kill), pytest.raises(Killed):
        works(owner)
    shown = owner.told("GET", f"/exports/{number}")
    assert (shown["state"], "file_url" in shown) == ("writing", False)
    clock.advance(seconds=40)
    works(owner)
    assert owner.told("GET", f"/exports/{number}")["done"] == 7
    assert len(fetched(owner, number).get_json()["entries"]) == 7


def test_files_are_removed_after_a_week(owner, clock):
    number = ordered(owner)
    works(owner)
    clock.advance(days=7)
    schedule.ring(owner.service.db, owner.service.ticks)
    works(owner)
    assert owner.told("GET", f"/exports/{number}")["state"] == "expired"


def test_an_erased_persons_file_is_gone_and_a_new_one_names_them_no_more(owner):
    number = ordered(owner, format="csv")
    works(owner)
    [ann, *_] = [one["id"] for one in owner.told("GET", "/records?kind=person")["items"] if one["name"] == "Ann Reed"]
    owner.told("POST", "/erasures", {"person": ann})
    assert fetched(owner, number).status_code == 404
    again = ordered(owner, format="csv")
    works(owner)
    assert b"Ann Reed" not in fetched(owner, again).data


def test_another_organisation_sees_and_ends_nothing(owner):
    number = ordered(owner)
    rival = new_owner(Caller(owner.service, operator_token(Vault(b"m" * 32))), "Rival Firm")
    assert rival("GET", f"/exports/{number}").status_code == rival("DELETE", f"/exports/{number}").status_code == 404
    assert rival.told("GET", "/exports")["total"] == 0


def test_progress_is_told_while_it_is_written_page_by_page(owner, monkeypatch):
    monkeypatch.setattr(stream, "AT_ONCE", 2)
    monkeypatch.setattr(background, "_STEP", 2)
    number = ordered(owner, include=[])
    with Rig(hook=lambda name: name == "export.written" and seen.append(owner.told("GET", f"/exports/{number}"))):
        seen: list[dict[str, object]] = []
        works(owner)
    assert [(one["state"], one["done"], one["total"]) for one in seen] == [("writing", 4, 4)]


def test_names_are_opened_once_for_some_pages_and_one_changed_meanwhile_is_soon_in_the_export(owner, monkeypatch):
    monkeypatch.setattr(stream, "AT_ONCE", 1)
    monkeypatch.setattr(Known, "AFRESH", 2)
    opened: list[set[str]] = []
    people = records.people
    monkeypatch.setattr(records, "people", lambda *asked: opened.append(asked[3]) or people(*asked))
    wanted = Wanted(since=date(2026, 3, 4), until=date(2026, 3, 7))
    pages = stream.whole(owner.service.db, Vault(b"m" * 32), owner.organisation, wanted, (Kind.TIME,))
    names = [next(pages)[0].person_name]  # Ann's; then hers, his, his
    logs(owner, {"kind": "person", "source_id": "bo", "name": "Bo Green"})
    names += [line.person_name for page in pages for line in page]
    assert names == ["Ann Reed", "Ann Reed", "Bo Green", "Bo Green"]
    assert [len(ids) for ids in opened] == [1, 1]
