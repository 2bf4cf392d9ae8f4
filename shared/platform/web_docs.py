"""The contract of a service, served by itself: the OpenAPI document, and a page to browse and try it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

from flask import Flask, Response

from shared.kernel import canonical
from shared.kernel.errors import Missing
from shared.platform.web import Media, Room, html, mount
from shared.platform.web_openapi import document

_UI = "flask_swagger_ui"  # Swagger UI's own files (Apache-2.0) come with this package (MIT)
_KINDS = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "png": "image/png"}
_SHIPPED = ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png")
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="icon" href="docs/favicon-32x32.png">
</head>
<body>
<div id="page"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
_START = """\
SwaggerUIBundle({
  dom_id: "#page", url: "openapi.json", deepLinking: true, filter: true, docExpansion: "none",
  defaultModelsExpandDepth: 0, tryItOutEnabled: true, validatorUrl: null, syntaxHighlight: false,
});
"""


def publish(app: Flask, title: str) -> None:
    """Add the document of all that is mounted so far, and its page."""
    app.extensions["timebooks"]["title"] = title
    mount(app, _room(cache(lambda: canonical.dumps(document(app))), title))


def _room(told: Callable[[], bytes], title: str) -> Room:
    room = Room("contract")

    @room.open_get("/openapi.json", gives=Media("application/json", "This document."))
    def openapi() -> Any:
        """The contract of this service, as OpenAPI 3.1."""
        return Response(told(), content_type="application/json")

    @room.open_get("/docs", gives=Media("text/html", "A page for a person."))
    def docs() -> Any:
        """A page to browse the contract, and to try it."""
        return html(_PAGE.format(title=title))

    @room.open_get("/docs/<name>", gives=Media("*/*", "A script, a style sheet or a picture."))
    def asset(name: str) -> Any:
        """What the page is made of."""
        if name == "start.js":
            return Response(_START, content_type=_KINDS["js"])
        if name not in _SHIPPED:
            raise Missing("no_such_route", "There is nothing at this address.", "Open the page itself: docs.")
        data = files(_UI).joinpath("dist", name).read_bytes()
        kept = {"Cache-Control": "public, max-age=86400"}
        return Response(data, 200, kept, content_type=_KINDS[name.rpartition(".")[2]])

    return room
