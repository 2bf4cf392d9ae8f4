"""Knows the scopes an app may ask for, and which of them each call needs."""

from __future__ import annotations

from .asking import Call

_NEEDED = {
    "timesheets": "payroll.timesheets",
    "payruns": "payroll.payruns",
    "payslip": "payroll.payslip",
    "payslips": "payroll.payslip",
    "employees": "payroll.employees",
    "payitems": "payroll.settings",
    "payrollcalendars": "payroll.settings",
    "payruncalendars": "payroll.settings",
    "earningsrates": "payroll.settings",
    "settings": "payroll.settings",
    "organisation": "accounting.settings",
    "trackingcategories": "accounting.settings",
    "users": "accounting.settings",
}
_SIGN_IN = {"openid", "profile", "email", "offline_access"}
_BOTH_WAYS = set(_NEEDED.values()) | {"accounting.contacts", "accounting.attachments", "projects"}
_GRANULAR = {"accounting.invoices", "accounting.payments", "accounting.banktransactions", "accounting.manualjournals"}
_BROAD = {"accounting.transactions", "accounting.reports.read", "accounting.journals.read"}


def known(scope: str, *, broad: bool) -> bool:
    """Whether an app may ask for it; those made since March 2026 get the granular ones only."""
    plain = scope.removesuffix(".read")
    return scope in _SIGN_IN or plain in _BOTH_WAYS | _GRANULAR or (broad and (scope in _BROAD or plain in _BROAD))


def allows(granted: frozenset[str], call: Call) -> bool:
    """Reading is content with either form, writing with the full one only."""
    needed = _NEEDED.get(call.resource)
    if needed is None or needed in granted:
        return True
    return call.method == "GET" and f"{needed}.read" in granted
