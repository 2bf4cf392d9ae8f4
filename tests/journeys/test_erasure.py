"""Somebody is erased: nowhere named any more, in no service, while money, bindings and the audit chains stand."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from shared.platform import audit, files
from shared.platform.db import reading
from tests.journeys.product import US, Product, Refused

PERSON, CLIENT, NOTE = "Annegret Zauberwald", "Quendel & Sohn", "Besuch bei Annegret"
WORK = f"""\
time,a1,2026-03-02,09:00,17:00,7:30:00,0:30:00,,{PERSON},{CLIENT},Website,,48,USD,,,,,yes,{NOTE}
time,b1,2026-03-03,09:00,10:00,1:00:00,,,Bob Sample,{CLIENT},Website,,60,USD,,,,,yes,Kept
"""


@pytest.fixture
def product(make_database, clock, caplog):
    caplog.set_level(logging.DEBUG)
    return Product(make_database, clock)


@pytest.fixture
def pushed(product):
    """The main job done, one invoice open in the books; its number and the connection."""
    product.imports(WORK)
    product.approves(**{"from": "2026-03-01", "to": "2026-03-31"})
    number = product.composes(grouping="detailed")["invoices"][0]["number"]
    connection = product.connects(US)
    product.work()
    product.links(connection)
    product.pushes(connection)
    return number, connection


def record_id(product, kind, name):
    items = product.get("ingest", "/records", kind=kind)["items"]
    return next(one["id"] for one in items if one.get("name") == name)


def stored_bytes(db) -> bytes:
    """Every byte that a database holds: its files, or all rows of all tables as text."""
    if db.sqlite:
        path = Path(str(db.engine.url.database))
        return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    with reading(db) as session:
        names = sa.inspect(session).get_table_names()
        rows = (session.execute(sa.text(f'SELECT "{name}"::text FROM "{name}"')) for name in names)
        return b"".join(str(row).encode() for table in rows for row in table)


def opened_files(product, service) -> list[bytes]:
    """The content of every stored file whose key is left: originals, documents, calls, answers, plans."""
    with reading(service.db) as session:
        known = session.execute(sa.text("SELECT organisation, id FROM blob")).all()
        return [files.read(session, product.vault, organisation, number) or b"" for organisation, number in known]


def said(product, number, connection) -> str:
    """Everything that the services answer about what they hold."""
    invoice = product.invoices()[number]["invoice_id"]
    answers: list[Any] = [product.get("ingest", "/invoices"), product.get("ingest", f"/invoices/{invoice}")]
    answers += [product.get("ingest", "/records", kind=kind) for kind in ("person", "client", "job", "time")]
    answers += [product.get(service, path) for service in ("ingest", "quickbooks") for path in ("/feed", "/problems")]
    answers += [product.get("quickbooks", "/connections"), product.get("quickbooks", f"/connections/{connection}/runs")]
    return json.dumps(answers, default=str, ensure_ascii=False)


def assert_nowhere(product, text, pushed, caplog):
    for service in product.services:
        assert text.lower().encode() not in stored_bytes(service.db).lower(), service.name
        assert not [raw for raw in opened_files(product, service) if text.encode() in raw], service.name
    assert text not in said(product, *pushed)
    assert text not in caplog.text


def test_an_erased_person_is_in_no_database_file_feed_answer_call_or_log(product, pushed, caplog):
    number, _ = pushed
    assert NOTE in said(product, *pushed)
    assert any(NOTE.encode() in raw for raw in opened_files(product, product.quickbooks))  # the test can see
    product.post("ingest", "/erasures", {"person": record_id(product, "person", PERSON)})
    product.work()
    for text in (PERSON, NOTE, "Zauberwald"):
        assert_nowhere(product, text, pushed, caplog)
    one = product.invoices()[number]
    assert (one["status"], str(one["total"])) == ("sent", "420.00")
    assert product.external_id(number)
    for service in product.services:
        audit.chain(service.db)
    assert product.get("ingest", "/audit/verify")["ok"]
    assert product.get("quickbooks", "/audit/verify")["ok"]


def test_an_erased_client_is_nowhere_named_and_the_payment_still_comes_back(product, pushed, caplog):
    number, _ = pushed
    product.post("ingest", "/erasures", {"client": record_id(product, "client", CLIENT)})
    product.work()
    assert_nowhere(product, CLIENT, pushed, caplog)
    product.emulator.pay(US, product.external_id(number))
    product.hears()
    assert product.invoices()[number]["status"] == "paid"


def test_an_invoice_that_names_somebody_erased_can_still_be_voided(product, pushed):
    number, connection = pushed
    product.post("ingest", "/erasures", {"person": record_id(product, "person", PERSON)})
    product.work()
    product.post("ingest", f"/invoices/{product.invoices()[number]['invoice_id']}/void", {})
    product.work()
    product.pushes(connection)
    assert product.emulator.live_invoices(US) == []
    assert product.invoices()[number]["status"] == "void"


def test_new_data_about_an_erased_person_is_refused_row_by_row(product, pushed):
    product.post("ingest", "/erasures", {"person": record_id(product, "person", PERSON)})
    with pytest.raises(Refused) as caught:
        product.imports(WORK)
    refused = [row for row in caught.value.value["rows"] if row.get("problem")]
    assert len(refused) == 1
    assert PERSON not in json.dumps(refused)
    taken = product.imports(WORK, partial="true")
    assert taken["totals"]["refused"] == 1
