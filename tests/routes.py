"""What was parsed of a service's addresses serves the next service that a test builds."""

from __future__ import annotations

from typing import Any

from shared.platform.web import _Rule

_parsed: dict[str, dict[str, Any]] = {}
_KEPT = ("_parts", "_trace", "_converters", "_build", "_build_unknown", "arguments")
_compile = _Rule.compile


def _compiled(self: Any) -> None:
    kept = _parsed.get(self.rule)
    if kept is None:
        _compile(self)
        _parsed[self.rule] = {name: getattr(self, name) for name in _KEPT}
        return
    for name, value in kept.items():
        setattr(self, name, value)


def parse_once() -> None:
    """For the whole process. What comes of a rule depends on nothing but its text: maps and rules are otherwise alike."""
    _Rule.compile = _compiled  # type: ignore[method-assign]
