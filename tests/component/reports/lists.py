"""Lists of invoices: one row or several for each, with and without tax; the file's own totals prove its rows or do not."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.component.reports import write
from tests.component.reports.biff import xls
from tests.component.reports.case import Case, Figures, table, text
from tests.component.sources.spreadsheet import Formula, workbook

PLAIN = """
Invoice No.,Client,Invoice date,Due date,Amount,Tax,Total,Currency,Status
INV-0007,Beacon Sample,2026-03-02,2026-03-30,400.00,80.00,480.00,EUR,Paid
INV-0008,Quayside Sample,2026-03-16,2026-04-13,150.00,30.00,180.00,EUR,Sent
INV-0009,Beacon Sample,2026-03-20,2026-04-17,10.00,2.00,12.00,EUR,Void
"""

LINES = """
Invoice number;Invoice date;Due date;Customer;Description;Qty;Unit price;Line total;VAT;Total (GBP)
1001;31/03/2026;30/04/2026;Beacon Sample;Design;7.5;48.00;360.00;83.00;498.00
1001;31/03/2026;30/04/2026;Beacon Sample;Print;5;11.00;55.00;83.00;498.00
1002;31/03/2026;30/04/2026;Quayside Sample;Nets;3;33.33;99.99;20.00;119.99
;;;;;;Sum;514.99;103.00;617.99
"""

OUTGOING = [
    ["Rechnungsausgang März 2026"],
    [],
    ["Rechnungsnr.", "Rechnungsdatum", "Fällig am", "Kunde", "Netto", "MwSt", "Brutto"],
    ["R-2026-11", date(2026, 3, 4), date(2026, 3, 18), "Leuchtturm GmbH", Decimal("1000"), Decimal("190"), Decimal("1190")],
    ["R-2026-12", date(2026, 3, 31), date(2026, 4, 14), "Kai", Decimal("49.9"), Decimal("9.48000000000002"), Decimal("59.38")],
    ["Summe", "", "", "", Formula("SUM(E4:E5)", Decimal("1049.9")), Formula("SUM(F4:F5)", Decimal("199.48")),
     Formula("SUM(G4:G5)", Decimal("1249.38"))],
]  # fmt: skip

EITHER_WAY = """
N° facture;Date de facture;Échéance;Client;Montant HT;TVA;Montant TTC;Statut
F12;04/03/2026;04/04/2026;Phare Sample;1 234,50 €;246,90 €;1 481,40 €;Payée
F13;05/03/2026;05/04/2026;Quai Sample;80,00 €;16,00 €;96,00 €;Envoyée
"""

CONTRADICTED = """
Invoice #,Issued,Client,Item,Quantity,Rate,Line amount,Invoice total,Currency
A-1,2026-03-02,Beacon Sample,Lamp,2,50.00,100.00,130.00,USD
A-1,2026-03-02,Beacon Sample,Wick,1,20.00,20.00,130.00,USD
A-2,2026-03-03,Beacon Sample,Rope,4,5.00,20.00,20.00,USD
"""

PAGE = [
    ["Número de factura", "Fecha de emisión", "Vencimiento", "Cliente", "Base imponible", "% IVA", "Total", "Moneda"],
    ["2026/07", "17/03/2026", "16/04/2026", "Faro Sample", "1.500,00", "21 %", "1.815,00", "EUR"],
    ["2026/08", "31/03/2026", "30/04/2026", "Muelle Sample", "200,10", "10 %", "220,11", "EUR"],
    ["Total", "", "", "", "1.700,10", "", "2.035,11", ""],
]

HOURS = [
    ["Factuurnummer", "Factuurdatum", "Klant", "Omschrijving", "Uren", "Uurtarief", "Regelbedrag", "BTW %", "Incl. btw (EUR)"],
    ["F-101", date(2026, 3, 2), "Vuurtoren Sample", "Ontwerp", Decimal("12.5"), 80, 1000, 21, 1331],
    ["F-101", date(2026, 3, 2), "Vuurtoren Sample", "Bouw", Decimal("1.25"), 80, 100, 21, 1331],
    ["F-102", date(2026, 3, 30), "Kade Sample", "Advies", 2, 95, 190, 21, Decimal("229.90")],
]

YEN = """
請求書番号,請求日,支払期限,取引先,小計,消費税,合計金額
S-31,2026年3月2日,2026年3月31日,灯台商事,"1,200,000円","120,000円","1,320,000円"
S-32,2026年3月16日,2026年4月30日,波止場,"8,505円",850円,"9,355円"
"""

ITALIAN = [
    ["Numero fattura", "Data fattura", "Cliente", "Imponibile", "IVA", "Totale", "Residuo"],
    ["12/2026", date(2026, 3, 2), "Faro Sample", "€ 1.000,00", "€ 220,00", "€ 1.220,00", "€ 0,00"],
    ["13/2026", date(2026, 3, 31), "Molo Sample", "€ 50,00", "€ 11,00", "€ 61,00", "€ 61,00"],
]

BACKUP = [
    ["numero_da_fatura", "data_de_emissao", "cliente", "valor"],
    ["FT 1", "2026-03-02", "Farol Sample", 100],
    ["FT 2", "2026-03-17", "Cais Sample", 12.5],
]

RUSSIAN = """
Номер счёта;Дата счёта;Срок оплаты;Заказчик;Без НДС;НДС;Итого с НДС
С-5;02.03.2026;16.03.2026;Маяк;10 000,00 руб.;2 000,00 руб.;12 000,00 руб.
С-6;25.03.2026;08.04.2026;Причал;500,00 руб.;100,00 руб.;600,00 руб.
Итого;;;;10 500,00 руб.;2 100,00 руб.;12 600,00 руб.
"""

ARABIC = table("""
رقم الفاتورة | تاريخ الفاتورة | تاريخ الاستحقاق | العميل | المبلغ قبل الضريبة | ضريبة القيمة المضافة | الإجمالي | العملة
F-9 | 2026-03-02 | 2026-04-01 | منارة | ١٠٠٠٫٠٠ | ١٥٠٫٠٠ | ١١٥٠٫٠٠ | SAR
F-10 | 2026-03-31 | 2026-04-30 | رصيف | ٢٠٠٫٠٠ | ٣٠٫٠٠ | ٢٣٠٫٠٠ | SAR
""")

OBJECTS = {
    "invoices": [
        {"invoiceNumber": "J-1", "issueDate": "2026-03-02", "client": {"name": "Beacon"}, "currency": "USD", "total": 99.5},
        {"invoiceNumber": "J-2", "issueDate": "2026-03-16", "client": {"name": "Quayside"}, "currency": "EUR", "total": 10},
    ]
}

ONE_AMOUNT = """
Invoice No,Invoice date,Client,Amount,VAT
7,2026-03-02,Beacon Sample,120.00,20.00
8,2026-03-20,Quayside Sample,60.00,10.00
"""

DOCUMENTS = """
Belegart;Rechnungsnummer;Rechnungsdatum;Kunde;Betrag;Währung
Rechnung;77;20260331;Leuchtturm GmbH;100,00;EUR
Angebot;78;20260401;Leuchtturm GmbH;900,00;EUR
Gutschrift;79;20260402;Leuchtturm GmbH;50,00;EUR
"""

_WRITE = {"invoices": "write"}


def _figures(entries: int, first: str, last: str, people: tuple[str, ...], refused: int = 0, **money: str) -> Figures:
    """Invoices, the days on which they were issued, their clients, and their totals."""
    return Figures(entries=entries, first=first, last=last, people=people, money=money, refused=refused)


CASES = [
    Case(
        name="list of invoices",
        kind="csv",
        language="en",
        rows="invoice",
        unusual="one row each, amounts before tax, a status; a voided one is left out",
        data=text(PLAIN),
        asks=_WRITE,
        figures=_figures(2, "2026-03-02", "2026-03-16", ("Beacon Sample", "Quayside Sample"), EUR="660.00"),
    ),
    Case(
        name="list of invoices, those that are not paid",
        kind="csv",
        language="en",
        rows="invoice",
        unusual="the answer leaves out what the file says is paid",
        data=text(PLAIN),
        asks={"invoices": "unpaid"},
        figures=_figures(1, "2026-03-16", "2026-03-16", ("Quayside Sample",), EUR="180.00"),
    ),
    Case(
        name="lines of invoices",
        kind="csv",
        language="en",
        rows="invoice",
        unusual="quantity x price, tax and total repeated in each line, a row of sums in which an invoice counts once",
        data=text(LINES),
        asks=_WRITE,
        figures=_figures(2, "2026-03-31", "2026-03-31", ("Beacon Sample", "Quayside Sample"), GBP="617.99"),
    ),
    Case(
        name="outgoing invoices of a month",
        kind="xlsx",
        language="de",
        rows="invoice",
        unusual="a title, typed cells, one with the last digits of binary arithmetic, sums by formula, no currency anywhere",
        data=workbook(OUTGOING),
        asks={"currency": "EUR"} | _WRITE,
        figures=_figures(2, "2026-03-04", "2026-03-31", ("Kai", "Leuchtturm GmbH"), EUR="1249.38"),
    ),
    Case(
        name="invoices whose dates can be read in two ways",
        kind="csv",
        language="fr",
        rows="invoice",
        unusual="04/03/2026 due on 04/04/2026, cp1252, blanks between thousands",
        data=text(EITHER_WAY, encoding="cp1252"),
        asks={"date_order": "D-M-Y"} | _WRITE,
        figures=_figures(2, "2026-03-04", "2026-03-05", ("Phare Sample", "Quai Sample"), EUR="1577.40"),
    ),
    Case(
        name="a total that contradicts its lines",
        kind="csv",
        language="en",
        rows="invoice",
        unusual="lines of 100.00 and 20.00, a total of 130.00: the rows of that invoice are refused",
        data=text(CONTRADICTED),
        asks=_WRITE,
        figures=_figures(1, "2026-03-03", "2026-03-03", ("Beacon Sample",), 2, USD="20.00"),
    ),
    Case(
        name="invoices on a page",
        kind="html",
        language="es",
        rows="invoice",
        unusual="the percentage of the tax instead of its amount, decimal commas, a row of totals",
        data=write.page(PAGE),
        asks=_WRITE,
        figures=_figures(2, "2026-03-17", "2026-03-31", ("Faro Sample", "Muelle Sample"), EUR="2035.11"),
    ),
    Case(
        name="hours on invoices",
        kind="ods",
        language="nl",
        rows="invoice",
        unusual="lines of hours x rate, the tax as a percentage, the currency in a header",
        data=write.ods({"Facturen": HOURS}),
        asks=_WRITE,
        figures=_figures(2, "2026-03-02", "2026-03-30", ("Kade Sample", "Vuurtoren Sample"), EUR="1560.90"),
    ),
    Case(
        name="invoices in yen",
        kind="csv",
        language="ja",
        rows="invoice",
        unusual="Shift_JIS, a sign behind amounts, a tax that is rounded to the yen",
        data=text(YEN, encoding="cp932"),
        asks=_WRITE,
        figures=_figures(2, "2026-03-02", "2026-03-16", ("波止場", "灯台商事"), JPY="1329355"),
    ),
    Case(
        name="invoices with what is still open",
        kind="xls",
        language="it",
        rows="invoice",
        unusual="amounts as texts with a sign, paid where nothing is open",
        data=xls({"Fatture": ITALIAN}),
        asks=_WRITE,
        figures=_figures(2, "2026-03-02", "2026-03-31", ("Faro Sample", "Molo Sample"), EUR="1281.00"),
    ),
    Case(
        name="a backup of invoices",
        kind="sqlite",
        language="pt",
        rows="invoice",
        unusual="one amount, no tax, no currency",
        data=write.backup({"faturas": BACKUP}),
        asks={"currency": "BRL"} | _WRITE,
        figures=_figures(2, "2026-03-02", "2026-03-17", ("Cais Sample", "Farol Sample"), BRL="112.50"),
    ),
    Case(
        name="invoices in Cyrillic",
        kind="csv",
        language="ru",
        rows="invoice",
        unusual="cp1251, blanks between thousands, a row of totals",
        data=text(RUSSIAN, encoding="cp1251"),
        asks=_WRITE,
        figures=_figures(2, "2026-03-02", "2026-03-25", ("Маяк", "Причал"), RUB="12600.00"),
    ),
    Case(
        name="invoices in Arabic",
        kind="csv",
        language="ar",
        rows="invoice",
        unusual="Arabic digits and decimal signs",
        data=write.delimited(ARABIC, encoding="utf-8-sig"),
        asks=_WRITE,
        figures=_figures(2, "2026-03-02", "2026-03-31", ("رصيف", "منارة"), SAR="1380.00"),
    ),
    Case(
        name="invoices as objects",
        kind="json",
        language="en",
        rows="invoice",
        unusual="the client's name inside an object, two currencies",
        data=write.objects(OBJECTS),
        asks=_WRITE,
        figures=_figures(2, "2026-03-02", "2026-03-16", ("Beacon", "Quayside"), USD="99.50", EUR="10.00"),
    ),
    Case(
        name="an amount beside the tax",
        kind="csv",
        language="en",
        rows="invoice",
        unusual="one amount and its tax: whether it holds the tax is asked",
        data=text(ONE_AMOUNT),
        asks={"amount": "total", "currency": "GBP"} | _WRITE,
        figures=_figures(2, "2026-03-02", "2026-03-20", ("Beacon Sample", "Quayside Sample"), GBP="180.00"),
    ),
    Case(
        name="invoices among other documents",
        kind="csv",
        language="de",
        rows="invoice",
        unusual="dates in eight digits; an offer and a credit are refused",
        data=text(DOCUMENTS),
        asks=_WRITE,
        figures=_figures(1, "2026-03-31", "2026-03-31", ("Leuchtturm GmbH",), 2, EUR="100.00"),
    ),
]
