"""What is published of the API beside the services themselves: `python -m services.published` writes it to docs/reference."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from services.catalog import SERVICES, settings_from
from services.postman import collection
from shared.kernel import canonical
from shared.platform.web_openapi import document

_HERE = Path(__file__).resolve().parents[1] / "docs" / "reference"


def main() -> int:
    for name, text in files(documents()).items():
        (_HERE / name).write_text(text, "utf-8")
    return 0


def files(told: Mapping[str, dict[str, Any]]) -> dict[str, str]:
    """The text of each file by its name, made of the documents of all services."""
    found = {f"openapi-{name}.json".replace("-ingest", ""): text_of(one) for name, one in told.items()}
    return found | {"timebooks.postman_collection.json": text_of(collection(told)), "routes.md": _table(told)}


def documents() -> dict[str, dict[str, Any]]:
    """The OpenAPI document of every service, of services that stand on empty databases."""
    with tempfile.TemporaryDirectory() as folder:
        plain = settings_from({"TIMEBOOKS_DATA": folder})
        places = {one.name: f"sqlite:///{folder}/{one.name}.sqlite" for one in SERVICES}
        settings = replace(plain, databases=places, urls={name: f"http://{name}.internal" for name in places})
        return {one.name: _document(one, settings) for one in SERVICES}


def _document(one: Any, settings: Any) -> dict[str, Any]:
    db = one.open(settings)
    try:
        told: dict[str, Any] = document(one.build(settings, db).app)
        return told
    finally:
        db.dispose()


def text_of(value: Any, indent: str = "") -> str:
    """JSON for people to read and to compare, with numbers as they are."""
    inner = indent + "  "
    if isinstance(value, dict) and value:
        parts = [f"{inner}{_plain(str(name))}: {text_of(value[name], inner)}" for name in sorted(value, key=str)]
        return "{\n" + ",\n".join(parts) + f"\n{indent}}}" + ("" if indent else "\n")
    if isinstance(value, list | tuple) and any(isinstance(one, dict | list) for one in value):
        return "[\n" + ",\n".join(inner + text_of(one, inner) for one in value) + f"\n{indent}]"
    return _plain(value)


def _plain(value: Any) -> str:
    return canonical.dumps(value).decode()


def _table(told: Mapping[str, dict[str, Any]]) -> str:
    return "\n".join([*_HEAD, *(row for one in told.values() for row in _rows(one)), ""])


_HEAD = (
    "# Every route",
    "",
    "Written by `make reference` from the routes themselves. What each takes and answers: [openapi.json](openapi.json),",
    "[openapi-quickbooks.json](openapi-quickbooks.json), [openapi-xero.json](openapi-xero.json), or the running product's",
    "`/api/v1/worklog/docs`, `/quickbooks/docs`, `/xero/docs`. Who holds which scope: [roles.md](roles.md).",
    "",
    "| route | scope | what it does |",
    "| --- | --- | --- |",
)


def _rows(told: dict[str, Any]) -> Iterator[str]:
    for path, methods in sorted(told["paths"].items()):
        for method, operation in sorted(methods.items()):
            scope = operation["x-scope"] or "(open)"
            yield f"| `{method.upper()} {path}` | {'any' if scope == '*' else scope} | {operation['summary']} |"


if __name__ == "__main__":
    sys.exit(main())
