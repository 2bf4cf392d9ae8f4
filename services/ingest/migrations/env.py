"""Where Alembic finds the tables of ingest: importing the service imports every room's."""

from services.ingest import app
from services.ingest.tables import metadata
from shared.platform.migrations import run

if app.build:
    run(metadata)
