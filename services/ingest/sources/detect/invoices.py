"""Tables of invoices: which column is which, how dates and amounts are written, and whether the books have them already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, repeat

from services.ingest.sources.detect import numbers, titles
from services.ingest.sources.detect.clocks import time_pattern
from services.ingest.sources.detect.columns import Column
from services.ingest.sources.detect.compose import Part, layout_of
from services.ingest.sources.detect.dates import dating
from services.ingest.sources.detect.findings import Detection, Inquiry, Option, Question, listed
from services.ingest.sources.detect.formulas import uncomputed
from services.ingest.sources.detect.languages import languages_of
from services.ingest.sources.detect.money import money
from services.ingest.sources.detect.roles import Assigned
from services.ingest.sources.detect.sayable import check_sayable
from services.ingest.sources.detect.scan import Table
from services.ingest.sources.detect.sums import Sums, sums
from services.ingest.sources.detect.tables import invoice_tables, others
from services.ingest.sources.detect.zones import Zoned
from services.ingest.sources.files.book import Book
from services.ingest.sources.files.cells import text_of
from services.ingest.sources.invoices import headers
from services.ingest.sources.invoices.headers import MONEY
from services.ingest.sources.words.vocabulary import fold, words
from services.ingest.sources.worklog.layout import Layout
from shared.kernel.errors import Invalid
from shared.kernel.quote import quoted

WRITE, UNPAID, THERE = "write", "unpaid", "there"
"""What a person may say of the invoices: write all to the books, write those that are not paid, the books have them."""
_DAYS = ("date", "due", "since", "until")
_LINES = ("description", "quantity", "price", "line")
_NUMERIC = (*MONEY, "amount", "quantity", "price", "balance")
_TELLING = (*MONEY, "date", "client")
_NEEDED = {"number": {"number"}, "invoice date": {"date"}, "amounts": {*MONEY, "price"}}
_FEW = 8  # kinds of a word that a question shows

Columns = dict[str, Column]
Rules = tuple[dict[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """One table: the column of each role, and the same in the words of the other kinds, whose rules hold here too."""

    table: Table
    columns: Columns

    @property
    def assigned(self) -> Assigned:
        known = self.columns
        told = {
            "date": ["date"],
            "start": ["since"],
            "end": ["due", "until"],
            "amount": ["line", "net", "tax", "total", "balance"],
            "rate": ["price"],
            "distance": ["quantity"],
            "currency": ["currency"],
        }
        found = {role: [known[each] for each in ours if each in known] for role, ours in told.items()}
        return Assigned({role: columns for role, columns in found.items() if columns})


def detected(book: Book, tables: list[Table], inquiry: Inquiry) -> Detection | None:
    """How the file's invoices are to be read, or what has to be asked first; None when it lists none."""
    read = invoice_tables(tables, inquiry)
    if not read:
        return None
    found = [_Found(table, _columns(table, inquiry)) for table in read]
    for each in found:
        _check(book, each)
    parts = _parts(book, found, inquiry)
    every = [_sums(each, inquiry) for each in found]
    answer = _standing(found, inquiry)
    dropped = [tuple(_dropped(each, inquiry)) for each in found]
    for each in found:
        _tell(each, inquiry)
    layouts = [] if inquiry.questions else list(map(_layout, repeat(book), found, parts, every, dropped))
    inquiry.check()
    return Detection(
        _together(layouts),
        tuple(inquiry.findings),
        tuple(inquiry.questions),
        tuple(chain.from_iterable(one.totals for one in every)),
        (*others(tables, read), *chain.from_iterable(one.left_out for one in every)),
        invoices=True,
        leave_paid=answer == UNPAID,
    )


def _together(layouts: list[Layout]) -> Layout | None:
    """One layout for the file: its first table's, with the others as further ones."""
    if not layouts:
        return None
    first, *more = layouts
    return replace(first, more=tuple(replace(one, delimiter=",", encoding="utf-8") for one in more))


# ---- columns


def _columns(table: Table, inquiry: Inquiry) -> Columns:
    """The column of each role that the table has."""
    found: Columns = {}
    for role in dict.fromkeys(role for head in table.heads for role in headers.claims(head.text)):
        if column := _chosen(table, role, inquiry):
            found[role] = column
    for weak in ("number", "date"):
        other = found.pop(f"weak_{weak}", None)
        if other and weak not in found and other not in found.values():
            found[weak] = other
    _resolve_amount(table, found, inquiry)
    return found


def _chosen(table: Table, role: str, inquiry: Inquiry) -> Column | None:
    """The column whose header says the role most plainly; asked where two that do differ."""
    told = [column for column in table.columns if column.filled and role in headers.claims(column.head.text)]
    ranked = sorted((column for column in told if _fits(role, column)), key=lambda one: headers.claims(one.head.text)[role])
    rivals = [column for column in ranked[1:] if role in _TELLING and _rival(table, ranked[0], column)]
    return _asked(table, role, [ranked[0], *rivals], inquiry) if rivals else next(iter(ranked), None)


def _asked(table: Table, role: str, columns: list[Column], inquiry: Inquiry) -> Column:
    by_name = {column.head.text: column for column in columns}
    options = tuple(Option(name, name, _first(table, column)) for name, column in by_name.items())
    text = f"{listed(by_name)} may each be the {role} of an invoice, and they differ. Which one is it?"
    return by_name[inquiry.ask(Question(f"column:{role}", "column", text, options)) or columns[0].head.text]


def _rival(table: Table, one: Column, other: Column) -> bool:
    """Whether they say different things; two of one name can't be told apart, and are refused when they are read."""
    return one.head.text != other.head.text and any(cells[other.place] != cells[one.place] for _, cells in table.sample)


def _fits(role: str, column: Column) -> bool:
    if role in _NUMERIC:
        return bool(column.numbers or "number" in column.typed)
    if role.removeprefix("weak_") in _DAYS:
        return bool(column.days or {"day", "moment", "number"} & column.typed.keys())
    if role == "status":
        return bool(column.words or column.flags)
    return not (role == "client" and column.noted and not column.words)  # numbers beside names are their ids


def _first(table: Table, column: Column) -> str:
    return next((text_of(cells[column.place]) for _, cells in table.sample if cells[column.place] != ""), "")


def _resolve_amount(table: Table, found: Columns, inquiry: Inquiry) -> None:
    """What a column called amount holds: a line's money, what stands before the tax, or all of the invoice."""
    column = found.pop("amount", None)
    if column is None:
        return
    before_tax = "line" if {*_LINES} & found.keys() else "net"
    if "total" in found:
        role = before_tax
    elif not {"tax", "percent"} & found.keys():
        role = "line" if before_tax == "line" else "total"
    else:
        role = "total" if {"net", "line"} & found.keys() else _asked_amount(table, column, before_tax, inquiry)
    found.setdefault(role, column)


def _asked_amount(table: Table, column: Column, before_tax: str, inquiry: Inquiry) -> str:
    shown = _first(table, column)
    options = (
        Option("net", "no, the tax comes on top of it", f"{shown} without tax"),
        Option("total", "yes, it is what the client pays", f"{shown} with tax"),
    )
    text = f"Beside the tax stands only {column.head.text}, such as {shown}. Does it hold the tax?"
    return before_tax if inquiry.ask(Question("amount", "amount", text, options)) == "net" else "total"


def _check(book: Book, found: _Found) -> None:
    """Refuse a table that lacks what makes an invoice, or that lists what somebody else charges."""
    known, row = found.columns, found.table.header
    if "supplier" in known and "client" not in known:
        raise _bills(book, known["supplier"])
    lacking = [name for name, roles in _NEEDED.items() if not roles & known.keys()]
    if "client" not in known and titles.constant(found.table, "client") is None:
        lacking.append("client")
    if lacking:
        cause = f"{quoted(book.name)} lists invoices, but the table in row {row} has no column for {' and '.join(lacking)}"
        remedy = "export the list with these columns, or the time entries, expenses or trips behind it"
        raise Invalid("only_invoices", cause, remedy, file=book.name)
    check_sayable(book.name, found.table, found.assigned)


def _bills(book: Book, supplier: Column) -> Invalid:
    cause = f"{quoted(book.name)} lists what suppliers charge, by its column {quoted(supplier.head.text)}"
    return Invalid("only_bills", cause, "export the invoices that you wrote; bills may come in as expenses", file=book.name)


# ---- what all kinds of rows are asked


def _parts(book: Book, found: list[_Found], inquiry: Inquiry) -> list[Part]:
    told = [(each.table, each.assigned) for each in found]
    dated = dating(told, languages_of([each.table for each in found]), None, inquiry)
    clock, written = time_pattern(told, inquiry), numbers.writing(told)
    parts = [Part(table, assigned, "expense", dated, clock, written, Zoned()) for table, assigned in told]
    numbers.ask(written, inquiry)
    for part in parts:
        part.money = money(book, part.table, part.assigned, told, inquiry)
        part.uncomputed = uncomputed(part.table, part.assigned, inquiry)
    return parts


def _sums(found: _Found, inquiry: Inquiry) -> Sums:
    """The rows that are no invoices, and the stated sums of each column of amounts."""
    told: list[Sums] = []
    for role in MONEY:
        if role in found.columns:
            heard = inquiry if not told else Inquiry({})
            each = sums(found.table, Assigned({"amount": [found.columns[role]]}), None, heard)
            kept = [replace(one, column=role) for one in each.totals if role == "total" or one.row > found.table.header]
            told.append(replace(each, totals=kept))
    if not told:
        return sums(found.table, Assigned(), None, inquiry)
    return replace(told[0], totals=list(chain.from_iterable(one.totals for one in told)))


def _layout(book: Book, found: _Found, part: Part, told: Sums, dropped: Rules) -> Layout:
    """The layout of one table, its columns being those of invoices."""
    made = layout_of(book, part, told)
    renamed = (("due", "end"), ("since", "start"), ("until", "end"))
    return replace(
        made,
        columns={role: (column.head.text,) for role, column in found.columns.items()},
        constants=_constants(found, made.constants.get("currency", "")),
        dates={ours: made.dates[theirs] for ours, theirs in renamed if theirs in made.dates},
        skip=(*made.skip, *dropped),
    )


def _constants(found: _Found, currency: str) -> dict[str, str]:
    """What holds in rows that do not say it."""
    quantity = found.columns.get("quantity")
    client = None if "client" in found.columns else titles.constant(found.table, "client")
    told = {
        "currency": currency,
        "client": client[1] if client else "",
        "unit": "h" if quantity and headers.in_hours(quantity.head.text) else "",
        "tax_name": _tax_name(found.columns),
    }
    return {role: value for role, value in told.items() if value}


def _tax_name(columns: Columns) -> str:
    """What the tax is called where no column says so: by the header of its amounts, without a currency."""
    column = columns.get("tax") or columns.get("percent")
    return column.head.text.partition("(")[0].strip(" %:") or "Tax" if column else "Tax"


def _tell(found: _Found, inquiry: Inquiry) -> None:
    """Say which column is which, and which are not taken in."""
    row = found.table.header
    inquiry.note("kind", "invoice", f"the table in row {row} lists invoices")
    for role, column in found.columns.items():
        inquiry.note("column", f"{'issued' if role == 'date' else role}: {column.head.text}", f"header in row {row}")
    taken = {column.place for column in found.columns.values()}
    if rest := [each.head.text for each in found.table.columns if each.filled and each.head.text and each.place not in taken]:
        inquiry.note("not_taken", ", ".join(rest), f"in the table in row {row} these have no place in an invoice")


# ---- how the invoices stand


def _standing(found: list[_Found], inquiry: Inquiry) -> str | None:
    """What a person says of the invoices; None while that is asked. Raises Invalid when none is to be taken in."""
    answer = inquiry.ask(_question(found))
    if answer == THERE:
        cause = "the books have these invoices already, as was answered, so none of them was taken in"
        remedy = "nothing is to be done; work stored here that they bill is not to be approved, lest it be billed again"
        raise Invalid("already_in_books", cause, remedy)
    return answer


def _dropped(found: _Found, inquiry: Inquiry) -> Iterator[dict[str, str]]:
    """Invoices that were voided or deleted there."""
    column = found.columns.get("status")
    for word, (row, _) in column.words.items() if column else ():
        if column and fold(word) in words("dropped"):
            inquiry.note("left_out", word, f"row {row} has {word} as {column.head.text}, so such rows are left out")
            yield {column.head.text: word}


def _tells_paid(found: _Found) -> bool:
    """Whether some row says that its invoice is paid: by a word, or since nothing is open."""
    known, sample = found.columns, [cells for _, cells in found.table.sample]
    words_there = {text_of(cells[known["status"].place]) for cells in sample} if "status" in known else set()
    open_there = {text_of(cells[known["balance"].place]) for cells in sample} if "balance" in known else set()
    return any(map(headers.is_paid, words_there)) or any(map(_is_zero, open_there))


def _is_zero(text: str) -> bool:
    return "0" in text and not set("123456789") & set(text)


def _question(found: list[_Found]) -> Question:
    said = Counter(
        text_of(cells[each.columns["status"].place]).strip() or "nothing"
        for each in found if "status" in each.columns
        for _, cells in each.table.sample
    )  # fmt: skip
    shown = ", ".join(f"{word} in {count} rows" for word, count in said.most_common(_FEW))
    told = f" Its status says {shown}." if shown else ""
    text = (
        f"The file lists invoices.{told} Are they to be written to the books as new invoices? "
        "What the books have already must not be written again: they would have it twice."
    )
    options = [Option(THERE, "the books have them already: take nothing in"), Option(WRITE, "write all of them to the books")]
    if any(map(_tells_paid, found)):
        options.insert(1, Option(UNPAID, "write those that the file does not say are paid, and leave the others out"))
    return Question("invoices", "invoices", text, tuple(options))
