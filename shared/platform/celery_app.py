"""Celery as the bell: one message per job id; the job row stays the truth, so a lost or doubled message costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from celery import Celery
from celery.signals import worker_process_init
from kombu.exceptions import OperationalError
from sqlalchemy.exc import SQLAlchemyError

from shared.platform import jobs
from shared.platform.db import Database
from shared.platform.logs import log

TASK = "timebooks.run"
BELL = "timebooks.bell"
MOST_AT_ONCE = 100
"""Messages sent from one request; the sweep sends the rest."""

_TRANSPORT = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
    "socket_connect_timeout": 1,
    "socket_timeout": 2,  # a broker that hangs must not hang whoever publishes
}


def application(broker_url: str, name: str) -> Celery:
    """A Celery application for one service. Its queues are ``<name>.interactive`` and ``<name>.bulk``."""
    app = Celery(name, broker=broker_url)
    app.conf.update(
        task_acks_late=False,  # the lease brings work back, sooner than a broker would
        worker_prefetch_multiplier=1,
        task_ignore_result=True,
        result_backend=None,
        task_publish_retry=False,
        broker_transport_options=_TRANSPORT,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,  # a worker waits for its broker as long as it takes
        task_serializer="json",
        accept_content=["json"],
        task_default_queue=f"{name}.bulk",
        worker_hijack_root_logger=False,
        task_soft_time_limit=540,
        task_time_limit=600,
    )
    return app


def bell(app: Celery, db: Database, name: str) -> Callable[[Sequence[int]], None]:
    """What ``Database.ring`` is in the distributed mode: publish, and give up at once when the broker is away."""

    def ring(numbers: Sequence[int]) -> None:
        try:
            send(app, db, name, jobs.mark_sent(db, list(numbers)[:MOST_AT_ONCE]))
        except SQLAlchemyError as error:  # what was asked for is committed all the same, and the sweep will find it
            log("bell.failed", error=type(error).__name__)

    return ring


def send(app: Celery, db: Database, name: str, marked: Sequence[tuple[int, str]]) -> int:
    """Publish a message for each job; give how many went out. The next sweep sends what a dead broker did not take."""
    for count, (number, queue) in enumerate(marked):
        try:
            app.send_task(TASK, args=[number], task_id=f"job-{number}", queue=f"{name}.{queue}")
        except OperationalError as error:
            log("broker.away", error=type(error).__name__)
            jobs.mark_unsent(db, [left for left, _ in marked[count:]])
            return count
    return len(marked)


def register(
    app: Celery, db: Database, name: str, handlers: jobs.Handlers, round_: Callable[[], object], *, every: float
) -> None:
    """Give the application its two tasks, and a beat that rings every ``every`` seconds."""

    @app.task(name=TASK, shared=False)
    def run(number: int) -> str:
        return jobs.run(db, number, handlers)

    @app.task(name=BELL, shared=False)
    def sound() -> None:
        round_()
        send(app, db, name, jobs.sweep(db))

    app.conf.beat_schedule = {
        # a bell that nobody heard in time is dropped, or beat would pile them up while no worker lives
        BELL: {"task": BELL, "schedule": every, "options": {"expires": 2, "queue": f"{name}.interactive"}}
    }
    worker_process_init.connect(lambda **_: db.dispose(close=False), weak=False)
