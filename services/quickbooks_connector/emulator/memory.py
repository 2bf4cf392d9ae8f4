"""Remembers the answers to requestids for as long as it is told to."""

from __future__ import annotations

from datetime import datetime, timedelta

from .wire import Refused, Reply, invalid

_LONGEST = 50


class Memory:
    """Company and requestid to the first answer; bodies are not compared, as far as any source says."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str], tuple[datetime, Reply]] = {}

    def known(self, realm: str, requestid: str, now: datetime, life: timedelta) -> Reply | None:
        found = self._answers.get((realm, requestid))
        return found[1] if found and now < found[0] + life else None

    def keep(self, realm: str, requestid: str, now: datetime, answer: Reply) -> None:
        self._answers[realm, requestid] = (now, answer)

    def forget(self) -> None:
        self._answers.clear()


def check(requestid: str) -> None:
    if len(requestid) > _LONGEST:
        raise invalid(f"requestid has {len(requestid)} characters, {_LONGEST} are allowed", "2050", "requestid")


def already_there(requestid: str) -> Refused:
    return Refused("600", "RequestId already exists", f"RequestId {requestid} is already known")
