"""Customers, items and the other lists: names, references, and leaving the list."""

from __future__ import annotations

import pytest

from tests.component.quickbooks_emulator.driver import HAND, header


def customer(app, **body):
    return app.post("customer", body)


def test_a_customer_needs_a_name_and_makes_one_of_its_parts(app):
    made = customer(app, GivenName="Ines", FamilyName="Example").body["Customer"]
    assert (made["DisplayName"], made["FullyQualifiedName"], made["Active"]) == ("Ines Example", "Ines Example", True)
    assert customer(app, Notes="nameless").code == "6080"
    assert customer(app, DisplayName="a:b").code == "2090"
    assert customer(app, DisplayName="x" * 501).code == "2050"


@pytest.mark.parametrize("taken", ["Pretend Bakery Ltd", "PRETEND bakery ltd", "Fictional Paper Supplies", "Ada Sample"])
def test_a_name_is_unique_over_customers_vendors_and_employees(app, taken):
    refused = customer(app, DisplayName=taken)
    assert (refused.code, refused.fault["Detail"]) == ("6240", "The name supplied already exists. : null")


def test_an_inactive_customer_still_holds_its_name_and_is_hidden_from_queries(app, emulator):
    emulator.deactivate_customer(HAND, "1")
    assert customer(app, DisplayName="Pretend Bakery Ltd").code == "6240"
    assert app.query("select * from Customer where DisplayName = 'Pretend Bakery Ltd'") == {}
    found = app.query("select * from Customer where DisplayName = 'Pretend Bakery Ltd' and Active IN (true, false)")
    assert found["Customer"][0]["Active"] is False
    assert app.get("customer/1").body["Customer"]["Id"] == "1"


def test_a_sub_customer_carries_its_parents_name(app):
    child = customer(app, DisplayName="Oven Refit", ParentRef={"value": "1"}, Job=True).body["Customer"]
    assert child["FullyQualifiedName"] == "Pretend Bakery Ltd:Oven Refit" and child["IsProject"] is False


def test_customers_nest_five_levels_deep_at_most(app):
    parent = "1"
    for level in range(4):
        parent = customer(app, DisplayName=f"Level {level}", ParentRef={"value": parent}).body["Customer"]["Id"]
    assert customer(app, DisplayName="Too deep", ParentRef={"value": parent}).code == "6000"


def test_a_customer_is_renamed_by_a_sparse_update_and_never_deleted(app):
    first = app.get("customer/1").body["Customer"]
    assert app.post("customer", header(first, DisplayName="Pretend Bakehouse")).body["Customer"]["SyncToken"] == "1"
    assert app.post("customer", header(first, DisplayName="Other")).code == "5010"
    assert app.post("customer", header(first), operation="delete").code == "500"


def test_a_name_may_be_kept_in_an_update(app):
    first = app.get("customer/1").body["Customer"]
    assert app.post("customer", header(first, DisplayName=first["DisplayName"], Notes="x")).status == 200


def test_a_merged_customer_is_gone_and_its_invoices_move(app, emulator):
    invoice = app.invoice()
    emulator.merge_customers(HAND, keep="2", gone="1")
    assert app.get("customer/1").code == "610"
    assert app.read(invoice)["CustomerRef"] == {"value": "2", "name": "Imaginary Lighthouse Trust"}


def test_a_service_item_needs_an_income_account_that_exists(app):
    made = app.post("item", {"Name": "Night Work", "Type": "Service", "IncomeAccountRef": {"value": "1"}}).body["Item"]
    assert made["IncomeAccountRef"] == {"value": "1", "name": "Sample Services Income"}
    assert app.post("item", {"Name": "No account", "Type": "Service"}).code == "2020"
    refused = app.post("item", {"Name": "Wrong account", "Type": "Service", "IncomeAccountRef": {"value": "77"}})
    assert refused.code == "2500" and "Accounts element id 77 not found" in refused.fault["Detail"]
    assert app.post("item", {"Name": "NIGHT WORK", "Type": "Service", "IncomeAccountRef": {"value": "1"}}).code == "6240"
    assert app.post("item", {"Name": "x" * 101, "Type": "Service", "IncomeAccountRef": {"value": "1"}}).code == "2050"


def test_sku_is_shown_only_when_asked_for_by_name(app):
    app.post("item", {"Name": "Night Work", "Sku": "N-1", "Type": "Service", "IncomeAccountRef": {"value": "1"}})
    assert "Sku" not in app.query("select * from Item where Name = 'Night Work'")["Item"][0]
    assert app.query("select *, Sku from Item where Name = 'Night Work'")["Item"][0]["Sku"] == "N-1"


def test_tax_codes_are_only_read(british):
    assert [each["Name"] for each in british.query("select * from TaxCode")["TaxCode"]] == ["20.0% S", "5.0% R", "0.0% Z"]
    assert british.post("taxcode", {"Name": "mine"}).code == "500"
