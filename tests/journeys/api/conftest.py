"""The promised API is asked of ingest over HTTP, in process; a test of several services makes a whole product."""

from tests.component.ingest.conftest import db, new_owner, owner, service, vault

__all__ = ["db", "new_owner", "owner", "service", "vault"]
