"""Describes one call as a surface sees it: what was asked, of which organisation, by whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from .books import Books
from .journal import Act
from .options import Options
from .wire import Malformed


@dataclass(frozen=True)
class Call:
    """One request as it came in."""

    method: str
    path: str
    args: dict[str, str]
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def parts(self) -> list[str]:
        """The path below its surface, in lower case."""
        return self.path.lower().strip("/").split("/")[2:]

    @property
    def resource(self) -> str:
        """timesheets, employees, payruns ...; or token, revocation, connections."""
        pieces = self.path.lower().strip("/").split("/")
        if pieces[0] in ("payroll.xro", "api.xro"):
            return pieces[2] if len(pieces) > 2 else ""
        return pieces[-1] if pieces[0] == "connect" else pieces[0]

    @property
    def operation(self) -> str:
        """What the call wants to do, in the journal's words; read and list for the rest."""
        if self.resource in ("token", "revocation"):
            return self.resource
        more = self.parts[1:]
        if self.method == "GET":
            return "read" if more else "list"
        if more[1:2] == ["lines"]:
            return {"POST": "add_line", "PUT": "update_line", "DELETE": "delete_line"}.get(self.method, "")
        if self.method == "DELETE":
            return "delete"
        if more[1:] in (["approve"], ["reverttodraft"]):
            return "approve" if more[1] == "approve" else "revert"
        return "update" if more or b'"TimesheetID"' in self.body else "create"


@dataclass(frozen=True)
class Ask:
    """A call that was let through to an organisation."""

    call: Call
    books: Books
    act: Act
    options: Options

    @property
    def method(self) -> str:
        return self.call.method

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(self.call.parts)

    def page(self) -> int:
        text = self.call.args.get("page", "1")
        if not text.isdecimal() or int(text) < 1:
            raise Malformed(f"page is not a number from 1: {text}", "QueryParseException", 16)
        return int(text)

    def changed_since(self) -> datetime | None:
        text = self.call.headers.get("if-modified-since", "")
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text) if text[:1].isdecimal() else parsedate_to_datetime(text)
        except ValueError:
            raise Malformed(f"If-Modified-Since is not a time: {text}") from None
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).replace(microsecond=0)

    def is_new(self, updated: datetime | None) -> bool:
        since = self.changed_since()
        if since is None:
            return True
        then = (updated or self.books.opened).replace(microsecond=0)
        return then > since if self.options.modified_after == "strict" else then >= since
