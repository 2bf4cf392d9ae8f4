"""An application mounted in this process answers just as it does behind a socket."""

from __future__ import annotations

import json
import threading

import pytest
import requests
from waitress.server import create_server

from shared.kernel.errors import Retry
from shared.platform.http import Network


def echo(environ, start):
    """Says what it was asked, as far as an application may care."""
    names = ("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "CONTENT_TYPE", "CONTENT_LENGTH", "wsgi.url_scheme")
    seen = {name: environ.get(name) or "" for name in names}
    seen |= {name: value for name, value in environ.items() if name.startswith("HTTP_") and name not in ("HTTP_HOST",)}
    seen["body"] = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode("latin-1")
    data = json.dumps(seen, sort_keys=True).encode()
    length = [] if environ["REQUEST_METHOD"] == "HEAD" else [("Content-Length", str(len(data)))]
    start(f"{environ['PATH_INFO'][1:4]} Said", [("Content-Type", "application/json"), ("X-Two", "1"), ("X-Two", "2"), *length])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [data[:5], data[5:]]


@pytest.fixture(scope="module")
def socket_url():
    """The application behind the embedded mode's own server."""
    server = create_server(echo, host="127.0.0.1", port=0, threads=2, ident=None)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    server.task_dispatcher.shutdown()


REQUESTS = {
    "a get": ("GET", "/200/a", {}),
    "a query": ("GET", "/200/a?x=1&y=%20", {"params": {"z": "ü/&="}}),
    "quoted letters": ("GET", "/200/%C3%BC/%2Fslash/%FF", {}),
    "a post": ("POST", "/201/a", {"body": b'{"a": 1}', "headers": {"Content-Type": "application/json"}}),
    "bytes that are no text": ("POST", "/200/a", {"body": bytes(range(256))}),
    "a post without a body": ("POST", "/200/a", {}),
    "a put": ("PUT", "/200/a", {"body": b"x"}),
    "a delete": ("DELETE", "/200/a", {}),
    "a head": ("HEAD", "/200/a", {}),
    "headers": ("GET", "/200/a", {"headers": {"Authorization": "Bearer x", "X-Some-Thing": "a, b", "Idempotency-Key": "k"}}),
    "a refusal": ("GET", "/404/a", {}),
    "a failure": ("POST", "/500/a", {"body": b"{}"}),
    "a redirect": ("GET", "/302/a", {}),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_the_same_request_gets_the_same_answer_in_process_and_over_a_socket(name, socket_url):
    method, path, options = REQUESTS[name]
    network = Network()
    network.mount("http://inside.internal/", echo)
    inside = network.send(method, f"http://inside.internal{path}", **options)
    outside = network.send(method, f"{socket_url}{path}", **options)
    assert (inside.status, inside.body) == (outside.status, outside.body)
    for header in ("content-type", "x-two", "content-length"):
        assert inside.headers.get(header) == outside.headers.get(header)


def dropping(error, *, after=b""):
    def application(environ, start):
        if after:
            start("200 OK", [("Content-Length", "10")])
            return partly()
        raise error

    def partly():
        yield after
        raise error

    return application


@pytest.mark.parametrize(
    ("error", "unknown"),
    [
        (ConnectionRefusedError("no"), False),
        (ConnectionResetError("reset"), True),
        (TimeoutError("slow"), True),
        (BrokenPipeError(), True),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_connection_that_an_emulator_drops_is_what_a_socket_would_tell(error, unknown):
    network = Network()
    network.mount("http://inside.internal/", dropping(error))
    with pytest.raises(Retry) as told:
        network.send("POST", "http://inside.internal/x", body=b"{}")
    assert told.value.unknown is unknown


def test_an_answer_that_breaks_off_in_process_is_unknown():
    network = Network()
    network.mount("http://reset.internal/", dropping(ConnectionResetError("reset"), after=b"{"))

    def short(environ, start):
        start("200 OK", [("Content-Length", "10")])
        return [b"{}"]

    network.mount("http://short.internal/", short)
    for name in ("reset", "short"):
        with pytest.raises(Retry) as told:
            network.send("POST", f"http://{name}.internal/x", body=b"{}")
        assert told.value.unknown


def test_the_longest_matching_address_answers_and_what_is_not_mounted_goes_out(socket_url):
    network = Network()

    def says(word):
        def application(environ, start):
            start("200 OK", [])
            return [word + environ["PATH_INFO"].encode()]

        return application

    network.mount("http://one.internal/", says(b"short"))
    network.mount("http://one.internal/deep/", says(b"long"))
    assert network.send("GET", "http://one.internal/a").body == b"short/a"
    assert network.send("GET", "http://one.internal/deep/a").body == b"long/deep/a"
    assert network.send("GET", f"{socket_url}/200/").status == 200


def test_an_application_is_closed_when_its_answer_was_read():
    closed = []

    class Pieces(list):
        def close(self):
            closed.append(True)

    def application(environ, start):
        start("200 OK", [])
        return Pieces([b"x"])

    network = Network()
    network.mount("http://inside.internal/", application)
    assert network.send("GET", "http://inside.internal/").body == b"x"
    assert closed == [True]


def test_a_librarys_session_reaches_the_mounted_application_too():
    network = Network()
    network.mount("http://inside.internal/", echo)
    with network.equip(requests.Session()) as session:
        assert session.post("http://inside.internal/200/a", json={"a": 1}).json()["body"] == '{"a": 1}'
