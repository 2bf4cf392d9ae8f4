"""Where Alembic finds the tables of the QuickBooks connector."""

from shared.connector.models import metadata
from shared.platform.migrations import run

run(metadata)
