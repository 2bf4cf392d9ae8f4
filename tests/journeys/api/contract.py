"""A service's own OpenAPI document, and what an answer says that the document doesn't, or says otherwise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import jsonschema_rs
from werkzeug.test import TestResponse

from shared.platform.http import Response
from shared.platform.service import Service

Operation = dict[str, Any]


@dataclass(slots=True)
class Contract:
    """What one service promises."""

    document: dict[str, Any]
    _validators: dict[str, Any] = field(default_factory=dict)

    @property
    def operations(self) -> Iterator[tuple[str, str, Operation]]:
        """(method, path, operation)"""
        for path, methods in self.document["paths"].items():
            yield from ((method.upper(), path, operation) for method, operation in methods.items())

    def resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            schema = self.document["components"][schema["$ref"].split("/")[-2]][schema["$ref"].split("/")[-1]]
        return schema

    def faults(self, operation: Operation, answer: Response) -> list[str]:
        """Where an answer departs from what its operation promises; members that nobody was told of count as well."""
        told = self.resolved(operation["responses"].get(str(answer.status)) or operation["responses"]["default"])
        kind = answer.headers.get("content-type", "").split(";")[0]
        content = told.get("content", {})
        if "*/*" in content or not (answer.body or content):
            return []
        if kind not in content:
            return [f"{answer.status} comes as {kind or 'nothing'} and not as {', '.join(content) or 'nothing'}"]
        if not kind.endswith("json") or operation["tags"] == ["contract"]:
            return []
        value, schema = json.loads(answer.body), content[kind]["schema"]
        return [*self.unfitting(value, schema), *self.undocumented(value, schema)]

    def unfitting(self, value: Any, schema: dict[str, Any]) -> list[str]:
        key = json.dumps(schema)
        if key not in self._validators:
            whole = {**schema, "components": self.document["components"]}
            self._validators[key] = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
        found = self._validators[key].iter_errors(value)
        return [f"{'.'.join(map(str, error.instance_path))}: {error.message[:200]}" for error in found]

    def undocumented(self, value: Any, schema: dict[str, Any], path: str = "") -> Iterator[str]:
        schema = self.resolved(schema)
        if isinstance(value, list):
            for at, one in enumerate(value):
                yield from self.undocumented(one, schema.get("items", {}), f"{path}.{at}")
        if isinstance(value, dict) and "anyOf" in schema:
            schema = self.resolved(schema["anyOf"][0])
        if isinstance(value, dict) and "properties" in schema and not schema.get("additionalProperties"):
            for name, one in value.items():
                if name not in schema["properties"]:
                    yield f"{path}.{name} is documented nowhere"
                else:
                    yield from self.undocumented(one, schema["properties"][name], f"{path}.{name}")


def plain(answer: TestResponse) -> Response:
    return Response(answer.status_code, {name.lower(): text for name, text in answer.headers.items()}, answer.data)


def contract_of(service: Service) -> Contract:
    """What a running service says that it promises."""
    answer = service.app.test_client().get(f"{service.prefix}/openapi.json")  # type: ignore[attr-defined]
    assert answer.status_code == 200
    return Contract(json.loads(answer.data))
