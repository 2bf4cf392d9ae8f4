"""The web side of a service: who is let in, what is read, what is answered when something is wrong."""

from __future__ import annotations

import io
import json
import logging
from decimal import Decimal

import pytest
from flask import Response
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from shared.contract import answers, fields
from shared.kernel.errors import Conflict, Denied, Failure, Invalid, Missing, Park, Reconnect, Retry, Unsupported
from shared.platform import auth, web
from shared.platform.auth import NotAuthenticated, Principal
from shared.platform.web import Paged, Room, argument, body, mount, page_args, principal, raw_body, routes, sent, service_app
from shared.platform.web_errors import Malformed

CANARY = "Anna Lindqvist <anna@example.com>"
LIMIT = 1_000


class Entry(fields.Strict):
    hours = fields.number(2, 2, required=True)
    note = fields.text(10)


class Listed(Paged):
    status = fields.text(10)


def authenticate(token: str) -> Principal:
    if token not in ("good", "worker"):
        raise NotAuthenticated("unknown_key", "This key is not known.", "Use another.")
    role = "owner" if token == "good" else token
    return Principal("org-1", "anna", role, auth.ROLES[role], "key", "key-1")


def build() -> web.Flask:
    room = Room("things")
    _add_readers(room)
    _add_writers(room)
    return service_app("things", "/api/v1", room, authenticate=authenticate)


def _add_readers(room: Room) -> None:
    @room.get("/who", scope="records:read")
    def who() -> dict[str, object]:
        return {"organisation": principal().organisation, "hours": Decimal("7.50")}

    @room.get("/things/<name>", scope="records:read")
    def thing(name: str) -> dict[str, str]:
        raise Missing("no_such_thing", "There is no such thing.", thing=name)

    @room.get("/list", scope="records:read", asks=Listed, gives=answers.Answer)
    def listed() -> dict[str, object]:
        page = page_args()
        return {"page": page.number, "size": page.size, "offset": page.offset, "status": argument("status")}

    @room.get("/page", scope="records:read")
    def page() -> Response:
        return web.html("<h1>hello</h1>")

    @room.open_get("/health")
    def health() -> dict[str, bool]:
        return {"ok": True}

    @room.open_get("/fail/<name>")
    def fail(name: str) -> None:
        raise FAILURES[name]


def _add_writers(room: Room) -> None:
    @room.post("/echo", scope="records:write", limit=LIMIT)
    def echo() -> tuple[object, int]:
        return body(), 202

    @room.put("/entry", scope="records:write", takes=Entry(), gives=answers.Answer)
    def entry() -> dict[str, object]:
        return sent()

    @room.post("/undeclared", scope="records:write", gives=answers.Answer)
    def undeclared() -> dict[str, object]:
        return {"status": argument("status")}

    @room.delete("/things/<name>", scope="privacy:write")
    def gone(name: str) -> None:
        return None

    @room.open_post("/callbacks/webhook", limit=LIMIT)
    def callback() -> Response:
        return Response(raw_body(), 200, content_type="application/octet-stream")


FAILURES: dict[str, Exception] = {
    "invalid": Invalid("bad_thing", "The thing is bad.", "Mend it.", row=7, fields=[{"field": "a", "message": "no"}]),
    "denied": Denied("not_yours", "Not for you."),
    "unknown": NotAuthenticated("unknown", "Who are you?"),
    "missing": Missing("nothing", "Nothing there."),
    "conflict": Conflict("moved", "The world moved."),
    "unsupported": Unsupported("untrue", "It can't be said."),
    "retry": Retry("later", "Not now.", after=30),
    "retry_soon": Retry("later", "Not now."),
    "park": Park("mend", "Mend first."),
    "reconnect": Reconnect("connect", "Connect again."),
    "failure": Failure("inner", CANARY),
    "crash": ValueError(CANARY),
    "database": OperationalError(CANARY, {"name": CANARY}, Exception(CANARY)),
    "deep": RecursionError(CANARY),
}
APP = build()
GOOD = {"Authorization": "Bearer good"}


def ask(method: str, path: str, **options):
    options.setdefault("headers", GOOD)
    return APP.test_client().open("/api/v1" + path, method=method, **options)


def error(answer) -> dict[str, object]:
    """The problem that an answer tells, after checking that it has the one form of every error."""
    problem = json.loads(answer.data)
    assert answer.content_type == "application/problem+json"
    assert problem["status"] == answer.status_code and problem["detail"] == problem["error"]["message"]
    assert {"type", "title", "status", "detail", "instance", "error"} == problem.keys()
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    return problem["error"]


def test_a_decimal_is_answered_exactly():
    assert ask("GET", "/who").data == b'{"hours":7.50,"organisation":"org-1"}'


def test_every_route_is_listed_with_its_scope():
    assert ("GET", "/api/v1/who", "records:read") in routes(APP) and ("GET", "/api/v1/health", None) in routes(APP)
    assert len(routes(APP)) == len(list(APP.url_map.iter_rules()))


def test_a_route_without_a_scope_cannot_be_made():
    with pytest.raises(TypeError):
        Room("x").get("/x")
    with pytest.raises(TypeError):
        build().route("/x")(lambda: "x")


def test_rooms_may_be_mounted_later():
    app, room = service_app("x", "/x", authenticate=authenticate), Room("late")
    room.open_get("/late")(lambda: {"late": True})
    mount(app, room)
    assert app.test_client().get("/x/late").json == {"late": True}


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic good",
        "Bearer a b",
        "bearer good",
        "Bearer good,Bearer good",
        "Bearer " + "x" * 5000,
        "Bearer nobody",
    ],
)
def test_without_a_known_bearer_every_closed_route_answers_401_and_nothing_else(header):
    for method, rule, scope in routes(APP):
        if scope is not None:
            headers = {} if header is None else {"Authorization": header}
            answer = ask(
                method, rule.removeprefix("/api/v1").replace("<name>", "x"), headers=headers, data=b"{", content_type="x/y"
            )
            assert answer.status_code == 401 and error(answer)["code"] in ("not_authenticated", "unknown_key")
            assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_caller_without_the_scope_is_refused_before_the_body_is_read():
    answer = ask("DELETE", "/things/x", headers={"Authorization": "Bearer worker"}, data=b"{")
    assert answer.status_code == 403
    assert error(answer)["code"] == "scope_missing" and error(answer)["facts"] == {"scope": "privacy:write"}
    assert ask("DELETE", "/things/x").status_code == 204


BAD_JSON = {
    "empty": b"",
    "blank": b"  \n",
    "truncated": b'{"a": 1',
    "utf-16": '{"a": 1}'.encode("utf-16"),
    "latin-1": '{"a": "é"}'.encode("latin-1"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "raw NUL": b'{"a": "\x00"}',
    "NUL": b'{"a": "\\u0000"}',
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": -Infinity}',
    "huge exponent": b'{"a": 1E+999999999}',
    "long integer": b'{"a": ' + b"9" * 500 + b"}",
    "deep lists": b"[" * 450 + b"]" * 450,
    "deep objects": b'{"a":' * 150 + b"1" + b"}" * 150,
    "duplicate keys": b'{"a": 1, "a": 2}',
    "lone surrogate": b'{"a": "\\ud800"}',
    "surrogate key": b'{"\\udfff": 1}',
    "a list": b"[]",
    "a text": b'"x"',
    "null": b"null",
    "two values": b"{} {}",
    "binary": bytes(range(256)),
}


@pytest.mark.parametrize("name", BAD_JSON)
def test_a_body_that_is_no_sound_json_object_is_refused_with_a_remedy(name):
    answer = ask("POST", "/echo", data=BAD_JSON[name], content_type="application/json")
    assert answer.status_code == 400
    told = error(answer)
    assert told["code"] in ("bad_json", "bad_number") and told["message"] and told["remedy"]


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_no_body_at_all_leads_to_a_server_error(data):
    for method, path in (("POST", "/echo"), ("PUT", "/entry")):
        assert ask(method, path, data=data[:LIMIT], content_type="application/json").status_code < 500


def padded(size: int) -> bytes:
    return b'{"a":"' + b"x" * (size - 8) + b'"}'


def test_the_limit_holds_to_the_byte():
    assert ask("POST", "/echo", data=padded(LIMIT), content_type="application/json").status_code == 202
    over = ask("POST", "/echo", data=padded(LIMIT + 1), content_type="application/json")
    assert over.status_code == 413 and error(over)["code"] == "too_large"
    assert ask("POST", "/callbacks/webhook", data=b"x" * (LIMIT + 1)).status_code == 413
    assert ask("GET", "/who", data=b"x" * (web.JSON_LIMIT + 1)).status_code == 413


def test_a_body_that_is_longer_than_announced_or_not_announced_meets_the_same_limit():
    endless = {"input_stream": io.BytesIO(padded(LIMIT + 1)), "environ_overrides": {"wsgi.input_terminated": True}}
    assert (
        ask(
            "POST", "/echo", content_type="application/json", headers={**GOOD, "Transfer-Encoding": "chunked"}, **endless
        ).status_code
        == 413
    )
    short = {"input_stream": io.BytesIO(b'{"a":1'), "environ_overrides": {"CONTENT_LENGTH": "50"}}
    assert ask("POST", "/echo", content_type="application/json", **short).status_code == 400


@pytest.mark.parametrize("length", ["-1", "abc", "9" * 40])
def test_a_senseless_content_length_is_no_server_error(length):
    answer = ask("POST", "/echo", data=b"{}", content_type="application/json", environ_overrides={"CONTENT_LENGTH": length})
    assert 400 <= answer.status_code < 500


@pytest.mark.parametrize(
    "kind", [None, "", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1"]
)
def test_a_body_that_is_not_announced_as_json_is_refused(kind):
    answer = ask("POST", "/echo", data=b"{}", content_type=kind)
    assert answer.status_code == 415 and error(answer)["code"] == "unsupported_media_type"
    assert ask("POST", "/echo", data=b"{}", content_type="application/json; charset=UTF-8").status_code == 202


def test_a_compressed_body_is_refused():
    answer = ask("POST", "/echo", data=b"{}", content_type="application/json", headers={**GOOD, "Content-Encoding": "gzip"})
    assert answer.status_code == 415 and error(answer)["code"] == "unsupported_encoding"


def test_a_callback_gets_the_very_bytes():
    assert ask("POST", "/callbacks/webhook", data=b' {"a" : 1}\n', headers={}).data == b' {"a" : 1}\n'


def test_fields_that_do_not_fit_the_schema_are_named():
    answer = ask("PUT", "/entry", json={"note": 5, "other": 1})
    assert answer.status_code == 422
    assert sorted(field["field"] for field in error(answer)["facts"]["errors"]) == ["hours", "note", "other"]
    assert ask("PUT", "/entry", data=b'{"hours": 7.50}', content_type="application/json").data == b'{"hours":7.50}'


def test_a_mistyped_query_argument_is_refused_rather_than_passed_over():
    told = error(ask("GET", "/list?staus=open"))
    assert (told["code"], told["remedy"]) == ("unknown_argument", "This address knows: page, page_size, status.")
    assert error(ask("PUT", "/entry?page=1", json={"hours": 1}))["remedy"] == "This address takes no query arguments."


def test_a_route_cannot_read_an_argument_that_it_does_not_say_it_asks_for():
    assert ask("POST", "/undeclared").status_code == 500


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("invalid", 422),
        ("denied", 403),
        ("unknown", 401),
        ("missing", 404),
        ("conflict", 409),
        ("unsupported", 422),
        ("park", 409),
        ("reconnect", 409),
    ],
)
def test_every_failure_has_its_status_and_tells_code_message_and_facts(name, status):
    answer = ask("GET", f"/fail/{name}")
    assert answer.status_code == status
    told = error(answer)
    assert (told["code"], told["message"]) == (FAILURES[name].code, FAILURES[name].cause)
    if name == "invalid":
        assert (
            told["remedy"] == "Mend it." and told["facts"] == {"row": 7} and told["fields"] == [{"field": "a", "message": "no"}]
        )


@pytest.mark.parametrize(("name", "after"), [("retry", 30), ("retry_soon", 5), ("database", 1)])
def test_what_may_be_tried_again_says_when(name, after):
    answer = ask("GET", f"/fail/{name}")
    assert answer.status_code == 503 and answer.headers["Retry-After"] == str(after)
    assert error(answer)["retry_after_s"] == after


@pytest.mark.parametrize("name", ["crash", "failure", "deep"])
def test_the_unexpected_is_answered_and_logged_with_a_support_code_and_without_personal_data(name, caplog):
    with caplog.at_level(logging.INFO, logger="timebooks"):
        answer = ask("GET", f"/fail/{name}")
    assert answer.status_code == 500
    support = error(answer)["facts"]["support"]
    [line] = [record.kept for record in caplog.records if record.message == "request.failed"]
    assert line["support"] == support and line["route"] == "/api/v1/fail/<name>" and line["where"].startswith("test_web.py:")
    assert support in error(answer)["remedy"]
    assert "Anna" not in answer.text + repr([record.__dict__ for record in caplog.records]).replace(repr(FAILURES), "")


def test_an_address_or_method_that_does_not_exist_is_told_in_the_same_form():
    assert error(ask("GET", "/nothing"))["code"] == "no_such_route"
    assert error(APP.test_client().get("/elsewhere"))["code"] == "no_such_route"
    wrong = ask("PATCH", "/who")
    assert wrong.status_code == 405 and error(wrong)["code"] == "method_not_allowed" and "GET" in wrong.headers["Allow"]
    assert ask("OPTIONS", "/who").status_code == 405


@pytest.mark.parametrize(
    "path", ["/things/%00", "/list?status=%00", "/list?%0a=1", "/things/a%7f", "/list?status=" + "x" * 5000, "/" + "x" * 5000]
)
def test_control_characters_and_endless_addresses_are_refused(path):
    assert ask("GET", path).status_code == 400


@pytest.mark.parametrize(
    "path", ["/things/%ff%fe", "/things/%ed%a0%80", "/list?status=%ff", "/things/..%2f..%2fetc", "//who", "/who/"]
)
def test_odd_addresses_are_no_server_error(path):
    assert ask("GET", path).status_code < 500


def test_pages_are_counted_from_one_and_limited():
    assert ask("GET", "/list?page=3&page_size=500").json == {"page": 3, "size": 500, "offset": 1000, "status": None}
    assert ask("GET", "/list").json["size"] == 50
    for query in (
        "page=0",
        "page=-1",
        "page=x",
        "page=1.5",
        "page=",
        "page_size=501",
        "page=%D9%A1",
        "page=99999999999",
        "page=1&page=2",
    ):
        answer = ask("GET", f"/list?{query}")
        assert answer.status_code == 422 and error(answer)["code"] == "bad_argument"


def test_answers_carry_the_headers_that_keep_browsers_from_harm():
    for answer in (ask("GET", "/who"), ask("GET", "/nothing"), ask("GET", "/fail/crash"), ask("GET", "/who", headers={})):
        assert answer.headers["Cache-Control"] == "no-store" and answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Content-Type-Options"] == "nosniff" and "Set-Cookie" not in answer.headers
        assert "Access-Control-Allow-Origin" not in answer.headers
    page = ask("GET", "/page")
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")
    assert page.headers["X-Frame-Options"] == "DENY"
    assert "Strict-Transport-Security" in ask("GET", "/who", base_url="https://books.example").headers
    assert "Strict-Transport-Security" not in page.headers


def test_a_health_check_needs_nobody():
    assert ask("GET", "/health", headers={}).json == {"ok": True}
    assert ask("HEAD", "/health", headers={}).status_code == 200


def test_malformed_is_an_invalid_so_that_rooms_need_to_know_one_class_only():
    assert issubclass(Malformed, Invalid)
