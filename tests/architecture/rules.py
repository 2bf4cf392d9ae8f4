"""The rules of the house as functions: each takes one source file and gives what it finds wrong, in words."""

from __future__ import annotations

import ast
import fnmatch
import re
import sys
from collections.abc import Callable, Iterable, Iterator

from tests.architecture.sources import Function, Source

MOST_LINES_IN_A_FILE = 400
MOST_LINES_IN_A_FUNCTION = 45
MOST_PATHS = 10

PROVIDER = re.compile(r"intuit|quickbooks|\bqbo\b|xero", re.IGNORECASE)
BANNED = {"util", "utils", "helper", "helpers", "common", "base", "manager", "managers"}
CATCHERS = ("shared/connector/runner.py", "shared/platform/jobs.py", "shared/platform/web*.py")

ONLY_THERE: dict[str, tuple[str, ...]] = {
    "quickbooks": ("services/quickbooks_connector/client.py",),
    "intuitlib": (),
    "xero_python": ("services/xero_connector/sdk.py",),
    "celery": ("shared/platform/celery_app.py", "services/worker.py"),
    "kombu": ("shared/platform/celery_app.py", "services/worker.py"),
    "flask": ("*/routes.py", "*/app.py", "shared/platform/web*.py", "services/console/*", "*/emulator/*"),
    "alembic": ("shared/platform/db.py", "shared/platform/migrations*", "*/migrations/*"),
}
"""A package -> the only files that may import it."""

PURE = ("shared/kernel/*", "shared/contract/*", "shared/domain/*")
PURE += ("*/mapping.py", "*/normalize.py", "*/statuses.py", "services/*_connector/planner/*", "services/*_connector/regions/*")
IMPURE_PACKAGES = {"os", "io", "pathlib", "socket", "time", "random", "secrets", "threading", "subprocess", "sqlite3", "tempfile"}
IMPURE_PACKAGES |= {"sqlalchemy", "requests", "urllib3", "flask", "psycopg", "celery", "logging", "shutil"}
IMPURE_CALLS = re.compile(r"^(open|print|input|uuid4|uuid\.uuid[14])$|\b(now|utcnow|today|read_text|write_text)$")

WRITTEN_BY_A_TOOL = ("services/*/migrations/versions/*",)
"""Alembic writes these out of the tables, one column a line; nobody edits them."""

Rule = Callable[[Source], Iterable[str]]


def among(path: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatch(path, pattern) for pattern in patterns)


def file_is_short(source: Source) -> Iterator[str]:
    lines = source.text.count("\n")
    if lines > MOST_LINES_IN_A_FILE:
        yield f"{lines} lines; at most {MOST_LINES_IN_A_FILE}"


def opens_with_a_sentence(source: Source) -> Iterator[str]:
    if source.text.strip() and not ast.get_docstring(source.tree):
        yield "no opening sentence (a module's docstring)"


def functions_are_short(source: Source) -> Iterator[str]:
    for function in source.functions:
        lines = (function.end_lineno or 0) - function.lineno + 1
        if lines > MOST_LINES_IN_A_FUNCTION:
            yield f"{function.name} has {lines} lines; at most {MOST_LINES_IN_A_FUNCTION}"


def functions_are_simple(source: Source) -> Iterator[str]:
    for function in source.functions:
        paths = complexity(function)
        if paths > MOST_PATHS:
            yield f"{function.name} has complexity {paths}; at most {MOST_PATHS}"


def complexity(function: Function) -> int:
    """Cyclomatic complexity; functions defined inside count by themselves."""
    return 1 + sum(_branches(node) for node in _own(function))


def _own(function: Function) -> Iterator[ast.AST]:
    waiting = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, Function):
            waiting.extend(ast.iter_child_nodes(node))


def _branches(node: ast.AST) -> int:
    if isinstance(node, ast.BoolOp):
        return len(node.values) - 1
    if isinstance(node, ast.comprehension):
        return 1 + len(node.ifs)
    if isinstance(node, ast.match_case):
        return int(not isinstance(node.pattern, ast.MatchAs))
    return int(isinstance(node, ast.If | ast.For | ast.AsyncFor | ast.While | ast.ExceptHandler | ast.IfExp))


def everything_is_typed(source: Source) -> Iterator[str]:
    for function in source.functions:
        given = function.args
        arguments = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
        bare = [one.arg for one in arguments if one and not one.annotation and one.arg not in ("self", "cls")]
        if bare or not function.returns:
            yield f"{function.name} leaves types out: {', '.join(bare) or 'the result'}"


def no_binary_fractions(source: Source) -> Iterator[str]:
    if "float" in source.calls:
        yield "float(: money is Decimal, time is whole seconds"


def names_say_something(source: Source) -> Iterator[str]:
    words = {word for part in source.path.removesuffix(".py").split("/") for word in part.split("_")}
    yield from (f"the name {word!r} says nothing" for word in sorted(words & BANNED))
    for node in source.nodes:
        if isinstance(node, ast.ClassDef):
            said = {word.lower() for word in re.findall(r"[A-Z][a-z]+", node.name)} & BANNED
            yield from (f"class {node.name}: {word!r} says nothing" for word in sorted(said))


def no_provider_is_named(source: Source) -> Iterator[str]:
    for number, line in enumerate(source.text.splitlines(), 1):
        if PROVIDER.search(line):
            yield f"line {number} names a provider: {line.strip()}"


def only_catchers_catch_everything(source: Source) -> Iterator[str]:
    if among(source.path, CATCHERS):
        return
    for node in source.nodes:
        if isinstance(node, ast.ExceptHandler) and _catches_everything(node):
            yield f"line {node.lineno} catches everything"


def _catches_everything(handler: ast.ExceptHandler) -> bool:
    if isinstance(handler.body[-1], ast.Raise) and handler.body[-1].exc is None:
        return False  # it cleans up and lets the error go on
    caught = "BaseException" if handler.type is None else ast.unparse(handler.type)
    return bool({"Exception", "BaseException"} & set(re.findall(r"\w+", caught)))


def packages_stay_in_their_place(source: Source) -> Iterator[str]:
    for package in sorted(source.packages & set(ONLY_THERE)):
        if not among(source.path, ONLY_THERE[package]):
            yield f"imports {package}, which belongs in {', '.join(ONLY_THERE[package]) or 'nobody'}"


def pure_parts_are_pure(source: Source) -> Iterator[str]:
    if not among(source.path, PURE):
        return
    yield from (f"pure, yet imports {package}" for package in sorted(source.packages & IMPURE_PACKAGES))
    yield from (f"pure, yet calls {call}" for call in sorted(source.calls) if IMPURE_CALLS.search(call))


def the_kernel_needs_nothing(source: Source) -> Iterator[str]:
    if source.path.startswith("shared/kernel/"):
        yield from _foreign(source, {"shared"})


def emulators_stand_alone(source: Source) -> Iterator[str]:
    """An emulator that shared our mapping would share our mistakes."""
    if "/emulator/" not in source.path:
        return
    yield from _foreign(source, {"flask", "", "services"})
    home = source.path.rpartition("/")[0].replace("/", ".")
    for name in sorted(source.imports):
        if name.startswith("services.") and not name.startswith(home):
            yield f"imports {name}: an emulator shares nothing with the product"


def _foreign(source: Source, friends: set[str]) -> Iterator[str]:
    for package in sorted(source.packages - friends - set(sys.stdlib_module_names) - {"__future__"}):
        yield f"imports {package}; the standard library is enough here"


FIRST_ROW = ("accounts", "records", "sources", "billing", "status")
SECOND_ROW = ("exports", "lists", "pdf", "webhooks", "snapshots", "archive", "privacy", "audit")


def rooms_keep_their_order(source: Source) -> Iterator[str]:
    """In ingest the first row of rooms never looks at the second, which reads the first through its ``query``
    and describes it by its ``answers``."""
    found = re.match(r"services/ingest/(\w+)/", source.path)
    room = found.group(1) if found else ""
    for name in sorted(source.imports):
        there, _, rest = name.removeprefix("services.ingest.").partition(".")
        if not name.startswith("services.ingest.") or there == room:
            continue
        if room in FIRST_ROW and there in SECOND_ROW:
            yield f"{room} imports {name}: the first row never looks at the second"
        if room in SECOND_ROW and there in FIRST_ROW and not rest.startswith(("query", "answers")):
            yield f"{room} imports {name}: read another room through its query"


EVERYWHERE: tuple[Rule, ...] = (file_is_short, opens_with_a_sentence)
"""Rules for the tests too."""

PRODUCT: tuple[Rule, ...] = (
    functions_are_short,
    functions_are_simple,
    everything_is_typed,
    no_binary_fractions,
    names_say_something,
    only_catchers_catch_everything,
    packages_stay_in_their_place,
    pure_parts_are_pure,
    the_kernel_needs_nothing,
    emulators_stand_alone,
    rooms_keep_their_order,
)
"""Rules for everything below ``shared`` and ``services``."""

SHARED: tuple[Rule, ...] = (no_provider_is_named,)
"""Rules for what all connectors stand on."""
