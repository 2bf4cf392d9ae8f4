"""Invoices: what is taken, what is refused, what comes back."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.component.quickbooks_emulator.driver import HAND, draft, header, line


def test_the_answer_holds_what_the_service_adds(app):
    answer = app.post("invoice", draft(Line=[line("2", "50", "100")]))
    invoice = answer.body["Invoice"]

    assert answer.status == 200 and answer.headers["intuit_tid"]
    assert b'"Amount":100.00' in answer.raw and b'"TotalAmt":100.00' in answer.raw and b'"Balance":100.00' in answer.raw
    assert b'"Qty":2,"UnitPrice":50' in answer.raw.replace(b" ", b"")
    assert (invoice["SyncToken"], invoice["domain"], invoice["sparse"]) == ("0", "QBO", False)
    assert invoice["MetaData"]["CreateTime"] == invoice["MetaData"]["LastUpdatedTime"] == "2026-03-02T12:00:00-08:00"
    assert invoice["CustomerRef"] == {"value": "1", "name": "Pretend Bakery Ltd"}
    assert [each["DetailType"] for each in invoice["Line"]] == ["SalesItemLineDetail", "SubTotalLineDetail"]
    assert (invoice["Line"][0]["Id"], invoice["Line"][0]["LineNum"]) == ("1", 1)
    assert "Id" not in invoice["Line"][1] and invoice["Line"][1]["Amount"] == 100
    assert invoice["TxnTaxDetail"] == {"TotalTax": 0} and invoice["LinkedTxn"] == [] and invoice["EmailStatus"] == "NotSet"


def test_a_unit_price_of_seven_decimals_comes_back_digit_by_digit(app):
    answer = app.post("invoice", draft(Line=[line("0.33333", "100.1234567", "33.37")]))
    assert b'"Qty":0.33333' in answer.raw and b'"UnitPrice":100.1234567' in answer.raw and b'"TotalAmt":33.37' in answer.raw


def test_dates_default_to_the_services_day_and_to_the_terms(app):
    invoice = app.invoice(TxnDate=None, SalesTermRef={"value": "1"})
    assert (invoice["TxnDate"], invoice["DueDate"]) == ("2026-03-02", "2026-03-17")


def test_an_amount_with_an_item_and_nothing_else_is_enough(app):
    bare = {"DetailType": "SalesItemLineDetail", "Amount": 100, "SalesItemLineDetail": {"ItemRef": {"value": "1"}}}
    assert app.invoice(Line=[bare])["TotalAmt"] == 100


def test_a_line_without_an_item_is_a_note_whose_amount_does_not_count(app):
    note = {"DetailType": "SalesItemLineDetail", "Amount": 40, "Description": "thank you", "SalesItemLineDetail": {}}
    invoice = app.invoice(Line=[line(), note])
    assert invoice["TotalAmt"] == 100
    assert (invoice["Line"][1]["DetailType"], invoice["Line"][1]["Description"]) == ("DescriptionOnly", "thank you")


def test_numbers_sent_as_text_and_blank_defaults_of_the_library_are_taken(app):
    sent = draft(DueDate="", PrivateNote="", TotalAmt="", Balance=0, Deposit=0, CurrencyRef={"value": "", "name": "", "type": ""})
    sent["Line"][0] |= {"Amount": "100.00", "LineNum": 0}
    invoice = app.post("invoice", sent).body["Invoice"]
    assert invoice["TotalAmt"] == 100 and "PrivateNote" not in invoice


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Colour": "red"}, "2010"),
        ({"docNumber": "A-1"}, "2010"),
        ({"CustomerRef": {"value": "1", "Id": "1"}}, "2010"),
        ({"Line": [{**line(), "SubtotalLineDetail": {}}]}, "2010"),
        ({"CustomerRef": None}, "2020"),
        ({"Line": None}, "2020"),
        ({"Line": []}, "2020"),
        ({"Line": [{**line(), "Amount": None}]}, "2020"),
        ({"Line": [{**line(), "DetailType": None}]}, "2020"),
        ({"DocNumber": "1234567890123456789012"}, "2050"),
        ({"PrivateNote": "x" * 4001}, "2050"),
        ({"CustomerMemo": {"value": "x" * 1001}}, "2050"),
        ({"Line": [{**line(), "Description": "x" * 4001}]}, "2050"),
        ({"ExchangeRate": "much"}, "2080"),
        ({"TxnDate": "02/03/2026"}, "2090"),
        ({"Line": [{**line(), "DetailType": "SubtotalLineDetail"}]}, "2090"),
        ({"CustomerRef": {"value": "99"}}, "2500"),
        ({"Line": [line(ItemRef={"value": "99"})]}, "2500"),
        ({"SalesTermRef": {"value": "99"}}, "2500"),
        ({"Line": [line("3", "10.05", "30.16")]}, "6070"),
        ({"Line": [line("0.33", "10.05", "3.31")]}, "6070"),
        ({"Line": [line(TaxCodeRef={"value": "3"})]}, "6100"),
        ({"CurrencyRef": {"value": "EUR"}}, "6000"),
        ({"EmailStatus": "NeedToSend"}, "2020"),
    ],
)
def test_what_the_service_refuses_and_its_code(app, emulator, change, code):
    refused = app.post("invoice", draft(**change))
    assert (refused.status, refused.code, refused.body["Fault"]["type"]) == (400, code, "ValidationFault")
    assert emulator.writes(entity="Invoice") == [] and emulator.objects(HAND, "Invoice") == []


def test_an_unknown_property_is_named_with_the_known_ones(app):
    detail = app.post("invoice", draft(Colour="red")).fault["Detail"]
    assert 'Unrecognized field "Colour"' in detail and '"CustomerRef"' in detail and '"PrivateNote"' in detail


def test_a_missing_reference_is_named_by_list_and_id(app):
    assert "Names element id 99 not found" in app.post("invoice", draft(CustomerRef={"value": "99"})).fault["Detail"]


@pytest.mark.parametrize("rounded", ["3.31", "3.32"])
def test_an_amount_may_be_the_product_rounded_to_cents_either_way(app, rounded):
    # 0.33 x 10.05 = 3.3165: 3.32 half-up; 3.31 is off by more than half a cent
    answer = app.post("invoice", draft(Line=[line("0.33", "10.05", rounded)]))
    assert answer.status == (200 if rounded == "3.32" else 400)


def test_a_reference_to_something_inactive_is_610(app, emulator):
    emulator.deactivate_item(HAND, "1")
    assert app.post("invoice", draft()).code == "610"


def test_a_duplicate_number_is_6140_and_names_the_other(app):
    first = app.invoice()
    assert f"TxnType=Invoice with TxnId={first['Id']}" in app.post("invoice", draft()).fault["Detail"]
    assert app.post("invoice", draft()).code == "6140"
    assert app.post("invoice", draft(), include="allowduplicatedocnum").status == 200


def test_a_company_that_only_warns_takes_a_duplicate_number_with_a_warning(app, emulator):
    emulator.configure_company(HAND, duplicates="warn")
    app.invoice()
    assert app.post("invoice", draft()).body["Warnings"]["Warning"][0]["code"] == "6140"


def test_a_company_that_allows_duplicates_says_nothing(app, emulator):
    emulator.configure_company(HAND, duplicates="allow")
    app.invoice()
    assert "Warnings" not in app.post("invoice", draft()).body


def test_numbering_by_hand_without_a_number_leaves_the_invoice_without_one(app):
    assert "DocNumber" not in app.invoice(DocNumber=None)


def test_a_deleted_invoice_gives_its_number_back_and_a_voided_one_does_not(app, emulator):
    emulator.delete(HAND, app.invoice()["Id"])
    second = app.invoice()
    emulator.void(HAND, second["Id"])
    assert app.post("invoice", draft()).code == "6140"


def test_a_company_that_does_not_number_by_hand_numbers_by_itself(connect, emulator):
    app = connect("9341450000000002")
    assert [app.invoice(DocNumber=None)["DocNumber"] for _ in range(2)] == ["1001", "1002"]
    # a number sent all the same is kept, twice, without an error
    assert [app.invoice(DocNumber="A-1")["DocNumber"] for _ in range(2)] == ["A-1", "A-1"]
    emulator.configure_company("9341450000000002", keep_sent_numbers=False)
    assert app.invoice(DocNumber="A-1")["DocNumber"] == "1003"


def test_a_sparse_update_changes_only_what_was_sent(app):
    invoice = app.invoice(PrivateNote="tb:1.1", CustomerMemo={"value": "hello"})
    changed = app.post("invoice", header(invoice, CustomerMemo={"value": "bye"})).body["Invoice"]
    assert (changed["CustomerMemo"], changed["PrivateNote"], changed["SyncToken"]) == ({"value": "bye"}, "tb:1.1", "1")
    assert changed["Line"] == invoice["Line"] and changed["DocNumber"] == "A-1"


def test_a_full_update_clears_what_was_left_out(app):
    invoice = app.invoice(PrivateNote="tb:1.1", CustomerMemo={"value": "hello"})
    full = draft(Id=invoice["Id"], SyncToken="0", PrivateNote="tb:1.2")
    changed = app.post("invoice", full).body["Invoice"]
    assert changed["PrivateNote"] == "tb:1.2" and "CustomerMemo" not in changed
    assert app.post("invoice", {**full, "SyncToken": "1", "Line": None}).code == "2020"


def test_a_blank_text_in_a_sparse_update_clears_it(app):
    invoice = app.invoice(PrivateNote="tb:1.1")
    assert "PrivateNote" not in app.post("invoice", header(invoice, PrivateNote="")).body["Invoice"]


def test_lines_are_sent_all_or_none_and_a_new_one_gets_a_new_id(app):
    invoice = app.invoice(Line=[line(), line("1", "30", "30")])
    kept = invoice["Line"][1]
    changed = app.post("invoice", header(invoice, Line=[kept, line("1", "7", "7"), {**line("1", "5", "5"), "Id": "77"}])).body[
        "Invoice"
    ]
    assert [(each.get("Id"), each["Amount"]) for each in changed["Line"]] == [("2", 30), ("3", 7), ("4", 5), (None, 42)]
    assert changed["TotalAmt"] == changed["Balance"] == 42


def test_a_stale_token_is_5010_and_a_missing_one_2020(app):
    invoice = app.invoice()
    assert app.post("invoice", header(invoice, PrivateNote="one")).status == 200
    assert app.post("invoice", header(invoice, PrivateNote="two")).code == "5010"
    assert app.post("invoice", {"Id": invoice["Id"], "sparse": True, "PrivateNote": "x"}).code == "2020"


def test_a_void_keeps_the_number_and_takes_everything_else(app):
    invoice = app.invoice(PrivateNote="tb:1.1")
    void = app.post("invoice", header(invoice), operation="void").body["Invoice"]
    assert (void["Id"], void["DocNumber"], void["SyncToken"]) == (invoice["Id"], "A-1", "1")
    assert (void["TotalAmt"], void["Balance"], void["LinkedTxn"]) == (0, 0, [])
    assert {each["Amount"] for each in void["Line"]} == {0}
    assert not {"Qty", "UnitPrice"} & set(void["Line"][0]["SalesItemLineDetail"])
    assert void["PrivateNote"].startswith("Voided") and void["PrivateNote"].endswith("tb:1.1")
    assert app.post("invoice", header(void, Line=[line()])).code == "6000"  # no way back


def test_a_void_without_a_note_leaves_the_word_alone(app):
    assert app.post("invoice", header(app.invoice()), operation="void").body["Invoice"]["PrivateNote"] == "Voided"


def test_a_deleted_invoice_is_answered_as_a_stub_and_read_as_610(app):
    invoice = app.invoice()
    answer = app.post("invoice", header(invoice), operation="delete")
    assert answer.body["Invoice"] == {"domain": "QBO", "status": "Deleted", "Id": invoice["Id"]}
    assert (app.get(f"invoice/{invoice['Id']}").status, app.get(f"invoice/{invoice['Id']}").code) == (400, "610")
    assert app.post("invoice", header(invoice), operation="delete").code == "610"


def test_a_closed_period_refuses_create_change_void_and_delete(app, emulator):
    invoice = app.invoice(TxnDate="2026-03-02")
    emulator.configure_company(HAND, closing_date="2026-03-02")
    assert app.post("invoice", draft(DocNumber="A-2", TxnDate="2026-03-02")).code == "6000"
    assert app.post("invoice", draft(DocNumber="A-2", TxnDate="2026-03-03")).status == 200
    assert app.post("invoice", header(invoice, PrivateNote="x")).code == "6000"
    assert app.post("invoice", header(invoice), operation="void").code == "6000"
    assert app.post("invoice", header(invoice), operation="delete").code == "6000"
    assert app.get("preferences").body["Preferences"]["AccountingInfoPrefs"]["BookCloseDate"] == "2026-03-02"


def test_a_subscription_that_ended_refuses_writes_and_still_answers_reads(app, emulator):
    invoice = app.invoice()
    emulator.configure_company(HAND, suspended=True)
    assert app.post("invoice", draft(DocNumber="A-2")).code == "6190"
    assert app.read(invoice)["TotalAmt"] == 100


def test_sending_by_mail_marks_the_invoice(app, emulator):
    invoice = app.invoice(BillEmail={"Address": "pay@bakery.example"})
    mailed = app.post(f"invoice/{invoice['Id']}/send", "").body["Invoice"]
    assert mailed["EmailStatus"] == "EmailSent" and mailed["DeliveryInfo"]["DeliveryType"] == "Email"
    assert emulator.writes(operation="emailed")[0].id == invoice["Id"]


def test_discounts_in_percent_and_in_money_lower_the_total(app):
    percent = {
        "DetailType": "DiscountLineDetail",
        "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": Decimal("8.5")},
    }
    money = {"DetailType": "DiscountLineDetail", "Amount": Decimal("12.34"), "DiscountLineDetail": {"PercentBased": False}}
    first = app.invoice(Line=[line(), percent])
    assert (first["TotalAmt"], first["Line"][-1]["Amount"], first["Line"][-2]["DetailType"]) == (
        Decimal("91.50"),
        Decimal("8.50"),
        "SubTotalLineDetail",
    )
    assert app.invoice(DocNumber="A-2", Line=[line(), money])["TotalAmt"] == Decimal("87.66")


def test_discount_rules(app, emulator):
    empty = {"DetailType": "DiscountLineDetail", "DiscountLineDetail": {"PercentBased": True}}
    money = {"DetailType": "DiscountLineDetail", "Amount": 5, "DiscountLineDetail": {"PercentBased": False}}
    assert app.post("invoice", draft(Line=[line(), empty])).code == "6090"
    assert app.post("invoice", draft(Line=[line(), money, money])).code == "6000"
    emulator.configure_company(HAND, allow_discount=False)
    assert app.post("invoice", draft(Line=[line(), money])).code == "6000"


def test_a_deposit_lowers_the_balance(app):
    invoice = app.invoice(Deposit=30)
    assert (invoice["TotalAmt"], invoice["Balance"]) == (100, 70)


@pytest.mark.parametrize("sent", ["", "{", '{"Line": NaN}', "[]", '"text"', "[" * 100_000])
def test_a_body_that_is_no_object_is_refused_and_never_a_crash(app, sent):
    assert app.post("invoice", sent).status == 400


def test_paths_are_case_sensitive_and_unknown_ones_unsupported(app):
    assert app.post("Invoice", draft()).code == "500"
    assert app.post("spaceship", {}).code == "500"
    assert app.post("invoice/1/launch", {}).code == "500"
