"""The page that the contract is browsed on comes from the service alone, under the strict policy of every page."""

from __future__ import annotations

import re

import pytest

from tests.component.ingest.conftest import PREFIX


@pytest.mark.row("I1")
def test_the_page_of_the_contract_loads_nothing_from_elsewhere(service):
    browser = service.app.test_client()
    page = browser.get(f"{PREFIX}/docs")
    assert page.status_code == 200 and "unsafe" not in page.headers["Content-Security-Policy"]
    assert "<style" not in page.text and not re.search(r"<script(?! src=)", page.text)
    named = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(named) == 4
    for name in named:
        assert name.startswith("docs/") and browser.get(f"{PREFIX}/{name}").status_code == 200, name
    for name in ("index.html", "..%2f__init__.py", "swagger-ui.js"):
        assert browser.get(f"{PREFIX}/docs/{name}").status_code == 404, name
