"""What a connector's routes are asked with."""

from __future__ import annotations

from marshmallow import INCLUDE, Schema, validate

from shared.contract import fields as f

MOST_LINKS = 1_000  # in one request


class _Connect(f.Strict):
    reconnect = f.text(100, metadata={"description": "The id of the connection that is to live again."})


class _Choice(Schema):
    """How the connection works; each connector has options of its own besides."""

    class Meta:
        unknown = INCLUDE

    push = f.choice(("on_plan", "automatic"), metadata={"description": "Whether a person presses go, or it goes by itself."})


class Kind(f.Strict):
    """What is to be linked."""

    kind = f.text(200, required=True, metadata={"description": "As a connector names it: customer, item, employee …"})


class _Link(f.Strict):
    kind = f.text(200, metadata={"description": "As in the list."})
    local = f.text(200, metadata={"description": "The id of ours."})
    currency = f.text(3, empty=True, load_default="", metadata={"description": "As in the list."})
    remote = f.text(200, metadata={"description": "The id of theirs, or"})
    create = f.flag(load_default=False, metadata={"description": "have it created over there."})


class _Links(_Link):
    items = f.fields.List(
        f.fields.Nested(_Link),
        validate=validate.Length(min=1, max=MOST_LINKS),
        metadata={"description": "Several links at once, in place of one."},
    )


class _Keep(f.Strict):
    document = f.text(200, required=True, metadata={"description": "The id of the invoice or timesheet."})
    whose = f.choice(("ours", "theirs"), required=True)


CONNECT, CHOICE, LINKS, KEEP = _Connect(), _Choice(), _Links(), _Keep()
