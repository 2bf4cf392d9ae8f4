"""The published table of roles is the one that is enforced."""

from __future__ import annotations

import re
from pathlib import Path

from shared.platform.auth import ROLES, SCOPES

PAGE = (Path(__file__).parents[3] / "docs/reference/roles.md").read_text("utf-8")


def scopes_in(text: str) -> set[str]:
    return set(re.findall(r"`(\w+:\w+)`", text))


def test_the_page_of_roles_gives_each_the_scopes_it_has():
    rows = dict(re.findall(r"^\| `(\w+)` \|(.*)\|$", PAGE, re.M)) | dict(re.findall(r"`(service|operator)`, (.*?\))", PAGE, re.S))
    assert {role: scopes_in(row) for role, row in rows.items()} == {role: set(scopes) for role, scopes in ROLES.items()}


def test_the_page_of_roles_says_what_each_scope_opens():
    assert set(re.findall(r"^\| `(\w+:\w+)` \|", PAGE, re.M)) == SCOPES
