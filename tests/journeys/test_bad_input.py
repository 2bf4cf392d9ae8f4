"""Whatever comes through whichever door of either service: a refusal that says what to do, nothing stored, never a 500."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from urllib3.filepost import encode_multipart_formdata

from services.ingest.accounts.operator import operator_token
from shared.platform.http import Response
from shared.platform.web import routes
from tests.journeys.lives import Ids
from tests.journeys.product import HEADER, PREFIXES, Product
from tests.journeys.stage import Stage
from tests.sizes import is_long

UNCOUNTED = {
    *("audit", "audit_head", "audit_first_use", "idempotency", "api_key", "usage_month", "usage_window"),
    *("sqlite_sequence", "alembic_version"),
}
"""What a refused call may leave: that somebody called."""
GOOD = "time,ok,2026-03-02,,,1:00,,,Ann,Blue,,,85,USD,,,,,yes,"


def opened(stage: Stage) -> tuple[str, Ids]:
    """An organisation with a connection and one invoice that is not sent; the connection."""
    stage.product.imports(GOOD)
    stage.product.approves()
    stage.product.composes()
    connection = stage.product.connects()
    stage.product.work()
    return connection, {}


def bodies() -> Iterator[tuple[str, bytes]]:
    """What no door takes as JSON."""
    yield "empty", b""
    yield "truncated", b'{"records": [{"kind": "time"'
    yield "a list", b"[]"
    yield "text", b'"hello"'
    yield "latin-1", '{"name": "J\xf6rg"}'.encode("latin-1")
    yield "utf-16", '{"name": "x"}'.encode("utf-16")
    yield "NaN", b'{"name": NaN}'
    yield "Infinity", b'{"name": -Infinity}'
    yield "5,000 digits", b'{"name": ' + b"9" * 5_000 + b"}"
    yield "deep", b'{"name": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    yield "a key twice", b'{"name": "a", "name": "b"}'
    yield "half a surrogate", b'{"name": "\\ud800"}'
    yield "NUL", b'{"name": "a\\u0000b"}'
    yield "over the limit", b'{"name": "' + b"x" * 4_100_000 + b'"}'


NAMES = re.findall(
    r"\w+",
    """schema records name scopes role days audience organisation owner zone currency person client job ids from to confirm
    grouping issued due_days tax deductions mileage_rate reason prefix width next push reconnect kind local remote create
    invoice whose""",
)


def values() -> Iterator[tuple[str, Any]]:
    """What no field means, under every field name that some door knows."""
    for what, value in {
        "null": None, "a number": 7, "minus": -1, "a list of lists": [[[]]], "an object": {"a": {"b": []}}, "nothing": "",
        "a very long text": "x" * 50_000, "an enormous number": 10**17, "controls": "a\u202e\u0007b",
        "a wrong date": "2026-02-30", "1E+999": "1E+999999999",
    }.items():  # fmt: skip
        yield what, dict.fromkeys(NAMES, value)


def counts(product: Product) -> dict[str, int]:
    """How many rows every table of both services has."""
    found = {}
    for service in product.services:
        with service.db.engine.connect() as connection:
            for table in sa.inspect(connection).get_table_names():
                if table not in UNCOUNTED:
                    found[f"{service.name}.{table}"] = connection.execute(sa.text(f'SELECT count(*) FROM "{table}"')).scalar_one()
    return found


def doors(product: Product, methods: set[str]) -> Iterator[tuple[str, str, str]]:
    """(service, method, path) of every route, with ids that exist where that can be told, from the route maps."""
    ids = {"connection": product.get("quickbooks", "/connections")["items"][0]["id"],
           "document": next(iter(product.invoices().values()))["invoice_id"]}  # fmt: skip
    for service in product.services:
        for method, rule, _ in routes(service.app):
            if method in methods:
                path = rule.removeprefix(service.prefix)
                yield service.name, method, re.sub(r"<(\w+)>", lambda found: ids.get(found[1], "0" * 36), path)


def sent(product: Product, service: str, method: str, path: str, body: bytes | None, **headers: str) -> Response:
    """A call of the owner, or of the operator where only that one may."""
    key = operator_token(product.vault) if path == "/accounts" else product.bearer(service, product.owner)
    told = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", **headers}
    return product.network.send(method, PREFIXES[service] + path, headers=told, body=body)


def check_told(answer: Response, what: object) -> None:
    assert 400 <= answer.status < 500, (what, answer.status, answer.body[:300])
    told = json.loads(answer.body)
    error = told.get("error") or told["problem"]  # of a file that was looked at
    assert error["code"] and error["message"] and error["remedy"], (what, error)


UNREAD = {"/connect", "/plans", "/apply", "/sync", "/callbacks/webhook", "/import"}
"""Ends of addresses whose calls have no JSON that is read, or none that is needed; they are tried below."""


def test_no_door_takes_what_is_no_json_object_of_its_own(stage_of):
    product = stage_of(opened).product
    before = counts(product)
    for service, method, path in doors(product, {"POST", "PUT"}):
        if any(path.endswith(end) for end in UNREAD):
            continue
        for what, body in bodies():
            check_told(sent(product, service, method, path, body), (path, what))
        check_told(sent(product, service, method, path, b"<a/>", **{"Content-Type": "text/xml"}), (path, "XML"))
        check_told(sent(product, service, method, path, b"{}", **{"Content-Encoding": "gzip"}), (path, "compressed"))
    assert counts(product) == before


def test_no_door_takes_values_that_no_field_means(stage_of):
    product = stage_of(opened).product
    before = counts(product)
    for service, method, path in doors(product, {"POST", "PUT"}):
        if any(path.endswith(end) for end in UNREAD):
            continue
        for what, value in values():
            check_told(sent(product, service, method, path, json.dumps(value).encode()), (path, what))
    assert counts(product) == before


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_calls_that_read_no_body_do_not_stumble_over_one(stage_of):
    product = stage_of(opened).product
    for service, method, path in doors(product, {"POST", "PUT"}):
        if any(path.endswith(end) for end in UNREAD - {"/callbacks/webhook", "/import"}):
            for what, body in bodies():
                answer = sent(product, service, method, path, body)
                assert answer.status < 500, (path, what, answer.body[:300])


ARGUMENTS = ("page", "page_size", "kind", "from", "to", "client", "status", "approval", "after", "limit", "kinds", "organisation")


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_no_query_argument_makes_a_list_stumble(stage_of):
    product = stage_of(opened).product
    bad = ["", "-1", "0", "1e9", "9" * 400, "2026-02-30", "%00", "a\u202eb", "NaN", "'; DROP TABLE invoice; --", "x" * 300]
    for service, method, path in doors(product, {"GET"}):
        if path.startswith("/connect/"):
            continue
        for at, name in enumerate(ARGUMENTS):
            for value in bad if is_long() else bad[at % 4 :: 4]:
                headers = {"Authorization": f"Bearer {product.bearer(service, product.owner)}"}
                answer = product.network.send(method, PREFIXES[service] + path, headers=headers, params={name: value})
                assert answer.status < 500, (path, name, value, answer.body[:300])
                if answer.status >= 400:
                    check_told(answer, (path, name, value))


def test_nobody_gets_in_through_the_provider_s_doors(stage_of):
    product = stage_of(opened).product
    before = counts(product)
    for query in ({}, {"state": "x" * 300}, {"state": "x", "code": "y", "realmId": "z"}, {"error": "access_denied"}):
        answer = product.network.send("GET", f"{PREFIXES['quickbooks']}/connect/callback", params=query)
        assert answer.status == 400 and b"not connected" in answer.body
    for _, body in bodies():
        for headers in ({}, {"intuit-signature": "%%%"}, {"intuit-signature": "AAAA"}):
            answer = product.network.send("POST", f"{PREFIXES['quickbooks']}/callbacks/webhook", headers=headers, body=body)
            assert answer.status in (401, 413)
    assert counts(product) == before


# ---- files


def bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 60_000_000)
    return packed.getvalue()


def files() -> Iterator[tuple[str, bytes]]:
    yield "empty", b""
    yield "truncated", f'{HEADER}\n{GOOD}\ntime,"'.encode()
    yield "another header", b"a,b\n1,2\n"
    yield "latin-1", (HEADER + "\n" + GOOD.replace("Ann", "J\xf6rg")).encode("latin-1")
    yield "NUL", (HEADER + "\n" + GOOD.replace("Ann", "A\0n")).encode()
    yield "zip bomb", bomb()
    yield "half a workbook", bomb()[:300]
    yield "a zip that is no workbook", _zip({"readme.txt": b"hello"})


def _zip(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def upload(product: Product, name: str, data: bytes, **fields: str) -> Response:
    body, kind = encode_multipart_formdata({"file": (name, data, "application/octet-stream"), **fields})
    return product.send("POST", "ingest", "/import", headers={"Content-Type": kind}, body=body)


def test_a_file_that_cannot_be_read_is_named_and_leaves_nothing(stage_of):
    product = stage_of(opened).product
    before = counts(product)
    for what, data in files():
        for name in ("march.csv", "march.xlsx"):
            answer = upload(product, name, data, partial="true")
            check_told(answer, (what, name))
            assert name in answer.body.decode(), what
    for layout in ("", "{", "[]", '{"columns": {"date": 7}}', '{"columns": {}, "zone": "Mars"}', '{"surprise": 1}', "[" * 90_000):
        check_told(upload(product, "march.csv", f"{HEADER}\n{GOOD}".encode(), layout=layout), layout[:40])
    for fields in ({"source": "../x"}, {"partial": "perhaps"}, {"surprise": "x"}):
        check_told(upload(product, "march.csv", f"{HEADER}\n{GOOD}".encode(), **fields), fields)
    assert counts(product) == before


ROWS = {
    "rate": ["NaN", "Infinity", "1E+999999999", "-1", "1_000", "\u00b9\u00b2", "9" * 400],
    "duration": ["-1:00", "1:99", "999999:00", "abc"],
    "date": ["2026-02-30", "20260302", "2026-W10-3", "02.03.2026"],
    "currency": ["XXZ", "usd$"],
    "kind": ["party"],
    "person": ["", "A\u202en"],
    "billable": ["perhaps"],
}


def test_a_bad_cell_is_named_with_file_row_column_value_and_remedy(stage_of):
    product = stage_of(opened).product
    before = counts(product)
    for column, cells in ROWS.items():
        for cell in cells:
            check_row(product, column, cell, _with(column, cell))
    check_row(product, "end", "8:00", "time,n,2026-03-02,9:00,8:00,,,,Ann,Blue,,,85,USD,,,,,yes,")
    check_row(product, "end", "10:00", "time,n,2026-03-02,9:00,10:00,2:00,,,Ann,Blue,,,85,USD,,,,,yes,")
    assert counts(product) == before


def _with(column: str, cell: str) -> str:
    cells = dict(zip(HEADER.split(","), GOOD.split(","), strict=True)) | {"source_id": "n", column: cell}
    return ",".join(cells.values())


def check_row(product: Product, column: str, cell: str, row: str) -> None:
    good = GOOD.replace(",ok,", ",fine,")
    answer = upload(product, "march.csv", f"{HEADER}\n{good}\n{row}".encode())
    told = json.loads(answer.body)
    assert (answer.status, told["stored"]) == (422, False), (column, cell, told)
    problem = told["rows"][1]["problem"]
    assert (problem["row"], problem["column"]) == (3, column), (cell, problem)
    assert "march.csv" in problem["cause"] and "row 3" in problem["cause"] and problem["remedy"], problem
    assert cell[:20] in str(problem["value"]) or not cell.isascii(), problem
