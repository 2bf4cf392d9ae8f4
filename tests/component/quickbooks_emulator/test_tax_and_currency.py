"""Sales tax the American way and elsewhere, and currencies of customers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.component.quickbooks_emulator.driver import AUSTRALIAN, HAND, draft, line

GBP, EUR, JPY, KWD = ({"value": code} for code in ("GBP", "EUR", "JPY", "KWD"))
STANDARD, REDUCED, ZERO = ({"value": number} for number in "123")
EURO_CUSTOMER, YEN_CUSTOMER, DINAR_CUSTOMER = {"value": "5"}, {"value": "7"}, {"value": "8"}


def british_draft(**changes):
    return draft(**{"CurrencyRef": GBP, "GlobalTaxCalculation": "TaxExcluded", "Line": [line(TaxCodeRef=STANDARD)], **changes})


def test_an_american_tax_total_that_was_sent_is_honoured(app):
    invoice = app.invoice(Line=[line(TaxCodeRef={"value": "TAX"})], TxnTaxDetail={"TotalTax": Decimal("7.77")})
    assert invoice["TxnTaxDetail"]["TotalTax"] == Decimal("7.77") and invoice["TotalAmt"] == Decimal("107.77")


def test_without_a_sent_total_the_american_engine_finds_its_own(app, emulator):
    emulator.configure_company(HAND, tax_percent=Decimal("8.25"))
    invoice = app.invoice(Line=[line(TaxCodeRef={"value": "TAX"}), line("1", "40", "40", TaxCodeRef={"value": "NON"})])
    assert (invoice["TxnTaxDetail"]["TotalTax"], invoice["TotalAmt"]) == (Decimal("8.25"), Decimal("148.25"))


def test_with_sales_tax_switched_off_a_sent_total_arrives_untaxed(app, emulator):
    emulator.configure_company(HAND, using_sales_tax=False)
    invoice = app.invoice(Line=[line(TaxCodeRef={"value": "TAX"})], TxnTaxDetail={"TotalTax": 8})
    assert (invoice["TxnTaxDetail"], invoice["TotalAmt"]) == ({"TotalTax": 0}, 100)


def test_elsewhere_tax_is_computed_from_the_codes_of_the_lines(british):
    lines = [line(TaxCodeRef=STANDARD), line("1", "33.33", "33.33", TaxCodeRef=REDUCED), line("1", "10", "10", TaxCodeRef=ZERO)]
    invoice = british.post("invoice", british_draft(Line=lines)).body["Invoice"]
    # 100 at 20 % = 20.00; 33.33 at 5 % = 1.6665 -> 1.67; 10 at 0 %
    assert [each["Amount"] for each in invoice["TxnTaxDetail"]["TaxLine"]] == [20, Decimal("1.67"), 0]
    assert (invoice["TxnTaxDetail"]["TotalTax"], invoice["TotalAmt"]) == (Decimal("21.67"), Decimal("165.00"))


def test_elsewhere_a_total_alone_is_computed_anew_and_tax_lines_are_taken(british):
    alone = british.post("invoice", british_draft(DocNumber="1", TxnTaxDetail={"TotalTax": 25})).body["Invoice"]
    assert alone["TotalAmt"] == 120
    own = {
        "Amount": Decimal("19.99"),
        "DetailType": "TaxLineDetail",
        "TaxLineDetail": {"TaxRateRef": {"value": "1"}, "NetAmountTaxable": 100},
    }
    taken = british.post("invoice", british_draft(DocNumber="2", TxnTaxDetail={"TaxLine": [own]})).body["Invoice"]
    assert taken["TotalAmt"] == Decimal("119.99")
    bare = {name: value for name, value in own.items() if name != "DetailType"}
    assert british.post("invoice", british_draft(DocNumber="3", TxnTaxDetail={"TaxLine": [bare]})).code == "2020"


def test_amounts_that_include_tax_are_split(british):
    invoice = british.post(
        "invoice", british_draft(GlobalTaxCalculation="TaxInclusive", Line=[line("1", "120", "120", TaxCodeRef=STANDARD)])
    ).body["Invoice"]
    assert (invoice["Line"][0]["Amount"], invoice["TxnTaxDetail"]["TotalTax"], invoice["TotalAmt"]) == (100, 20, 120)
    again = british.post("invoice", {"Id": invoice["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "x"}).body["Invoice"]
    assert again["TotalAmt"] == 120


@pytest.mark.parametrize(
    ("lines", "code"),
    [([line()], "6000"), ([line(TaxCodeRef={"value": "TAX"})], "2500"), ([line(TaxCodeRef={"value": "9"})], "2500")],
)
def test_elsewhere_every_line_needs_a_tax_code_of_the_company(british, lines, code):
    assert british.post("invoice", british_draft(Line=lines)).code == code


def test_no_tax_code_is_needed_where_tax_does_not_apply(british):
    assert (
        british.post("invoice", british_draft(GlobalTaxCalculation="NotApplicable", Line=[line()])).body["Invoice"]["TotalAmt"]
        == 100
    )


def test_a_changed_amount_with_the_old_tax_lines_keeps_the_old_tax(british):
    invoice = british.post("invoice", british_draft()).body["Invoice"]
    change = {"Id": invoice["Id"], "SyncToken": "0", "sparse": True, "Line": [line("4", "50", "200", TaxCodeRef=STANDARD)]}
    stale = british.post("invoice", {**change, "TxnTaxDetail": invoice["TxnTaxDetail"]}).body["Invoice"]
    assert stale["TotalAmt"] == 220  # the trap: drop TxnTaxDetail when the amounts change
    fresh = british.post("invoice", {**change, "SyncToken": "1"}).body["Invoice"]
    assert fresh["TotalAmt"] == 240


def test_australian_goods_and_services_tax(connect):
    app = connect(AUSTRALIAN)
    answer = app.post("invoice", draft(CurrencyRef={"value": "AUD"}, Line=[line(TaxCodeRef={"value": "1"})]))
    assert answer.body["Invoice"]["TotalAmt"] == 110


def test_the_currency_belongs_to_the_customer(british):
    assert british.post("invoice", british_draft(CurrencyRef=None)).code == "2020"
    assert british.post("invoice", british_draft(CurrencyRef=EUR)).code == "6000"
    assert british.post("invoice", british_draft(CustomerRef=EURO_CUSTOMER)).code == "6000"
    invoice = british.post("invoice", british_draft(CustomerRef=EURO_CUSTOMER, CurrencyRef=EUR)).body["Invoice"]
    assert (invoice["TotalAmt"], invoice["ExchangeRate"], invoice["HomeTotalAmt"], invoice["HomeBalance"]) == (
        120,
        Decimal("0.85"),
        102,
        102,
    )


def test_a_sent_exchange_rate_is_used(british):
    body = british_draft(CustomerRef=EURO_CUSTOMER, CurrencyRef=EUR, ExchangeRate=Decimal("0.9"))
    assert british.post("invoice", body).body["Invoice"]["HomeTotalAmt"] == 108


def test_amounts_have_the_decimals_of_their_currency(british):
    yen = british_draft(DocNumber="J", CustomerRef=YEN_CUSTOMER, CurrencyRef=JPY, GlobalTaxCalculation="NotApplicable")
    assert b'"TotalAmt":333,' in british.post("invoice", {**yen, "Line": [line("0.33333", "1000", "333")]}).raw
    dinar = british_draft(DocNumber="K", CustomerRef=DINAR_CUSTOMER, CurrencyRef=KWD, GlobalTaxCalculation="NotApplicable")
    assert b'"TotalAmt":3.333,' in british.post("invoice", {**dinar, "Line": [line("0.33333", "10", "3.333")]}).raw
    assert british.post("invoice", {**dinar, "DocNumber": "L", "Line": [line("0.33333", "10", "3.33")]}).code == "6070"


def test_a_customers_currency_cannot_change(british):
    refused = british.post("customer", {"Id": "1", "SyncToken": "0", "sparse": True, "CurrencyRef": EUR})
    assert refused.code == "6000"


def test_preferences_tell_the_companies_apart(app, british):
    american, other = (each.get("preferences").body["Preferences"] for each in (app, british))
    assert american["TaxPrefs"] == {"UsingSalesTax": True, "PartnerTaxEnabled": True}
    assert american["CurrencyPrefs"] == {"MultiCurrencyEnabled": False, "HomeCurrency": {"value": "USD"}}
    assert (
        other["CurrencyPrefs"] == {"MultiCurrencyEnabled": True, "HomeCurrency": {"value": "GBP"}}
        and "PartnerTaxEnabled" not in other["TaxPrefs"]
    )
    assert american["SalesFormsPrefs"]["CustomTxnNumbers"] is True
    assert british.get(f"companyinfo/{british.realm}").body["CompanyInfo"]["Country"] == "GB"
