"""A Postman collection (v2.1) made of OpenAPI documents: every operation with its example, and a test of what it answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from shared.kernel import canonical

_SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_DOOR = "ingest"
"""The service that takes API keys; the others take a token made of one."""
_TEXT = """\
Set `base` to where the product serves and `key` to an API key. The connectors' folders make their tokens of it themselves.
Ids in addresses and bodies are examples: put your own in."""
_TEST = """\
pm.test("answers as documented", () => {
  const documented = %s;
  const code = pm.response.code;
  pm.expect(code === 503 || code < 500).to.equal(true);
  if (code >= 400 && !documented.includes(code)) pm.expect(pm.response.json().error.code).to.be.a("string");
});"""
_TOKEN = """\
if (!pm.collectionVariables.get("%(name)s_token")) {
  pm.sendRequest({
    url: pm.variables.get("base") + "/api/v1/worklog/token",
    method: "POST",
    header: {"Authorization": "Bearer " + pm.variables.get("key"), "Content-Type": "application/json"},
    body: {mode: "raw", raw: JSON.stringify({audience: "%(name)s"})},
  }, (error, answer) => pm.collectionVariables.set("%(name)s_token", error ? "" : answer.json().token));
}"""


def collection(documents: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """One collection of all services: a folder for each, and in it one for each room."""
    variables = {"base": "http://localhost:8765", "key": "", **{f"{name}_token": "" for name in documents if name != _DOOR}}
    return {
        "info": {"name": "timebooks", "description": _TEXT, "schema": _SCHEMA},
        "variable": [{"key": name, "value": value} for name, value in variables.items()],
        "auth": _bearer("key"),
        "item": [_service(name, told) for name, told in documents.items()],
    }


def _bearer(variable: str) -> dict[str, Any]:
    return {"type": "bearer", "bearer": [{"key": "token", "value": f"{{{{{variable}}}}}", "type": "string"}]}


def _script(listen: str, text: str) -> dict[str, Any]:
    return {"listen": listen, "script": {"type": "text/javascript", "exec": text.splitlines()}}


def _service(name: str, told: dict[str, Any]) -> dict[str, Any]:
    rooms: dict[str, list[dict[str, Any]]] = {}
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            rooms.setdefault(operation["tags"][0], []).append(_request(path, method, operation))
    folders = [{"name": room, "item": items} for room, items in rooms.items()]
    own = {} if name == _DOOR else {"auth": _bearer(f"{name}_token"), "event": [_script("prerequest", _TOKEN % {"name": name})]}
    return {"name": told["info"]["title"], "item": folders, **own}


def _request(path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    statuses = [int(status) for status in operation["responses"] if status.isdigit()]
    described = {"description": operation["description"]} if operation["description"] else {}
    request = {"method": method.upper(), "url": _url(path, operation), "header": [], **described}
    if not operation["security"]:
        request["auth"] = {"type": "noauth"}
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        request["body"] = _body(kind, content)
        if kind == "application/json":
            request["header"] = [{"key": "Content-Type", "value": kind}]
    return {"name": operation["summary"], "request": request, "event": [_script("test", _TEST % statuses)]}


def _url(path: str, operation: dict[str, Any]) -> dict[str, Any]:
    asked = list(_queries(operation))
    parts = re.sub(r"{(\w+)}", r":\1", path).strip("/").split("/")
    given = [one for one in asked if not one["disabled"]]
    tail = "?" + "&".join(f"{one['key']}={one['value']}" for one in given) if given else ""
    places = [one for one in operation["parameters"] if one["in"] == "path"]
    return {
        "raw": "{{base}}/" + "/".join(parts) + tail,
        "host": ["{{base}}"],
        "path": parts,
        "query": asked,
        "variable": [{"key": one["name"], "value": one["example"]} for one in places],
    }


def _queries(operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for one in operation["parameters"]:
        if one["in"] == "query":
            schema = one["schema"]
            plain = "2026-03-02" if schema.get("format") == "date" else ""
            value = schema.get("enum", [schema.get("example", plain)])[0]
            needed = one.get("required", False)
            yield {"key": one["name"], "value": value, "description": one.get("description", ""), "disabled": not needed}


def _body(kind: str, content: dict[str, Any]) -> dict[str, Any]:
    if kind == "multipart/form-data":
        return {"mode": "formdata", "formdata": [{"key": "file", "type": "file", "src": []}]}
    return {"mode": "raw", "raw": canonical.dumps(content["example"]).decode(), "options": {"raw": {"language": "json"}}}
