"""What a person does on the consent page of emulated books, for scripts and trials: choose a company and agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from shared.kernel import canonical
from shared.kernel.errors import Conflict, Unsupported
from shared.platform.http import Response


@dataclass(frozen=True, slots=True)
class _Page:
    """How an emulator's consent page is pressed."""

    path: str  # of the page, below the emulator's address
    names: str  # the argument that names the company
    company: str  # where none is chosen


_PAGES = {
    "quickbooks": _Page("/connect/oauth2", "realm", "9341450000000001"),
    "xero": _Page("/identity/connect/authorize", "tenant", "a0000000-0000-4000-8000-000000000001"),
}


def agree(send: Callable[..., Response], provider: str, address: str, company: str | None = None) -> None:
    """Agree at this address of a consent page; the browser is sent back. Unsupported for books that are real."""
    page = _PAGES.get(provider)
    if page is None or urlsplit(address).hostname not in ("localhost", "127.0.0.1"):
        raise Unsupported("not_emulated", "Real books are connected by a person in a browser.", "Leave --yes out.")
    asked = {"authorize_url": address, page.names: company or page.company}
    pressed = send("POST", f"{address.split(page.path, maxsplit=1)[0]}/_control/consent", body=canonical.dumps(asked))
    if pressed.status != 200:
        raise Conflict("emulator_refused", f"The consent page said: {pressed.body.decode()}", "Choose another --company.")
    back = send("GET", pressed.json()["result"])
    if back.status != 200:
        raise Conflict("consent_failed", f"The way back from the consent page answered {back.status}.")
