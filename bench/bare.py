"""A bare Flask handler that stores one row with one INSERT: what ``bench.api`` holds the product's writes against."""

from __future__ import annotations

import os
from uuid import uuid4

import sqlalchemy as sa
from flask import Flask, request

from shared.platform.db import open_database, transaction

metadata = sa.MetaData()
note = sa.Table("bench_note", metadata, sa.Column("id", sa.String(36), primary_key=True), sa.Column("body", sa.JSON))


def create() -> Flask:
    """On the database of TIMEBOOKS_INGEST_DATABASE_URL, at the durability that the product opens it with."""
    app, db = Flask(__name__), open_database(os.environ["TIMEBOOKS_INGEST_DATABASE_URL"])
    add = sa.insert(note)

    @app.post("/bare")
    def store() -> tuple[dict[str, str], int]:
        row = {"id": str(uuid4()), "body": request.get_json()}
        with transaction(db) as session:
            session.execute(add, row)
        return {"id": row["id"]}, 201

    return app
