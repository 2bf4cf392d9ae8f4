"""Log lines: one JSON object each, and only fields from a list, so that names, bodies and tokens can't get in."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

_FIELDS = """
    service organisation connection binding call document plan job kind queue subject position attempts fence after count
    code error where support route method status ms bytes provider tenant trace bucket wait key worker host port version
    database folder seed name mode path
"""
FIELDS = frozenset(_FIELDS.split())
"""Names of fields that may be logged: ids, codes, counts, class names, our own places in the code."""
LONGEST = 120

_logger = logging.getLogger("timebooks")


def log(event: str, *, level: int = logging.INFO, **fields: object) -> None:
    """Write one line. A field that isn't in FIELDS is left out and only its name is told."""
    kept = {name: _plain(value) for name, value in fields.items() if name in FIELDS and value is not None}
    left_out = sorted(fields.keys() - FIELDS)
    _logger.log(level, event, extra={"kept": {**kept, "left_out": left_out} if left_out else kept})


def _plain(value: object) -> object:
    if isinstance(value, bool | int):
        return value
    if not isinstance(value, str):
        return f"<{type(value).__name__}>"  # its text could hold anything
    text = value if value.isprintable() else ascii(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


class JsonLines(logging.Formatter):
    """Our lines as they are; of a library's line only who spoke and where, since its text may quote anything."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line: dict[str, object] = {"at": at, "level": record.levelname.lower()}
        if record.name == _logger.name:
            line |= {"event": record.getMessage(), **getattr(record, "kept", {})}
        else:
            line |= {"event": "library", "name": record.name, "where": f"{record.module}:{record.lineno}"}
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
        return json.dumps(line, ensure_ascii=False)


def write_logs(stream: TextIO | None = None, *, level: int = logging.INFO) -> None:
    """Send all log lines of this process, libraries' warnings included, to ``stream`` (stderr). Call it once, at start."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    _logger.setLevel(level)
