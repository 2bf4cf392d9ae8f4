"""Files become records, wholly or not at all."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from services.ingest.records.intake import RECORD_CHANGED
from shared.platform import audit, feed, files, jobs
from shared.platform.db import MOST_FEED_ROWS, Database, reading
from shared.platform.faultpoint import Rig
from shared.platform.vault import Vault
from tests.component.ingest.conftest import Caller

HEAD = "kind,source_id,date,start,end,duration,break,overtime,person,client,job,tags,rate,currency,notes\n"
TWO = HEAD + (
    "time,t1,2026-03-02,9:00,17:00,7:30,0:30,,Ann Ames,Blue Ltd,Site,urgent,85,EUR,drew plans\n"
    "time,,2026-03-03,,,1:15,,,Bob Bell,Blue Ltd,Site,,85,EUR,\n"
)


def test_a_file_becomes_entries_with_everything_they_name_and_again_changes_nothing(owner: Caller) -> None:
    first = owner.imports(TWO.encode())
    assert first["totals"] == {
        "new": 2, "changed": 0, "unchanged": 0, "refused": 0, "rows": 2, "seconds": 31500, "people": 2, "invoices": 0,
        "from": "2026-03-02", "to": "2026-03-03",
    }  # fmt: skip
    assert [(row["row"], row["outcome"], row["kind"]) for row in first["rows"]] == [(2, "new", "time"), (3, "new", "time")]
    again = owner.imports(TWO.encode())
    assert again["totals"]["unchanged"] == 2 and again["stored"]
    people = owner.told("GET", "/records?kind=person")["items"]
    assert sorted(one["name"] for one in people) == ["Ann Ames", "Bob Bell"]
    assert [one["name"] for one in owner.told("GET", "/records?kind=job")["items"]] == ["Site"]
    entries = owner.told("GET", "/records?kind=time")["items"]
    assert {one["notes"] for one in entries} == {"drew plans", ""}
    assert {one["origin"]["row"] for one in entries} == {2, 3}


def _sends(caller: Caller, *records: dict[str, Any], source: str = "crm") -> list[dict[str, Any]]:
    sent = {"schema": "1", "records": [{"source": source, **record} for record in records]}
    return list(caller.told("POST", "/records", sent, status=202)["results"])


def test_a_name_in_a_file_finds_the_record_that_has_it_whatever_its_source(owner: Caller) -> None:
    client = {"kind": "client", "source_id": "c1", "name": "BLUE  ltd", "email": "pay@blue.example"}
    job = {"kind": "job", "source_id": "j1", "name": "Site", "client": "c1", "rates": [{"rate": "90"}]}
    other = {"kind": "job", "source_id": "j2", "name": "Site"}
    made = _sends(owner, client, job, other)
    owner.imports(TWO.encode())
    owner.imports(TWO.encode(), source="toggl")
    for kind, count in (("client", 1), ("job", 2), ("person", 2), ("time", 4)):
        assert owner.told("GET", f"/records?kind={kind}")["total"] == count, kind
    for entry in owner.told("GET", "/records?kind=time")["items"]:
        assert (entry["client"], entry["job"]) == (made[0]["id"], made[1]["id"])
    [kept] = owner.told("GET", "/records?kind=client")["items"]
    assert (kept["email"], kept["revision"]) == ("pay@blue.example", 1)


def test_a_name_that_two_records_share_is_refused_for_its_rows(owner: Caller) -> None:
    _sends(owner, *({"kind": "person", "source_id": one, "name": "Ann Ames"} for one in ("a1", "a2")))
    answer = owner.imports(TWO.encode(), partial="true")
    assert [row["outcome"] for row in answer["rows"]] == ["refused", "new"]
    assert answer["rows"][0]["problem"]["code"] == "ambiguous_name"


def test_an_edited_file_makes_new_revisions_of_the_rows_that_differ(owner: Caller) -> None:
    owner.imports(TWO.encode())
    answer = owner.imports(TWO.replace("drew plans", "drew better plans").encode(), changes="accept")
    assert (answer["totals"]["changed"], answer["totals"]["unchanged"]) == (1, 1)
    assert {row["revision"] for row in owner.told("GET", "/records?kind=time")["items"]} == {1, 2}


def test_the_original_is_kept_sealed_until_somebody_in_it_is_erased(owner: Caller, db: Database, vault: Vault) -> None:
    number = owner.imports(TWO.encode())["file_id"]
    with reading(db) as session:
        assert files.read(session, vault, owner.organisation, number) == TWO.encode()
    ann = next(one["id"] for one in owner.told("GET", "/records?kind=person")["items"] if one["name"] == "Ann Ames")
    owner.told("POST", "/erasures", {"person": ann})
    with reading(db) as session:
        assert files.read(session, vault, owner.organisation, number) is None
    answer = owner.imports(TWO.encode(), partial="true")
    assert [row["outcome"] for row in answer["rows"]] == ["refused", "unchanged"]
    assert answer["rows"][0]["problem"]["code"] == "erased" and answer["file_id"] is None
    assert owner.imports(TWO.encode(), status=422)["stored"] is False


def test_a_crash_before_the_commit_leaves_nothing_of_a_file(owner: Caller, db: Database) -> None:
    class Killed(BaseException):
        pass

    def kill(point: str) -> None:
        if point == "import.stored":
            raise Killed

    with Rig(kill), pytest.raises(Killed):
        owner.imports(TWO.encode())
    assert owner.told("GET", "/records?kind=person")["total"] == 0
    with reading(db) as session:
        assert not session.execute(sa.select(files.blob_chunk.c.blob)).all()
    assert owner.imports(TWO.encode())["totals"]["new"] == 2


def test_a_file_with_more_rows_than_a_transaction_has_feed_rows_is_told_by_a_job(owner: Caller, db: Database) -> None:
    lines = (f"time,t{number},2026-03-02,,,,0:01,,,Ann Ames,,,,,,\n" for number in range(MOST_FEED_ROWS + 500))
    rows = HEAD + "".join(line.replace(",,,,0:01,,,", ",,,0:01,,,") for line in lines)
    assert owner.imports(rows.encode())["totals"]["new"] == MOST_FEED_ROWS + 500
    told = sa.select(sa.func.count(sa.distinct(feed.feed.c.subject))).where(feed.feed.c.kind == RECORD_CHANGED)
    with reading(db) as session:
        assert session.execute(told).scalar_one() == 0
    jobs.run_ready(db, owner.service.handlers)
    with reading(db) as session:
        assert session.execute(told).scalar_one() == MOST_FEED_ROWS + 501


def test_the_audit_trail_tells_of_a_file_even_when_it_changed_nothing(owner: Caller, db: Database) -> None:
    owner.imports(TWO.encode())
    owner.imports(TWO.encode())
    with reading(db) as session:
        told = sa.select(audit.audit.c.facts).where(audit.audit.c.action == "file.imported").order_by(audit.audit.c.id)
        counts = [(facts["new"], facts["unchanged"]) for facts in session.execute(told).scalars()]
    assert counts == [(2, 0), (0, 2)]
