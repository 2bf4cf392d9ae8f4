"""Payments and what they do to balances, links and tokens."""

from __future__ import annotations

from decimal import Decimal

from tests.component.quickbooks_emulator.driver import HAND, draft, header, line


def test_a_part_payment_and_the_rest_bring_the_balance_to_nothing(app, emulator):
    invoice = app.invoice()
    first = emulator.pay(HAND, invoice["Id"], "30.25")
    part = app.read(invoice)
    assert (part["Balance"], part["TotalAmt"], part["SyncToken"]) == (Decimal("69.75"), 100, "1")
    assert part["LinkedTxn"] == [{"TxnId": first["Id"], "TxnType": "Payment"}]
    emulator.pay(HAND, invoice["Id"])
    assert app.read(invoice)["Balance"] == 0


def test_a_deleted_or_voided_payment_brings_the_balance_back(app, emulator):
    invoice = app.invoice()
    emulator.delete_payment(HAND, emulator.pay(HAND, invoice["Id"], 40)["Id"])
    assert (app.read(invoice)["Balance"], app.read(invoice)["LinkedTxn"]) == (100, [])
    payment = emulator.pay(HAND, invoice["Id"], 40)
    emulator.void_payment(HAND, payment["Id"])
    void = app.get(f"payment/{payment['Id']}").body["Payment"]
    assert app.read(invoice)["Balance"] == 100
    assert (void["TotalAmt"], void["Line"], void["PrivateNote"]) == (0, [], "Voided")


def test_the_api_voids_a_payment_by_update_with_include_void(app, emulator):
    payment = emulator.pay(HAND, app.invoice()["Id"])
    answer = app.post("payment", {"Id": payment["Id"], "SyncToken": "0", "sparse": True}, operation="update", include="void")
    assert answer.body["Payment"]["TotalAmt"] == 0
    assert [each.operation for each in emulator.writes(entity="Payment")] == ["create", "void"]


def test_money_beyond_its_lines_stays_unapplied(app):
    invoice = app.invoice()
    sent = {
        "CustomerRef": {"value": "1"},
        "TotalAmt": 150,
        "Line": [{"Amount": 100, "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}],
    }
    payment = app.post("payment", sent).body["Payment"]
    assert (payment["UnappliedAmt"], payment["DepositToAccountRef"]) == (50, {"value": "4"})


def test_what_a_payment_is_refused_for(app):
    invoice = app.invoice()
    link = {"LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}
    base = {"CustomerRef": {"value": "1"}, "TotalAmt": 100}
    assert app.post("payment", {"CustomerRef": {"value": "1"}}).code == "2020"
    assert app.post("payment", {**base, "Line": [{"Amount": 101, **link}], "TotalAmt": 200}).code == "6000"
    assert app.post("payment", {**base, "Line": [{"Amount": 60, **link}], "TotalAmt": 50}).code == "6000"
    assert app.post("payment", {**base, "Line": [{"Amount": 60, **link}], "CustomerRef": {"value": "2"}}).code == "6000"
    assert (
        app.post("payment", {**base, "Line": [{"Amount": 60, "LinkedTxn": [{"TxnId": "999", "TxnType": "Invoice"}]}]}).code
        == "2500"
    )
    assert app.read(invoice)["Balance"] == 100


def test_lines_of_a_payment_are_all_or_none_on_an_update(app, emulator):
    invoice = app.invoice()
    payment = emulator.pay(HAND, invoice["Id"])
    header_only = app.post("payment", {"Id": payment["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "thanks"}).body[
        "Payment"
    ]
    assert header_only["Line"] == payment["Line"] and app.read(invoice)["Balance"] == 0
    app.post("payment", {"Id": payment["Id"], "SyncToken": "1", "sparse": True, "Line": []})
    assert app.read(invoice)["Balance"] == 100


def test_a_paid_invoice_is_not_voided_or_deleted(app, emulator):
    invoice = app.invoice()
    emulator.pay(HAND, invoice["Id"], 10)
    now = app.read(invoice)
    assert app.post("invoice", header(now), operation="void").code == "6540"
    assert app.post("invoice", header(now), operation="delete").code == "6540"


def test_where_the_company_unlinks_the_money_stays_on_the_payment(app, emulator):
    emulator.configure_company(HAND, void_linked="unlink", delete_linked="unlink")
    invoice = app.invoice()
    payment = emulator.pay(HAND, invoice["Id"], 10)
    assert app.post("invoice", header(app.read(invoice)), operation="void").body["Invoice"]["LinkedTxn"] == []
    freed = app.get(f"payment/{payment['Id']}").body["Payment"]
    assert (freed["TotalAmt"], freed["UnappliedAmt"], freed["Line"], freed["SyncToken"]) == (10, 10, [], "1")


def test_an_invoice_lowered_below_its_payment_frees_the_excess(app, emulator):
    invoice = app.invoice()
    payment = emulator.pay(HAND, invoice["Id"])
    changed = emulator.edit(HAND, invoice["Id"], Line=[line("1", "80", "80")])
    assert (changed["TotalAmt"], changed["Balance"]) == (80, 0)
    assert app.get(f"payment/{payment['Id']}").body["Payment"]["UnappliedAmt"] == 20


def test_a_credit_memo_closes_an_invoice_by_a_payment_of_nothing(app, emulator):
    invoice = app.invoice()
    memo = emulator.credit(HAND, invoice["Id"])
    payment = emulator.objects(HAND, "Payment")[0]
    assert payment["TotalAmt"] == 0
    assert [(each["LinkedTxn"][0]["TxnType"], each["Amount"]) for each in payment["Line"]] == [
        ("Invoice", 100),
        ("CreditMemo", 100),
    ]
    assert app.read(invoice)["Balance"] == 0 and memo["RemainingCredit"] == 0


def test_a_refund_receipt_leaves_the_invoice_alone(app, emulator):
    invoice = app.invoice()
    emulator.pay(HAND, invoice["Id"])
    receipt = emulator.refund(HAND, invoice["Id"], 25)
    assert receipt["TotalAmt"] == 25 and app.read(invoice)["Balance"] == 0


def test_a_payment_may_leave_the_invoices_token_as_it_was(app, emulator):
    emulator.configure_company(HAND, payment_bumps_token=False)
    invoice = app.invoice()
    emulator.advance(5)
    emulator.pay(HAND, invoice["Id"])
    now = app.read(invoice)
    assert (now["SyncToken"], now["Balance"], now["MetaData"]["LastUpdatedTime"]) == ("0", 0, "2026-03-02T12:00:05-08:00")


def test_the_journal_says_who_did_what(app, emulator):
    invoice = app.invoice()
    emulator.pay(HAND, invoice["Id"])
    app.post("invoice", draft(DocNumber=None, Colour="red"))
    assert [(each.position, each.actor, each.entity, each.operation) for each in emulator.writes()] == [
        (1, "api", "Invoice", "create"),
        (2, "accountant", "Payment", "create"),
    ]
