"""What goes to QuickBooks, field by field, as Intuit's reference describes it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from services.quickbooks_connector import mapping
from shared.connector.provider import Known, Need, Operation, Tenant
from shared.contract.documents import Grouping, Invoice, InvoiceLine, LineKind
from shared.kernel import canonical
from shared.kernel.errors import Unsupported

US = Tenant(id="1", name="", country="US", currency="USD", facts={"custom_numbers": True, "multicurrency": False})
GB = Tenant(id="2", name="", country="GB", currency="GBP", facts={"custom_numbers": False, "multicurrency": True})
HOURS = InvoiceLine(
    position=1,
    kind=LineKind.TIME,
    description="Website",
    quantity=Decimal("0.33333"),
    unit="hour",
    unit_price=Decimal("48"),
    amount=Decimal("16.00"),
    date=date(2026, 3, 4),
    taxable=True,
)
INVOICE = Invoice(
    id="i1",
    organisation="o1",
    version=1,
    number="INV-00001",
    client="c1",
    client_name="Paper Lantern",
    currency="USD",
    issued=date(2026, 3, 31),
    due=date(2026, 4, 30),
    period_from=date(2026, 3, 1),
    period_to=date(2026, 3, 31),
    grouping=Grouping.JOB,
    lines=(HOURS,),
    subtotal=Decimal("16.00"),
    tax_name="Sales tax",
    tax_percent=Decimal("8.25"),
    tax=Decimal("1.32"),
    total=Decimal("17.32"),
)


class Refs:
    """Their id is the kind and our most specific id."""

    def remote(self, need: Need) -> str:
        return f"{need.kind}-{need.locals[0]}"


def payload(invoice=INVOICE, tenant=US, known=None):
    return mapping.to_payload(invoice, Refs(), tenant, known, "tb:b1.1")


def test_an_american_invoice_is_sent_as_the_reference_describes():
    assert canonical.dumps(payload()).decode() == (
        '{"CustomerRef":{"value":"customer-c1"},"DocNumber":"INV-00001","DueDate":"2026-04-30","Line":[{"Amount":16.00,'
        '"Description":"Website","DetailType":"SalesItemLineDetail","SalesItemLineDetail":{"ItemRef":{"value":"item-time"},'
        '"Qty":0.33333,"ServiceDate":"2026-03-04","TaxCodeRef":{"value":"TAX"},"UnitPrice":48}}],"PrivateNote":"tb:b1.1",'
        '"TxnDate":"2026-03-31","TxnTaxDetail":{"TotalTax":1.32}}'
    )


def test_elsewhere_the_tax_code_is_linked_and_the_books_compute_the_tax():
    sent = payload(replace(INVOICE, currency="EUR"), GB)
    assert sent["GlobalTaxCalculation"] == "TaxExcluded"
    assert sent["CurrencyRef"] == {"value": "EUR"}
    assert sent["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"] == {"value": "tax_code-8.25"}
    assert "TxnTaxDetail" not in sent
    assert "DocNumber" not in sent  # the company numbers by itself


def test_an_update_is_sparse_and_names_the_version_it_was_made_on():
    sent = payload(known=Known(external_id="77", remote_version="3", status="open"))
    assert (sent["Id"], sent["SyncToken"], sent["sparse"]) == ("77", "3", True)


def test_a_void_names_id_and_version_alone():
    assert mapping.to_retire(Known(external_id="77", remote_version="3", status="open")) == {"Id": "77", "SyncToken": "3"}


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("other_currency", {"currency": "EUR"}),
        ("too_many_lines", {"lines": (HOURS,) * 751}),
        ("number_too_long", {"number": "X" * 22}),
        ("text_too_long", {"lines": (replace(HOURS, description="x" * 4001),)}),
        ("negative_total", {"total": Decimal("-1")}),
    ],
)
def test_what_quickbooks_could_not_hold_as_meant_is_refused(code, changes):
    with pytest.raises(Unsupported) as caught:
        payload(replace(INVOICE, **changes))
    assert caught.value.code == code
    assert caught.value.remedy


def test_three_decimals_are_refused_where_two_are_kept():
    with pytest.raises(Unsupported) as caught:
        payload(replace(INVOICE, currency="KWD"), GB)
    assert caught.value.code == "too_fine"


def test_several_go_in_a_batch_with_short_item_ids():
    body = mapping.assemble([(Operation.CREATE, {"a": 1}), (Operation.RETIRE, {"Id": "7"})])
    assert body["BatchItemRequest"] == [
        {"bId": "1", "operation": "create", "Invoice": {"a": 1}},
        {"bId": "2", "operation": "update", "Invoice": {"Id": "7"}, "optionsData": "void"},
    ]
    assert mapping.take_apart(body) == [{"a": 1}, {"Id": "7"}]


def test_a_payload_and_the_object_made_of_it_give_the_same_picture():
    there = {
        **payload(),
        "Id": "77",
        "SyncToken": "0",
        "TotalAmt": Decimal("17.32"),
        "Line": [*payload()["Line"], {"DetailType": "SubTotalLineDetail", "Amount": Decimal("16.00")}],
    }
    assert mapping.picture(there) == mapping.picture(payload())


def test_every_line_needs_its_item_and_only_elsewhere_a_tax_code():
    assert [need.kind for need in mapping.needs(INVOICE, US)] == ["customer", "item"]
    assert [need.kind for need in mapping.needs(INVOICE, GB)] == ["customer", "item", "tax_code"]
