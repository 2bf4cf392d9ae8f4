"""Where a webhook may go: an https address of the public internet, looked up once and connected to as looked up."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import SplitResult, urlsplit

from shared.kernel.errors import Invalid, Retry

PORTS = (443, 8443)
LONGEST = 2_000  # characters of an address
_NAME = re.compile(r"(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
"""A DNS name whose last part is no number, so that no spelling of an IP address is one."""
_WRITTEN = re.compile(r"[!-\[\]-~]+", re.ASCII)  # printable, without spaces and backslashes
_TRANSLATED = [ipaddress.ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48")]  # NAT64 leads to IPv4
_UNICAST = ipaddress.ip_network("2000::/3")

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
"""(host, port) -> its addresses; raises OSError when there are none."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where one request goes: ``addresses`` are all checked, and no name is looked up after that."""

    secure: bool
    host: str
    port: int
    path: str
    addresses: tuple[str, ...]

    @property
    def authority(self) -> str:
        """The Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"


def look_up(host: str, port: int) -> Sequence[str]:
    """By the system's resolver."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def locate(url: str, resolve: Resolve, *, loopback: bool = False) -> Target:
    """Raises Invalid when this is no place to send to, Retry when the name can't be looked up now.

    ``loopback``: also ``http://`` on this machine, for whoever develops a receiver.
    """
    parts = _parts(url)
    host, secure = (parts.hostname or "").rstrip("."), parts.scheme == "https"
    here = loopback and (host == "localhost" or _is_loopback(host))
    port = parts.port or (443 if secure else 80)
    if not here:
        _check_form(secure, host, port)
    found = _addresses(host, port, resolve)
    _check_addresses(host, found, here=here)
    return Target(secure, host, port, _path(parts), found)


def _path(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _check_addresses(host: str, found: Sequence[str], *, here: bool) -> None:
    for text in found:
        if not (is_public(text) or (here and _is_loopback(text))):
            raise _refused(f"{host} leads to {text}, which is no address of the public internet")


def _addresses(host: str, port: int, resolve: Resolve) -> tuple[str, ...]:
    try:
        found = tuple(dict.fromkeys(resolve(host, port)))
    except (OSError, UnicodeError):
        found = ()
    if not found:
        raise Retry("webhook_host_unknown", f"{host} has no address.", "Check the name of the host.")
    return found


def _parts(url: str) -> SplitResult:
    if len(url) > LONGEST or not _WRITTEN.fullmatch(url):
        raise _refused("the address is too long, or holds characters that an address can't")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise _refused("the address can't be read") from None
    if parts.scheme not in ("https", "http") or "@" in parts.netloc or parts.fragment:
        raise _refused("the address is not https://host/path, or carries a user name or a fragment")
    return parts


def _check_form(secure: bool, host: str, port: int) -> None:
    if not secure:
        raise _refused("the address is not https")
    if port not in PORTS:
        raise _refused(f"port {port} is not one of {', '.join(map(str, PORTS))}")
    if not _NAME.fullmatch(host):
        raise _refused("the host is not the name of a host in the public internet")


def _refused(why: str) -> Invalid:
    ports = " or ".join(map(str, PORTS))
    remedy = f"Give an https address on port {ports} whose host is a public name (in its xn-- form if it has other letters)."
    return Invalid("webhook_target_refused", f"Nothing is sent there: {why}.", remedy)


def _is_loopback(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False


def is_public(text: str) -> bool:
    """Whether this is an address of exactly one host in the public internet, and not another's in disguise."""
    try:
        address: Address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if address.is_multicast or address.is_reserved or not address.is_global:
        return False
    return isinstance(address, IPv4Address) or (address in _UNICAST and not _leads_elsewhere(address))


def _leads_elsewhere(address: IPv6Address) -> bool:
    """Whether it stands for an IPv4 address."""
    return bool(address.ipv4_mapped or address.sixtofour or address.teredo) or any(address in net for net in _TRANSLATED)
