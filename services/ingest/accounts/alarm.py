"""What a person is told when somebody holds a copy of their session's refresh token, until they have signed in again."""

from __future__ import annotations

from collections.abc import Callable

from shared.platform.session import Session

Alarm = Callable[[Session, str, str, str], None]
"""Organisation, user, and a key of CAUSES; "" once the user has signed in again, or is one no more."""

CODE = "session_copied"
CAUSES = {
    "reuse": "A refresh token that had been replaced was used again, so somebody else may hold a copy of it.",
    "other_device": "A refresh token was used on another device than the one that it was made for.",
}
REMEDY = "Sign in again, which closes this. Who did not cause it by a backup or a second program changes their password first."


def alarm(say: Callable[..., None], settle: Callable[[Session, str, str], None]) -> Alarm:
    """Tells of it with ``say(session, organisation, user, code=…, title=…, …)``."""

    def ring(session: Session, organisation: str, user: str, reason: str) -> None:
        if not reason:
            settle(session, organisation, user)
            return
        cause = f"{CAUSES[reason]} The session has ended on every side."
        say(session, organisation, user, code=CODE, title="A session was copied", cause=cause, remedy=REMEDY, blocks=0)

    return ring
