"""An Excel workbook gives the same as its report in CSV, whatever types its cells have, and no bomb goes off."""

import io
import random
import struct
import zipfile
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest

from services.ingest.sources.files.cells import Limits
from services.ingest.sources.worklog.layout import OWN, Layout
from shared.kernel.errors import Invalid
from tests.component.sources.reading import entries, read, refused, results
from tests.component.sources.spreadsheet import Formula, cell, packed, workbook
from tests.sizes import size

HEAD = ["date", "person", "start", "end", "duration", "break", "rate", "billable", "notes"]
DAY, MOMENT = date(2026, 3, 2), datetime.fromisoformat("2026-03-02T09:15:30")
NAME = "report.xlsx"


def only(*values):
    (found,) = entries(workbook([HEAD, [DAY, "Ada Sample", *values]]))
    return found


def test_dates_times_and_durations_may_be_excels_own():
    found = only(time(9, 15, 30), time(17, 45, 0), timedelta(hours=8), timedelta(seconds=1770), Decimal("85.5"), True, "x")
    assert (found.date, found.seconds, found.break_seconds, found.rate, found.billable) == (
        DAY,
        28_800,
        1770,
        Decimal("85.5"),
        True,
    )
    assert (found.start.isoformat(), found.end.isoformat()) == ("2026-03-02T09:15:30", "2026-03-02T17:45:00")


def test_they_may_be_text_as_well():
    found = only("9:15:30", "17:45", "8:00:00", "0:29:30", "85.50", "no", 'a "b"\nc')
    assert (found.seconds, found.rate, found.billable, found.notes) == (28_800, Decimal("85.50"), False, 'a "b"\nc')


def test_start_and_end_may_be_whole_moments_and_a_midnight_is_one():
    found = only(datetime.fromisoformat("2026-03-02T00:00:00"), datetime.fromisoformat("2026-03-03T06:00:00"))
    assert (found.start.isoformat(), found.end.isoformat(), found.seconds) == (
        "2026-03-02T00:00:00",
        "2026-03-03T06:00:00",
        108_000,
    )


def test_the_moment_in_the_date_column_is_its_date():
    (found,) = entries(workbook([HEAD, [MOMENT, "Ada", "", "", "1:00"]]))
    assert found.date == DAY


def test_a_duration_in_a_cell_that_shows_a_time_of_day_is_one():
    assert only("", "", time(7, 30)).seconds == 27_000


def test_fractions_of_a_day_are_taken_to_the_nearest_second():
    for seconds in (1, 59, 1680, 3599, 28_799, 86_399):
        assert only("", "", timedelta(seconds=seconds)).seconds == seconds
        assert only(time(seconds // 3600, seconds // 60 % 60, seconds % 60), "", "0:00").start.second == seconds % 60


def test_of_a_formula_the_stored_result_is_read():
    assert only("", "", Formula("1680/86400", timedelta(seconds=1680))).seconds == 1680


def test_a_formula_without_a_result_is_empty_and_the_duration_follows_from_start_and_end():
    assert only(time(9), time(10, 30), Formula("D2-C2", None), "0:30").seconds == 3600


def test_a_plain_number_is_no_duration_unless_the_layout_says_its_unit():
    sheet = workbook([HEAD, [DAY, "Ada", "", "", Decimal("1.25")]])
    assert [error["column"] for error in results(sheet)[0].problem.facts["errors"]] == ["duration"]
    layout = Layout(columns={"date": ("date",), "person": ("person",), "duration": ("duration",)}, unit="h", decimal=",")
    assert entries(sheet, layout)[0].seconds == 4500


def test_a_number_is_the_one_that_excel_shows():
    assert only("", "", "1:00", "", Decimal("0.30000000000000004")).rate == Decimal("0.3")


def test_a_number_where_a_text_is_meant_is_its_digits():
    (found,) = results(workbook([["date", "person", "job", "duration"], [DAY, "Ada", Decimal(2026), "1:00"]]))
    assert [record.name for record in found.records[:-1]] == ["Ada", "2026"]


def test_rows_keep_the_numbers_that_the_sheet_shows():
    body = f'<row r="3">{"".join(map(cell, HEAD[:2]))}{cell("duration")}</row>'
    body += f'<row r="7">{cell(DAY)}{cell("Ada")}{cell("1:00")}</row>'
    found = read(packed(f"<sheetData>{body}</sheetData>"), Layout(columns=OWN.columns, closed=True, header=3), NAME)
    assert [row.number for row in found] == [7]


def test_blank_columns_on_the_left_change_nothing():
    sheet = "<sheetData>" + "".join(
        f'<row r="{row}">'
        + "".join(
            f'<c r="{column}{row}" t="inlineStr"><is><t>{text}</t></is></c>' for column, text in zip("CDE", texts, strict=True)
        )
        + "</row>"
        for row, texts in ((1, ("date", "person", "duration")), (2, ("2026-03-02", "Ada", "1:00")))
    )
    assert entries(packed(sheet + "</sheetData>"))[0].seconds == 3600


def test_the_sheet_is_the_first_or_the_named_one():
    sheet = workbook([HEAD, [DAY, "Ada", "", "", "1:00"]], sheet="März")
    named = Layout(columns={each: (each,) for each in HEAD}, sheet="März")
    assert entries(sheet, named)[0].seconds == 3600
    problem = refused(sheet, Layout(columns=named.columns, sheet="April"), NAME)
    assert (problem.code, "'März'" in problem.cause) == ("no_sheet", True)


def test_an_excel_error_refuses_its_row_when_its_column_is_read():
    error = '<c r="C{}" t="e"><f>1/0</f><v>#DIV/0!</v></c>'
    rows = [f'<row r="1">{cell("date")}{cell("person")}{cell("duration")}</row>']
    rows += [f'<row r="{at}">{cell(DAY)}{cell("Ada")}{error.format(at) if at == 3 else cell("1:00")}</row>' for at in (2, 3, 4)]
    good, bad, last = results(packed(f"<sheetData>{''.join(rows)}</sheetData>"))
    assert (good.problem, last.problem) == (None, None)
    assert (bad.problem.code, bad.problem.facts["row"], "'duration'" in bad.problem.cause) == ("error_value", 3, True)
    without = Layout(columns={"date": ("date",), "person": ("person",)}, constants={"duration": "1:00"})
    assert len(entries(packed(f"<sheetData>{''.join(rows)}</sheetData>"), without)) == 3


# ---- what is refused

TEXT = '<c t="s"><v>0</v></c>'
BOMBS = {
    "one cell far away": (
        packed('<sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'),
        Limits(),
        "cells",
    ),
    "one row far away": (packed("<sheetData><row r='9999999'><c r = \"ZZ1\"><v>1</v></c></row></sheetData>"), Limits(), "cells"),
    "a long text named often": (
        packed(f"<sheetData><row>{TEXT * 12_000}</row></sheetData>", shared=f"<si><t>{'x' * 60_000}</t></si>"),
        Limits(),
        "characters",
    ),
    "a long text named by a hidden number": (
        packed(
            f"<sheetData><row>{TEXT.replace('0', '&#48;') * 12_000}</row></sheetData>", shared=f"<si><t>{'x' * 60_000}</t></si>"
        ),
        Limits(),
        "characters",
    ),
    "a part that unpacks a thousand times": (
        packed("<sheetData/>", more={"xl/media/a.xml": " " * 2_000_000}),
        Limits(),
        "more than 100",
    ),
    "too much unpacked": (packed("<sheetData/>", more={"xl/a.xml": "ab" * 5_000}), Limits(unpacked=9_000), "more than 9000"),
    "too much packed": (workbook([HEAD]), Limits(packed=500), "more than 500"),
}


@pytest.mark.parametrize(("data", "limits", "said"), BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_refused_before_it_goes_off(data, limits, said):
    assert len(data) < 200_000
    problem = refused(data, OWN, NAME, limits)
    assert problem.code == "file_too_large"
    assert said in problem.cause


def rezipped(change) -> bytes:
    """A workbook whose archive is written anew by ``change(archive, name, text)``."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook([HEAD]))) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            change(new, name, old.read(name))
    return file.getvalue()


def with_flag(data: bytes, flag: int) -> bytes:
    """Every member marked with a flag, in the archive's directory."""
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        data = data[: at + 8] + struct.pack("<H", flag) + data[at + 10 :]
        at = data.find(b"PK\x01\x02", at + 4)
    return data


def understated() -> bytes:
    """A part that unpacks to more than the directory says."""
    data = packed("<sheetData/>", more={"xl/big.xml": "x" * 900_000})
    return data.replace(struct.pack("<I", 900_000), struct.pack("<I", 10))


DAMAGED = {
    "only its signature": b"PK\x03\x04",
    "cut off": workbook([HEAD])[:-40],
    "cut in half": workbook([HEAD])[:700],
    "another archive": rezipped(lambda new, name, text: new.writestr(name.replace("xl/", "yl/"), text)),
    "binary workbook": rezipped(lambda new, name, text: new.writestr(name.replace("workbook.xml", "workbook.bin"), text)),
    "open document": rezipped(lambda new, name, text: new.writestr(name.replace("xl/workbook.xml", "content.xml"), text)),
    "another packing": rezipped(lambda new, name, text: new.writestr(name, text, zipfile.ZIP_LZMA)),
    "broken XML": packed("<sheetData><row><c><v>1</row>"),
    "a place that is none": packed('<sheetData><row r="1"><c r="&#65;1"><v>1</v></c></row></sheetData>'),
    "a duration beyond all": packed(f'<sheetData><row>{cell("date")}</row><row><c s="4"><v>1E+300</v></c></row></sheetData>'),
    "more than it says": understated(),
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_workbook_is_refused(data):
    assert refused(data, Layout(columns={"date": ("date",)}), NAME).code in ("damaged_workbook", "bad_header", "binary_workbook")


def test_a_date_beyond_the_calendar_refuses_its_row():
    rows = f'<row>{cell("date")}{cell("person")}</row><row><c s="1"><v>1E+300</v></c>{cell("Ada")}</row>'
    (result,) = results(packed(f"<sheetData>{rows}</sheetData>"))
    assert [error["column"] for error in result.problem.facts["errors"]] == ["date"]


def test_a_protected_archive_is_refused_as_such():
    assert refused(with_flag(workbook([HEAD]), 1), OWN, NAME).code == "encrypted_file"


@pytest.mark.parametrize(
    ("rows", "said"),
    [([], "header row 1"), ([["date", "person", "durration"]], "'durration'"), ([["x"]], "lacks 'date', 'person'")],
)
def test_a_sheet_without_our_header_is_refused(rows, said):
    problem = refused(workbook(rows), OWN, NAME)
    assert problem.code == "bad_header"
    assert said in problem.cause


def test_any_damage_gives_records_or_reasons_and_nothing_else():
    """Bytes of the archive and of the XML inside it, changed at random."""
    whole = workbook([HEAD, [DAY, "Ada", time(9), time(10), timedelta(hours=1), "", Decimal(85), True, "x"]])
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    chance = random.Random(7)
    for _ in range(size("money_examples")):
        name = chance.choice(sorted(parts))
        changed = parts | {name: _damaged(parts[name], chance)}
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for each, text in changed.items():
                archive.writestr(each, text)
        for data in (file.getvalue(), _damaged(whole, chance)):
            try:
                for result in results(data, OWN, NAME):
                    assert not result.problem or result.problem.remedy
            except Invalid as problem:
                assert problem.remedy


def _damaged(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + chance.choice([b"", b"<", b'"', b"9", b"\x00", b"A"]) + data[at + chance.randrange(20) :]
