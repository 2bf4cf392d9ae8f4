"""Whatever is sent to a door of ingest: a clear refusal, nothing stored, never a 500."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from services.ingest.records.models import TABLES
from shared.platform.db import Database, reading
from shared.platform.web import routes
from tests.component.ingest.conftest import PREFIX, Caller

HEAD = "kind,source_id,date,start,end,duration,person,rate,notes\n"
GOOD = "time,ok,2026-03-02,,,1:00,Ann,85,\n"


def _bomb() -> bytes:
    """A small workbook that unpacks to 50 MB."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 50_000_000)
    return packed.getvalue()


FILES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty_file"),
    "header only cut off in a quoted cell": (HEAD.encode() + b'time,"', "truncated_file"),
    "no report": (b"a,b\n1,2\n", "no_entries"),
    "NUL": ((HEAD + "time,x,2026-03-02,,,1:00,A\0nn,,\n").encode(), "nul"),
    "zip bomb": (_bomb(), ""),
    "half a workbook": (_bomb()[:200], ""),
    "encrypted workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "encrypted_file"),
}
ROWS: dict[str, tuple[str, str]] = {
    "NaN for a rate": ("time,x,2026-03-02,,,1:00,Ann,NaN,", "rate"),
    "a rate beyond all size": ("time,x,2026-03-02,,,1:00,Ann,1E+999999999,", "rate"),
    "an infinite rate": ("time,x,2026-03-02,,,1:00,Ann,Infinity,", "rate"),
    "an end before its start": ("time,x,2026-03-02,9:00,8:00,,Ann,,", "end"),
    "a duration that start and end contradict": ("time,x,2026-03-02,9:00,10:00,2:00,Ann,,", "end"),
    "a date that isn't": ("time,x,2026-02-30,,,1:00,Ann,,", "date"),
    "an unknown kind": ("party,x,2026-03-02,,,1:00,Ann,,", "kind"),
    "nobody": ("time,x,2026-03-02,,,1:00,,,", "person"),
    "direction overrides in a name": ("time,x,2026-03-02,,,1:00,A\u202enn,,", "person"),
    "a negative duration": ("time,x,2026-03-02,,,-1:00,Ann,,", "duration"),
    "too many cells": ("time,x,2026-03-02,,,1:00,Ann,,,extra", ""),
}
BODIES: dict[str, bytes] = {
    "empty": b"",
    "not JSON": b"{",
    "a list": b"[]",
    "no UTF-8": b'{"a": "\xff"}',
    "NaN": b'{"schema": NaN}',
    "a number beyond all size": b'{"schema": 1E+999999999}',
    "5,000 digits": b'{"schema": ' + b"9" * 5000 + b"}",
    "deep": b"[" * 100_000,
    "a key twice": b'{"schema": "1", "schema": "1"}',
    "half a surrogate": b'{"schema": "\\ud800"}',
    "NUL": b'{"schema": "\\u0000"}',
    "unknown fields": b'{"surprise": 1}',
    "wrong types": b'{"schema": 1, "records": {}, "name": [], "scopes": 1, "person": {}, "from": 5, "ids": 7, "audience": null}',
    "nothing": b"{}",
}
RECORD: dict[str, Any] = {"kind": "time", "source": "w", "source_id": "t", "date": "2026-03-02", "person": "p", "seconds": 60}
RECORDS: dict[str, Any] = {
    "no object": 7,
    "null": None,
    "no kind": {key: value for key, value in RECORD.items() if key != "kind"},
    "unknown kind": {**RECORD, "kind": "wish"},
    "kind of another type": {**RECORD, "kind": {}},
    "no source": {key: value for key, value in RECORD.items() if key != "source"},
    "strange source": {**RECORD, "source": "../x"},
    "unknown field": {**RECORD, "wage": 1},
    "negative seconds": {**RECORD, "seconds": -1},
    "fractional seconds": {**RECORD, "seconds": "1.5"},
    "seconds for ever": {**RECORD, "seconds": 10**15},
    "a rate in words": {**RECORD, "rate": "eighty"},
    "end before start": {**RECORD, "start": "2026-03-02T09:00:00", "end": "2026-03-02T08:00:00"},
    "contradiction": {**RECORD, "start": "2026-03-02T09:00:00", "end": "2026-03-02T10:00:00"},
    "a time that the clocks skip": {**RECORD, "date": "2026-03-29", "start": "2026-03-29T02:30:00", "zone": "Europe/Berlin"},
    "overtime beyond the whole": {**RECORD, "overtime_seconds": 61},
    "notes without end": {**RECORD, "notes": "x" * 5000},
    "somebody unknown": {**RECORD, "person": "stranger"},
    "no currency of this world": {**RECORD, "currency": "XXZ"},
}


def _stored(db: Database) -> int:
    with reading(db) as session:
        return sum(
            session.execute(sa.select(sa.func.count()).select_from(tables.present)).scalar_one() for tables in TABLES.values()
        )


def test_a_file_that_cannot_be_read_is_refused_by_name_and_nothing_is_stored(owner: Caller, db: Database) -> None:
    for what, (data, code) in FILES.items():
        error = owner.imports(data, "march.csv", status=422)["error"]
        assert "march.csv" in error["message"] and error["remedy"], (what, error)
        assert error["code"] == code or not code, what
        assert owner.imports(data, "march.csv", status=422, partial="true")["error"] == error
    assert _stored(db) == 0


def test_a_bad_row_is_named_with_column_value_and_remedy_and_undoes_the_whole_file(owner: Caller, db: Database) -> None:
    for what, (line, column) in ROWS.items():
        answer = owner.imports((HEAD + GOOD + line + "\n").encode(), "march.csv", status=422)
        good, bad = answer["rows"]
        assert (good["outcome"], bad["outcome"], bad["row"], answer["stored"]) == ("new", "refused", 3, False), what
        assert bad["problem"]["column"] == (column or None) and bad["problem"]["remedy"], what
        assert "march.csv" in bad["problem"]["cause"] and "row 3" in bad["problem"]["cause"], what
    assert _stored(db) == 0


def test_with_partial_the_good_rows_stay_and_the_bad_ones_are_listed(owner: Caller) -> None:
    lines = [GOOD, *(line + "\n" for line, _ in ROWS.values())]
    answer = owner.imports((HEAD + "".join(lines)).encode(), partial="true")
    assert answer["stored"] and (answer["totals"]["new"], answer["totals"]["refused"]) == (1, len(ROWS))
    assert owner.told("GET", "/records")["total"] == 1


def test_a_form_that_says_something_else_is_refused(owner: Caller, db: Database) -> None:
    for name, text in (("partial", "maybe"), ("layout", "{"), ("layout", '{"columns": {}}'), ("source", "É"), ("x", "1")):
        assert owner.imports((HEAD + GOOD).encode(), status=422, **{name: text})["error"]["remedy"]
    assert _stored(db) == 0


def test_bad_records_are_refused_alone_and_their_neighbour_stored(owner: Caller) -> None:
    person = {"kind": "person", "source": "w", "source_id": "p", "name": "Ann"}
    sent = {"schema": "1", "records": [*RECORDS.values(), person]}
    *refused, kept = owner.told("POST", "/records", sent, status=202)["results"]
    for what, one in zip(RECORDS, refused, strict=True):
        assert one["outcome"] == "refused" and all(one["problem"][part] for part in ("code", "cause", "remedy")), what
    assert kept["outcome"] == "new"


def _doors(caller: Caller) -> Iterator[tuple[str, str]]:
    for method, rule, _ in routes(caller.service.app):
        if method in ("POST", "PUT"):
            yield method, rule.removeprefix(PREFIX).replace("<document>", "00000000-0000-4000-8000-000000000009")


def test_no_body_whatever_makes_any_door_fail(owner: Caller, db: Database) -> None:
    for method, path in _doors(owner):
        for what, raw in BODIES.items():
            answer = owner(method, path, raw)
            assert answer.status_code < 500, (method, path, what, answer.text)
            if path == "/records":
                assert 400 <= answer.status_code < 500 and answer.get_json()["error"]["remedy"], (what, answer.text)
    assert _stored(db) == 0


def test_a_body_over_the_limit_and_records_over_the_number_are_refused(owner: Caller) -> None:
    assert owner("POST", "/records", b" " * 4_000_001).status_code == 413
    assert owner("POST", "/records", {"schema": "1", "records": [RECORD] * 1001}).status_code == 422
    assert owner("POST", "/records", {"schema": "2", "records": [RECORD]}).get_json()["error"]["code"] == "unknown_schema"


def test_a_bad_query_is_refused(owner: Caller) -> None:
    for query in ("page=0", "page=x", "page_size=501", "kind=wish", "from=1.2.2026", "approval=maybe", "page=1&page=2"):
        assert owner("GET", f"/records?{query}").status_code == 422, query


def test_a_form_that_is_cut_off_or_none_at_all_is_refused(owner: Caller, db: Database) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    field = b'--x\r\nContent-Disposition: form-data; name="source"\r\n\r\nw\r\n'
    good = (HEAD + GOOD).encode()
    forms = {
        "empty": b"",
        "no parts": b"--x--\r\n",
        "cut off": part + good,
        "no file": field + b"--x--\r\n",
        "two files": part + good + b"\r\n" + part + good + b"\r\n--x--\r\n",
        "no form": b"\0\xff" * 1000,
        "2,000 fields": field * 2000 + b"--x--\r\n",
        "a field of 1 MB": field.replace(b"w", b"w" * 1_000_000) + part + good + b"\r\n--x--\r\n",
    }
    for what, raw in forms.items():
        answer = owner("POST", "/import", raw, Content_Type="multipart/form-data; boundary=x")
        assert 400 <= answer.status_code < 500 and answer.get_json()["error"]["remedy"], (what, answer.text)
    assert owner("POST", "/import", good, Content_Type="text/csv").status_code == 415
    assert _stored(db) == 0
