"""Runs a batch: up to thirty items one after another, each with its own answer or Fault, nothing rolled back."""

from __future__ import annotations

from collections.abc import Callable

from . import objects
from .books import Books
from .wire import Body, Refused, invalid, missing

_MOST = 30
_OPERATIONS = ("create", "update", "delete")


def answer(books: Books, sent: Body, requestid: str | None, ask: Callable[[str], Body]) -> Body:
    """The BatchItemResponse; `ask` answers an item that is a query."""
    items = sent.get("BatchItemRequest") if isinstance(sent, dict) else None
    if not isinstance(items, list):
        raise missing("BatchItemRequest")
    if len(items) > _MOST:
        raise invalid(f"Exceeded max size of batch request : {_MOST} items are allowed, {len(items)} were sent")
    if requestid is not None:
        _short_names(items, requestid)
    return {"BatchItemResponse": [_item(books, item, ask) for item in items]}


def _short_names(items: list[Body], requestid: str) -> None:
    """With a requestid the names get short: the service joins the two."""
    if len(requestid) > 36:
        raise invalid("The requestid of a batch may have 36 characters", "2050", "requestid")
    if any(len(str(item.get("bId", ""))) > 10 for item in items):
        raise invalid("A bId in a batch with a requestid may have 10 characters", "2050", "bId")


def _item(books: Books, item: Body, ask: Callable[[str], Body]) -> Body:
    try:
        return {**_done(books, item, ask), "bId": item.get("bId")}
    except Refused as refused:
        return {"Fault": refused.fault(), "bId": item.get("bId")}


def _done(books: Books, item: Body, ask: Callable[[str], Body]) -> Body:
    if "Query" in item:
        return {"QueryResponse": ask(str(item["Query"]))}
    entity = next((name for name in item if name in objects.NAMES.values()), None)
    operation = item.get("operation")
    if entity is None or operation not in _OPERATIONS:
        raise objects.unsupported(f"{operation} of a batch item")
    options = str(item.get("optionsData", "")).split(",")
    stored = objects.write(books, entity, "void" if "void" in options else operation, item[entity], options)
    return {entity: stored}
