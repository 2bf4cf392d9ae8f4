"""The commands about work tell a person what happened in words, and a script by the exit code."""

from __future__ import annotations

import json

import pytest

from services.cli import door, exits

GOOD = """\
time,t1,2026-03-02,09:00,12:00,3:00:00,,,Robin Vale,Moon Garage,Till,,60,USD,,,,,yes,Till repair
time,t2,2026-03-03,,,2:30:00,,,Robin Vale,Paper Lantern,Shop,,80,USD,,,,,yes,Counter
time,t3,2026-03-04,,,0:45:00,,,Robin Vale,Paper Lantern,Shop,,80,USD,,,,,no,Learning
"""
BAD = "time,t4,2026-03-05,,,x:30,,,Robin Vale,Moon Garage,Till,,60,USD,,,,,yes,\n"


def test_a_report_is_taken_whole(firm):
    code, out, _ = firm("import", firm.file(GOOD))
    assert code == exits.DONE
    assert "0 refused; 6:15:00 of work" in out
    assert out.endswith("next:  timebooks approve\n")


def test_a_bad_row_keeps_the_whole_report_out_and_is_named(firm):
    code, out, _ = firm("import", firm.file(GOOD + BAD))
    assert code == exits.FAILED
    assert "row 5: duration" in out
    assert "Nothing was stored" in out
    assert json.loads(firm("import", firm.file(GOOD), "--json")[1])["totals"]["unchanged"] == 0


def test_the_good_rows_are_kept_on_request(firm):
    code, out, _ = firm("import", firm.file(GOOD + BAD), "--partial")
    assert (code, "row 5: duration" in out) == (exits.PARTLY, True)
    assert json.loads(firm("import", firm.file(GOOD), "--json")[1])["totals"]["new"] == 0


def test_work_is_chosen_by_a_name_in_any_case(firm):
    firm("import", firm.file(GOOD))
    code, out, _ = firm("approve", "--client", "moon  GARAGE")
    assert (code, out.splitlines()[0]) == (exits.DONE, "1 entry approved.")


def test_a_name_that_nobody_has_is_said(firm):
    firm("import", firm.file(GOOD))
    code, _, err = firm("approve", "--person", "Nobody")
    assert (code, "No person called 'Nobody'" in err) == (exits.FAILED, True)


def test_composing_shows_clients_and_what_was_left_out(firm):
    firm("import", firm.file(GOOD))
    firm("approve")
    code, out, _ = firm("compose", "--from", "2026-03-01", "--to", "2026-03-31", "--deduct", "Deposit", "10%")
    assert code == exits.DONE
    clients = {line.split("  ")[1].strip() for line in out.splitlines() if line.startswith("INV-")}
    assert clients == {"Moon Garage", "Paper Lantern"}
    assert "162.00" in out  # 3 h at 60, less a tenth
    assert "left out: 2026-03-04 · 0:45:00 · Shop · Robin Vale:" in out


def test_nothing_to_bill_is_no_failure(firm):
    code, out, _ = firm("compose", "--from", "2026-03-01", "--to", "2026-03-31")
    assert (code, "Nothing to bill." in out) == (exits.DONE, True)


@pytest.mark.parametrize("line", ["plan", "push", "sync", "references", "disconnect --yes"])
def test_without_books_the_next_command_is_connect(firm, line):
    code, _, err = firm(*line.split())
    assert (code, "next:  timebooks connect" in err) == (exits.SIGN_IN, True)


def test_what_an_invoice_made_elsewhere_leaves_out_is_shown_and_decided(firm):
    firm("import", firm.file(GOOD))
    with door.opened() as opened:
        clients = opened.ingest("GET", "/records", kind="client")["items"]
        lantern = next(one["id"] for one in clients if one["name"] == "Paper Lantern")
        fee = {"description": "Flat fee", "quantity": 1, "rate": 300, "amount": 300}
        given = {"number": "WL-7", "client_id": lantern, "currency": "USD", "issued": "2026-03-31", "lines": [fee], "total": 300}
        opened.ingest("POST", "/invoices", {**given, "from": "2026-03-01", "to": "2026-03-31"})
    code, out, _ = firm("left-out", "WL-7")
    assert (code, [line.split()[:2] for line in out.splitlines()[1:]]) == (exits.DONE, [["2026-03-03", "time"]])
    assert "Invoice WL-7 leaves 1 entry out" in firm("problems")[1]
    assert firm("left-out", "WL-7", "--covered")[1] == "1 entry covered by it; 0 wait.\n"
    assert firm("left-out", "WL-7")[1] == "Invoice WL-7 leaves nothing out.\n"


def test_an_invoice_that_is_not_there_is_named(firm):
    code, _, err = firm("void", "INV-99")
    assert (code, "INV-99" in err) == (exits.FAILED, True)


def test_erasing_asks_first_and_ends_for_good(firm):
    firm("import", firm.file(GOOD))
    firm("approve")
    firm("compose", "--from", "2026-03-01", "--to", "2026-03-31")
    assert firm("erase", "--client", "Moon Garage", "--yes")[0] == exits.DONE
    assert "Moon Garage" not in firm("status")[1]
    assert firm("erase", "--client", "Moon Garage", "--yes")[0] == exits.FAILED  # nobody is called so any more
