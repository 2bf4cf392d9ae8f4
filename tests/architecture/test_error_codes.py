"""The page of error codes says what the source says, and misses none."""

from __future__ import annotations

import pytest

from tests.architecture import error_codes

pytestmark = pytest.mark.xdist_group("architecture")  # one process reads the sources


def test_the_page_of_error_codes_is_what_the_source_raises():
    assert error_codes.PAGE.read_text() == error_codes.page(), "run python -m tests.architecture.error_codes"


PASSED_ON = {"services/ingest/imports/held.py", "services/ingest/sources/invoices/adding.py"}
PASSED_ON |= {"shared/platform/http.py", "services/xero_connector/wish.py"}
"""They hand on a failure, or a reason, that somebody else found and named."""


def test_no_failure_is_made_with_a_code_that_the_page_can_not_find():
    assert {place.split(":")[0] for place in error_codes.unfound()} <= PASSED_ON


def test_what_callers_meet_is_on_the_page():
    page = error_codes.page()
    for code, status in {"rate_limited": 429, "not_authenticated": 401, "scope_missing": 403, "no_such_webhook": 404,
                         "too_large": 413, "bad_json": 422, "internal_error": 500}.items():  # fmt: skip
        assert f"| `{code}` | {status} |" in page, code
