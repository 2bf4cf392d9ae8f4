"""What ingest takes from the settings of the installation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from services.ingest.accounts.passwords import Hashing
from services.ingest.exports.limits import Limit
from services.ingest.sources.files.cells import LIMITS, Limits
from shared.kernel.errors import Invalid
from shared.platform.settings import Settings

NAME, PREFIX = "ingest", "/api/v1/worklog"
LIMITS_SET = {
    "TIMEBOOKS_IMPORT_CSV_BYTES": "csv",
    "TIMEBOOKS_IMPORT_PACKED_BYTES": "packed",
    "TIMEBOOKS_IMPORT_UNPACKED_BYTES": "unpacked",
    "TIMEBOOKS_IMPORT_CELL_CHARACTERS": "cell",
    "TIMEBOOKS_IMPORT_INVOICES": "invoices",
}
HASHING_SET = {
    "TIMEBOOKS_SIGN_IN_HASH_KIB": "memory",
    "TIMEBOOKS_SIGN_IN_HASH_PASSES": "passes",
    "TIMEBOOKS_SIGN_IN_HASH_LANES": "lanes",
}
PROXIES = "TIMEBOOKS_SIGN_IN_PROXIES"
CALLS, MOST_CALLS = "TIMEBOOKS_LIMIT_CALLS", 6_000
"""The setting, and what holds without it: calls of one key in 60 seconds."""
LOOPBACK = "TIMEBOOKS_WEBHOOK_LOOPBACK"
RECEIPT_BYTES = 10_000_000
EXPORTS = {"TIMEBOOKS_EXPORTS_PER_MINUTE": "rate", "TIMEBOOKS_EXPORT_ROWS_AT_ONCE": "rows"}
LONGEST_CELL = 131_072
"""More the reader of CSV does not take, whatever is set."""
MOST_INVOICES = 2_000
"""Each of a file's invoices, and its client if new, has a row in the feed; one transaction has 5,000 at most."""


def peers(settings: Settings) -> Mapping[str, str]:
    """The other services' addresses, prefix included: a service named ``xyz`` serves ``/xyz``."""
    return {name: f"{url.removesuffix(f'/{name}')}/{name}" for name, url in settings.urls.items() if name != NAME and url}


def call_limit(settings: Settings) -> int:
    """Calls of one key in 60 seconds. Raises Invalid when it can't be."""
    return _whole(settings.extra[CALLS], CALLS) if CALLS in settings.extra else MOST_CALLS


def loopback(settings: Settings) -> bool:
    """Whether webhooks may go to ``http://localhost``: for whoever develops a receiver. Raises Invalid."""
    text = settings.extra.get(LOOPBACK, "no")
    if text not in ("yes", "no"):
        raise Invalid("bad_setting", f"{LOOPBACK} is {text!r}.", f"Set {LOOPBACK} to yes or no.")
    return text == "yes"


def import_limits(settings: Settings) -> Limits:
    """How much of a file is taken. Raises Invalid naming the setting that can't be."""
    return replace(
        LIMITS, **{limit: _whole(settings.extra[name], name) for name, limit in LIMITS_SET.items() if name in settings.extra}
    )


def hashing(settings: Settings) -> Hashing:
    """What the hash of a password costs. Raises Invalid naming the setting that can't be."""
    chosen = {part: _whole(settings.extra[name], name) for name, part in HASHING_SET.items() if name in settings.extra}
    return replace(Hashing(), **chosen)


def proxies(settings: Settings) -> int:
    """How many proxies of ours a request passes, each of which names the one before it in X-Forwarded-For."""
    return _whole(settings.extra[PROXIES], PROXIES) if PROXIES in settings.extra else 0


def receipt_limit(settings: Settings) -> int:
    """The bytes of the largest receipt that is taken."""
    name = "TIMEBOOKS_RECEIPT_BYTES"
    return _whole(settings.extra[name], name) if name in settings.extra else RECEIPT_BYTES


def export_limit(settings: Settings) -> Limit:
    """How many exports a credential may ask for in a minute, and how long ones are answered at once."""
    given = {field: _whole(settings.extra[name], name) for name, field in EXPORTS.items() if name in settings.extra}
    if given.get("rate", 2) < 2:
        raise Invalid("bad_setting", "TIMEBOOKS_EXPORTS_PER_MINUTE is below 2.", "Set it to 2 or more.")
    return Limit(**given)


def _whole(text: str, name: str) -> int:
    most = {"CHARACTERS": LONGEST_CELL, "INVOICES": MOST_INVOICES}.get(name.rpartition("_")[2], 10**12)
    if not (text.isascii() and text.isdigit() and len(text) < 14 and 0 < int(text) <= most):
        raise Invalid("bad_setting", f"{name} is {text!r}, which is no whole number from 1 to {most}.", f"Set {name} to one.")
    return int(text)
