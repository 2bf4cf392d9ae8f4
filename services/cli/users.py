"""Commands about who may sign in: inviting people, and ending it."""

from __future__ import annotations

import click

from services.cli.door import Door, part
from services.cli.entry import command, timebooks
from services.cli.show import Answer, table


@timebooks.group("user")
def user() -> None:
    """People who may sign in, each with a password of their own."""


@command("invite", group=user)
@click.argument("email")
@click.option("--name", required=True, help="Who it is.")
@click.option("--role", required=True, help="owner, manager, payroll, auditor or worker.")
@click.option("--person", help="For a worker: the id of the person whose records alone they see.")
@click.option("--until", help="For an auditor: the last day, as 2026-03-31.")
def invite(door: Door, email: str, **more: str | None) -> Answer:
    """Make a link for somebody to choose a password with; it is shown this once.

    \b
    timebooks user invite robin@sample.example --name "Robin Sample" --role payroll
    """
    wanted = {"email": email, **{name: value for name, value in more.items() if value is not None}}
    made = door.ingest("POST", "/invitations", wanted)
    lines = [
        f"Invitation {made['id']} is good for {made['days']} days, once.",
        f"token {made['token']}",
        "Whoever has it chooses the password: give it to nobody else. It is not shown again.",
    ]
    return Answer(made, "\n".join(lines))


@command("list", group=user)
def list_users(door: Door) -> Answer:
    """Everybody who may sign in or could, and what they may do."""
    found = door.ingest("GET", "/users", page_size="500")
    columns = ("id", "name", "email", "role", "until", "ended")
    return Answer(found, table(columns, [[one.get(column) for column in columns] for one in found["items"]]))


@command("end", group=user)
@click.argument("number", metavar="ID")
def end(door: Door, number: str) -> Answer:
    """Let somebody in no more: sessions, keys and invitations of theirs end too."""
    door.ingest("DELETE", f"/users/{part(number)}")
    return Answer({"ended": number}, f"User {number} is let in no more.")
