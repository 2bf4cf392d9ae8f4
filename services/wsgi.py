"""One service per web process: ``gunicorn "services.wsgi:create('ingest')"``."""

from __future__ import annotations

import os
from wsgiref.types import WSGIApplication

from services.catalog import entry, settings_from
from shared.platform.logs import write_logs
from shared.platform.memory import search_seldom


def create(name: str) -> WSGIApplication:
    """The WSGI application of a service, on the database and broker that the environment names."""
    write_logs()
    search_seldom()
    settings, one = settings_from(os.environ), entry(name)
    db = one.open(settings)
    service = one.build(settings, db)
    if settings.broker_url:
        from shared.platform.celery_app import application, bell

        db.ring = bell(application(settings.broker_url, name), db, name)
    return service.app
