"""Commands about profiles: the layouts that were confirmed, to look at, keep as a file, share and delete."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from services.cli.door import Door, part
from services.cli.entry import command, timebooks
from services.cli.show import Answer, count, table
from shared.kernel import canonical
from shared.kernel.errors import Missing

_PATH = "/import/profiles"


@timebooks.group("profiles")
def profiles() -> None:
    """Layouts of reports that were confirmed once; a report that one of them knows is read without asking."""


@command("list", group=profiles)
def list_profiles(door: Door) -> Answer:
    """Every profile, and when a report last came in by it."""
    found = door.ingest("GET", _PATH)
    rows = [[one["profile"]["name"], one["profile"]["source"], _known_by(one["profile"]), one["used"]] for one in found["items"]]
    text = table(["profile", "source", "for files with", "last used"], rows) if rows else "No profiles."
    return Answer(found, text)


def _known_by(profile: dict[str, Any]) -> str:
    told = profile.get("recognised")
    return f"{count(len(told['headers']), 'column')} ({told['kind']})" if told else "by name only"


@command("show", group=profiles)
@click.argument("name")
def show(door: Door, name: str) -> Answer:
    """A profile as the JSON that `profiles save` takes: keep it as a file, change it, give it to somebody."""
    profile = _named(door, name)["profile"]
    return Answer(profile, canonical.dumps(profile).decode())


@command("save", group=profiles)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def save(door: Door, file: Path) -> Answer:
    """Take in a profile from its JSON file; one of the same name is replaced.

    \b
    timebooks profiles show "Toggl" > toggl.json
    timebooks profiles save toggl.json
    """
    profile = canonical.loads(file.read_text("utf-8-sig"))
    there = [one for one in door.ingest("GET", _PATH)["items"] if isinstance(profile, dict) and _is(one, profile.get("name"))]
    path = f"{_PATH}/{part(there[0]['id'])}" if there else _PATH
    made = door.ingest("PUT" if there else "POST", path, profile)
    return Answer(made, f"Profile {made['profile']['name']} is {'changed' if there else 'kept'}.")


@command("delete", group=profiles)
@click.argument("name")
def delete(door: Door, name: str) -> Answer:
    """Let go of a profile; what came in by it stays."""
    one = _named(door, name)
    door.ingest("DELETE", f"{_PATH}/{part(one['id'])}")
    return Answer({"deleted": one["id"]}, f"Profile {one['profile']['name']} is gone.")


def _named(door: Door, name: str) -> dict[str, Any]:
    for one in door.ingest("GET", _PATH)["items"]:
        if _is(one, name) or one["id"] == name:
            return dict(one)
    raise Missing("no_such_profile", f"There is no profile called {name!r}.", "See them all: timebooks profiles list")


def _is(one: dict[str, Any], name: object) -> bool:
    return isinstance(name, str) and " ".join(one["profile"]["name"].casefold().split()) == " ".join(name.casefold().split())
