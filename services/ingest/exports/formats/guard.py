"""No text of ours becomes a formula where a file is opened in a spreadsheet."""

from __future__ import annotations

DANGER = frozenset("=+-@\t\r\n＝＋－＠")
"""What spreadsheets take for the beginning of a formula, wide forms too, or pass over on their way to one."""


def guarded(text: str) -> str:
    """The text with an apostrophe in front if a spreadsheet might calculate it. Never for cells that are numbers."""
    return f"'{text}" if text[:1] in DANGER and text else text
