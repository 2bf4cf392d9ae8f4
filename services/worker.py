"""One service per worker or beat process: ``celery -A services.worker:ingest worker -Q ingest.interactive``."""

from __future__ import annotations

import os

from celery import Celery

from services.catalog import NAMES, entry, settings_from
from shared.platform import schedule
from shared.platform.celery_app import application, bell, register
from shared.platform.logs import write_logs
from shared.platform.memory import search_seldom

RING_EVERY = 1
"""Seconds between two looks at the schedule and at jobs whose worker died."""


def create(name: str) -> Celery:
    """The Celery application of a service; it runs the service's jobs and nothing else."""
    write_logs()
    search_seldom()
    settings, one = settings_from(os.environ), entry(name)
    db = one.open(settings)
    service = one.build(settings, db)
    app = application(settings.broker_url, name)
    db.ring = bell(app, db, name)
    register(app, db, name, service.handlers, lambda: schedule.ring(db, service.ticks), every=RING_EVERY)
    return app


def __getattr__(name: str) -> Celery:
    """``services.worker:quickbooks`` builds that service when it is asked for, and only that one."""
    if name not in NAMES:
        raise AttributeError(name)
    globals()[name] = create(name)
    app: Celery = globals()[name]
    return app
