"""What can go wrong, named by what to do about it."""

from __future__ import annotations


class Failure(Exception):
    """One thing that went wrong, in the words of the person who reads it.

    ``code`` is stable snake_case; ``cause`` names the thing and why; ``remedy`` says what to do now; ``facts`` are
    further plain values (ids, row numbers, a provider's code), never personal data or secrets.
    """

    status = 500

    def __init__(self, code: str, cause: str, remedy: str = "", **facts: object) -> None:
        super().__init__(f"{code}: {cause}")
        self.code, self.cause, self.remedy, self.facts = code, cause, remedy, facts


class Invalid(Failure):
    """The input can't be taken; the sender mends it. Nothing was stored."""

    status = 422


class Denied(Failure):
    """The caller is unknown (401) or may not do this (403)."""

    status = 403


class Missing(Failure):
    """No such thing for this organisation; a foreign organisation's thing looks exactly the same."""

    status = 404


class Conflict(Failure):
    """The world moved: what was asked no longer fits what is there."""

    status = 409


class Unsupported(Failure):
    """It can't be said truthfully to the other side, so it isn't said."""

    status = 422


class Retry(Failure):
    """Try the same again after ``after`` seconds (None: the usual back-off).

    ``unknown`` tells whether the other side may have done it although no answer was heard.
    """

    status = 503

    def __init__(
        self, code: str, cause: str, remedy: str = "", *, after: int | None = None, unknown: bool = False, **facts: object
    ) -> None:
        super().__init__(code, cause, remedy, **facts)
        self.after, self.unknown = after, unknown


class Park(Failure):
    """A person has to mend something first; the subject waits, everything else goes on."""

    status = 409


class Reconnect(Failure):
    """The authorisation is gone; the connection's work waits until somebody connects again."""

    status = 409
