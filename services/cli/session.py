"""The session that a data folder keeps of somebody who signed in, and its tokens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from services import data_folder
from shared.kernel.errors import Denied
from shared.platform import clock

_EARLY = timedelta(seconds=30)
"""Before its end an access token is traded in, so that none ends on the way."""


class Opens(Protocol):
    """What calls that need no credential go through."""

    def open_post(self, path: str, value: Any) -> dict[str, Any]: ...


@dataclass(slots=True)
class Signed:
    """A kept session, used at the address where it began."""

    folder: Path
    held: dict[str, Any]

    def token(self, door: Opens) -> str:
        """An access token that holds. Raises Denied once the session has ended."""
        if clock.now() >= datetime.fromisoformat(self.held["until"]) - _EARLY:
            self._renew(door)
        return str(self.held["access_token"])

    def _renew(self, door: Opens) -> None:
        asked = {name: self.held[name] for name in ("refresh_token", "device_id")}
        try:
            answer = door.open_post("/auth/refresh", asked)
        except Denied as failure:
            data_folder.forget_session(self.folder)
            cause = f"You are signed in no more: {failure.cause}"
            raise Denied("signed_out", cause, "Sign in again: timebooks login EMAIL") from failure
        self.held = keep(self.folder, self.held["address"], self.held["device_id"], answer)


def signed(folder: Path, address: str) -> Signed | None:
    """The kept session, if it began at this address: its tokens are nobody else's to see."""
    held = data_folder.kept_session(folder)
    return Signed(folder, held) if held and held["address"] == address else None


def keep(folder: Path, address: str, device: str, answer: dict[str, Any]) -> dict[str, Any]:
    """Keep the tokens that an answer gave, in place of those before."""
    until = clock.now() + timedelta(seconds=int(answer["expires_in"]))
    held = {name: answer[name] for name in ("access_token", "refresh_token")}
    held |= {"address": address, "device_id": device, "until": until.isoformat()}
    data_folder.keep_session(folder, held)
    return held
