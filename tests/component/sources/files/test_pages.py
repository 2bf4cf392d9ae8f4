"""An HTML page gives its tables as a reader sees them, and nothing of it runs, loads or grows."""

import pytest

from services.ingest.sources.files.cells import Limits
from tests.component.sources.files.opening import cells, opened, refusal

HEAD = "<!DOCTYPE html><html><head><title>no line</title><style>td{}</style></head><body>"


def test_a_table_gives_rows_under_what_is_written_above_it():
    page = f"""{HEAD}<h1>Hours of <b>March</b></h1><p>01.03.2026 - 31.03.2026</p>
    <table><thead><tr><th>Date</th><th>Person</th><th>Hours</th></tr></thead>
    <tbody><tr><td> 02.03.2026 </td><td>Ada
       Sample</td><td>1,50</td></tr><tr></tr></tbody></table><p>Total 1,50</p></body></html>"""
    book = opened(page)
    assert (book.kind, book.tables, book.fact("encoding")) == ("html", ("Table 1",), "utf-8")
    assert [(line.number, line.cells) for line in book.lines()] == [
        (1, ["Hours of March"]),
        (2, ["01.03.2026 - 31.03.2026"]),
        (3, ["Date", "Person", "Hours"]),
        (4, ["02.03.2026", "Ada Sample", "1,50"]),
        (5, []),
        (6, ["Total 1,50"]),
    ]
    assert list(book.lines()) == list(book.lines())


def test_tables_go_by_their_captions_or_numbers():
    page = "<table><caption>Time</caption><tr><td>a</table>between<table><tr><td>b</table><table><tr><td> </table>"
    book = opened(page + "<table><caption>Time</caption><tr><td>c</table>after")
    assert book.tables == ("Table 1", "Table 2", "Table 3")
    assert opened(page).tables == ("Time", "Table 2")
    assert [[line.cells for line in book.lines(table)] for table in book.tables] == [
        [["a"]],
        [["between"], ["b"]],
        [["c"], ["after"]],
    ]


def test_a_cell_over_several_columns_stands_in_the_first_of_them():
    assert cells("<table><tr><td colspan=3>March<td>x<tr><td>a<td>b<td>c<td>d</table>") == [
        ["March", "", "", "x"],
        ["a", "b", "c", "d"],
    ]


def test_a_cell_over_several_rows_stands_in_each_but_what_is_counted_stands_once():
    page = "<table><tr><td rowspan=3>02.03.2026<td>Ada<td rowspan=2>3:30<tr><td>Bo<tr><td>Cy<td>1:00<tr><td>03.03.2026</table>"
    assert cells(page) == [["02.03.2026", "Ada", "3:30"], ["02.03.2026", "Bo", ""], ["02.03.2026", "Cy", "1:00"], ["03.03.2026"]]
    assert cells("<table><tr><td rowspan=0>x<td>a<tr><td>b<tbody><tr><td>c</table>") == [["x", "a"], ["x", "b"], ["c"]]
    assert cells("<table><tr><td rowspan=2 colspan=2>x<td>a<tr><td>b</table>") == [["x", "", "a"], ["x", "", "b"]]


def test_a_table_inside_a_cell_is_a_table_of_its_own():
    page = "<table><tr><td>left<td>before<table><tr><td>in<td>ner</table>after<tr><td>1<td>2</table>"
    book = opened(page)
    assert [[line.cells for line in book.lines(table)] for table in book.tables] == [
        [["left", "beforeafter"], ["1", "2"]],
        [["in", "ner"]],
    ]


def test_a_table_that_only_arranges_others_is_none():
    assert opened("<table><tr><td><table><tr><td>x</table><td> &nbsp; </table>").tables == ("Table 1",)


def test_rows_of_a_foot_come_last():
    assert cells("<table><tfoot><tr><td>sum</tfoot><tbody><tr><td>a<tr><td>b</tbody></table>") == [["a"], ["b"], ["sum"]]


def test_marks_lines_and_blanks_read_as_they_are_seen():
    page = "<table><tr><td>a&amp;b&eacute;&#8364;<br>c<p>d</p><td>1&nbsp;234,50&nbsp;<td>x<!-- no --><i>y</i> z</table>"
    assert cells(page) == [["a&bé€\nc\nd", "1\u00a0234,50", "xy z"]]


RAISED = ["1<sup>30</sup>", "1<sup><b>30</b></sup>", "1<small>30</small>", "<sup>1</sup>30", "1<sub>30</sub>"]


@pytest.mark.parametrize("cell", RAISED)
def test_raised_digits_do_not_run_into_those_beside_them(cell):
    lines = opened(f"<table><tr><td>{cell}<td>2<sup>nd</sup> day<td>4<tr><td><small>3</small></table>".encode()).lines()
    assert [line.cells for line in lines] == [["1^30", "2nd day", "4"], ["3"]]


def test_what_is_not_seen_is_not_read():
    page = """<table><tr><td><span style="display: none">20260302</span>02.03.2026<script>document.write("<td>9")</script>
    <td hidden>no<td><select><option>1</select>x<tr style="DISPLAY:NONE"><td>gone</table>"""
    assert cells(page) == [["02.03.2026", "x"]]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ('<meta charset="windows-1251"><table><tr><td>Пётр</table>'.encode("cp1251"), "cp1251"),
        ('<meta http-equiv=x content="text/html; charset=ISO-8859-1"><table><tr><td>Пётр</table>'.encode("cp1251"), "cp1252"),
        ('<meta charset="no-such"><table><tr><td>Müller</table>'.encode("cp1252"), "cp1252"),
        ('<meta charset="utf-8"><table><tr><td>Müller</table>'.encode("cp1252"), "cp1252"),
        ('<meta charset="rot13"><table><tr><td>Müller</table>'.encode(), "utf-8"),
        ('\ufeff<meta charset="cp1252"><table><tr><td>Müller</table>'.encode(), "utf-8"),
        ("<html><table><tr><td>Müller</table>".encode("utf-16"), "utf-16"),
        ("<html><table><tr><td>Müller</table>".encode("utf-16-le"), "utf-16-le"),
    ],
)
def test_the_encoding_is_the_marks_or_the_pages_own_or_concluded(content, encoding):
    book = opened(content)
    (line,) = book.lines()
    assert book.fact("encoding") == encoding
    assert line.cells[0] in ("Müller", "Пётр") or encoding == "cp1252"


def test_a_page_can_be_read_again_in_another_encoding():
    book = opened("<table><tr><td>Søren</table>".encode("cp1252"))
    assert [fact.value for fact in book.facts if fact.topic == "encoding_or"] == ["cp1250", "cp1257"]
    assert [line.cells for line in book.reopen("cp1250").lines()] == [["Sřren"]]


REFUSED = {
    "no table": (f"{HEAD}<p>Nothing</p>", Limits(), "no_table", "without a table"),
    "an empty table": ("<table><tr><td></table>", Limits(), "no_table", "without a table"),
    "tags inside tags": ("<html>" + "<div>" * 300 + "<table><tr><td>x</table>", Limits(), "too_deep", "256"),
    "tables inside tables": ("<table><tr><td>x" * 100, Limits(), "too_deep", "256"),
    "too many tables": ("<table><tr><td>x</table>" * 1_001, Limits(), "too_many_tables", "1000"),
    "bytes": ("<table><tr><td>x</table>" * 9, Limits(packed=100), "file_too_large", "100"),
    "cells": ("<table>" + "<tr><td>x" * 200, Limits(area=100), "file_too_large", "100"),
    "columns": ("<table><tr>" + "<td colspan=1000>x" * 17, Limits(), "file_too_large", "16384"),
    "cells that reach far": (
        "<table><tr>" + "<td colspan=1000 rowspan=60000>x" * 16 + "<tr>" * 900,
        Limits(),
        "file_too_large",
        "cells",
    ),
    "encoding": ("<table><tr><td>é</table>".encode("cp1252"), Limits(), "bad_encoding", "utf-8"),
}


@pytest.mark.parametrize(("content", "limits", "code", "said"), REFUSED.values(), ids=REFUSED)
def test_a_page_is_refused_with_its_reason(content, limits, code, said):
    problem = refusal(content, limits=limits, **({"encoding": "utf-8"} if code == "bad_encoding" else {}))
    assert (problem.code, said in problem.cause) == (code, True)


def test_a_cell_beyond_the_limit_is_told_with_its_row():
    first, second = opened(f"<table><tr><td>{'x' * 101}<tr><td>y</table>", limits=Limits(cell=100)).lines()
    assert (first.problem.code, first.number, second.cells) == ("cell_too_long", 1, ["y"])


def test_entities_of_its_own_do_not_grow():
    page = '<!DOCTYPE html [<!ENTITY a "aaaaaaaaaa"><!ENTITY b SYSTEM "file:///etc/passwd">]><table><tr><td>&a;&b;x</table>'
    assert cells(page)[-1] == ["&a;&b;x"]


def test_text_that_only_speaks_of_tags_is_no_page():
    assert opened("Date,Notes\n1,<table>\n").kind == "csv"
    assert opened("<b>,x\n1,2\n").kind == "csv"
