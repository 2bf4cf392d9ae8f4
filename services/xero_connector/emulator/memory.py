"""Remembers the answers to idempotency keys for some minutes: for an app, whatever the organisation, errors too."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .asking import Call
from .wire import Malformed, Reply, span

LONGEST = 128
_MANY, _LONG_AGO = 1000, timedelta(days=1)


@dataclass
class Memory:
    answers: dict[tuple[str, str], tuple[datetime, str, Reply]] = field(default_factory=dict)

    def known(self, app: str, key: str, call: Call, now: datetime, seconds: int) -> Reply | None:
        """The first answer again, if the request is the same in every byte."""
        found = self.answers.get((app, key))
        if found is None or now >= found[0] + span(seconds):
            return None
        if found[1] != _print(call):
            raise Malformed(f"Idempotency-Key {key} is used with a different request")
        return found[2]

    def keep(self, app: str, key: str, call: Call, now: datetime, answer: Reply) -> None:
        if len(self.answers) > _MANY:
            self.answers = {each: kept for each, kept in self.answers.items() if kept[0] > now - _LONG_AGO}
        self.answers[app, key] = (now, _print(call), answer)


def check(key: str) -> None:
    if len(key) > LONGEST:
        raise Malformed(f"Idempotency-Key may have {LONGEST} characters, this one has {len(key)}")


def _print(call: Call) -> str:
    whole = f"{call.method} {call.path} {sorted(call.args.items())}".encode() + b"\n" + call.body
    return hashlib.sha256(whole).hexdigest()
