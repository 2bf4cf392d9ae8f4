"""A stored file as an answer: whole or the part that was asked for, saved and never opened by a browser as a page of ours."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from urllib.parse import quote

from flask import Response, request

from shared.kernel.errors import Invalid

Pieces = Callable[[int, int], Iterable[bytes]]
"""The bytes from a start up to a stop."""


class _NoSuchPart(Invalid):
    """The file ends before the part that was asked for."""

    status = 416


def download(pieces: Pieces, size: int, media_type: str, name: str, *, etag: str) -> Response:
    """The answer to a GET. ``etag`` names this content: a part is only given of the content that an If-Range names."""
    part = _part(size, etag)
    start, stop = part or (0, size)
    answer = Response(pieces(start, stop), 206 if part else 200, content_type=media_type)
    answer.content_length = stop - start
    answer.set_etag(etag)
    answer.accept_ranges = "bytes"
    if part:
        answer.content_range.set(start, stop, size)
    answer.headers.set("Content-Disposition", "attachment", **_names(name))
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def _part(size: int, etag: str) -> tuple[int, int] | None:
    """Start and stop of what was asked for; None: all of it, as also when several parts are, or one of another content."""
    asked, still = request.range, request.if_range
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1 or still.date or still.etag not in (None, etag):
        return None
    part = asked.range_for_length(size)
    if part is None:
        raise _NoSuchPart("no_such_part", f"The file has {size} bytes, and none in that range.", "Ask for bytes that it has.")
    return part


def _names(name: str) -> dict[str, str]:
    """The name in ASCII for old clients, and as it is for all others where that differs."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().replace("/", "_").replace("\\", "_")
    names = {"filename": plain or "file"}
    return names if plain == name else names | {"filename*": f"UTF-8''{quote(name, safe='')}"}
