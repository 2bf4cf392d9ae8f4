"""What a file is, by its first bytes: neither its name nor its sender is believed."""

from __future__ import annotations

import re

from shared.kernel.errors import Invalid

ENDINGS = {
    "application/pdf": ".pdf",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/heic": ".heic",
}
"""Every kind that is taken, and how its name ends."""

_BEGINNINGS = (
    ("application/pdf", re.compile(rb"%PDF-\d")),
    ("image/jpeg", re.compile(rb"\xff\xd8\xff")),
    ("image/png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("image/webp", re.compile(rb"RIFF....WEBP", re.DOTALL)),
    ("image/heic", re.compile(rb"....ftyp(?:heic|heix|heim|heis|hevc|mif1|msf1)", re.DOTALL)),
)


def media_type(content: bytes) -> str:
    """Raises Invalid for anything that is no receipt."""
    for media, beginning in _BEGINNINGS:
        if beginning.match(content):
            return media
    cause = "The file is no PDF, JPEG, PNG, WebP or HEIC." if content else "The file is empty."
    raise Invalid("not_a_receipt", cause, "Send a PDF or a photo as it was taken.")


def named(name: str, media: str) -> str:
    """A name that ends as its content wants: what it is called never makes it something else."""
    ending = ENDINGS[media]
    stem = name.removesuffix(ending) if name.lower().endswith(ending) else name
    if media == "image/jpeg" and name.lower().endswith(".jpeg"):
        return name
    return f"{stem[: 200 - len(ending)] or 'receipt'}{ending}"
