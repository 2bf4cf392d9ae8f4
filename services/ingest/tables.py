"""The tables of ingest, and the wall between organisations that every query stands behind."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from shared.platform.faultpoint import works

metadata = sa.MetaData()

ID = sa.String(36)
"""A uuid as text."""


def within(table: Any, organisation: str, *, by_id: bool = False) -> sa.ColumnElement[bool]:
    """The rows of ``table`` that are this organisation's; every query of ingest has this in its WHERE.

    ``by_id``: the query names ids. It is written so that no index on the organisation serves it then: both databases
    would walk through all its rows, a thousand ids at a time, rather than look up the ids.
    """
    if not works("organisation_filter"):
        return sa.true()
    return (table.c.organisation + "" if by_id else table.c.organisation) == organisation
