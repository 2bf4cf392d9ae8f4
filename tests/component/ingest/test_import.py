"""Files become records, wholly or not at all."""

from __future__ import annotations

from tests.component.ingest.conftest import Caller

HEAD = "kind,source_id,date,start,end,duration,break,overtime,person,client,job,tags,rate,currency,notes\n"
TWO = HEAD + (
    "time,t1,2026-03-02,9:00,17:00,7:30,0:30,,Ann Ames,Blue Ltd,Site,urgent,85,EUR,drew plans\n"
    "time,,2026-03-03,,,1:15,,,Bob Bell,Blue Ltd,Site,,85,EUR,\n"
)


def test_a_file_becomes_entries_with_everything_they_name_and_again_changes_nothing(owner: Caller) -> None:
    first = owner.imports(TWO.encode())
    assert first["totals"] == {
        "new": 2, "changed": 0, "unchanged": 0, "refused": 0, "rows": 2, "seconds": 31500, "people": 2,
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
