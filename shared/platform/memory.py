"""How often a serving process searches for unreachable cycles: seldom, since an import makes plain objects by the million."""

from __future__ import annotations

import gc

NEW = 50_000
"""Objects made and not freed before the next search; Python's own 700 cost an import a fifth of its time."""


def search_seldom() -> None:
    """Call once as the process starts to serve."""
    gc.set_threshold(NEW, 20, 20)
