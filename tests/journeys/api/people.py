"""Ingest and the people who sign in to it: short ways to invite them, let them join and talk as them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from services.ingest.accounts.operator import operator_token
from services.ingest.app import build
from services.ingest.tables import metadata
from shared.platform.db import Database
from shared.platform.http import Network
from shared.platform.service import Service
from shared.platform.settings import Settings
from shared.platform.vault import Vault
from tests.component.ingest.conftest import Caller

PASSWORD = "three dull otters"
EMAIL = "robin@sample.example"
CHEAP = {"TIMEBOOKS_SIGN_IN_HASH_KIB": "8", "TIMEBOOKS_SIGN_IN_HASH_PASSES": "1"}
"""Nobody guesses in tests."""


class People:
    """One installation; ``owner`` is who made the first organisation, with a key."""

    def __init__(self, make_database: Callable[..., Database], clock: Any, **extra: str) -> None:
        self.clock, self.vault = clock, Vault(bytes(range(32)))
        environ = {"TIMEBOOKS_DATA": "unused", "TIMEBOOKS_QUICKBOOKS_URL": "http://127.0.0.1:9", **CHEAP, **extra}
        settings = Settings.load(environ, ("ingest", "quickbooks"))
        self.service: Service = build(settings, make_database(metadata), self.vault, Network())
        self.nobody = Caller(self.service, "")
        self.owner = self.organisation()

    def organisation(self, name: str = "Sample Studio") -> Caller:
        asked = {"organisation": name, "owner": "Olive Owner", "zone": "Europe/Berlin", "currency": "EUR"}
        made = Caller(self.service, operator_token(self.vault)).told("POST", "/accounts", asked, status=201)
        return Caller(self.service, made["key"], made["organisation"])

    def invites(self, email: str = EMAIL, role: str = "manager", by: Caller | None = None, **more: Any) -> dict[str, Any]:
        asked = {"email": email, "name": "Robin Sample", "role": role, **more}
        return (by or self.owner).told("POST", "/invitations", asked, status=201)

    def accepts(self, token: str, password: str = PASSWORD, *, status: int = 201) -> Any:
        return self.nobody.told("POST", "/invitations/accept", {"token": token, "password": password}, status=status)

    def joins(self, email: str = EMAIL, role: str = "manager", password: str = PASSWORD, **more: Any) -> str:
        """Somebody is invited and becomes a user; their id."""
        return str(self.accepts(self.invites(email, role, **more)["token"], password)["user"])

    def logs_in(
        self, email: str = EMAIL, password: str = PASSWORD, device: str = "phone", *, status: int = 200, **more: str
    ) -> Any:
        asked = {"email": email, "password": password, "device_id": device, **more}
        return self.nobody.told("POST", "/auth/login", asked, status=status)

    def signed_in(self, email: str = EMAIL, device: str = "phone", **more: str) -> Caller:
        """Somebody who talks with the access token of a new session."""
        return Caller(self.service, self.logs_in(email, device=device, **more)["access_token"])

    def refreshes(self, token: str, device: str = "phone", *, status: int = 200) -> Any:
        return self.nobody.told("POST", "/auth/refresh", {"refresh_token": token, "device_id": device}, status=status)

    def later(self, **amount: int) -> None:
        self.clock.now += timedelta(**amount)

    def opens(self, token: str) -> bool:
        """Whether an access token still opens something."""
        return Caller(self.service, token)("GET", "/records").status_code == 200

    def events(self, kind: str) -> list[dict[str, Any]]:
        return [row["body"] for row in self.owner.told("GET", f"/feed?kinds={kind}")["rows"]]

    def person(self, source_id: str, name: str = "Robin Sample") -> str:
        """A record of a person; its id."""
        record = {"kind": "person", "source": "w", "source_id": source_id, "name": name}
        [result] = self.owner.told("POST", "/records", {"schema": "1", "records": [record]}, status=202)["results"]
        return str(result["id"])
