"""Emulated providers for where no real account is set: what each needs to stand in, and the settings that lead to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from wsgiref.types import WSGIApplication

from shared.kernel.errors import Retry
from shared.platform.http import Network


@dataclass(frozen=True, slots=True)
class Emulated:
    """``web`` is to be mounted; ``settings`` make the connector talk to it; ``books`` is the emulator itself."""

    books: Any
    web: WSGIApplication
    settings: Mapping[str, str]


def quickbooks(base: str, webhook: str, network: Network, state: Path) -> Emulated:
    """QuickBooks Online at ``base``, telling ``webhook`` what changes."""
    from services.quickbooks_connector.emulator.app import Client, Options, create

    client, secret, verifier = "emulated-client", "emulated-secret", "emulated-verifier"
    options = Options(
        clients={client: Client(secret, "timebooks")},
        public_url=base,
        verifier_token=verifier,
        webhook_url=webhook,
        webhook_when="after_answer",
        deliver=_carrier(network),
    )
    books = create(options)
    leading = {
        "QUICKBOOKS_API_URL": base,
        "QUICKBOOKS_AUTHORIZE_URL": f"{base}/connect/oauth2",
        "QUICKBOOKS_TOKEN_URL": f"{base}/oauth2/v1/tokens/bearer",
        "QUICKBOOKS_REVOKE_URL": f"{base}/v2/oauth2/tokens/revoke",
        "QUICKBOOKS_CLIENT_ID": client,
        "QUICKBOOKS_CLIENT_SECRET": secret,
        "QUICKBOOKS_WEBHOOK_VERIFIER": verifier,
    }
    return Emulated(books, books.wsgi, leading)


def _carrier(network: Network) -> Callable[[str, Mapping[str, str], bytes], int]:
    """Brings a callback to whoever serves its address, in this process or over a socket; 0: nobody answered."""

    def carry(url: str, headers: Mapping[str, str], body: bytes) -> int:
        try:
            return network.send("POST", url, headers=headers, body=body).status
        except Retry:
            return 0

    return carry
