"""Xero's own settings and facts, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from services.xero_connector.faults import EXISTS
from services.xero_connector.pace import Granted
from services.xero_connector.sending import NEIGHBOUR
from shared.connector.provider import Info, Lifecycle, OAuthFacts
from shared.contract.statuses import BindingState, TimesheetStatus
from shared.kernel.errors import Invalid
from shared.platform.settings import Settings

DEFAULTS = {
    "XERO_API_URL": "https://api.xero.com",
    "XERO_AUTHORIZE_URL": "https://login.xero.com/identity/connect/authorize",
    "XERO_TOKEN_URL": "https://identity.xero.com/connect/token",
    "XERO_REVOKE_URL": "https://identity.xero.com/connect/revocation",
    "XERO_SCOPES": (
        "offline_access payroll.timesheets payroll.payruns payroll.employees.read payroll.settings.read accounting.settings.read"
    ),
    "XERO_AU_VERSION": "1.0",
}
NUMBERS = {  # default, least, most
    "XERO_KEY_MEMORY_SECONDS": (300, 0, 360),  # Xero keeps keys for 6 minutes
    "XERO_SETTLE_SECONDS": (10, 0, 3600),
    "XERO_ARRAY_SIZE": (1, 1, 100),
    "XERO_CALLS_PER_DAY": (1000, 2, 1_000_000),  # what Xero grants its smallest tier
    "XERO_CALLS_PER_MINUTE": (60, 2, 6_000),
}
LOOK_BACK = timedelta(days=3650)  # lists say what there is, however old
FIRST_LOOK = timedelta(days=400)  # timesheets that were there before: so far back work may still be paid
FULL_LOOK = timedelta(hours=6)  # lists of changes don't show what was deleted
OPTIONS = {"approve": (False, True), "correct_approved": (False, True)}
"""Whether timesheets are approved there as they are written, and whether approved ones may be set back, changed and approved."""
VERSIONS = ("1.0", "2.0")
"""Of timesheets in Australia, chosen for each connection."""
LIFECYCLE = Lifecycle(
    unsent=TimesheetStatus.PLANNED,
    dropped=TimesheetStatus.DELETED,
    deleted=TimesheetStatus.DELETED,
    final={TimesheetStatus.DELETED: BindingState.VOID, TimesheetStatus.PROCESSED: BindingState.SETTLED},
    gone={TimesheetStatus.DELETED: ()},
)


@dataclass(frozen=True, slots=True)
class XeroSettings:
    """Where Xero is, as whom we speak to it, and how."""

    api_url: str
    webhook_key: str
    au_version: str  # of timesheets in Australia: "1.0" | "2.0"
    array_size: int  # timesheets in one call, where the region takes several
    granted: Granted
    info: Info


def load(settings: Settings) -> XeroSettings:
    """Read the settings. Raises Invalid naming one that is set but can't be."""
    extra = settings.extra
    texts = {name: (extra.get(name) or default).rstrip("/") for name, default in DEFAULTS.items()}
    if texts["XERO_AU_VERSION"] not in ("1.0", "2.0"):
        raise Invalid("bad_setting", f"XERO_AU_VERSION is {texts['XERO_AU_VERSION']!r}.", "Set it to 1.0 or 2.0.")
    numbers = {name: _number(extra, name) for name in NUMBERS}
    return XeroSettings(
        api_url=texts["XERO_API_URL"],
        webhook_key=extra.get("XERO_WEBHOOK_KEY", ""),
        au_version=texts["XERO_AU_VERSION"],
        array_size=numbers["XERO_ARRAY_SIZE"],
        granted=Granted(numbers["XERO_CALLS_PER_DAY"], numbers["XERO_CALLS_PER_MINUTE"]),
        info=_info(_oauth(texts, extra), numbers, sorted(VERSIONS, key=lambda one: one != texts["XERO_AU_VERSION"])),
    )


def _oauth(texts: Mapping[str, str], extra: Mapping[str, str]) -> OAuthFacts:
    return OAuthFacts(
        authorize_url=texts["XERO_AUTHORIZE_URL"],
        token_url=texts["XERO_TOKEN_URL"],
        revoke_url=texts["XERO_REVOKE_URL"],
        client_id=extra.get("XERO_CLIENT_ID", ""),
        client_secret=extra.get("XERO_CLIENT_SECRET", ""),
        scope=texts["XERO_SCOPES"],
        tenant_parameter=None,
    )


def _info(oauth: OAuthFacts, numbers: Mapping[str, int], versions: Sequence[str]) -> Info:
    return Info(
        key="xero",
        title="Xero Payroll",
        oauth=oauth,
        document_kind="timesheet",
        lifecycle=LIFECYCLE,
        reference_kinds=("employee", "earnings_rate", "tracking"),
        perhaps_ours=frozenset({EXISTS}),
        blameless=frozenset({NEIGHBOUR}),
        key_memory=timedelta(seconds=numbers["XERO_KEY_MEMORY_SECONDS"]),
        settle=timedelta(seconds=numbers["XERO_SETTLE_SECONDS"]),
        look_back=LOOK_BACK,
        first_look=FIRST_LOOK,
        full_look=FULL_LOOK,
        exclusive=frozenset({"employee"}),
        options={**OPTIONS, "version": tuple(versions)},
        calls_per_day=numbers["XERO_CALLS_PER_DAY"],
    )


def _number(extra: Mapping[str, str], name: str) -> int:
    default, least, most = NUMBERS[name]
    text = extra.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
        raise Invalid("bad_setting", f"{name} is {text!r}.", f"Set it to a whole number from {least} to {most}.")
    return int(text)
