"""How a password is kept and checked, with the same work for somebody who does not exist.

The salt follows from the e-mail's hash, so one computation answers for all organisations that somebody belongs to, and for
nobody. The secret is the installation's: who has the database alone can't guess.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from shared.kernel.errors import Invalid
from shared.platform.vault import Vault

SHORTEST, LONGEST = 12, 200
_DIFFERENT = 5  # characters that a password has at least
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.][^@\s]{0,185}")


@dataclass(frozen=True, slots=True)
class Hashing:
    """What one hash costs: memory in KiB, passes over it, lanes at once."""

    memory: int = 19_456
    passes: int = 2
    lanes: int = 1


class Passwords:
    """The installation's way with passwords and e-mails."""

    def __init__(self, vault: Vault, hashing: Hashing) -> None:
        self.hashing = hashing
        self._email, self._salt = vault.derive(b"email"), vault.derive(b"password salt")
        self._secret = vault.derive(b"password")

    def account(self, email: str) -> str:
        """What tells equal e-mails apart from others, in every organisation. Raises Invalid."""
        if not _EMAIL.fullmatch(email):
            raise Invalid("bad_email", "email is not an e-mail address.", "Write it as name@company.example.")
        return hmac.new(self._email, email.casefold().encode(), hashlib.sha256).hexdigest()

    def kept(self, account: str, password: str) -> str:
        """What to keep of a password: how it was hashed, and the hash."""
        return _text(self.hashing, self._hash(self.hashing, account, password))

    def matching(self, account: str, password: str, kept: Sequence[str]) -> list[bool]:
        """Which of what was kept is this password; as much work for none as for one."""
        ways = {_way(text) for text in kept} or {self.hashing}
        texts = [_text(way, self._hash(way, account, password)) for way in sorted(ways, key=str)]
        return [any(hmac.compare_digest(text, one) for text in texts) for one in kept]

    def outdated(self, kept: str) -> bool:
        """Whether it was hashed otherwise than we do now."""
        return _way(kept) != self.hashing

    def _hash(self, way: Hashing, account: str, password: str) -> bytes:
        salt = hmac.digest(self._salt, account.encode(), "sha256")
        cost = {"iterations": way.passes, "lanes": way.lanes, "memory_cost": way.memory}
        return Argon2id(salt=salt, length=32, secret=self._secret, **cost).derive(password.encode())


def check_new(email: str, password: str) -> None:
    """Raise Invalid for what is guessed first."""
    if len(password) < SHORTEST:
        cause = f"The password has {len(password)} characters."
        raise Invalid("weak_password", cause, f"Give at least {SHORTEST}; a few words that don't belong together are good.")
    if len(set(password.casefold())) < _DIFFERENT or password.casefold() in email.casefold():
        raise Invalid("weak_password", "The password repeats a few characters or the e-mail.", "Take one that nobody guesses.")


def _text(way: Hashing, made: bytes) -> str:
    return f"argon2id${way.memory},{way.passes},{way.lanes}${made.hex()}"


def _way(kept: str) -> Hashing:
    return Hashing(*(int(number) for number in kept.split("$")[1].split(",")))
