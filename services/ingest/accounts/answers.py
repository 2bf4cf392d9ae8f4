"""What accounts are answered with, and examples of what is asked."""

from __future__ import annotations

from shared.contract import answers as a
from shared.platform import auth

ACCOUNT = {"organisation": "Sample Studio", "owner": "owner@sample.example", "zone": "America/New_York", "currency": "USD"}
KEY = {"name": "Payroll export", "role": "accountant", "scopes": ["records:read", "timesheets:read"], "days": 90}
_TEXT = "tbk_0a1b2c3d4e5f_" + "x" * 43


class Account(a.Answer):
    """The organisation, and its owner's key."""

    organisation = a.ident("organisation")
    key = a.text("Shown this once.", _TEXT)


class KeyMade(a.Answer):
    """The key."""

    id = a.text("", "0a1b2c3d4e5f")
    key = a.text("Shown this once.", _TEXT)


class Key(a.Answer):
    """An API key without its text."""

    id = a.text("", "0a1b2c3d4e5f")
    name = a.text("", "Payroll export")
    role = a.word(sorted(auth.ROLES), example="accountant")
    scopes = a.many(a.word(sorted(auth.SCOPES), example="records:read"))
    created = a.instant()
    expires = a.instant("", "2026-05-31T09:00:00+00:00", null=True)
    revoked = a.instant("", None)
    last_used = a.instant("", None)


class Token(a.Answer):
    """A token, as bearer for the service it was asked for."""

    token = a.text("", "eyJhbGciOiJFZDI1NTE5…")
    expires_in = a.whole("Seconds.", 3600)


KEYS = a.listing(Key)
