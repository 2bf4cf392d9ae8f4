"""The import command shows what a report would change, and changes and deletes only what somebody agreed to."""

from __future__ import annotations

import io
import json
import re
import shlex
import sys

import pytest

from services.cli import exits
from tests.journeys.test_guide import ROOT, steps

ROW = "time,{},2026-03-{},,,{},,,Robin Vale,Moon Garage,Till,,60,USD,,,,,yes,Till repair\n"
FIRST = ROW.format("t1", "02", "3:00:00") + ROW.format("t2", "03", "2:30:00") + ROW.format("t3", "04", "1:00:00")
EDITED = FIRST.replace("2:30:00", "2:45:00")
SHORTER = ROW.format("t1", "02", "3:00:00") + ROW.format("t3", "04", "1:00:00")


@pytest.fixture
def says(monkeypatch):
    """Somebody sits at the terminal and types these lines."""

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    return lambda *lines: monkeypatch.setattr(sys, "stdin", Terminal("".join(f"{line}\n" for line in lines)))


def _beside(firm, rows):
    """What importing these rows would do: new, changed, unchanged; nothing is stored."""
    totals = json.loads(firm("import", firm.file(rows), "--preview", "--json")[1])["totals"]
    return totals["new"], totals["changed"], totals["unchanged"]


def test_an_edited_report_shows_the_difference_and_stores_nothing(firm):
    assert firm("import", firm.file(FIRST), "--preview")[1].startswith("report.csv: 3 new, ")
    firm("import", firm.file(FIRST))
    code, out, _ = firm("import", firm.file(EDITED))
    assert code == exits.ASKED
    assert "row 3: 2026-03-03 · Till · Robin Vale: duration 2:30:00 -> 2:45:00" in out
    assert "Nothing was stored" in out
    assert _beside(firm, FIRST) == (0, 0, 3)


def test_an_edited_report_is_taken_with_yes_or_when_the_person_says_so(firm, says):
    firm("import", firm.file(FIRST))
    code, out, _ = firm("import", firm.file(EDITED), "--yes")
    assert (code, "1 changed" in out, _beside(firm, EDITED)) == (exits.DONE, True, (0, 0, 3))
    says("n")
    assert firm("import", firm.file(FIRST))[0] == exits.INTERRUPTED
    assert _beside(firm, EDITED) == (0, 0, 3)
    says("y")
    code, _, err = firm("import", firm.file(FIRST))
    assert (code, "duration 2:45:00 -> 2:30:00" in err, _beside(firm, FIRST)) == (exits.DONE, True, (0, 0, 3))


def test_what_vanished_is_deleted_only_when_somebody_says_so(firm, says):
    firm("import", firm.file(FIRST))
    code, out, _ = firm("import", firm.file(SHORTER))
    assert (code, "no longer there: 2026-03-03 · 2:30:00 · Till · Robin Vale" in out) == (exits.ASKED, True)
    firm("import", firm.file(SHORTER), "--yes")
    says("n")
    firm("import", firm.file(SHORTER))
    assert _beside(firm, FIRST) == (0, 0, 3)
    assert "1 deleted" in firm("import", firm.file(SHORTER), "--delete-vanished")[1]
    assert _beside(firm, FIRST) == (0, 1, 2)  # it would come back


def test_warnings_are_told_with_their_rows(firm):
    sunday = ROW.format("t1", "01", "17:00:00")
    code, out, _ = firm("import", firm.file(sunday))
    assert code == exits.DONE
    assert "look:  1 row is of more than 16 hours (a forgotten timer?), the first 17:00:00 on 2026-03-01. (row 2)" in out
    assert "look:  1 row is on a Saturday or Sunday, the first on 2026-03-01. (row 2)" in out

PROFILE = {
    "timebooks_profile": 1,
    "name": "Clock app",
    "source": "clock",
    "layout": {"columns": {"date": "Day", "person": "Who", "duration": "Hours"}, "date": "DD.MM.YYYY", "unit": "h"},
    "recognised": {"kind": "csv", "headers": ["Day", "Hours", "Who"]},
}


def test_a_profile_is_kept_shown_as_a_file_used_and_deleted(firm, tmp_path):
    kept, report = tmp_path / "clock.json", tmp_path / "clock.csv"
    kept.write_text(json.dumps(PROFILE))
    report.write_text("Day,Who,Hours\n02.03.2026,Robin Vale,1.5\n")
    assert firm("profiles", "save", str(kept))[:2] == (exits.DONE, "Profile Clock app is kept.\n")
    code, shown, _ = firm("profiles", "show", "clock APP")
    assert (code, json.loads(shown)) == (exits.DONE, PROFILE)
    assert firm("import", str(report))[1].startswith("clock.csv (profile Clock app): 1 new, ")
    kept.write_text(shown.replace("clock APP", "x").replace('"h"', '"min"'))
    assert firm("profiles", "save", str(kept))[1] == "Profile Clock app is changed.\n"
    assert "Clock app  clock   3 columns (csv)" in firm("profiles", "list")[1]
    assert firm("profiles", "delete", "Clock app")[0] == exits.DONE
    code, _, err = firm("profiles", "show", "Clock app")
    assert (code, "There is no profile called 'Clock app'" in err) == (exits.FAILED, True)

OPEN = "Date;Person;Project;Duration\n01/02/2026;Robin Vale;Till;7,5\n"


def test_open_questions_are_told_with_what_answers_them(firm, tmp_path):
    report = tmp_path / "clock.csv"
    report.write_text(OPEN)
    code, out, _ = firm("import", str(report))
    assert code == exits.ASKED
    assert "  --answer date_order=D-M-Y  the day first, then the month: 01/02/2026 is 1 February 2026\n" in out
    code, out, _ = firm("import", str(report), "--json")
    assert (code, {one["id"] for one in json.loads(out)["questions"]}) == (exits.ASKED, {"date_order", "unit"})
    code, out, _ = firm("import", str(report), "--answer", "date_order=M-D-Y", "--answer", "unit=h")
    assert (code, "clock.csv (profile clock): 1 new, " in out, "7:30:00 of work" in out) == (exits.DONE, True, True)
    assert firm("import", str(report), "--answer", "unit")[0] == exits.USAGE


def test_the_person_at_the_terminal_is_asked(firm, tmp_path, says):
    report = tmp_path / "clock.csv"
    report.write_text(OPEN)
    says("3", "1", "1")  # there is no third order of the date: asked again
    code, out, err = firm("import", str(report))
    assert (code, "7:30:00 of work" in out) == (exits.DONE, True)
    assert "  1  the day first, then the month: 01/02/2026 is 1 February 2026\n" in err
    assert "decimal: , (7,5 in row 2 has , before its decimals)" in err
    assert json.loads(firm("import", str(report), "--json")[1])["totals"]["from"] == "2026-02-01"


def test_the_guide_to_importing_does_what_it_says(firm, monkeypatch):
    monkeypatch.chdir(ROOT)
    said = [firm(*shlex.split(line)[1:]) for _, line in steps("import-a-report.md")]
    asks, preview, first, _, shown, changes, taken, again, listed, invoices, once_more = said
    assert [code for code, _, _ in said] == [7, 0, 0, 0, 0, 7, 0, 0, 7, 0, 0]
    page = (ROOT / "docs" / "guide" / "import-a-report.md").read_text("utf-8")
    for block in re.findall(r"(?:^    .*\n|^\n)+", page, re.MULTILINE):
        for line in filter(None, map(str.strip, block.splitlines())):
            assert line in asks[1] + changes[1] + listed[1], line
    assert "3 new, 0 changed, 0 unchanged, 0 refused; 9:45:00 of work (not stored)" in preview[1]
    assert "3 new, 0 changed, 0 unchanged, 0 refused; 9:45:00 of work\n" in first[1]
    assert json.loads(shown[1])["layout"]["constants"]["person"] == "Robin Vale"
    assert "1 new, 1 changed, 2 unchanged, 0 refused; 12:00:00 of work\n" in taken[1]
    assert "0 new, 0 changed, 4 unchanged, 0 refused; 12:00:00 of work\n" in again[1]
    assert "2 new, 0 changed, 0 unchanged, 0 refused; 1 invoice\n" in invoices[1]
    assert "0 new, 0 changed, 2 unchanged, 0 refused; 1 invoice\n" in once_more[1]
