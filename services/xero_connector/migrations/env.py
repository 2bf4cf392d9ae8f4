"""Where Alembic finds the tables of the Xero connector."""

from services.xero_connector.models import metadata as own
from shared.connector.models import metadata
from shared.platform.migrations import run

run(metadata, own)
