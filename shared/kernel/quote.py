"""Shows a foreign value inside a message: short, on one line, with nothing that could act on a terminal or a page."""

from __future__ import annotations


def quoted(value: object, *, limit: int = 40) -> str:
    """The value as a reader may see it: controls, surrogates and direction marks escaped, the rest cut off."""
    if isinstance(value, str):
        return repr(value) if len(value) <= limit else f"{value[:limit]!r}… ({len(value)} characters)"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, int) and value.bit_length() > 128:  # Python refuses to print a very long integer
        return "a very long integer"
    text = str(value)
    return text if text.isprintable() and len(text) <= limit else quoted(text, limit=limit)
