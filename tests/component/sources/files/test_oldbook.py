"""A workbook of the format before 2007 gives the same cells as its report in the later one, and no bomb goes off."""

import io
import resource
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from struct import pack

import pytest
from olefile import OleFileIO

from services.ingest.sources.files.cells import Limits
from services.ingest.sources.files.container import contained
from services.ingest.sources.worklog.layout import OWN
from tests.component.sources.files.oldbooks import ERROR, NO_RESULT, compound, oldbook
from tests.component.sources.files.opening import cells, opened, refusal
from tests.component.sources.reading import entries
from tests.component.sources.spreadsheet import workbook

ROW = [date(2026, 3, 2), datetime.fromisoformat("2026-03-02T09:15:30"), time(9, 15), Decimal("1.5"), True, "é & ü", "", "z"]
ROWS = [["Day", "From", "At", "Hours", "Paid", "Notes", "", "More"], ROW]


def test_the_cells_are_those_of_the_same_sheet_in_the_later_format():
    book = opened(oldbook({"März": ROWS, "Second": [["x"]]}))
    assert (book.kind, book.tables, book.facts) == ("xls", ("März", "Second"), ())
    assert [line.cells for line in book.lines()] == ROWS == cells(workbook(ROWS))
    assert [line.cells for line in book.lines("Second")] == [["x"]]


def test_durations_of_more_than_a_day_are_durations():
    assert cells(oldbook({"A": [[timedelta(hours=210, minutes=30)]]})) == [[timedelta(hours=210, minutes=30)]]


def test_rows_keep_their_numbers():
    found = [(line.number, line.cells) for line in opened(oldbook({"A": [["x"], ["y"]]}, first_row=3)).lines()]
    assert found[-2:] == [(4, ["x"]), (5, ["y"])]


def test_errors_and_formulas_without_a_result_are_told_for_their_own_sheet():
    book = opened(oldbook({"A": [["a", "b", "c"], [ERROR, "x", NO_RESULT]], "B": [["a", "b"], ["y", "z"]]}, first_column=2))
    assert [(line.cells, dict(line.faults)) for line in book.lines("A")][-1] == (
        ["", "x", ""],
        {0: "error_value", 2: "formula_without_value"},
    )
    assert [dict(line.faults) for line in book.lines("B")] == [{}, {}]


def test_our_own_layout_is_read_from_it():
    rows = [["date", "person", "duration", "rate"], [date(2026, 3, 2), "Ada Sample", timedelta(hours=30), Decimal("85.5")]]
    (entry,) = entries(oldbook({"Report": rows}), OWN)
    assert (entry.seconds, entry.rate) == (108_000, Decimal("85.5"))


def test_texts_that_reach_over_records_are_whole():
    texts = [f"{at} " + "é" * 3_000 for at in range(9)]
    assert cells(oldbook({"A": [[text] for text in texts]})) == [[text] for text in texts]


def shared(times: int) -> bytes:
    """A text of 3,000 characters that so many cells name."""
    data = oldbook({"A": [["x" * 3_000], *[[f"{at}"] for at in range(1, times)]]})
    for at in range(1, times):  # each cell's place in the table of texts becomes 0
        record = (0xFD).to_bytes(2, "little") + b"\x0a\0" + at.to_bytes(2, "little") + b"\0\0\0\0"
        data = data.replace(record + at.to_bytes(4, "little"), record + b"\0\0\0\0")
    return data


REFUSED = {
    "a cell far away": (oldbook({"A": [["x"]]}, first_row=65_000, first_column=250), Limits(), "file_too_large", "cells"),
    "many sheets": (
        oldbook({f"S{at}": [["x"]] for at in range(9)}, first_row=9_999, first_column=200),
        Limits(),
        "file_too_large",
        "cells",
    ),
    "a long text named often": (shared(50), Limits(texts=149_999), "file_too_large", "150000 characters"),
    "bytes": (oldbook({"A": [["x"]]}), Limits(packed=1_000), "file_too_large", "1000"),
    "a password": (oldbook({"A": [["x"]]}, more=b"\x2f\0\2\0\0\0"), Limits(), "encrypted_file", "password"),
    "a later workbook with a password": (compound({"EncryptedPackage": b"x"}), Limits(), "encrypted_file", "password"),
    "another document": (compound({"WordDocument": b"x"}), Limits(), "damaged_workbook", "no spreadsheet"),
    "cut off": (oldbook({"A": [["x"]]})[:2_000], Limits(), "damaged_workbook", "damaged"),
}


@pytest.mark.parametrize(("data", "limits", "code", "said"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_read_is_refused_with_its_reason(data, limits, code, said):
    problem = refusal(data, limits=limits)
    assert (problem.code, said in problem.cause) == (code, True)


def test_a_file_over_which_the_reader_falls_is_damaged():
    data = bytearray(oldbook({"A": [["x"]]}))
    at = data.index(b"\x85\0\x0a\0") + 4  # where the sheet begins: beyond the end of the file
    data[at : at + 4] = b"\xff\xff\0\0"
    assert refusal(bytes(data)).code == "damaged_workbook"


def test_a_chain_of_sectors_that_leads_round_takes_no_memory():
    rows = [["Date", "Hours"], ["2026-03-02", "8:00"]]
    whole = oldbook({"Work": rows})
    links = len(whole) - 512
    round_ = whole[: links + 7 * 4] + (0).to_bytes(4, "little") + whole[links + 8 * 4 :]  # its last sector's next is its first
    assert whole[links + 7 * 4 : links + 8 * 4] == b"\xfe\xff\xff\xff"
    with at_most(512 * 1024**2):
        assert cells(round_) == rows


def test_a_sheet_that_ends_before_it_begins_is_damaged():
    dimensions = pack("<HHIIHHH", 0x200, 14, 9_216, 768, 0, 6, 0)  # from row 9,216 to row 768
    with at_most(512 * 1024**2):
        assert refusal(oldbook({"Work": [["Date"], ["2026-03-02"]]}, more=dimensions)).code == "damaged_workbook"


def test_the_container_holds_streams_of_any_size():
    for size in (1, 4_096, 9_000_001):
        stream = bytes([size % 251]) * size
        with OleFileIO(io.BytesIO(contained("Workbook", stream))) as parts:
            assert parts.openstream("Workbook").read().rstrip(b"\0") == stream


@contextmanager
def at_most(more: int):
    """No more memory than that beside what is taken already; beyond it the process ends."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + more, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
