"""QuickBooks' own settings and facts, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from services.quickbooks_connector.statuses import LIFECYCLE
from shared.connector.provider import Info, OAuthFacts
from shared.kernel.errors import Invalid
from shared.platform.settings import Settings

SCOPE = "com.intuit.quickbooks.accounting"
URLS = {
    "QUICKBOOKS_API_URL": "https://quickbooks.api.intuit.com",
    "QUICKBOOKS_AUTHORIZE_URL": "https://appcenter.intuit.com/connect/oauth2",
    "QUICKBOOKS_TOKEN_URL": "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",
    "QUICKBOOKS_REVOKE_URL": "https://developer.api.intuit.com/v2/oauth2/tokens/revoke",
}
LOOK_BACK = timedelta(days=29)  # the change query reaches 30 days back
KEY_MEMORY = timedelta(0)
"""How long a requestid is taken to be remembered. Intuit states no time, so none is relied on: a look-up decides."""
SETTLE = timedelta(seconds=60)
"""Longer than the lag between a write and its showing in queries."""


@dataclass(frozen=True, slots=True)
class QuickBooksSettings:
    """Where QuickBooks is, and as whom we speak to it."""

    api_url: str
    verifier: str
    info: Info


def load(settings: Settings) -> QuickBooksSettings:
    """Read the settings. Raises Invalid naming one that is set but can't be."""
    extra = settings.extra
    urls = {name: (extra.get(name) or default).rstrip("/") for name, default in URLS.items()}
    oauth = OAuthFacts(
        authorize_url=urls["QUICKBOOKS_AUTHORIZE_URL"],
        token_url=urls["QUICKBOOKS_TOKEN_URL"],
        revoke_url=urls["QUICKBOOKS_REVOKE_URL"],
        client_id=extra.get("QUICKBOOKS_CLIENT_ID", ""),
        client_secret=extra.get("QUICKBOOKS_CLIENT_SECRET", ""),
        scope=SCOPE,
        tenant_parameter="realmId",
    )
    info = Info(
        key="quickbooks",
        title="QuickBooks Online",
        oauth=oauth,
        document_kind="invoice",
        reference_kinds=("customer", "item", "tax_code"),
        lifecycle=LIFECYCLE,
        perhaps_ours=frozenset({"number_taken"}),
        key_memory=_seconds(extra, "QUICKBOOKS_KEY_MEMORY_SECONDS", KEY_MEMORY),
        settle=_seconds(extra, "QUICKBOOKS_SETTLE_SECONDS", SETTLE),
        look_back=LOOK_BACK,
    )
    return QuickBooksSettings(urls["QUICKBOOKS_API_URL"], extra.get("QUICKBOOKS_WEBHOOK_VERIFIER", ""), info)


def _seconds(extra: Mapping[str, str], name: str, default: timedelta) -> timedelta:
    text = extra.get(name)
    if not text:
        return default
    if not (text.isascii() and text.isdigit()):
        raise Invalid("bad_setting", f"{name} is {text!r}.", "Set it to a whole number of seconds.")
    return timedelta(seconds=int(text))
