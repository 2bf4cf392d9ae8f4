"""Background work of the embedded mode: a few threads run what the job rows say is due, and one watches the clock.

The watcher is woken when a job is asked for, and looks by itself twice a second: at the schedule, and at job rows that
are due or whose lease ran out. The rows are the truth; what is queued here is only what somebody has in hand.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from sqlalchemy.exc import DBAPIError

from shared.platform import jobs, schedule
from shared.platform.logs import log
from shared.platform.service import Service

THREADS = {"interactive": 4, "bulk": 2}
"""By queue, so that long work never keeps somebody waiting; most of the time a thread waits for its turn at some books."""
LOOK_EVERY_MS = 500
IN_HAND = 50
"""Jobs of one queue that wait in memory; the others wait in their rows."""


class Pool:
    """Runs the jobs of several services until stopped."""

    def __init__(self, services: Sequence[Service]) -> None:
        self._services = services
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._in_hand: dict[str, set[tuple[str, int]]] = {queue: set() for queue in THREADS}
        self._workers = {queue: ThreadPoolExecutor(many, f"{queue}-worker") for queue, many in THREADS.items()}
        self._watcher = threading.Thread(target=self._watch, name="schedule", daemon=True)

    def start(self) -> None:
        for service in self._services:
            service.db.ring = lambda _numbers: self._wake.set()
        self._watcher.start()

    def stop(self) -> None:
        """Let running jobs end; what waits stays in its row for the next start."""
        self._stopping.set()
        self._wake.set()
        self._watcher.join()
        for workers in self._workers.values():
            workers.shutdown(wait=True, cancel_futures=True)

    def _watch(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            for service in self._services:
                try:
                    self._look(service)
                except DBAPIError as error:  # a database that is away for a moment is asked again
                    log("watch.failed", service=service.name, error=type(error).__name__)
            self._wake.wait(LOOK_EVERY_MS / 1000)

    def _look(self, service: Service) -> None:
        schedule.ring(service.db, service.ticks)
        for queue, workers in self._workers.items():
            room = IN_HAND - len(self._in_hand[queue])
            for number in jobs.due(service.db, limit=max(room, 0), queues=(queue,)):
                key = (service.name, number)
                if key not in self._in_hand[queue]:
                    self._in_hand[queue].add(key)
                    workers.submit(partial(self._work, service, queue, number))

    def _work(self, service: Service, queue: str, number: int) -> None:
        try:
            if not self._stopping.is_set():
                jobs.run(service.db, number, service.handlers)
        finally:
            self._in_hand[queue].discard((service.name, number))
            if len(self._in_hand[queue]) < IN_HAND // 2:
                self._wake.set()
