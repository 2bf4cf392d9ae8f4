"""Commands about the product itself: serve it, show it, look after it."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import click

from services.catalog import SERVICES, entry, settings_from
from services.cli.door import Door
from services.cli.entry import command
from services.cli.exits import DONE, FAILED
from services.cli.show import Answer, note, table
from shared.kernel.errors import Invalid


@command("up", door=False)
@click.option("--verbose", is_flag=True, help="Log every request and job on stderr, not only warnings.")
def up(verbose: bool) -> Answer:
    """Serve the product here until interrupted: web, background work, and emulated books unless real accounts are set."""
    from services import embedded
    from shared.platform.logs import write_logs

    settings = settings_from(os.environ)
    write_logs(level=logging.INFO if verbose else logging.WARNING)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    with embedded.opened(settings, address=settings.public_url) as product:
        try:
            embedded.serve(product, ready=lambda: note(_welcome(product)), stopping=stopping)
        except OSError as error:
            place = f"{settings.host}:{settings.port}"
            cause = f"{place} can't be used: {error.strerror}."
            raise Invalid("port_taken", cause, "Set TIMEBOOKS_PORT to a free one.") from None
    return Answer({"served": settings.public_url})


def _welcome(product: Any) -> str:
    settings = product.settings
    emulated = [one.name for one in SERVICES if one.emulated(settings_from(os.environ))]
    lines = [f"timebooks serves at {settings.public_url}, data in {settings.data}"]
    lines += [f"{name} is emulated; its books: {settings.public_url}/emulator/{name}" for name in emulated]
    return "\n".join([*lines, "In another terminal: timebooks init NAME, then timebooks import FILE. Ctrl-C stops."])


@command("demo", door=False)
@click.option("--keep", type=click.Path(file_okay=False, path_type=Path), help="Leave the data in this empty folder.")
@click.pass_context
def demo(context: click.Context, keep: Path | None) -> Answer:
    """Run the whole job once on samples, against the emulator, in a data folder of its own."""
    from services.cli.demo import run

    value, lines = run(keep, say=note if not context.params.get("as_json") and sys.stderr.isatty() else lambda _text: None)
    return Answer(value, "\n".join(lines))


@command("doctor")
def doctor(door: Door) -> Answer:
    """Look whether everything that is needed is there, and say what to do about what is not."""
    checks = [_python(), _data(door), _key(door), *(_service(door, one.name) for one in SERVICES)]
    rows = [["ok" if good else "no", what, told] for what, good, told in checks]
    bad = [what for what, good, _ in checks if not good]
    value = {"ok": not bad, "checks": [{"check": what, "ok": good, "told": told} for what, good, told in checks]}
    return Answer(value, table(["", "check", "found"], rows), FAILED if bad else DONE)


def _python() -> tuple[str, bool, str]:
    return "Python 3.11 or newer", sys.version_info >= (3, 11), sys.version.split()[0]


def _data(door: Door) -> tuple[str, bool, str]:
    folder = door.settings.data
    if door.own is None:
        return "product", True, f"another process serves it at {door.base}"
    private = folder.stat().st_mode & 0o077 == 0
    return "data folder is private", private, str(folder) if private else f"{folder} can be read by others: chmod 700 {folder}"


def _key(door: Door) -> tuple[str, bool, str]:
    return "API key", bool(door.key), "kept or set" if door.key else "none: timebooks init NAME"


def _service(door: Door, name: str) -> tuple[str, bool, str]:
    from shared.kernel.errors import Failure

    one = entry(name)
    emulated = " (emulated)" if one.emulated(settings_from(os.environ)) else ""
    try:
        if door.key and name != "ingest" and not door.has(name):
            return name, True, "not part of this installation"
        answer = door.open_get(name, "/health")
    except Failure as failure:
        return name, False, f"{failure.cause} Start it: timebooks up"
    return name, bool(answer.get("ok")), f"answers{emulated}"


@command("migrate", door=False)
@click.argument("names", nargs=-1)
def migrate(names: tuple[str, ...]) -> Answer:
    """Bring the databases of these services (all, if none is named) to their newest form; the distributed mode's first step."""
    settings = settings_from(os.environ)
    chosen = [entry(name) for name in names] or list(SERVICES)
    for one in chosen:
        db = one.open(settings)
        one.migrate(db)
        db.dispose()
    return Answer({"migrated": [one.name for one in chosen]}, "\n".join(f"{one.name}: database is up to date" for one in chosen))
