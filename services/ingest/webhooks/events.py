"""The events that can be told, and which of them an endpoint wants."""

from __future__ import annotations

from collections.abc import Collection

from shared.kernel.errors import Invalid
from shared.kernel.quote import quoted

TEST = "webhook.test"
EVENTS = (
    *(f"invoice.{word}" for word in ("created", "updated", "sent", "partly_paid", "paid", "void", "refunded")),
    *(f"timesheet.{word}" for word in ("approved", "processed")),
    *(f"{kind}.{word}" for kind in ("expense", "mileage") for word in ("created", "updated", "deleted")),
    *(f"connection.{word}" for word in ("connected", "needs_reconnect", "disconnected")),
    *(f"problem.{word}" for word in ("opened", "closed")),
)
_FAMILIES = tuple(dict.fromkeys(f"{event.split('.')[0]}.*" for event in EVENTS))
CHOICES = ("*", *_FAMILIES, *EVENTS)
"""What a subscription may name."""


def chosen(value: object) -> str:
    """One entry of a subscription's list. Raises Invalid naming those there are."""
    if isinstance(value, str) and value in CHOICES:
        return value
    raise Invalid("unknown_event", f"{quoted(value)} is no event", f"give some of: {', '.join(CHOICES)}")


def wants(subscribed: Collection[str], event: str) -> bool:
    """Whether a subscription covers an event; a test is told to whoever asked for it."""
    return "*" in subscribed or event in subscribed or f"{event.split('.')[0]}.*" in subscribed or event == TEST
