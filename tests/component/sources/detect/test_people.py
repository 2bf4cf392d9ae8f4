"""Whose work the rows are: said by lines of their own, or asked for each table; one answer never makes two people one."""

import pytest

from services.ingest.sources.worklog.normalize import normalize_rows
from services.ingest.sources.worklog.read import rows
from shared.kernel.errors import Invalid
from tests.component.sources.detect.detecting import asked, detected, results, said, table


def people(data, **answers):
    """The person of each entry."""
    found = results(data, **answers)
    assert [each.problem for each in found if each.problem] == []
    return [each.records[0].name for each in found if each.entry]


ROW, OTHER = "2024-03-04,Lamp,1", "2024-03-05,Wick,2"


@pytest.mark.parametrize(
    "lines",
    [
        ("Employee: Ada Sample,,", "Date,Project,Hours", ROW, "Employee: Kim Sample,,", OTHER),
        ("Employee: Ada Sample,,", "Date,Project,Hours", ROW, ",,", "Employee: Kim Sample,,", "Date,Project,Hours", OTHER),
        ("Date,Project,Hours", "Employee,Ada Sample,", ROW, "Total,,1", "Employee,Kim Sample,", OTHER, "Total,,2"),
        ("Date,Project,Hours", "Mitarbeiter: Ada Sample", ROW, "Mitarbeiter: Kim Sample", OTHER),
    ],
)
def test_a_line_with_a_word_for_a_person_says_whose_the_rows_below_are(lines):
    assert people(table(*lines)) == ["Ada Sample", "Kim Sample"]
    assert {"Ada Sample", "Kim Sample"} <= said(table(*lines), "person").keys()


def test_lines_of_one_text_between_the_rows_are_asked_about_and_no_answer_makes_two_people_one():
    data = table("Ada Sample,,", "Date,Project,Hours", ROW, ",,", "Kim Sample,,", "Date,Project,Hours", OTHER)
    assert asked(data) == ["person:headings"]
    assert people(data, person__headings="people") == ["Ada Sample", "Kim Sample"]
    assert asked(data, person__headings="none") == ["person"]
    weeks = table("Date,Project,Hours", "Week 1,,", ROW, "Week 2,,", OTHER)
    assert people(weeks, person__headings="none", person="Ida Sample") == ["Ida Sample", "Ida Sample"]


def test_rows_above_the_first_heading_are_asked_for_on_their_own():
    data = table("Date,Project,Hours", ROW, "Employee: Kim Sample,,", OTHER)
    assert asked(data) == ["person"]
    assert people(data, person="Ada Sample") == ["Ada Sample", "Kim Sample"]


def test_each_table_without_a_person_is_asked_for_on_its_own():
    data = table("Date,Hours,,", "2024-03-04,1,,", ",,,", "Date,Category,Amount (EUR),", "2024-03-05,Ferry,12.50,")
    assert asked(data) == ["person:row 1", "person:row 4"]
    found = people(data, **{"person:row 1": "Ada Sample", "person:row 4": "Kim Sample"})
    assert found == ["Ada Sample", "Kim Sample"]


def test_a_saved_layout_refuses_the_rows_below_a_name_that_it_does_not_know():
    data = table("Ada Sample,,", "Date,Project,Hours", ROW, "Kim Sample,,", OTHER)
    layout = detected(data, person__headings="people").layout
    other = table("Ada Sample,,", "Date,Project,Hours", ROW, "Lee Sample,,", OTHER)
    found = list(normalize_rows(rows(other, "report", layout), layout, "org", "worklog"))
    assert [each.problem.code if each.problem else each.records[0].name for each in found] == [
        "Ada Sample", "bad_time", "missing_person",
    ]  # fmt: skip


def test_a_title_at_the_top_may_name_nobody_while_the_lines_below_do():
    data = table("March report,,", "Date,Project,Hours", ROW, "Kim Sample,,", OTHER)
    assert asked(data, person__headings="between") == ["person"]
    assert people(data, person__headings="between", person="Ada Sample") == ["Ada Sample", "Kim Sample"]


def test_two_names_above_the_rows_are_asked_about_or_refused():
    data = table("Employee: Ada Sample,,", "User: Kim Sample,,", "Date,Project,Hours", ROW)
    assert asked(data) == ["person"]
    with pytest.raises(Invalid, match="name 'Ada Sample', 'Kim Sample'"):
        detected(data + b"Employee: Lee Sample,,\n2024-03-06,Lamp,1\n")


MERGED = ("Person,Date,Hours", "Ada Sample,2024-03-04,1", ",2024-03-05,2", "Kim Sample,2024-03-04,1", ",2024-03-05,2")


def test_an_empty_cell_may_stand_for_the_name_above_it():
    assert asked(table(*MERGED)) == ["person"]
    assert people(table(*MERGED), person="above") == ["Ada Sample", "Ada Sample", "Kim Sample", "Kim Sample"]
    assert people(table(*MERGED), person="Lee Sample") == ["Ada Sample", "Lee Sample", "Kim Sample", "Lee Sample"]


def test_below_a_sum_no_name_holds_on():
    found = results(table(*MERGED, "Total,,6", ",2024-03-06,1"), person="above")
    assert found[-1].problem.code == "missing_field"


def test_a_client_of_some_rows_alone_is_told_not_carried_down():
    data = table("Client,Date,User,Hours", "Lamp Works,2024-03-04,Ida,1", ",2024-03-05,Ida,2")
    assert said(data, "empty") == {"client": "row 3 has no client, and takes none from the row above it"}
