"""Forked children of this warm process, killed at a fault point; what they send to the emulator, the parent carries out."""

from __future__ import annotations

import io
import os
import signal
import traceback
from collections.abc import Callable, Iterable, Sequence
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import Any, NoReturn

from shared.platform.db import Database
from shared.platform.faultpoint import Rig

PATIENCE = 60  # seconds for a child to say anything
PLAIN = (str, int, bool, tuple)
HEARD_AS: tuple[type[OSError], ...] = (ConnectionRefusedError, ConnectionResetError, TimeoutError)

_inherited: list[Any] = []  # a child never closes what belongs to its parent


class Relay:
    """A WSGI application that a forked child calls like its parent does, and that yet has one state: the parent's."""

    def __init__(self, application: Callable[..., Any]) -> None:
        self.application = application
        self.parent: Connection | None = None
        self.heard: list[dict[str, Any]] = []  # every request of this process

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        self.heard.append(environ)
        if self.parent is None:
            return self.application(environ, start)  # type: ignore[no-any-return]
        plain = {name: value for name, value in environ.items() if isinstance(value, PLAIN)}
        self.parent.send(("request", plain, environ["wsgi.input"].read()))
        failure, status, headers, body = self.parent.recv()
        if failure is not None:
            raise HEARD_AS[failure]()
        start(status, headers)
        return [body]

    def carry_out(self, environ: dict[str, Any], body: bytes) -> tuple[int | None, str, list[tuple[str, str]], bytes]:
        """A child's request, done here."""
        said: list[Any] = []
        whole = {**environ, "wsgi.input": io.BytesIO(body), "wsgi.errors": io.StringIO()}
        try:
            answer = b"".join(self.application(whole, lambda status, headers, _=None: said.extend((status, headers))))
        except HEARD_AS as error:
            return next(place for place, kind in enumerate(HEARD_AS) if isinstance(error, kind)), "", [], b""
        return None, said[0], said[1], answer


class Child:
    """One forked child at work, seen from its parent."""

    def __init__(self, relay: Relay, databases: Sequence[Database], work: Callable[[], object], rig: Rig | None = None) -> None:
        self.relay = relay
        self.pipe, theirs = Pipe()
        self.pid = os.fork()
        if self.pid == 0:
            _live(relay, databases, theirs, work, rig)
        theirs.close()

    def next(self) -> tuple[str, Any]:
        """Carry out what it asks until it is at its point, has ended, or has failed."""
        while True:
            assert self.pipe.poll(PATIENCE), "the child says nothing"
            said: tuple[Any, ...] = self.pipe.recv()
            if said[0] != "request":
                return said[0], said[1]
            self.pipe.send(self.relay.carry_out(*said[1:]))

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self.pipe.close()


def _live(
    relay: Relay, databases: Sequence[Database], parent: Connection, work: Callable[[], object], rig: Rig | None
) -> NoReturn:
    """The child's whole life; it must end here, never in the parent's code behind it."""
    try:
        for database in databases:
            _inherited.append(database.engine.pool)
            database.dispose(close=False)
        relay.parent = parent
        with rig or Rig():
            work()
        parent.send(("end", ""))
        parent.recv()
    except EOFError:
        pass  # the parent is gone
    except BaseException:
        parent.send(("failed", traceback.format_exc()))
    finally:
        os._exit(0)


def killed_at(
    relay: Relay, databases: Sequence[Database], work: Callable[[], object], point: str, occurrence: int
) -> tuple[bool, int]:
    """Have a child work until it is at ``point`` for the given time, and kill it there.

    Gives whether it died, and how often it passed the point: a child that ends before is no kill.
    """
    passed = 0

    def hook(name: str) -> None:
        nonlocal passed
        passed += name == point
        if name == point and passed == occurrence:
            _tell(relay, "point", passed)
            signal.pause()

    def works() -> None:
        work()
        _tell(relay, "end", passed)
        signal.pause()

    child = Child(relay, databases, works, Rig(hook))
    try:
        said, more = child.next()
    finally:
        child.kill()
    assert said != "failed", more
    return said == "point", more


def _tell(relay: Relay, *said: Any) -> None:
    assert relay.parent is not None
    relay.parent.send(said)


def side_by_side(relay: Relay, databases: Sequence[Database], works: Sequence[Callable[[], object]]) -> list[str]:
    """Have as many children work at the same time; gives the failures of those that failed."""
    gate, opener = os.pipe()

    def after_the_others(work: Callable[[], object]) -> Callable[[], object]:
        def waits() -> None:
            os.close(opener)
            os.read(gate, 1)  # nothing ever comes; it ends when the last one has let go of the opener
            work()

        return waits

    children = {child.pipe: child for child in [Child(relay, databases, after_the_others(work)) for work in works]}
    os.close(opener)
    os.close(gate)
    waiting, failures = set(children), []
    try:
        while waiting:
            ready = wait(list(waiting), PATIENCE)
            assert ready, "the children say nothing"
            for pipe in ready:
                assert isinstance(pipe, Connection)
                said = pipe.recv()
                if said[0] == "request":
                    pipe.send(relay.carry_out(*said[1:]))
                    continue
                waiting.discard(pipe)
                failures += [said[1]] if said[0] == "failed" else []
    finally:
        for child in children.values():
            child.kill()
    return failures
