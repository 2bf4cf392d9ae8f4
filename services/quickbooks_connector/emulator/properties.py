"""Names every property the service knows, entity by entity, with its type and longest text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .wire import Body


@dataclass(frozen=True)
class Leaf:
    """One plain value: text (with a limit), number, flag, date or anything."""

    kind: str
    limit: int | None = None


def text(limit: int | None = None) -> Leaf:
    return Leaf("text", limit)


def each(kind: Leaf | Body, names: str) -> Body:
    """The same type for several properties."""
    return dict.fromkeys(names.split(), kind)


T, N, B, D, ANY = text(), Leaf("number"), Leaf("flag"), Leaf("date"), Leaf("any")

REF = each(T, "value name type")
MEMO: Body = {"value": text(1000)}
EMAIL: Body = {"Address": text(100), "Default": B, **each(T, "Tag Id")}
PHONE: Body = {"FreeFormNumber": text(30), **each(T, "Id DeviceType")}
ADDRESS: Body = {
    **each(text(500), "Line1 Line2 Line3 Line4 Line5"),
    **each(text(255), "City Country CountrySubDivisionCode"),
    "PostalCode": text(30),
    **each(T, "Id CountryCode Lat Long Note"),
}
LINK = each(T, "TxnId TxnType TxnLineId")
META: Body = {**each(T, "CreateTime LastUpdatedTime"), **each(REF, "LastModifiedByRef CreatedByRef")}
FIELD: Body = {**each(T, "DefinitionId Name Type"), "StringValue": text(31)}
HEAD: Body = {**each(T, "Id SyncToken domain status"), "sparse": B, "MetaData": META}

TAX_LINE_DETAIL: Body = {
    "TaxRateRef": REF,
    "PercentBased": B,
    **each(N, "TaxPercent NetAmountTaxable TaxInclusiveAmount OverrideDeltaAmount"),
}
TAX_LINE: Body = {**each(T, "DetailType Id Description"), **each(N, "Amount LineNum"), "TaxLineDetail": TAX_LINE_DETAIL}
TAX_DETAIL: Body = {**each(REF, "TxnTaxCodeRef DefaultTaxCodeRef"), "TotalTax": N, "TaxLine": [TAX_LINE]}

SALES_ITEM: Body = {
    **each(REF, "ItemRef TaxCodeRef ClassRef ItemAccountRef PriceLevelRef TaxClassificationRef"),
    **each(N, "Qty UnitPrice TaxInclusiveAmt DiscountRate DiscountAmt"),
    "ServiceDate": D,
    "DeferredRevenue": B,
    "MarkupInfo": ANY,
}
DISCOUNT: Body = {"PercentBased": B, "DiscountPercent": N, **each(REF, "DiscountAccountRef DiscountRef ClassRef TaxCodeRef")}
SALES_LINE: Body = {
    **each(T, "Id DetailType"),
    **each(N, "LineNum Amount"),
    "Description": text(4000),
    "LinkedTxn": [LINK],
    "SalesItemLineDetail": SALES_ITEM,
    "DiscountLineDetail": DISCOUNT,
    "DescriptionLineDetail": {"ServiceDate": D, "TaxCodeRef": REF},
    "CustomField": [FIELD],
    "ProjectRef": REF,
    **each(ANY, "SubTotalLineDetail GroupLineDetail CustomExtensions"),
}
SALES: Body = {
    **HEAD,
    "CustomField": [FIELD],
    "DocNumber": text(21),
    "TxnDate": D,
    "PrivateNote": text(4000),
    "CustomerMemo": MEMO,
    "LinkedTxn": [LINK],
    "Line": [SALES_LINE],
    "TxnTaxDetail": TAX_DETAIL,
    **each(REF, "CustomerRef CurrencyRef DepartmentRef ClassRef SalesTermRef PaymentMethodRef DepositToAccountRef"),
    **each(REF, "ProjectRef TaxExemptionRef RecurDataRef"),
    **each(N, "ExchangeRate TotalAmt HomeTotalAmt Balance HomeBalance"),
    **each(ADDRESS, "BillAddr ShipAddr ShipFromAddr"),
    **each(EMAIL, "BillEmail BillEmailCc BillEmailBcc"),
    **each(B, "FreeFormAddress ApplyTaxAfterDiscount"),
    **each(T, "PrintStatus EmailStatus GlobalTaxCalculation TrackingNum TxnSource ClientEntityId"),
    "CustomExtensions": ANY,
}
INVOICE: Body = {
    **SALES,
    **each(D, "DueDate ShipDate"),
    "ShipMethodRef": REF,
    "Deposit": N,
    "DeliveryInfo": ANY,
    **each(T, "InvoiceLink EInvoiceStatus"),
    **each(B, "AllowIPNPayment AllowOnlinePayment AllowOnlineCreditCardPayment AllowOnlineACHPayment AutoDocNumber"),
}
PAYMENT: Body = {
    **HEAD,
    **each(REF, "CustomerRef DepositToAccountRef PaymentMethodRef CurrencyRef ARAccountRef"),
    **each(N, "TotalAmt UnappliedAmt ExchangeRate"),
    "PaymentRefNum": text(21),
    "ProcessPayment": B,
    "PrivateNote": text(4000),
    "TxnDate": D,
    "Line": [{"Amount": N, "LinkedTxn": [LINK], "LineEx": ANY, "Id": T, "LineNum": N}],
    "LinkedTxn": [LINK],
    "CreditCardPayment": ANY,
    "CustomField": [FIELD],
    **each(T, "TxnSource TxnStatus TransactionLocationType"),
}
PERSON: Body = {
    **HEAD,
    **each(text(16), "Title Suffix"),
    **each(text(100), "GivenName MiddleName FamilyName"),
    "DisplayName": text(500),
    **each(T, "PrintOnCheckName V4IDPseudonym"),
    "Active": B,
    **each(PHONE, "PrimaryPhone Mobile AlternatePhone Fax"),
    "PrimaryEmailAddr": EMAIL,
    "WebAddr": {"URI": text(1000)},
    "CurrencyRef": REF,
}
CUSTOMER: Body = {
    **PERSON,
    "CompanyName": text(100),
    "Notes": text(2000),
    "ResaleNum": text(16),
    **each(ADDRESS, "BillAddr ShipAddr"),
    **each(REF, "ParentRef DefaultTaxCodeRef SalesTermRef PaymentMethodRef CustomerTypeRef ARAccountRef"),
    **each(B, "Job BillWithParent IsProject Taxable"),
    **each(N, "Level Balance BalanceWithJobs"),
    "OpenBalanceDate": D,
    **each(T, "FullyQualifiedName PreferredDeliveryMethod ClientEntityId TaxExemptionReasonId PrimaryTaxIdentifier"),
    **each(T, "GSTIN GSTRegistrationType BusinessNumber Source"),
}
VENDOR: Body = {
    **PERSON,
    **each(text(100), "CompanyName AcctNum"),
    "BillAddr": ADDRESS,
    "TermRef": REF,
    "Vendor1099": B,
    "TaxIdentifier": T,
    **each(N, "Balance BillRate CostRate"),
}
EMPLOYEE: Body = {
    **PERSON,
    "PrimaryAddr": ADDRESS,
    "BillableTime": B,
    **each(N, "BillRate CostRate"),
    **each(T, "EmployeeNumber SSN"),
    **each(D, "HiredDate ReleasedDate"),
}
ITEM: Body = {
    **HEAD,
    **each(text(100), "Name Sku"),
    "Description": text(4000),
    "PurchaseDesc": text(1000),
    **each(B, "Active Taxable SalesTaxIncluded PurchaseTaxIncluded TrackQtyOnHand SubItem"),
    **each(N, "UnitPrice PurchaseCost QtyOnHand Level"),
    **each(T, "Type FullyQualifiedName ItemCategoryType"),
    **each(REF, "IncomeAccountRef ExpenseAccountRef AssetAccountRef ParentRef SalesTaxCodeRef PurchaseTaxCodeRef"),
    **each(REF, "TaxClassificationRef ClassRef"),
    "InvStartDate": D,
}
ACCOUNT: Body = {
    **HEAD,
    "Name": text(100),
    **each(B, "Active SubAccount"),
    **each(T, "FullyQualifiedName AccountType AccountSubType Classification AcctNum Description"),
    **each(REF, "CurrencyRef ParentRef TaxCodeRef"),
    **each(N, "CurrentBalance CurrentBalanceWithSubAccounts"),
}
TERM: Body = {**HEAD, "Name": text(31), "Active": B, "Type": T, **each(N, "DueDays DiscountDays DiscountPercent")}

SHAPES: Mapping[str, Body] = {
    "Invoice": INVOICE,
    "CreditMemo": {**SALES, "RemainingCredit": N, "PaymentType": T},
    "RefundReceipt": {**SALES, "PaymentType": T},
    "Payment": PAYMENT,
    "Customer": CUSTOMER,
    "Vendor": VENDOR,
    "Employee": EMPLOYEE,
    "Item": ITEM,
    "Account": ACCOUNT,
    "Term": TERM,
    # Only read here.
    "TaxCode": HEAD,
    "TaxRate": HEAD,
    "CompanyInfo": HEAD,
    "Preferences": HEAD,
}
TRANSACTIONS = ("Invoice", "CreditMemo", "RefundReceipt", "Payment")
LISTS = ("Customer", "Vendor", "Employee", "Item", "Account", "TaxCode", "TaxRate", "Term")

_STAMPED = frozenset(HEAD)
_COMPUTED = frozenset(
    [
        "TotalAmt",
        "Balance",
        "HomeTotalAmt",
        "HomeBalance",
        "InvoiceLink",
        "DeliveryInfo",
        "TaxExemptionRef",
        "RecurDataRef",
        "LinkedTxn",
        "RemainingCredit",
        "AllowIPNPayment",
        "AllowOnlinePayment",
    ]
)
_OVERWRITTEN: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("Invoice", "CreditMemo", "RefundReceipt"), _COMPUTED),
    "Payment": frozenset({"UnappliedAmt", "LinkedTxn"}),
    "Customer": frozenset({"FullyQualifiedName", "Level", "IsProject", "BalanceWithJobs", "Balance", "V4IDPseudonym"}),
    "Item": frozenset({"FullyQualifiedName", "Level"}),
}


def writable(entity: str, cleaned: Body) -> Body:
    """What a caller may set; all else is the service's own and overwritten in silence."""
    closed = _STAMPED | _OVERWRITTEN.get(entity, frozenset())
    return {name: value for name, value in cleaned.items() if name not in closed}
