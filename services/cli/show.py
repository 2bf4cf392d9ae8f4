"""What a command prints: aligned tables, money to the right, one JSON document, progress on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from services.catalog import CONNECTORS
from shared.kernel import canonical
from shared.kernel.money import round_money


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command found: ``value`` is the whole of it for ``--json``, ``text`` the same for a person."""

    value: Any
    text: str = ""
    code: int = 0


def write(answer: Answer, *, as_json: bool) -> None:
    """Print an answer on stdout."""
    if as_json:
        sys.stdout.write(canonical.dumps(answer.value).decode() + "\n")
    elif answer.text:
        sys.stdout.write(answer.text.rstrip("\n") + "\n")
    sys.stdout.flush()


def table(headings: Sequence[str], rows: Sequence[Sequence[Any]], *, right: Collection[str] = ()) -> str:
    """Columns aligned under their headings; those named in ``right`` to the right."""
    cells = [list(headings), *([_cell(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    sides = [name in right for name in headings]
    lines = ("  ".join(_pad(*one) for one in zip(row, widths, sides, strict=True)) for row in cells)
    return "\n".join(line.rstrip() for line in lines)


def _cell(value: Any) -> str:
    return "" if value is None else " ".join(str(value).split())


def _pad(text: str, width: int, right: bool) -> str:
    return text.rjust(width) if right else text.ljust(width)


def money(amount: Decimal | int, currency: str) -> str:
    """1234.5 US dollars as ``1,234.50``, as many yen as ``1,235``."""
    return f"{round_money(Decimal(amount), currency):,}"


def title(connection: Mapping[str, Any]) -> str:
    """A connection as a person knows it."""
    return f"{connection['provider']} {connection.get('name') or connection['tenant']}"


def naming(provider: str) -> str:
    """What a command to type next needs so that it means these books, where there are others."""
    return f" --books {provider}" if len(CONNECTORS) > 1 else ""


def count(number: int, one: str, many: str = "") -> str:
    """``1 entry``, ``2 entries``."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def note(text: str) -> None:
    """Say something to the person at the terminal, not in the answer."""
    sys.stderr.write(text.rstrip("\n") + "\n")
    sys.stderr.flush()


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """Gives ``moved(done, total)``, which draws a bar on stderr where somebody can see it."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)
