"""What both halves of the demonstration do with emulated books: press their buttons, link what fits, plan and press go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.cli import consent
from services.cli.door import Door, part
from shared.kernel import canonical
from shared.kernel.errors import Conflict


def press(door: Door, provider: str, button: str, **arguments: Any) -> Any:
    """Press one of an emulator's own buttons."""
    address = f"{door.settings.public_url}/emulator/{provider}/_control/{button}"
    answer = door.network.send("POST", address, body=canonical.dumps(arguments))
    if answer.status != 200:
        raise Conflict("emulator_refused", f"{button}: {answer.body.decode()}")
    return answer.json()["result"]


def connect(door: Door, provider: str, company: str) -> dict[str, Any]:
    """Connect one emulated company; gives the connection, which has heard of everything that was there before it."""
    consent.agree(door.network.send, provider, door.books(provider, "POST", "/connect", {})["authorize_url"], company)
    made = next(one for one in door.connections() if one["provider"] == provider and one["tenant"] == company)
    door.at_rest(made)
    return made


def link(door: Door, connection: dict[str, Any], kinds: Sequence[str], *, create: bool) -> None:
    """Link what has a namesake over there to the first; what has none is created there, or left alone."""
    provider, path = connection["provider"], f"/connections/{part(connection['id'])}/references"
    for kind in kinds:
        for one in door.books(provider, "GET", path, kind=kind)["items"]:
            named = {name: one[name] for name in ("kind", "local", "currency")}
            if one["candidates"]:
                door.books(provider, "PUT", path, named | {"remote": one["candidates"][0]["remote"]})
            elif create:
                door.books(provider, "PUT", path, named | {"create": True})


def push(door: Door, connection: dict[str, Any]) -> int:
    """Plan and press go; gives how many documents are to be written."""
    provider = connection["provider"]
    plan = door.books(provider, "POST", f"/connections/{part(connection['id'])}/plans", {})
    going = [item for item in plan["items"] if item["action"] != "blocked"]
    if going:
        door.books(provider, "POST", f"/plans/{part(plan['plan'])}/apply", {})
    return len(going)
