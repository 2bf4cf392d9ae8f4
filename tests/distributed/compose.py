"""Reads from compose.yaml what the containers run and which settings they get, so that the tests run the very same."""

from __future__ import annotations

import json
import re
from pathlib import Path

COMPOSE = Path(__file__).resolve().parents[2] / "compose.yaml"
_SERVICE = re.compile(r"^  (?P<name>[a-z-]+):(?: #.*)?$")
_COMMAND = re.compile(r"^    command: (?P<command>\[.*\])(?: #.*)?$")
_SETTING = re.compile(r"^    (?P<name>[A-Z_]+): (?P<value>.+)$")


def commands() -> dict[str, list[str]]:
    """Service of compose.yaml -> its command; those of other people's images are left out."""
    found, name = {}, ""
    for line in _section("services:"):
        service, command = _SERVICE.match(line), _COMMAND.match(line)
        name = service["name"] if service else name
        if command:
            found[name] = json.loads(command["command"])
    return {name: command for name, command in found.items() if name not in ("postgres", "valkey")}


def settings() -> set[str]:
    """The names of the settings that every container of ours gets."""
    return {found["name"] for line in _section("x-service:") if (found := _SETTING.match(line))}


def _section(heading: str) -> list[str]:
    lines = COMPOSE.read_text("utf-8").splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith(heading)) + 1
    end = next((number for number in range(begin, len(lines)) if re.match(r"[a-z]", lines[number])), len(lines))
    return lines[begin:end]
