"""JSON gives a table for each list of objects, whatever is nested in them."""

import json
from decimal import Decimal

import pytest

from services.ingest.sources.files.cells import Limits
from tests.component.sources.files.opening import cells, opened, refusal

ENTRIES = """[{"id": 1, "user": {"name": "Ada", "team": {"id": 7}}, "hours": 1.50, "tags": ["a", "b"], "billable": true,
    "end": null},
    {"id": 2, "user": {"name": "Bo"}, "hours": "2", "tags": [{"name": "c"}, {"name": "d"}], "rate": 1e2}]"""
ROWS = [
    ["id", "user.name", "user.team.id", "hours", "tags", "billable", "end", "tags.name", "rate"],
    [1, "Ada", 7, Decimal("1.5"), "a, b", True, "", "", ""],
    [2, "Bo", "", "2", "", "", "", "c, d", 100],
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_list_of_objects_is_a_table(encoding):
    book = opened(ENTRIES.encode(encoding))
    assert (book.kind, book.tables, book.fact("encoding")) == ("json", ("",), encoding.removesuffix("-sig"))
    assert [line.cells for line in book.lines()] == ROWS
    assert [line.number for line in book.lines()] == [1, 2, 3]


def test_lists_inside_an_object_are_tables_of_their_own():
    text = f'{{"period": "March", "data": {{"entries": {ENTRIES}, "none": []}}, "people": [{{"name": "Ada"}}], "sizes": [1, 2]}}'
    book = opened(text)
    assert book.tables == ("data.entries", "people")
    assert [line.cells for line in book.lines("data.entries")] == ROWS
    assert [line.cells for line in book.lines("people")] == [["name"], ["Ada"]]


def test_lists_of_lists_are_rows():
    assert cells('[["Date", "Hours"], ["2026-03-02", 1.5], [null, [1, 2]]]') == [
        ["Date", "Hours"],
        ["2026-03-02", Decimal("1.5")],
        ["", "1, 2"],
    ]


def test_numbers_are_exactly_those_of_the_text():
    assert cells('[{"a": 0.30000000000000004, "b": 12345678901234567}]')[1] == [Decimal("0.30000000000000004"), 12345678901234567]


REFUSED = {
    "no list": ('{"a": {"b": [1, 2]}}', Limits(), "no_table", "without a list"),
    "an empty list": ("[]", Limits(), "no_table", "without a list"),
    "two lists of one name": ('{"a": {"b": [{}]}, "a.b": [{}]}', Limits(), "no_table", "one name"),
    "objects and others": ('{"x": [{"a": 1}, 5]}', Limits(), "bad_json", "number 2 is 5"),
    "deep": ("[" * 5_000 + "]" * 5_000, Limits(), "bad_json", "32 deep"),
    "cut off": ('[{"a": 1}, {"a"', Limits(), "bad_json", "not JSON"),
    "a key twice": ('[{"a": 1, "a": 2}]', Limits(), "bad_json", "twice"),
    "no number": ('[{"a": NaN}]', Limits(), "bad_json", "NaN"),
    "bytes": ('[{"a": 1}]', Limits(packed=5), "file_too_large", "5"),
    "members": (json.dumps([{f"a{at}": 1} for at in range(100)]), Limits(area=999), "file_too_large", "100 different members"),
}


@pytest.mark.parametrize(("text", "limits", "code", "said"), REFUSED.values(), ids=REFUSED)
def test_json_is_refused_with_its_reason(text, limits, code, said):
    problem = refusal(text, limits=limits)
    assert (problem.code, said in problem.cause) == (code, True)


def test_json_in_another_encoding_is_refused():
    assert refusal('[{"a": "é"}]'.encode("cp1252")).code == "bad_encoding"


def test_a_cell_beyond_the_limit_is_told_with_its_row():
    _, long, good = opened(f'[{{"a": "{"x" * 101}"}}, {{"a": "y"}}]', limits=Limits(cell=100)).lines()
    assert (long.problem.code, good.cells) == ("cell_too_long", ["y"])


@pytest.mark.parametrize(
    "content", [b"%PDF-1.7", b"\x89PNG\r\n", b"\xff\xd8\xff\xe0", b"\x1f\x8b\x08", b"{\\rtf1", b"MIME-Version: 1.0"]
)
def test_a_file_of_another_kind_is_named(content):
    problem = refusal(content + b"x" * 100)
    assert (problem.code, "which holds no table" in problem.cause) == ("wrong_kind", True)
