"""Reads the product's source for the rules: each file once, as text and as a syntax tree."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One Python file; ``path`` is relative to the repository, with forward slashes."""

    path: str
    text: str

    @functools.cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @functools.cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node of the tree; each rule goes through them all."""
        return list(ast.walk(self.tree))

    @functools.cached_property
    def functions(self) -> list[Function]:
        return [node for node in self.nodes if isinstance(node, Function)]

    @functools.cached_property
    def imports(self) -> set[str]:
        """Dotted names imported anywhere in the file, in functions too; ``from a import b`` gives ``a.b``."""
        return {name for node in self.nodes for name in _imported(node)}

    @functools.cached_property
    def packages(self) -> set[str]:
        """The top-level packages imported."""
        return {name.split(".")[0] for name in self.imports}

    @functools.cached_property
    def calls(self) -> set[str]:
        """Dotted names called: ``open``, ``datetime.now``."""
        return {ast.unparse(node.func) for node in self.nodes if isinstance(node, ast.Call)}


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        module = "." * node.level + (node.module or "")
        yield from (f"{module}.{alias.name}" for alias in node.names)


@functools.cache
def below(*folders: str) -> list[Source]:
    """Every Python file below these folders of the repository."""
    return [_read(path) for path in sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))]


@functools.cache
def _read(path: Path) -> Source:
    return Source(path.relative_to(ROOT).as_posix(), path.read_text("utf-8"))
