"""What composing looks at: whatever somebody has been paid for years costs nothing, until something about it changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from services.xero_connector import owing
from shared.connector.models import connection
from shared.platform.db import reading
from tests.journeys import payday
from tests.journeys.clerks import PEOPLE, Office, PayStage


@pytest.fixture
def office(pay_stage: Callable[[str], PayStage]) -> Iterator[Office]:
    """On its first morning: a is paid, and its period over; b and d are on drafts."""
    stage = pay_stage("au1")
    with stage.timed():
        stage.again()
        office = Office(stage)
        composed(office)
        yield office


def composed(office: Office) -> None:
    office.approve()
    office.settle()
    payday.press_go(office, "ours")


def looked_at(office: Office) -> set[str]:
    """The entries that the next composing of everybody would look at."""
    names = {record: name for name, (_, record) in office.ids.items()}
    people = [office.ids[who][1] for who in ("wanda", "fern")]
    with reading(office.product.xero.db) as session:
        organisation = session.execute(sa.select(connection.c.organisation)).scalar_one()
        found = owing.of(session, organisation, office.connection, people)
    return {names[one.entry] for one in found.work}


def lines(office: Office, start: str) -> list[tuple[str, tuple[str, ...], int]]:
    """Day, kinds of pay and seconds of Wanda's timesheet that begins on a day."""
    [sheet] = [one for one in payday.sheets(office) if one["who"] == "wanda" and str(one["start"]) == start]
    return sorted((line["date"], tuple(line["kinds"]), line["seconds"]) for line in sheet["body"]["lines"])


def test_what_a_processed_timesheet_pays_is_not_looked_at_until_it_changes(office):
    assert looked_at(office) == {"b", "d"}
    office.log("a", date="2026-10-28", seconds=28_800)
    office.settle()
    assert looked_at(office) == {"a", "b", "d"}
    office.log("a", date="2026-10-28", seconds=27_360)
    composed(office)
    assert looked_at(office) == {"b", "d"}


def test_what_is_paid_when_its_pay_run_is_taken_back_is_looked_at_again(office):
    office.pay_run("reopen", 0)
    office.sync()
    office.settle()
    assert looked_at(office) == {"a", "b", "d"}


def test_somebody_linked_anew_is_composed_of_everything(office):
    theirs = office.emulator.employees(office.tenant)
    other = next(theirs[name] for name in sorted(theirs) if name not in PEOPLE["au"].values())
    link = {"kind": "employee", "local": office.ids["wanda"][1], "currency": "", "remote": other}
    office.product.post("xero", f"/connections/{office.connection}/references", link, method="PUT")
    assert looked_at(office) == {"a", "b", "d"}


def test_a_week_is_counted_whole_though_most_of_it_is_paid(office):
    rule = {"weekly": [{"after": "7:36:00", "kind": "overtime"}]}  # as much as a, of Wednesday the 28th of October
    office.product.post("xero", f"/connections/{office.connection}/overtime", rule, method="PUT")
    office.log("c", date="2026-10-30", seconds=3_600)
    composed(office)
    assert lines(office, "2026-11-02") == [
        ("2026-11-02", ("ordinary",), 27_000),
        ("2026-11-02", ("overtime",), 5_400),
    ]


def test_work_that_leaves_a_week_is_not_counted_for_it_any_more(office):
    rule = {"weekly": [{"after": "7:36:00", "kind": "overtime"}]}
    office.product.post("xero", f"/connections/{office.connection}/overtime", rule, method="PUT")
    office.log("c", date="2026-10-30", seconds=3_600)
    composed(office)
    office.sheet("pay", 1)
    office.sync()
    office.settle()
    assert looked_at(office) == {"d"}
    office.log("a", date="2026-11-11", seconds=27_360)
    office.settle()
    office.approve()
    office.settle()
    assert looked_at(office) == {"a", "c", "d"}  # c is no overtime any more, and there is none to take it back from
