"""Opens a company's books with sample lists, and answers its company information and preferences."""

from __future__ import annotations

from decimal import Decimal

from . import lists
from .books import Books
from .wire import Body

_ACCOUNTS = (
    ("Sample Services Income", "Income"),
    ("Sample Checking", "Bank"),
    ("Accounts Receivable", "Accounts Receivable"),
    ("Undeposited Funds", "Other Current Asset"),
    ("Sample Discounts Given", "Income"),
    ("Sample Expenses", "Expense"),
)
_ITEMS = ("Sample Hours", "Sample Mileage", "Sample Expenses Billed", "Sample Design Work")
_CUSTOMERS = ("Pretend Bakery Ltd", "Imaginary Lighthouse Trust", "Nobody & Daughters", "O'Sample Plumbing")
_RATES = {"GB": ((("20.0% S", "20"), ("5.0% R", "5"), ("0.0% Z", "0"))), "AU": ((("GST", "10"), ("GST free", "0")))}


def open_books(books: Books) -> None:
    """The lists every sample company starts with; ids count from 1 in this order."""
    for name, kind in _ACCOUNTS:
        lists.create(books, "Account", {"Name": name, "AccountType": kind})
    for name in _ITEMS:
        lists.create(books, "Item", {"Name": name, "Type": "Service", "IncomeAccountRef": {"value": "1"}})
    for name in _CUSTOMERS:
        lists.create(books, "Customer", {"DisplayName": name})
    if books.company.multicurrency:
        _foreign_customers(books)
    lists.create(books, "Vendor", {"DisplayName": "Fictional Paper Supplies"})
    lists.create(books, "Employee", {"GivenName": "Ada", "FamilyName": "Sample"})
    lists.create(books, "Term", {"Name": "Net 15", "Type": "STANDARD", "DueDays": 15})
    lists.create(books, "Term", {"Name": "Net 30", "Type": "STANDARD", "DueDays": 30})
    _tax_codes(books)
    books.drain()


def _foreign_customers(books: Books) -> None:
    for currency in books.company.rates:
        lists.create(books, "Customer", {"DisplayName": f"Make-believe Export {currency}", "CurrencyRef": {"value": currency}})


def _tax_codes(books: Books) -> None:
    for name, percent in _RATES.get(books.company.country, ()):
        rate = books.put("TaxRate", {"Name": name, "Active": True, "RateValue": Decimal(percent)}, "Create")
        books.put(
            "TaxCode",
            {
                "Name": name,
                "Active": True,
                "Hidden": False,
                "Taxable": True,
                "TaxGroup": True,
                "SalesTaxRateList": {
                    "TaxRateDetail": [
                        {"TaxRateRef": {"value": rate["Id"], "name": name}, "TaxTypeApplicable": "TaxOnAmount", "TaxOrder": 0}
                    ]
                },
            },
            "Create",
        )


def info(books: Books) -> Body:
    company = books.company
    return {
        "CompanyName": company.name,
        "LegalName": company.name,
        "CompanyAddr": {"Id": "1", "Line1": "1 Sample Street", "City": "Sampletown"},
        "Country": company.country,
        "Email": {"Address": "office@company.example"},
        "FiscalYearStartMonth": "January",
        "SupportedLanguages": "en",
        "NameValue": [{"Name": "NeoEnabled", "Value": "true"}],
        **_stamps(books),
    }


def preferences(books: Books) -> Body:
    company = books.company
    home = {"HomeCurrency": {"value": company.currency}}
    return {
        "AccountingInfoPrefs": {
            "ClassTrackingPerTxnLine": False,
            "TrackDepartments": False,
            **({"BookCloseDate": company.closing_date} if company.closing_date else {}),
        },
        "SalesFormsPrefs": {
            "CustomTxnNumbers": company.custom_numbers,
            "AllowDiscount": company.allow_discount,
            "AllowDeposit": True,
            "AllowServiceDate": True,
            "IPNSupportEnabled": False,
        },
        "CurrencyPrefs": {"MultiCurrencyEnabled": company.multicurrency, **home},
        "TaxPrefs": {
            "UsingSalesTax": company.using_sales_tax,
            **({"PartnerTaxEnabled": company.partner_tax} if company.country == "US" else {}),
        },
        "TimeTrackingPrefs": {
            "UseServices": True,
            "BillCustomers": True,
            "ShowBillRateToAll": False,
            "WorkWeekStartDate": "Monday",
            "MarkTimeEntriesBillable": True,
        },
        "OtherPrefs": {"NameValue": [{"Name": "TimeTrackingFeatureEnabled", "Value": "true"}]},
        **_stamps(books),
    }


def _stamps(books: Books) -> Body:
    opened = books.read("Account", "1")["MetaData"]["CreateTime"]
    return {
        "domain": "QBO",
        "sparse": False,
        "Id": "1",
        "SyncToken": "0",
        "MetaData": {"CreateTime": opened, "LastUpdatedTime": opened},
    }
