"""Every code that an error can carry, read from the source: `python -m tests.architecture.error_codes` writes the page."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.architecture.sources import ROOT, Function, Source, below

PAGE = ROOT / "docs/reference/errors.md"
FOLDERS = ("shared", "services/ingest", "services/quickbooks_connector", "services/xero_connector")
HOLE = "…"
HEAD = """# Errors: every code, and what to do

Every error is one JSON object (`application/problem+json`) whose `error` holds `code`, `message`, mostly a `remedy`, and where
waiting helps `retry_after_s`, which is also in `Retry-After`:

```json
{"error": {"code": "rate_limited", "message": "Too many export calls in 60s window", "retry_after_s": 30}}
```

Programs go by `code`: it stays the same within a version, while messages may get better. `…` stands for what differs from case to
case. With 429 and 503 wait as long as `retry_after_s` says, else 1 s, 2 s, 4 s and so on up to 60 s, and send the same again with
the same `Idempotency-Key`. With any other status sending the same again changes nothing.

What a limit leaves is in every answer: `RateLimit-Policy: "default";q=6000;w=60` names the limit, and
`RateLimit: "default";r=5990;t=42` says how many calls are left in the present window and in how many seconds it ends. It counts
by API key; `TIMEBOOKS_LIMIT_CALLS` sets it for the installation. Exports have a limit of their own besides,
`TIMEBOOKS_EXPORTS_PER_MINUTE` (60), of which a third may be asked for at once.

This page is written from the source by `python -m tests.architecture.error_codes`.

| code | status | what happened | what to do |
|---|---|---|---|
"""

_CODE = re.compile(rf"[a-z][a-z0-9_{HOLE}]*")


@dataclass(frozen=True, slots=True)
class Raised:
    """One place that makes a failure."""

    code: str
    status: int
    cause: str
    remedy: str


def inside(source: Source, node: ast.AST) -> Function | None:
    """The innermost function around a node."""
    line = getattr(node, "lineno", 0)
    around = [one for one in source.functions if one.lineno <= line <= (one.end_lineno or 0)]
    return max(around, key=lambda one: one.lineno, default=None)


@functools.cache
def sources() -> list[Source]:
    return [source for source in below(*FOLDERS) if "/emulator/" not in source.path]


@functools.cache
def calls(source: Source) -> list[ast.Call]:
    return [node for node in source.nodes if isinstance(node, ast.Call)]


@functools.cache
def _set(source: Source) -> list[tuple[int, str, ast.expr]]:
    """(line, name, value) of every plain assignment."""
    nodes = (node for node in source.nodes if isinstance(node, ast.Assign))
    return [(node.lineno, _name(node.targets[0]), node.value) for node in nodes]


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def statuses(found: list[Source]) -> dict[str, int]:
    """Class of failure -> its HTTP status, inherited ones too."""
    known = {"Failure": 500}
    classes = [node for source in found for node in source.nodes if isinstance(node, ast.ClassDef)]
    for _ in range(4):
        for one in classes:
            bases = [known[_name(base)] for base in one.bases if _name(base) in known]
            if bases:
                own = [ast.literal_eval(node.value) for node in one.body if isinstance(node, ast.Assign)]
                known[one.name] = (own or bases)[0]
    return known


def text(node: ast.AST | None, source: Source, function: Function | None) -> str:
    """A text as it is written, with … for what is filled in; a local name by what it was set to."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else HOLE for part in node.values)
    if isinstance(node, ast.BinOp):
        return text(node.left, source, function) + text(node.right, source, function)
    if isinstance(node, ast.IfExp):
        return text(node.body, source, function)
    if isinstance(node, ast.Name):
        here = [one for one in _set(source) if one[1] == node.id]
        near = [one for one in here if function and function.lineno <= one[0] <= (function.end_lineno or 0)]
        if here:
            return text((near or here)[0][2], source, function)
    return HOLE


def raised() -> Iterator[Raised]:
    """Every failure that the source makes."""
    found = sources()
    known = statuses(found)
    constants = _constants(found)
    for source in found:
        for call in calls(source):
            if _name(call.func) in known and call.args:
                yield from _of(source, call, known[_name(call.func)], constants)


def _constants(found: list[Source]) -> dict[str, str]:
    return {
        _name(node.targets[0]): node.value.value
        for source in found for node in source.tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    }  # fmt: skip


def _of(source: Source, call: ast.Call, status: int, constants: dict[str, str]) -> Iterator[Raised]:
    first, function = call.args[0], inside(source, call)
    if isinstance(first, ast.Constant | ast.JoinedStr):
        yield _made(source, function, call.args, status, text(first, source, function))
    elif isinstance(first, ast.Name) and first.id in constants:
        yield _made(source, function, call.args, status, constants[first.id])
    elif isinstance(first, ast.Name | ast.Starred):
        yield from _indirect(source, function, call, status)


def _made(source: Source, function: Function | None, args: Sequence[ast.expr], status: int, code: str) -> Raised:
    cause, remedy = (text(arg, source, function) for arg in (*args, ast.Constant(""), ast.Constant(""))[1:3])
    return Raised(code, status, cause, remedy)


def _indirect(source: Source, function: Function | None, call: ast.Call, status: int) -> Iterator[Raised]:
    """The code is an argument of the function around it: what its callers give; else it is in one of the module's tables."""
    names = [one.arg for one in function.args.args if one.arg != "self"] if function else []
    first = call.args[0]
    if function and isinstance(first, ast.Name) and first.id in names:
        yield from _callers(source, function, names, first.id, status)
        return
    numbered = {id(value): key.value for key, value in _entries(source) if isinstance(key, ast.Constant)}
    for row in source.nodes:
        words = _row(source, row) if isinstance(row, ast.Tuple) else []
        if words:
            number = numbered.get(id(row))
            cause, remedy = words[1:] if len(words) == 3 else (HOLE, words[1])
            yield Raised(words[0], number if isinstance(number, int) else status, cause, remedy)


def _callers(source: Source, function: Function, names: list[str], code: str, status: int) -> Iterator[Raised]:
    told = [names.index(name) for name in (code, "cause", "remedy") if name in names]
    for other in [source] if function.name.startswith("_") else sources():
        for one in (one for one in calls(other) if _name(one.func) == function.name):
            given = [one.args[place] for place in told if place < len(one.args)]
            if given and isinstance(given[0], ast.Constant | ast.JoinedStr):
                around = inside(other, one)
                yield _made(other, around, given, status, text(given[0], other, around))


def _entries(source: Source) -> Iterator[tuple[ast.expr | None, ast.expr]]:
    tables = (node for node in source.nodes if isinstance(node, ast.Dict))
    return (pair for table in tables for pair in zip(table.keys, table.values, strict=True))


def _row(source: Source, row: ast.Tuple) -> list[str]:
    """Code, cause and remedy, or code and remedy, at the end of a table's row; nothing if that isn't what it is."""
    texts = [text(one, source, None) if _is_text(one) else None for one in row.elts]
    for few in (texts[-3:], texts[-2:]):
        words = [one for one in few if one is not None]
        if len(words) == len(few) > 1 and "_" in words[0] and _CODE.fullmatch(words[0]) and " " in words[1]:
            return words
    return []


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def unfound() -> list[str]:
    """Places that take the code from where it isn't looked for; one that passes on another failure's takes an attribute."""
    found, lost = sources(), []
    known = statuses(found)
    named = _constants(found)
    for source in found:
        for call in calls(source):
            handed = _name(call.func) in known and call.args and isinstance(call.args[0], ast.Name | ast.Starred)
            if handed and not list(_of(source, call, 0, named)):
                lost.append(f"{source.path}:{call.lineno}")
    return lost


@functools.cache
def page() -> str:
    """The whole page; of a code that is raised in several places the fullest text stands for all."""
    rows: dict[tuple[str, int], Raised] = {}
    for one in raised():
        if _CODE.fullmatch(one.code) and one.code != HOLE:
            had = rows.setdefault((one.code, one.status), one)
            if _fullness(one) > _fullness(had):
                rows[one.code, one.status] = one
    return HEAD + "".join(
        f"| `{one.code}` | {one.status} | {_cell(one.cause)} | {_cell(one.remedy)} |\n"
        for one in sorted(rows.values(), key=lambda one: (one.code, one.status))
    )


def _fullness(one: Raised) -> tuple[int, int]:
    return len(one.remedy.replace(HOLE, "")), len(one.cause.replace(HOLE, ""))


def _cell(words: str) -> str:
    return " ".join(words.replace("|", "\\|").split())


if __name__ == "__main__":
    PAGE.write_text(page())
