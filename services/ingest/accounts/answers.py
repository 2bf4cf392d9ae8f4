"""What accounts are asked and answered: organisations, keys, sessions, devices, people and consents."""

from __future__ import annotations

from shared.contract import answers as a
from shared.contract import fields as f
from shared.platform import auth
from shared.platform.web import Paged, Said

_TEXT = "tbk_0a1b2c3d4e5f_" + "x" * 43
_ROLES = sorted(auth.ROLES)
_EMAIL, _PASSWORD, _DEVICE = "robin@sample.example", "three plain words more", "phone-of-robin"
_REFRESH = "rt_" + "x" * 43


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
    role = a.word(_ROLES, example="payroll")
    scopes = a.many(a.word(sorted(auth.SCOPES), example="records:read"))
    person = a.ident("person", "Whose records a worker's key opens.", null=True, optional=True)
    created = a.instant()
    expires = a.instant("", "2026-05-31T09:00:00+00:00", null=True)
    revoked = a.instant("", None)
    last_used = a.instant("", None)


class Token(a.Answer):
    """A token, as bearer for the service it was asked for."""

    token = a.text("", "eyJhbGciOiJFZDI1NTE5…")
    expires_in = a.whole("Seconds.", 3600)


class Session(a.Answer):
    """A session on a device."""

    access_token = a.text("For the Authorization header.", "eyJhbGciOiJFZDI1NTE5…")
    token_type = a.word(("Bearer",))
    refresh_token = a.text("For the next pair, once; a copy that comes later ends the session.", _REFRESH)
    expires_in = a.whole("Seconds that the access token holds.", 3600)
    sync_endpoint = a.text("Where a device reads what changed.", "https://books.example/api/v1/worklog/sync")


class Device(a.Answer):
    """A device on which somebody signed in."""

    id = a.ident("device")
    device_id = a.text("As the device names itself.", _DEVICE, null=True)
    user = a.ident("user")
    created = a.instant()
    last_used = a.instant(null=True)
    expires = a.instant("", "2026-05-31T09:00:00+00:00")
    ended = a.instant("", None)
    reason = a.text("Why it ended.", None)
    current = a.flag("Whether this is the device that asks.", True)


class PageOfUser(Paged):
    """Whose."""

    user = f.text(200, metadata={"description": "A user's id, for who may see everybody's; otherwise one's own."})


class Factor(a.Answer):
    """What an authenticator app needs; it counts once a code was confirmed."""

    secret = a.text("", "JBSWY3DPEHPK3PXP")
    uri = a.text("As a QR code shows it.", "otpauth://totp/timebooks:0a1b2c3d?secret=JBSWY3DPEHPK3PXP&issuer=timebooks")


class Recovery(a.Answer):
    """Codes for when the app is lost; each works once."""

    recovery_codes = a.many(a.text("Shown this once.", "k7q2-m9xd-4trw"))


class Invited(a.Answer):
    """An invitation. Its token is shown this once."""

    id = a.ident("invitation")
    token = a.text("To be sent to the person.", "inv_" + "x" * 43)
    days = a.whole("That it is good for.", 7)


class Invitation(a.Answer):
    """An invitation without what opens it."""

    id = a.ident("invitation")
    name = a.text("", "Robin Sample", null=True)
    email = a.text("", _EMAIL, null=True)
    role = a.word(_ROLES, example="auditor")
    person = a.ident("person", null=True)
    until = a.instant("When an auditor's time ends.", None)
    inviter = a.text("Who invited.", a.example_id("user"), null=True)
    created = a.instant()
    expires = a.instant("", "2026-03-09T09:00:00+00:00")
    accepted = a.instant("", None)
    revoked = a.instant("", None)


class Joined(a.Answer):
    """The user that somebody became."""

    user = a.ident("user")
    organisation = a.ident("organisation")
    email = a.text("", _EMAIL)
    role = a.word(_ROLES, example="auditor")


class User(a.Answer):
    """Somebody who may sign in, or might once."""

    id = a.ident("user")
    name = a.text("", "Robin Sample", null=True)
    email = a.text("", _EMAIL, null=True)
    role = a.word(_ROLES, example="auditor")
    person = a.ident("person", null=True)
    until = a.instant("When an auditor's time ends.", None)
    totp = a.flag("Whether a second factor is on.")
    created = a.instant()
    ended = a.instant("", None)


class ConsentGiven(a.Answer):
    """The consent."""

    id = a.ident("consented")


class Consent(a.Answer):
    """Who agreed to what, and when."""

    id = a.ident("consented")
    user = a.ident("user")
    purpose = a.text("", "location")
    document = a.text("", "privacy-notice")
    version = a.text("", "2026-03")
    given = a.instant()
    withdrawn = a.instant("", None)


ACCOUNT = Said(
    example={"organisation": "Sample Studio", "owner": "owner@sample.example", "zone": "America/New_York", "currency": "USD"},
    gives=Account,
    status=201,
)
KEY = Said(
    example={"name": "Payroll export", "role": "payroll", "scopes": ["records:read", "timesheets:read"], "days": 90},
    gives=KeyMade,
    status=201,
)
KEYS, USERS, INVITATIONS = (Said(asks=Paged, gives=a.page(one)) for one in (Key, User, Invitation))
LOGIN = Said(example={"email": _EMAIL, "password": _PASSWORD, "device_id": _DEVICE}, gives=Session)
REFRESH = Said(example={"refresh_token": _REFRESH, "device_id": _DEVICE}, gives=Session)
DEVICES = Said(asks=PageOfUser, gives=a.page(Device))
PASSWORD = Said(example={"password": _PASSWORD, "new_password": "four other plain words"}, gives=None)
ENROL = Said(example={"password": _PASSWORD}, gives=Factor)
CONFIRM = Said(example={"otp": "123456"}, gives=Recovery)
REMOVE = Said(example={"otp": "123456"}, gives=None)
INVITE = Said(example={"email": _EMAIL, "name": "Robin Sample", "role": "payroll"}, gives=Invited, status=201)
ACCEPT = Said(example={"token": "inv_" + "x" * 43, "password": _PASSWORD}, gives=Joined, status=201)
CONSENT = Said(
    example={"purpose": "location", "document": "privacy-notice", "version": "2026-03"}, gives=ConsentGiven, status=201
)
CONSENTS = Said(asks=PageOfUser, gives=a.page(Consent))
