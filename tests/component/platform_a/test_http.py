"""The way out, at real sockets: once, bounded, never in a transaction, and honest about what is unknown."""

from __future__ import annotations

import gzip
import hashlib
import time
import tracemalloc

import pytest
import requests

from shared.kernel.errors import Conflict, Denied, Invalid, Missing, Park, Retry
from shared.platform import http
from shared.platform.db import reading, transaction
from shared.platform.faultpoint import Rig
from shared.platform.http import Network, Peer, Response, refused
from tests.component.platform_a.raw_server import OK, answers, free_port, resets, serving

BODY = b'{"TotalAmt": 7.50}'


def redirect(status: int, where: str) -> bytes:
    return f"HTTP/1.1 {status} Moved\r\nLocation: {where}\r\nContent-Length: 4\r\n\r\nthey".encode()


def test_the_exact_bytes_go_out_once_and_the_answer_is_whole():
    with serving(answers(b"HTTP/1.1 201 Created\r\nX-Twice: a\r\nX-Twice: b\r\nContent-Length: 3\r\n\r\nyes")) as server:
        answer = Network().send("POST", f"{server.url}/a?b=1", headers={"X-Mine": "1"}, params={"c": "ä &"}, body=BODY)
    assert (answer.status, answer.body, answer.headers["x-twice"]) == (201, b"yes", "a, b")
    [request] = server.requests
    assert request.startswith(b"POST /a?b=1&c=%C3%A4+%26 HTTP/1.1\r\n")
    assert b"X-Mine: 1" in request
    assert request.endswith(b"\r\n\r\n" + BODY)


# ---- transactions and intents


@pytest.mark.parametrize("opened", [transaction, reading], ids=["transaction", "reading"])
def test_nothing_is_sent_while_a_transaction_is_open(make_database, opened):
    db = make_database()
    with serving(answers(OK)) as server:
        with opened(db), pytest.raises(RuntimeError, match="inside a database transaction"):
            Network().send("GET", server.url)
        session = Network().equip(requests.Session())
        with opened(db), session, pytest.raises(RuntimeError, match="inside a database transaction"):
            session.get(server.url)
        assert server.requests == []
        assert Network().send("GET", server.url).status == 200


def test_an_application_of_this_process_is_not_reached_in_a_transaction_either(make_database):
    network = Network()
    network.mount("http://inside.internal/", lambda environ, start: pytest.fail("it was called"))
    with transaction(make_database()), pytest.raises(RuntimeError, match="inside a database transaction"):
        network.send("GET", "http://inside.internal/")


def test_bytes_that_are_not_the_intended_ones_are_refused_and_with_the_check_off_they_go_out():
    intent = hashlib.sha256(BODY).hexdigest()
    with serving(answers(OK)) as server:
        assert Network().send("POST", server.url, body=BODY, intent_hash=intent).status == 200
        for other in (BODY + b" ", None):
            with pytest.raises(Park) as told:
                Network().send("POST", server.url, body=other, intent_hash=intent)
            assert told.value.code == "intent_mismatch"
        assert len(server.requests) == 1
        with Rig(off=frozenset({"intent_hash"})):
            assert Network().send("POST", server.url, body=BODY + b" ", intent_hash=intent).status == 200


# ---- once


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_is_never_followed(status):
    with serving(answers(OK)) as elsewhere, serving(answers(redirect(status, elsewhere.url))) as server:
        answer = Network().send("POST", server.url, body=BODY)
        assert (answer.status, answer.headers["location"], answer.body) == (status, elsewhere.url, b"they")
        with Network().equip(requests.Session()) as session:
            assert session.post(server.url, data=BODY, allow_redirects=True).status_code == status
        assert (len(server.requests), elsewhere.requests) == (2, [])


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
@pytest.mark.parametrize("behaviour", [resets, answers(b"")], ids=["reset", "closed"])
def test_a_lost_answer_is_unknown_and_nothing_is_sent_again(method, behaviour):
    with serving(behaviour) as server:
        with pytest.raises(Retry) as told:
            Network().send(method, server.url, body=BODY)
        with Network().equip(requests.Session()) as session, pytest.raises(requests.ConnectionError):
            session.request(method, server.url)
        assert len(server.requests) == 2
    assert (told.value.code, told.value.unknown) == ("no_answer", True)


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_an_answer_that_asks_to_wait_is_handed_on_at_once(status):
    asked = f"HTTP/1.1 {status} Later\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n".encode()
    with serving(answers(asked)) as server:
        start = time.monotonic()
        answer = Network().send("GET", server.url)
        assert (answer.status, answer.headers["retry-after"], len(server.requests)) == (status, "30", 1)
        assert time.monotonic() - start < 5


# ---- what never arrived, and what may have


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{port}", "http://no-such-host.invalid", "http:///nowhere", "nonsense", "gopher://x/"]
)
def test_what_surely_never_arrived_is_not_unknown(url):
    with pytest.raises(Retry) as told:
        Network().send("POST", url.format(port=free_port()), body=BODY)
    assert (told.value.code, told.value.unknown) == ("no_answer", False)


def test_an_answer_that_does_not_come_in_time_is_unknown():
    with serving(lambda connection, request: server.waits(20)) as server:
        start = time.monotonic()
        with pytest.raises(Retry) as told:
            Network().send("POST", server.url, body=BODY, timeout=(5, 1))
        assert told.value.unknown
        assert 0.9 < time.monotonic() - start < 5


def test_a_body_that_stops_in_the_middle_is_unknown():
    with serving(lambda connection, request: (connection.sendall(OK[:-1]), server.waits(20))) as server:
        with pytest.raises(Retry) as told:
            Network().send("GET", server.url, timeout=(5, 1))
        assert told.value.unknown


def test_a_dripping_answer_is_left_after_its_time():
    def drip(connection, request):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not server.waits(0.05):
            connection.sendall(b".")

    with serving(drip) as server:
        start = time.monotonic()
        with pytest.raises(Retry) as told:
            Network(longest_answer=1).send("GET", server.url, timeout=(5, 5))
        assert told.value.unknown
        assert time.monotonic() - start < 4


BROKEN = {
    "a shorter body than announced": b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}",
    "a chunk that is cut": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    "no last chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
    "a chunk of nonsense": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
    "gzip that is none": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    "no status": b"{}\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "a header without end": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000,
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_answer_is_unknown(name):
    with serving(answers(BROKEN[name])) as server, pytest.raises(Retry) as told:
        Network().send("POST", server.url, body=BODY)
    assert told.value.unknown


def test_a_chunked_and_a_compressed_answer_are_read_whole():
    packed = gzip.compress(b"x" * 100_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(packed[at : at + 7]), packed[at : at + 7]) for at in range(0, len(packed), 7))
    with serving(answers(head + chunks + b"0\r\n\r\n")) as server:
        assert Network().send("GET", server.url).body == b"x" * 100_000


def test_an_answer_up_to_the_limit_is_taken_and_a_larger_one_is_left(monkeypatch):
    monkeypatch.setattr(http, "LARGEST_ANSWER", 300_000)
    for size, taken in ((300_000, True), (300_001, False), (3_000_000, False)):
        data = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size
        with serving(answers(data)) as server:
            if taken:
                assert len(Network().send("GET", server.url).body) == size
                continue
            with pytest.raises(Retry) as told:
                Network().send("GET", server.url)
            assert (told.value.code, told.value.unknown) == ("answer_too_large", True)


def test_a_small_answer_that_unpacks_to_a_great_one_fills_no_memory():
    bomb = gzip.compress(b"0" * 400 * 1024 * 1024, compresslevel=9)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    with serving(answers(head + bomb)) as server:
        tracemalloc.start()
        with pytest.raises(Retry, match="answer_too_large"):
            Network().send("GET", server.url)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert most < 3 * http.LARGEST_ANSWER


# ---- nothing of the host


def test_proxies_and_passwords_of_the_host_are_not_used(monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password secret")
    monkeypatch.setenv("HOME", str(tmp_path))
    with serving(answers(OK)) as proxy, serving(answers(OK)) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert Network().send("GET", server.url).status == 200
        with Network().equip(requests.Session()) as session:
            assert session.get(server.url).status_code == 200
        assert (len(server.requests), proxy.requests) == (2, [])
        assert not any(b"authorization" in request.lower() for request in server.requests)


def test_a_librarys_session_that_names_no_time_out_gets_ours(monkeypatch):
    monkeypatch.setattr(http, "TIMEOUT", (1, 1))
    with (
        serving(lambda connection, request: server.waits(20)) as server,
        Network().equip(requests.Session()) as session,
        pytest.raises(requests.ReadTimeout),
    ):
        session.get(server.url)


# ---- services of ours


def peer(server) -> Peer:
    return Peer(Network(), server.url, lambda: "a-token")


def told(status: int, **more: str) -> bytes:
    body = b'{"error": {"code": "some_code", "message": "Why.", "remedy": "What to do."}}'
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in more.items())
    return f"HTTP/1.1 {status} X\r\n{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body


def test_a_peer_sends_its_token_and_speaks_json():
    with serving(answers(b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"sum":1.50}')) as server:
        assert str(peer(server).post("/x", {"a": "b"})["sum"]) == "1.50"
    assert b"Authorization: Bearer a-token" in server.requests[0]
    assert server.requests[0].endswith(b'{"a":"b"}')


@pytest.mark.parametrize(
    ("status", "kind"), [(401, Denied), (403, Denied), (404, Missing), (409, Conflict), (422, Invalid), (400, Invalid)]
)
def test_a_peers_refusal_is_the_same_failure_here(status, kind):
    with serving(answers(told(status))) as server, pytest.raises(kind) as failure:
        peer(server).get("/x")
    assert (failure.value.code, failure.value.cause, failure.value.remedy) == ("some_code", "Why.", "What to do.")


@pytest.mark.parametrize(("header", "after"), [("7", 7), ("soon", None), ("\u00b2", None), ("-1", None)])
def test_a_peer_in_trouble_is_asked_again_when_it_says(header, after):
    for status in (429, 503):
        failure = refused(Response(status, {"retry-after": header}, b'{"error":{"code":"c","message":"m"}}'))
        assert isinstance(failure, Retry)
        assert (failure.after, failure.code) == (after, "c")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error": 1}', b'{"error": {"code": "c"}}', b"\xff"])
def test_a_refusal_that_does_not_say_why_is_a_failure_all_the_same(body):
    assert refused(Response(404, {}, body)).code == "bad_answer"
