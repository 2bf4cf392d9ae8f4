"""Log lines hold what is allowed and nothing else."""

from __future__ import annotations

import io
import json
import logging
from datetime import datetime

import pytest

from shared.platform.logs import FIELDS, LONGEST, log, write_logs

CANARIES = ["Anna Lindqvist", "tbk_abcdefghijkl_" + "s" * 43, "Bearer eyJhbGciOi", "Worked on the merger", "anna@example.com"]


@pytest.fixture
def lines():
    root, ours = logging.getLogger(), logging.getLogger("timebooks")
    before = root.handlers[:], root.level, ours.level
    stream = io.StringIO()
    write_logs(stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:], root.level = before[0], before[1]
    ours.setLevel(before[2])


def test_a_line_is_one_json_object_with_its_instant_and_fields(lines):
    log("job.done", job=7, kind="push", organisation="org-1", status=None)
    [line] = lines()
    assert datetime.fromisoformat(line.pop("at")).tzinfo
    assert line == {"level": "info", "event": "job.done", "job": 7, "kind": "push", "organisation": "org-1"}


def test_canaries_in_fields_that_are_not_on_the_list_never_reach_the_line(lines):
    for canary in CANARIES:
        log("x", body=canary, note=canary, token=canary, authorization=canary, person={"name": canary}, message=canary)
    text = json.dumps(lines())
    assert not any(canary in text for canary in CANARIES)
    assert lines()[0]["left_out"] == ["authorization", "body", "message", "note", "person", "token"]


def test_a_value_that_is_no_plain_text_or_number_is_told_by_its_type_only(lines):
    log("x", subject={"name": CANARIES[0]}, code=ValueError(CANARIES[0]), where=b"bytes", count=1.5)
    assert {lines()[0][name] for name in ("subject", "code", "where", "count")} == {
        "<dict>",
        "<ValueError>",
        "<bytes>",
        "<float>",
    }


def test_values_are_shortened_and_cannot_forge_a_line(lines):
    log("x", code="y" * 500, subject='a\n{"event": "forged"}')
    [line] = lines()
    assert len(line["code"]) == LONGEST and "\n" not in line["subject"]


def test_what_a_library_says_is_not_repeated_only_who_said_it_and_where(lines):
    try:
        raise ValueError(CANARIES[0])
    except ValueError:
        logging.getLogger("sqlalchemy.engine").error("params: %s", CANARIES[0], exc_info=True)
    logging.getLogger("urllib3").info("not even this much below warning")
    [line] = lines()
    assert (line["event"], line["name"], line["error"]) == ("library", "sqlalchemy.engine", "ValueError")
    assert CANARIES[0] not in json.dumps(line)


def test_no_allowed_field_is_named_after_something_secret_or_personal():
    assert not FIELDS & {
        "token",
        "secret",
        "password",
        "body",
        "note",
        "notes",
        "email",
        "address",
        "authorization",
        "query",
        "url",
        "text",
    }
