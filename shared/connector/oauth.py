"""OAuth with the provider: consent URL, code exchange, refresh, revoke. The protocol is Authlib's; the checks are ours."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from shared.connector.context import Connector
from shared.kernel.errors import Park, Reconnect, Retry
from shared.platform import clock
from shared.platform.http import TIMEOUT

HARD_END = "x_refresh_token_hard_expires_in"
END = "x_refresh_token_expires_in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What the provider handed out, with the instants at which it ends."""

    access: str
    refresh: str
    access_expires_at: datetime
    refresh_expires_at: datetime | None


def _session(c: Connector) -> OAuth2Session:
    facts = c.provider.info.oauth
    session = OAuth2Session(
        facts.client_id,
        facts.client_secret,
        scope=facts.scope,
        redirect_uri=c.callback_url,
        token_endpoint_auth_method="client_secret_basic" if facts.client_secret else "none",
        code_challenge_method="S256",
        default_timeout=TIMEOUT,
    )
    return c.network.equip(session)


def verifier(c: Connector) -> str | None:
    """What an app without a secret proves itself with (PKCE, RFC 7636); None: it has one."""
    return None if c.provider.info.oauth.client_secret else secrets.token_urlsafe(48)


def consent_url(c: Connector, state: str, proof: str | None = None) -> str:
    """Where the person is sent to agree; ``proof``: the verifier, which goes along as its hash."""
    with _session(c) as session:
        url, _ = session.create_authorization_url(c.provider.info.oauth.authorize_url, state=state, code_verifier=proof)
    return str(url)


def exchange(c: Connector, code: str, proof: str | None) -> Tokens:
    """Trade the code of a checked callback for tokens, once.

    The grant type is named: left to guess, the library would ask for client credentials when a code is missing.
    """
    url, known = c.provider.info.oauth.token_url, {"code_verifier": proof} if proof else {}
    return _ask(c, lambda session: session.fetch_token(url, grant_type="authorization_code", code=code, **known))


def refresh(c: Connector, refresh_token: str) -> Tokens:
    """New tokens for old. Raises Reconnect when the provider no longer accepts the grant, Retry when it can't be told."""
    url = c.provider.info.oauth.token_url
    return _ask(c, lambda session: session.refresh_token(url, refresh_token=refresh_token))


def revoke(c: Connector, refresh_token: str) -> None:
    """End the grant over there. One that has ended already is as good."""
    facts = c.provider.info.oauth
    with _session(c) as session:
        try:
            answer = session.post(
                facts.revoke_url,
                json={"token": refresh_token},
                auth=(facts.client_id, facts.client_secret),
                withhold_token=True,
            )
        except (requests.RequestException, OSError) as error:
            raise _unheard(c, error) from None
    if answer.status_code >= 500 or answer.status_code == 429:
        raise Retry("revoke_failed", f"{c.provider.info.title} answered {answer.status_code} to the revocation.")


def _ask(c: Connector, call: Callable[[OAuth2Session], dict[str, Any]]) -> Tokens:
    title = c.provider.info.title
    with _session(c) as session:
        try:
            answer = call(session)
        except OAuthError as error:
            if error.error == "invalid_grant":
                raise Reconnect(
                    "grant_ended", f"{title} no longer accepts this connection's authorisation.", f"Connect {title} again."
                ) from None
            raise Park(
                "oauth_refused",
                f"{title} refused the app itself ({error.error}).",
                "Check the client id and secret in the settings.",
            ) from None
        except (requests.RequestException, OSError, ValueError) as error:
            raise _unheard(c, error) from None
    return _tokens(answer)


def _unheard(c: Connector, error: Exception) -> Retry:
    what = f"{c.provider.info.title} did not answer the token request ({type(error).__name__})."
    return Retry("token_unheard", what, "It is tried again by itself.", unknown=True)


def _tokens(answer: dict[str, Any]) -> Tokens:
    if not answer.get("access_token") or not answer.get("refresh_token"):
        raise Retry("token_incomplete", "The token answer holds no token.", unknown=True)
    now = clock.now()
    ends = [now + timedelta(seconds=int(answer[name])) for name in (END, HARD_END) if answer.get(name)]
    return Tokens(
        access=str(answer["access_token"]),
        refresh=str(answer["refresh_token"]),
        access_expires_at=now + timedelta(seconds=int(answer.get("expires_in", 3600))),
        refresh_expires_at=min(ends, default=None),
    )
