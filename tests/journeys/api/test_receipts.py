"""A receipt is kept sealed with its expense, comes back byte by byte, and goes with whoever spent."""

from __future__ import annotations

import io
from typing import Any

import pytest
from werkzeug.test import TestResponse

from shared.platform.db import Database
from shared.platform.settings import Settings
from tests.component.ingest.conftest import PREFIX, Caller

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 8 + b"\n%%EOF"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


def expense(owner: Caller, source_id: str = "x1") -> str:
    sent = [
        {"kind": "person", "source_id": "p", "name": "Robin Sample"},
        {"kind": "expense", "source_id": source_id, "date": "2026-03-02", "person": "p", "amount": "12.34"},
    ]
    batch = {"schema": "1", "records": [{"source": "w", **one} for one in sent]}
    return str(owner.told("POST", "/records", batch, status=202)["results"][1]["id"])


def uploads(owner: Caller, spent: str, content: bytes, name: str = "lunch.pdf", **headers: str) -> TestResponse:
    told = {"Authorization": f"Bearer {owner.key}", **headers}
    form = {"file": (io.BytesIO(content), name)}
    return owner.service.app.test_client().post(f"{PREFIX}/expenses/{spent}/receipt", data=form, headers=told)


@pytest.mark.row("D4")
def test_a_receipt_is_listed_with_its_expense_and_comes_back_whole_and_in_parts(owner: Caller) -> None:
    spent = expense(owner)
    made = uploads(owner, spent, PDF, "Käse & Brot.pdf")
    assert made.status_code == 201, made.text
    [listed] = owner.told("GET", f"/expenses/{spent}")["receipts"]
    assert (listed["name"], listed["media_type"], listed["size"]) == ("Käse & Brot.pdf", "application/pdf", 2_063)
    assert listed["id"] == made.json["id"]
    assert [one["receipts"] for one in owner.told("GET", "/expenses")["items"]] == [[listed["id"]]]
    address = f"/expenses/{spent}/receipt/{listed['id']}"
    whole = owner("GET", address)
    assert (whole.status_code, whole.data, whole.content_type) == (200, PDF, "application/pdf")
    assert whole.headers["Content-Disposition"] == (
        "attachment; filename=\"Kase & Brot.pdf\"; filename*=UTF-8''K%C3%A4se%20%26%20Brot.pdf"
    )
    assert (whole.headers["X-Content-Type-Options"], "sandbox" in whole.headers["Content-Security-Policy"]) == ("nosniff", True)
    for asked, start, stop in (("bytes=5-9", 5, 10), ("bytes=2000-", 2_000, 2_063), ("bytes=-3", 2_060, 2_063)):
        part = owner("GET", address, Range=asked)
        assert (part.status_code, part.data) == (206, PDF[start:stop])
        assert part.headers["Content-Range"] == f"bytes {start}-{stop - 1}/2063"
    assert owner("GET", address, Range="bytes=5-9", If_Range='"another"').data == PDF
    assert owner.told("GET", address, Range="bytes=3000-", status=416)["error"]["code"] == "no_such_part"
    assert owner("DELETE", address).status_code == 204
    assert owner("GET", address).status_code == 404
    assert owner.told("GET", f"/expenses/{spent}")["receipts"] == []


def test_a_file_is_what_its_bytes_say(owner: Caller) -> None:
    spent = expense(owner)
    html = b"<html><script>alert(1)</script></html>"
    for content, name in ((html, "x.pdf"), (b"", "x.png"), (b"MZ\x90\0", "x.jpg"), (b" %PDF-1.7", "x.pdf")):
        answer = uploads(owner, spent, content, name)
        assert (answer.status_code, answer.json["error"]["code"]) == (422, "not_a_receipt"), content
    assert uploads(owner, spent, PNG, "../../etc/photo.html").json["name"] == "photo.html.png"
    assert uploads(owner, "0" * 36, PNG).status_code == 404
    assert owner("POST", f"/expenses/{spent}/receipt", {"file": "x"}).status_code == 415
    big = uploads(owner, spent, PNG + b"\0" * 10_000_000)
    assert (big.status_code, big.json["error"]["code"]) == (413, "too_large")


def test_the_largest_receipt_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    from services.ingest.settings import receipt_limit
    from shared.kernel.errors import Invalid

    assert receipt_limit(Settings.load({"TIMEBOOKS_RECEIPT_BYTES": "5000"}, ())) == 5_000
    with pytest.raises(Invalid, match="TIMEBOOKS_RECEIPT_BYTES"):
        receipt_limit(Settings.load({"TIMEBOOKS_RECEIPT_BYTES": "many"}, ()))


def test_the_same_file_again_is_the_same_receipt(owner: Caller) -> None:
    spent, other = expense(owner), expense(owner, "x2")
    first = uploads(owner, spent, PDF)
    again = uploads(owner, spent, PDF, "again.pdf")
    assert (again.status_code, again.json) == (200, first.json)
    under_key = [uploads(owner, spent, PNG, "p.png", **{"Idempotency-Key": "k"}) for _ in range(2)]
    assert (under_key[0].status_code, under_key[1].headers["Idempotent-Replayed"]) == (201, "true")
    shared = uploads(owner, other, PDF).json["id"]
    owner("DELETE", f"/expenses/{spent}/receipt/{first.json['id']}")
    assert owner("GET", f"/expenses/{other}/receipt/{shared}").data == PDF  # it proves that one still


def test_a_receipt_goes_with_whoever_spent_also_when_that_was_mended(owner: Caller, db: Database) -> None:
    spent = expense(owner)
    receipt = uploads(owner, spent, b"%PDF-1.7 Zauberwald " + b"x" * 500).json["id"]
    nina = owner.told("POST", "/people", {"name": "Nina Sample"}, status=201)["id"]
    shown: dict[str, Any] = owner.told("GET", f"/expenses/{spent}")
    owner.told("PUT", f"/expenses/{spent}", {**shown, "user_id": nina})
    owner.told("POST", "/erasures", {"person": nina})
    [left] = owner.told("GET", f"/expenses/{spent}")["receipts"]
    assert (left["name"], left["size"]) == (None, 520)
    assert owner.told("GET", f"/expenses/{spent}/receipt/{receipt}", status=404)["error"]["code"] == "file_erased"


def test_another_organisations_receipts_are_not_there(owner: Caller, new_owner: Any) -> None:
    spent = expense(owner)
    receipt, rival = uploads(owner, spent, PDF).json["id"], new_owner("Rival")
    assert rival("GET", f"/expenses/{spent}/receipt/{receipt}").status_code == 404
    assert rival("DELETE", f"/expenses/{spent}/receipt/{receipt}").status_code == 404
    assert uploads(rival, spent, PDF).status_code == 404
