"""The accountant's page: everything by plain forms."""

from __future__ import annotations

import re
from decimal import Decimal
from html.parser import HTMLParser

import pytest

from tests.component.quickbooks_emulator.driver import HAND

PAGE = f"/accountant/{HAND}"


class Rows(HTMLParser):
    """Every row's cells as text, and every form's address."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows, self.forms, self._open = [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        if tag == "td":
            self.rows[-1].append("")
        if tag == "form":
            self.forms.append(dict(attrs)["action"])
        self._open = tag == "td" or (self._open and tag != "tr")

    def handle_data(self, data):
        if self._open and self.rows and self.rows[-1]:
            self.rows[-1][-1] += data.strip()


def invoice_row(app):
    text = app.http.get(PAGE).text
    return Rows(text).rows[1]


def press(app, invoice, **form):
    return app.http.post(f"{PAGE}/invoice/{invoice['Id']}", data=form)


def test_the_page_lists_number_customer_total_balance_and_status(app, emulator):
    invoice = app.invoice()
    assert invoice_row(app)[:6] == ["A-1", "Pretend Bakery Ltd", "2026-03-02", "100.00 USD", "100.00", "open"]
    assert press(app, invoice, action="part", amount="40").status_code == 303
    assert invoice_row(app)[4:6] == ["60.00", "partly paid"]
    press(app, invoice, action="pay")
    assert invoice_row(app)[4:6] == ["0", "paid"]
    payments = re.findall(r"/payment/(\d+)", app.http.get(PAGE).text)
    app.http.post(f"{PAGE}/payment/{payments[0]}", data={"action": "delete"})
    app.http.post(f"{PAGE}/payment/{payments[1]}", data={"action": "void"})
    assert invoice_row(app)[5] == "open"
    press(app, invoice, action="edit", note="seen", due="2026-03-01")
    assert invoice_row(app)[5] == "overdue" and emulator.objects(HAND, "Invoice")[0]["PrivateNote"] == "seen"
    press(app, invoice, action="void")
    assert invoice_row(app)[5] == "void"
    assert {each.actor for each in emulator.writes(entity="Payment")} == {"accountant"}


def test_a_refusal_is_shown_on_the_page(app, emulator):
    invoice = app.invoice()
    emulator.pay(HAND, invoice["Id"], 10)
    heard = press(app, invoice, action="delete")
    assert heard.status_code == 409 and "linked to a payment" in heard.text
    assert press(app, invoice, action="part", amount="much").status_code == 409
    assert press(app, invoice, action="part", amount="1000").status_code == 409
    assert press(app, invoice, action="dance").status_code == 400
    assert emulator.objects(HAND, "Invoice")[0]["Balance"] == Decimal(90)


def test_a_delete_takes_the_row_away(app):
    press(app, app.invoice(), action="delete")
    assert "No invoices yet" in app.http.get(PAGE).text


def test_mounted_below_another_address_links_and_forms_stay_there(app):
    app.invoice()
    base = {"base_url": "http://localhost:8000/emulator/quickbooks"}
    text = app.http.get(PAGE, **base).text
    assert Rows(text).forms and all(each.startswith("/emulator/quickbooks/accountant/") for each in Rows(text).forms)
    assert f'href="/emulator/quickbooks{PAGE}"' in app.http.get("/accountant", **base).text


def test_names_are_escaped(app, emulator):
    emulator.rename_customer(HAND, "1", "<script>alert(1)</script>")
    app.invoice()
    assert "<script>" not in app.http.get(PAGE).text


@pytest.mark.parametrize("path", ["/accountant/1", "/accountant/nothing"])
def test_an_unknown_company_is_not_found(app, path):
    assert app.http.get(path).status_code == 404
