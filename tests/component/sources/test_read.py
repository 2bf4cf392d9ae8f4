"""A CSV file is read in flat memory, row by row as a spreadsheet numbers them, or refused with its reason."""

import io
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.sources.files.cells import Limits
from services.ingest.sources.worklog.layout import HEADER, OWN, Layout
from services.ingest.sources.worklog.normalize import normalize_rows
from services.ingest.sources.worklog.read import rows
from shared.kernel.errors import Invalid
from tests.component.sources.reading import own, read, refused
from tests.sizes import size

TWO = Layout(columns={"date": ("Day",), "notes": ("Text",)})


def two(text: str) -> bytes:
    return f"Day,Text\n{text}".encode()


def test_rows_are_numbered_as_a_spreadsheet_numbers_them():
    found = read(two('1,"over\ntwo lines"\n\n,\n2,x\n'), TWO)
    assert [(row.number, row.cells) for row in found] == [
        (2, {"Day": "1", "Text": "over\ntwo lines"}),
        (5, {"Day": "2", "Text": "x"}),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_every_line_end_and_a_byte_order_mark_are_read(end, mark):
    data = mark + two("1,é\n2,ü").decode().replace("\n", end).encode()
    assert [row.cells["Text"] for row in read(data, TWO)] == ["é", "ü"]


def test_quotes_inside_quotes_and_other_separators_are_read():
    layout = Layout(columns=TWO.columns, delimiter=";", encoding="cp1252")
    (row,) = read('Text;Day;Else\n"a ""b""; ß";1;9\n'.encode("cp1252"), layout)
    assert row.cells == {"Day": "1", "Text": 'a "b"; ß'}


def test_a_header_may_stand_further_down_and_have_other_blanks():
    layout = Layout(columns={"date": ("Start Date",)}, header=3)
    assert [row.number for row in read(b"Report\n,\n Start  Date ,\n1,\n", layout)] == [4]


def test_a_utf_16_file_is_read_when_the_layout_says_so():
    layout = Layout(columns=TWO.columns, encoding="utf-16")
    assert read(two("1,ü").decode().encode("utf-16"), layout)[0].cells["Text"] == "ü"


def test_content_a_path_and_a_stream_give_the_same_and_the_stream_stays_open(tmp_path):
    data = two("1,x")
    path = tmp_path / "report.csv"
    path.write_bytes(data)
    stream = io.BytesIO(data)
    assert list(rows(path, "report.csv", TWO)) == list(rows(stream, "report.csv", TWO)) == read(data, TWO)
    assert stream.seek(0) == 0


@pytest.mark.parametrize(
    ("line", "code"),
    [("1", "wrong_cells"), ("1,x,y", "wrong_cells"), ("1," + "x" * 65_537, "cell_too_long")],
    ids=["fewer", "more", "long"],
)
def test_a_row_that_can_not_be_taken_apart_is_named_and_the_others_are_read(line, code):
    good, bad, last = read(two(f"1,x\n{line}\n2,y\n"), TWO)
    assert (good.problem, last.problem) == (None, None)
    assert bad.problem is not None
    assert (bad.problem.code, bad.problem.facts) == (code, {"file": "report.csv", "row": 3})
    assert "'report.csv', row 3" in bad.problem.cause
    assert bad.problem.remedy


def test_empty_cells_beyond_the_last_column_do_no_harm():
    assert read(two("1,x,,\n"), TWO)[0].problem is None


LATER = {"csv": Limits(csv=50), "row": Limits(row=1_000)}
REFUSED = {
    "empty": (b"", OWN, "empty_file", ""),
    "blank": (b"\n\n", OWN, "bad_header", "lacks"),
    "header missing": (two("1,x"), Layout(columns=TWO.columns, header=9), "bad_header", "header row 9"),
    "other separator": (own().replace(b",", b";"), OWN, "bad_header", "lacks"),
    "mapped column missing": (b"Day,Note\n1,x\n", TWO, "bad_header", "lacks 'Text'; it has 'Day', 'Note'"),
    "mapped column twice": (b"Day,Text,Text\n1,x,y\n", TWO, "bad_header", "'Text' twice"),
    "column that is not ours": (b"date,person,durration\n", OWN, "bad_header", "'durration'"),
    "header with a control": (b"Day,Te\x07xt\n", TWO, "bad_header", "U+0007"),
    "Latin-1": (two("1,x\n2,Caf\xe9\n3,y\n").decode().encode("latin-1"), TWO, "bad_encoding", "row 3: the byte e9 after '2,Caf'"),
    "UTF-16": (two("1,x").decode().encode("utf-16"), TWO, "bad_encoding", "UTF-16"),
    "UTF-16 that is not": (two("1,x"), Layout(columns=TWO.columns, encoding="utf-16"), "bad_encoding", "utf-16"),
    "half a character": (two("1,x\n2,é")[:-1], TWO, "bad_encoding", "not utf-8"),
    "raw surrogate": (two("1,") + b"\xed\xa0\x80", TWO, "bad_encoding", "not utf-8"),
    "far down in a long cell": (two('1,"' + "x\n" * 20_000) + b'\xff"\n', TWO, "bad_encoding", "row 2: the byte ff"),
    "NUL": (two("1,x\n2,a\0b\n"), TWO, "nul", "row 3"),
    "cut off in a quoted cell": (two('1,x\n2,"never closed\n'), TWO, "truncated_file", "row 3"),
    "text after a quote": (two('1,"x"y\n'), TWO, "bad_csv", "row 2"),
    "an endless cell": (two('1,"' + "x\n" * 100_000 + '"'), TWO, "cell_too_long", "row 2"),
    "a damaged old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, OWN, "damaged_workbook", "damaged"),
    "a protected workbook": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
        OWN,
        "encrypted_file",
        "password",
    ),
}


@pytest.mark.parametrize(("data", "layout", "code", "said"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_can_not_be_read_as_a_whole_is_refused(data, layout, code, said):
    problem = refused(data, layout)
    assert problem.code == code
    assert said in problem.cause


def test_the_other_separator_is_suggested():
    assert "\"delimiter\": ';'" in refused(own().replace(b",", b";")).remedy


@pytest.mark.parametrize(
    ("data", "limits", "code"),
    [
        (two("1,x\n" * 20), Limits(csv=50), "file_too_large"),
        (two('1,"' + "x\n" * 1_500), Limits(row=1_000), "row_too_long"),
        (two("1," + "x" * 1_000), Limits(row=1_000), "row_too_long"),
    ],
    ids=["bytes of the file", "characters of a quoted row", "characters of a line"],
)
def test_a_limit_is_named_when_it_is_passed(data, limits, code):
    problem = refused(data, TWO, limits=limits)
    assert problem.code == code
    assert "50" in problem.cause or "1000" in problem.cause


def test_a_strange_file_name_is_shown_escaped():
    with pytest.raises(Invalid) as caught:
        read(b"", name="a\u202e\nb.csv")
    assert caught.value.cause.isprintable()


def test_a_large_file_is_read_in_flat_memory():
    line = b"2026-03-02,Ada Sample,1:00:00," + b"x" * 1_000 + b"\n"
    data = b"date,person,duration,notes\n" + line * 12_000  # 12 MB
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        assert sum(1 for _ in rows(io.BytesIO(data), "large.csv", OWN)) == 12_000
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000


GOOD = own(
    {"duration": "1:00:00", "notes": 'é, "x"'},
    {"start": "9:00", "end": "10:00", "client": "Açme"},
    {"kind": "expense", "amount": "5"},
)


@given(st.integers(0, len(GOOD) - 1), st.binary(max_size=3), st.integers(0, 3))
@settings(max_examples=size("money_examples"))
def test_a_damaged_file_gives_records_or_reasons_and_nothing_else(at, insertion, removed):
    data = GOOD[:at] + insertion + GOOD[at + removed :]
    try:
        for result in normalize_rows(rows(data, "report.csv", OWN), OWN, "org", "worklog"):
            assert bool(result.records) != bool(result.problem)
            assert result.problem is None or result.problem.remedy
    except Invalid as problem:
        assert problem.remedy


def test_our_header_is_the_issued_one():
    assert HEADER == (
        "kind,source_id,date,start,end,duration,break,overtime,person,client,job,tags,"
        "rate,currency,amount,distance,unit,category,billable,notes"
    )
