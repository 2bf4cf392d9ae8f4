"""One page of a list of accounts, as every list is answered."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from shared.platform.session import Session
from shared.platform.web import Page


def page(session: Session, wanted: sa.Select[Any], part: Page) -> tuple[list[Any], int]:
    """The rows of a page, and how many there are in all."""
    total = session.execute(sa.select(sa.func.count()).select_from(wanted.order_by(None).subquery())).scalar_one()
    return list(session.execute(wanted.limit(part.size).offset(part.offset)).all()), total


def answer(found: tuple[list[dict[str, Any]], int], part: Page) -> dict[str, Any]:
    """Items and their total as JSON has them."""
    items, total = found
    return {"items": items, "page": part.number, "page_size": part.size, "total": total}
