"""The command group, and what every command has in common: ``--json``, a way to the product, one way to print."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any

import click

from services.cli.show import Answer, write

ROOMS = (
    *("running", "account", "signing", "users", "importing", "profiles", "work", "exporting"),
    *("connecting", "books", "timesheets", "payroll"),
)
"""Modules whose commands these are."""


class Lazy(click.Group):
    """Loads the rooms when a command is looked for, so that importing this costs nothing."""

    def list_commands(self, context: click.Context) -> list[str]:
        self._load()
        return list(self.commands)  # in the order of the work, not of the alphabet

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        self._load()
        return super().get_command(context, name)

    def _load(self) -> None:
        for room in ROOMS:
            importlib.import_module(f"services.cli.{room}")


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="timebooks")
def timebooks() -> None:
    """Time entries become invoices in the books, and "paid" comes back by itself.

    Talks to TIMEBOOKS_URL if set, else to the process serving the data folder TIMEBOOKS_DATA (./data), else works in
    this process. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 partly done or something needs you, 4 sign in or
    reconnect, 5 provider unavailable, 6 conflict, 7 a question is open, 130 interrupted.
    """


which_books = click.option(
    "--books",
    "--connection",
    "wanted",
    metavar="BOOKS",
    help="Which books, by provider or connection id; without, those connected.",
)
"""The option of every command that works on a connection."""


def command(name: str, *, group: click.Group = timebooks, door: bool = True) -> Callable[[Callable[..., Answer]], click.Command]:
    """Make a function a command: it gets the door first (unless ``door`` is False) and its answer is printed."""

    def make(function: Callable[..., Answer]) -> click.Command:
        @functools.wraps(function)
        def run(*arguments: Any, as_json: bool, **options: Any) -> int:
            answer = _through_door(function, *arguments, **options) if door else function(*arguments, **options)
            write(answer, as_json=as_json)
            return answer.code

        with_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
        return group.command(name)(with_json(run))

    return make


def _through_door(function: Callable[..., Answer], *arguments: Any, **options: Any) -> Answer:
    from services.cli import door

    with door.opened() as opened:
        return function(opened, *arguments, **options)
