"""What a person is told when an endpoint can't be reached, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable

from services.ingest.webhooks.deliver import Report
from shared.platform.session import Session

_OFF = "A webhook is disabled"
_AGAIN = "Mend the receiver, resume the webhook, and replay what it missed."
TROUBLES = {
    "webhook_undelivered": (
        "A webhook does not get through",
        "{blocks} event(s) were not delivered to this webhook in the 24 hours that each is tried for.",
        "Look at the webhook's deliveries for what the receiver answers, mend it, and replay what it missed.",
    ),
    "webhook_gone": (_OFF, "Its receiver answered 410: it wants no more. Nothing is sent to it any more.", _AGAIN),
    "webhook_failed_for_days": (_OFF, "Its receiver took nothing for 5 days. Nothing is sent to it any more.", _AGAIN),
}
"""Code -> title, cause, remedy."""


def reporter(say: Callable[..., None], settle: Callable[[Session, str, str], None]) -> Report:
    """Tells of an endpoint's troubles with ``say(session, organisation, endpoint, code=…, title=…, …)``."""

    def report(session: Session, organisation: str, endpoint: str, code: str, blocks: int) -> None:
        if not code:
            settle(session, organisation, endpoint)
            return
        title, cause, remedy = TROUBLES[code]
        told = {"code": code, "title": title, "cause": cause.format(blocks=blocks), "remedy": remedy}
        say(session, organisation, endpoint, **told, blocks=blocks)

    return report
