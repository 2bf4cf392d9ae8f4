"""Where a webhook may go, and that it goes to the very address that was checked."""

from __future__ import annotations

import socket

import pytest

from services.ingest.webhooks.client import Outlet
from services.ingest.webhooks.target import is_public, locate
from shared.kernel.errors import Invalid, Retry
from tests.journeys.api.receiver import receiving

PUBLIC = "93.184.215.14"


def leads_to(*addresses):
    return lambda host, port: list(addresses)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.0.10", "169.254.169.254", "100.64.0.1"),
        *("0.0.0.0", "0.1.2.3", "224.0.0.1", "239.255.255.250", "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1"),
        *("::1", "::", "fe80::1", "fc00::1", "fd12:3456::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8"),
        *("64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2001:0:7f00:1::1", "2001:db8::1", "fe80::1%eth0", "::7f00:1"),
        *("not an address", ""),
    ],
)
def test_no_address_inside_a_network_is_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_addresses_of_the_public_internet_are(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        *("http://hooks.example/", "ftp://hooks.example/", "//hooks.example/", "hooks.example", "", "https:///a", "https://"),
        *("https://user:pass@hooks.example/", "https://hooks.example@10.0.0.1/", "https://hooks.example/#a"),
        *("https://hooks.example:22/", "https://hooks.example:80/", "https://hooks.example:99999/", "https://hooks.example:x/"),
        *("https://127.0.0.1/", "https://2130706433/", "https://0x7f.1/", "https://0177.0.0.1/", "https://127.1/", "https://[::1]/"),
        *("https://[::ffff:127.0.0.1]/", "https://localhost/", "https://LOCALHOST/", "https://intranet/", "https://8.8.8.8/"),
        *("https://hooks.example\\@10.0.0.1/", "https://hooks.example /a", "https://hooks.example/\r\nHost: a", "https://häuser.example/"),
        *("https://①②⑦.⓪.⓪.①/", "https://hooks..example/", "https://-hooks.example/", "https://hooks.example.0x7f/"),
        "https://hooks.example/" + "a" * 2_000,
    ],
)
def test_what_is_no_https_address_of_a_public_name_is_refused_before_anything_is_looked_up(url):
    asked = []
    with pytest.raises(Invalid, match="webhook_target_refused"):
        locate(url, lambda host, port: asked.append(host) or [PUBLIC])
    assert asked == []


def test_one_private_address_among_public_ones_refuses_the_name():
    with pytest.raises(Invalid, match=r"leads to 10\.0\.0\.7"):
        locate("https://hooks.example/", leads_to(PUBLIC, "10.0.0.7"))


def test_a_name_without_an_address_is_tried_again_later():
    def nowhere(host, port):
        raise socket.gaierror("unknown")

    with pytest.raises(Retry, match="webhook_host_unknown"):
        locate("https://hooks.example/", nowhere)


def test_path_and_query_go_along_and_a_second_port_is_told_in_the_host():
    found = locate("https://hooks.example:8443/a//b?c=d", leads_to(PUBLIC))
    assert (found.path, found.authority, found.addresses) == ("/a//b?c=d", "hooks.example:8443", (PUBLIC,))


def test_a_name_that_turns_private_after_it_was_subscribed_is_not_sent_to():
    """Rebinding: each look-up is checked, and there is no second one before the connection is made."""
    answers = [[PUBLIC], ["127.0.0.1"], ["169.254.169.254"]]
    outlet = Outlet(resolve=lambda host, port: answers.pop(0))
    outlet.check("https://hooks.example/")
    assert outlet.post("https://hooks.example/", {}, b"{}").why == "webhook_target_refused"
    assert outlet.post("https://hooks.example/", {}, b"{}").why == "webhook_target_refused"
    assert answers == []


def test_the_request_goes_to_the_address_that_was_checked_under_the_name_that_was_given():
    looked_up = []

    def resolve(host, port):
        looked_up.append(host)
        return ["127.0.0.1"]

    with receiving() as receiver:
        url = receiver.url.replace("127.0.0.1", "localhost")
        answer = Outlet(loopback=True, resolve=resolve).post(url, {"Content-Type": "application/json"}, b'{"event":"a"}')
    assert (answer.status, looked_up) == (204, ["localhost"])
    assert receiver.heard[0][0]["host"] == url.split("/")[2]


def test_loopback_is_refused_unless_the_installation_says_so():
    with receiving() as receiver:
        assert Outlet().post(receiver.url, {}, b"{}").why == "webhook_target_refused"
    assert receiver.heard == []


def test_of_a_long_answer_only_the_beginning_is_read():
    with receiving() as receiver:
        receiver.answer = lambda body: (200, {}, b"x" * 100_000)
        answer = Outlet(loopback=True).post(receiver.url, {}, b"{}")
    assert (answer.status, answer.text) == (200, "x" * 65_536)


def test_an_answer_that_never_ends_is_cut_off_in_time():
    with receiving() as receiver:
        receiver.answer = lambda body: (200, {"Content-Length": "1000"}, b"x")
        answer = Outlet(loopback=True, whole=1).post(receiver.url, {}, b"{}")
    assert (answer.status, answer.text) == (200, "x")
    assert 900 < answer.milliseconds < 5_000


def test_a_receiver_that_says_nothing_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        answer = Outlet(loopback=True, whole=1).post(url, {}, b"{}")
    assert (answer.status, answer.why) == (None, "webhook_timed_out")
