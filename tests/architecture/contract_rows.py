"""The promised API, row by row, and the page that says which test shows each: ``python -m tests.architecture.contract_rows``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.sources import ROOT

PAGE = ROOT / "docs/reference/contract.md"
ROWS = {
    "A1": "`POST /auth/login` with e-mail, password and device: both tokens, `expires_in`, `sync_endpoint`",
    "A2": "`POST /auth/refresh`: a new pair, the old one dead; reuse ends the family",
    "A3": "`POST /auth/logout`: both tokens dead",
    "A4": "another device with somebody's refresh token: 401, alert, family ended",
    "A5": "every other call needs a bearer: 401 without, 403 where role or scope don't allow it",
    "B1": "export of one user's work; a worker's only of their own",
    "B2": "`from_date` and `to_date`, civil dates, inclusive",
    "B3": "`job_ids`: some, or all",
    "B4": "`client_id`: one, or all",
    "B5": "`tags`: any of them",
    "B6": "`include`: expenses, mileage, overtime",
    "B7": "`format`: json, csv, xlsx (excel), html",
    "B8": "`page` and `page_size`, or `cursor`",
    "B9": "`{entries, summary: {hours, earnings, currency}}`",
    "B10": "a time entry",
    "B11": "an expense",
    "B12": "a mileage trip",
    "B13": "several currencies: a summary each, never a sum across",
    "B14": "start, end and break, to the minute, in the detailed form",
    "C1": "`GET /invoices` by status and page",
    "C2": "an invoice with its lines, dates, tax, balance, status and ids in the books",
    "C3": "the statuses of an invoice",
    "C4": "`GET /invoices/{id}` (as paper: not yet)",
    "C5": "invoices written, changed and voided, with `Idempotency-Key`",
    "D1": "clients",
    "D2": "jobs with rate cards and tags",
    "D3": "people",
    "D4": "expenses with category, currency, receipt",
    "D5": "mileage trip by trip",
    "D6": "overtime and earnings per period, with the rule",
    "D7": "reports per period",
    "D8": "the change feed by cursor",
    "D9": "a mileage log as the IRS wants it",
    "D10": "a mileage log as HMRC wants it",
    "D11": "any list as CSV or Excel",
    "E1": "an invoice made elsewhere starts its push; the ids in the books are kept",
    "E2": "`{event, invoice_id, paid_at, amount}`, with further members",
    "E3": "paid, void and refunded are told (from the books: the connector's tests)",
    "E4": "a receiver's 5xx: sent again for 24 h",
    "E5": "subscriptions, signatures, delivery log, replay",
    "F1": "429 with `rate_limited`, `retry_after_s` and `Retry-After`",
    "F2": "a stable code for each error, and their page",
    "F3": "our own clients back off as callers are advised to",
    "F4": "`Idempotency-Key` on writes",
    "I1": "an OpenAPI document of all of it",
    "I2": "the report of protocol and auth flows",
    "I3": "export and webhook services that run",
    "I4": "connectors: QuickBooks Online, Xero Payroll, CSV and Excel",
    "I5": "tests, a Postman collection, guides step by step",
    "I14": "limits, idempotency, audit around every export, roles",
    "I19": "calls, rows and documents counted by key and month",
}
"""What is promised by this version; what is not in it (paper, XML, what is around the API) has no row yet."""

HEAD = """# The promised API, row by row

Each row has a test of its own against the running service. This page is made of the marks on the tests by
`python -m tests.architecture.contract_rows`; a test holds it equal, and every row shown.

| row | what | shown by |
|---|---|---|
"""


def shown() -> dict[str, list[str]]:
    """Row -> the tests that are marked with it, as file::test; a mark on a whole file is its own."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for name, rows in _marked(path):
            for row in rows:
                found.setdefault(row, []).append(f"{path.relative_to(ROOT / 'tests')}::{name}")
    return found


def _marked(path: Path) -> Iterator[tuple[str, list[str]]]:
    text = path.read_text()
    for node in ast.parse(text).body if "mark.row(" in text else ():
        named = isinstance(node, ast.FunctionDef)
        if named or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"):
            for mark in node.decorator_list if named else [node.value]:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.row":
                    yield node.name if named else "all of it", [ast.literal_eval(one) for one in mark.args]


def page() -> str:
    """The whole page."""
    tests = shown()
    return HEAD + "".join(f"| {row} | {what} | {'<br>'.join(_named(tests.get(row, [])))} |\n" for row, what in ROWS.items())


def _named(tests: list[str]) -> list[str]:
    return [f"`{one}`" for one in tests]


if __name__ == "__main__":
    PAGE.write_text(page())
