"""The tables of ingest, and the wall between organisations that every query stands behind."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from shared.platform.faultpoint import works

metadata = sa.MetaData()

ID = sa.String(36)
"""A uuid as text."""


def within(table: Any, organisation: str) -> sa.ColumnElement[bool]:
    """The rows of ``table`` that are this organisation's; every query of ingest has this in its WHERE."""
    return table.c.organisation == organisation if works("organisation_filter") else sa.true()
