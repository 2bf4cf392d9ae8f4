"""How a CSV file is written is concluded from its bytes, with what shows it; what they leave open is said to be open."""

import csv
import io
import random

import pytest

from services.ingest.sources.files.book import Book
from services.ingest.sources.files.cells import Limits
from services.ingest.sources.files.dialect import QUOTINGS
from services.ingest.sources.files.encoding import conclude_encoding
from services.ingest.sources.files.open import HEAD, open_book
from services.ingest.sources.worklog.layout import ENCODINGS, load
from shared.kernel.errors import Invalid
from tests.sizes import seed, size


def opened(content: bytes | str, **given: str) -> Book:
    return open_book(io.BytesIO(content.encode() if isinstance(content, str) else content), "report.csv", **given)


def cells(content: bytes | str, **given: str) -> list[list[str]]:
    return [line.cells for line in opened(content, **given).lines()]


TEXTS = {
    "German": ("Datum;Tätigkeit;Ort\n1;Büro;Straße\n", "cp1252"),
    "French": ("Durée;Société;Tâche\n1;Café;réunion\n", "cp1252"),
    "Spanish": ("Año;Duración\n1;José\n", "cp1252"),
    "Portuguese": ("Duração;Início\n1;João\n", "cp1252"),
    "Dutch": ("Datum;Categorieën\n1;Ruïne\n", "cp1252"),
    "one letter": ("Date,Name\n1,André\n", "cp1252"),
    "numbers": ("Date,Nº,N°\n1,2,À\n", "cp1252"),
    "a currency sign": ("Date,Amount\n1,£5.00\n", "cp1252"),
    "another currency sign": ("Datum;Betrag\n1;5,00 €\n", "cp1252"),
    "typographic signs": ("Date,Notes\n1,don’t – “stop”\n", "cp1252"),
    "Polish": ("Klient;Czas\nŁukasz;Łódź\n", "cp1250"),
    "Polish, Latin-2": ("Klient;Miejsce\nŁukasz;Łódź, Śląsk\n", "iso-8859-2"),
    "Czech": ("Zákazník;Čas\nJiří Dvořák;1:00\n", "cp1250"),
    "Hungarian": ("Dátum;Ügyfél\n1;Győző\n", "cp1250"),
    "Turkish": ("Tarih;Müşteri\n1;Işık Yıldız\n", "cp1254"),
    "Russian": ("Дата;Клиент\n1;Пётр Иванов\n", "cp1251"),
    "Ukrainian": ("Дата;Клієнт\n1;Їжак\n", "cp1251"),
    "Russian, KOI8": ("Дата;Клиент\n1;Пётр Иванов\n", "koi8-r"),
    "Greek": ("Ημερομηνία;Πελάτης\n1;Γιώργος\n", "cp1253"),
    "Arabic": ("التاريخ;العميل;الساعات\n1;محمد;2\n", "cp1256"),
    "Hebrew": ("תאריך;לקוח;שעות\n1;דוד;2\n", "cp1255"),
    "Japanese": ("日付,顧客,時間\n1,山田 太郎,1:00\n", "shift_jis"),
    "Japanese, with vendor signs": ("日付,顧客\n1,㈱山田 ①\n", "cp932"),
    "Japanese, EUC": ("日付,顧客,時間\n1,山田 太郎,1:00\n", "euc-jp"),
    "Chinese": ("日期,客户,小时\n1,王小明,1:00\n", "gb18030"),
    "Chinese, Big5": ("日期,客戶,小時\n1,王小明,1:00\n", "big5"),
    "Korean": ("날짜,고객,시간\n1,김철수,1:00\n", "euc-kr"),
    "Macintosh": ("Date,Name\n1,André Müller\n", "mac-roman"),
    "DOS": ("Date,Name\n1,André Müller\n", "cp850"),
    "UTF-8": ("Date,Name\n1,Ł é 山\n", "utf-8"),
    "UTF-16 without a mark": ("Дата;Клиент\n1;Пётр\n", "utf-16-le"),
    "UTF-16, the greater byte first": ("Date,Name\n1,é\n", "utf-16-be"),
}


@pytest.mark.parametrize(("text", "encoding"), TEXTS.values(), ids=TEXTS)
def test_the_encoding_follows_from_the_letters(text, encoding):
    book = opened(text.encode(encoding))
    assert book.fact("encoding") == encoding
    assert book.fact("encoding_or") is None
    assert [line.cells for line in book.lines()] == [line.split(book.fact("delimiter")) for line in text.splitlines()]


def test_a_byte_order_mark_settles_it():
    for encoding, said in (("utf-8-sig", "utf-8"), ("utf-16", "utf-16")):
        book = opened("Name,Hours\né,1\n".encode(encoding))
        assert (book.fact("encoding"), next(book.lines()).cells) == (said, ["Name", "Hours"])
        assert "byte order mark" in book.facts[0].evidence


def test_what_shows_the_encoding_names_line_byte_and_reading():
    (fact,) = conclude_encoding(io.BytesIO("Čas\nJiří".encode("cp1250")), b"Cas")
    assert fact.evidence == "the byte c8 in line 1 is not UTF-8; in cp1250 it reads 'Čas', which is Czech, in cp1252 'Èas'"
    assert conclude_encoding(io.BytesIO(b"a\nb"), b"a")[0].evidence == "every byte is ASCII"
    assert conclude_encoding(io.BytesIO("a\nbü".encode()), b"a")[0].evidence == "'ü' in line 2 is UTF-8"


def test_letters_that_two_languages_may_mean_leave_it_open():
    book = opened("Name,Hours\nSøren,1\n".encode("cp1252"))
    readings = {fact.value: fact for fact in book.facts if fact.topic.startswith("encoding")}
    assert set(readings) == {"cp1252", "cp1250", "cp1257"}
    assert (readings["cp1252"].languages, readings["cp1250"].languages) == (("Danish", "Norwegian"), ("Czech",))
    assert readings["cp1250"].evidence == "in cp1250 it reads 'Sřren', which is Czech, in cp1252 'Søren'"
    again = book.reopen("cp1250")
    assert [line.cells for line in again.lines()][1] == ["Sřren", "1"]
    assert (again.fact("encoding"), again.fact("encoding_or"), again.fact("delimiter")) == ("cp1250", None, ",")


def test_an_odd_letter_far_down_is_seen():
    book = opened(b"Name,Hours\n" + b"Ada,1\n" * 400_000 + "Łukasz Łódź,1\n".encode("cp1250"))
    assert book.fact("encoding") == "cp1250"
    assert "in line 400002" in book.facts[0].evidence


def test_one_damaged_letter_does_not_turn_utf_8_into_something_else():
    book = opened("Name,Hours\nMüller,1\nMül".encode() + b"\xfcler,1\n")
    assert book.fact("encoding") == "utf-8"
    with pytest.raises(Invalid, match="row 3: the byte fc"):
        list(book.lines())


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_separator_is_what_cuts_rows_alike(sign):
    rows = [["Report, of March; all"], [], ["Date", "Person", "Hours"], ["1", "Ada", "1,5"], ["2", "Bo; Cy", "2,0"]]
    text = "\n".join(sign.join(f'"{cell}"' if sign in cell else cell for cell in row) for row in rows)
    book = opened(text)
    assert book.fact("delimiter") == sign
    assert [line.cells for line in book.lines()] == rows
    told = f"{sign!r} gives 3 cells in most of the first 4 rows, as no other sign does"
    assert told in [fact.evidence for fact in book.facts]


def test_decimal_commas_separate_nothing():
    for text in ("1,5;80,00;120,00\n2,5;80,00;200,00\n", "Std;Satz;Betrag\n1,5;80,00;120,00\n"):
        assert opened(text).fact("delimiter") == ";"


def test_one_column_needs_no_separator():
    assert cells("Hours\n1\n2\n") == [["Hours"], ["1"], ["2"]]


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;,,", "\ufeffsep=;"])
def test_a_line_that_names_the_separator_is_obeyed_and_dropped(line):
    book = opened(f"{line}\r\nDate;Hours\r\n1;1,5\r\n")
    assert (book.fact("separator_line"), book.fact("delimiter")) == (";", ";")
    assert [(line.number, line.cells) for line in book.lines()] == [(1, ["Date", "Hours"]), (2, ["1", "1,5"])]


def test_a_line_that_names_a_separator_which_is_nowhere_is_not_obeyed():
    assert cells("sep=,\nDate;Hours\n1;2\n") == [["Date", "Hours"], ["1", "2"]]


QUOTED = {
    "doubled": 'a,"say ""x, y""",b\n',
    "backslash": 'a,"say \\"x, y\\"",b\n',
    "single": "'a','say \"x, y\"','b'\n".replace('"', "*"),
    "none": 'a,"x" of y,b\n',
}


@pytest.mark.parametrize("quoting", QUOTINGS)
def test_quotes_are_read_as_they_are_written(quoting):
    book = opened("Da,Te,Me\n" * (quoting != "single") + QUOTED[quoting] * 2)
    assert book.fact("quoting") == quoting
    text = {"single": "say *x, y*", "none": '"x" of y'}.get(quoting, 'say "x, y"')
    assert [line.cells for line in book.lines()][-1] == ["a", text, "b"]


def test_a_stray_quote_or_a_cell_cut_off_is_no_other_way_of_quoting():
    for broken in ('Da,Te\n"a","x"\n"b","x"y\n', 'Da,Te\n"a","x"\n"b","x\n'):
        assert opened(broken).fact("quoting") == "doubled"
        with pytest.raises(Invalid, match="row 3"):
            cells(broken)


def test_a_long_cell_of_many_lines_with_other_separators_changes_nothing():
    row = 'x,"' + "line; of, text\n" * 4_000 + '"\n'
    text = "Date,Notes\n" + row * 5
    assert len(text) > HEAD
    assert opened(text).fact("delimiter") == ","


def test_what_is_given_is_not_concluded():
    book = opened("a;b,c\n", encoding="cp1252", delimiter=",", quoting="none")
    assert (book.facts, next(book.lines()).cells) == ((), ["a;b", "c"])


def test_a_layout_can_say_whatever_is_concluded():
    base = {"columns": {"person": "P", "date": "D", "duration": "H"}}
    for _, encoding in TEXTS.values():
        assert encoding in ENCODINGS
    for quoting in QUOTINGS:
        assert load(base | {"quoting": quoting}).quoting == quoting


def test_rows_are_the_same_wherever_the_pieces_end_in_which_they_are_read():
    chance, given = random.Random(seed()), {"encoding": "utf-8", "delimiter": ",", "quoting": "doubled"}
    for _ in range(size("other_examples")):
        shown = io.StringIO(newline="")
        writer = csv.writer(shown, quoting=csv.QUOTE_ALL, lineterminator=chance.choice(("\n", "\r\n", "\r")))
        rows = [
            ["".join(chance.choices('ab é,"\n\r', k=chance.randrange(9))) for _ in range(chance.randrange(1, 4))]
            for _ in "x" * 40
        ]
        writer.writerows(rows)
        for cell in (12, 30, 70, 65_536):  # pieces have half as many bytes
            book = open_book(io.BytesIO(shown.getvalue().encode()), "report", limits=Limits(cell=cell), **given)
            assert [(line.number, line.cells) for line in book.lines()] == list(enumerate(rows, 1))
