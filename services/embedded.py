"""The whole product in one process: a database file per service, threads for its work, emulators unless real accounts are set."""

from __future__ import annotations

import threading
from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from services.catalog import SERVICES, Entry
from services.data_folder import Lock, make_private
from services.pool import Pool
from shared.kernel.errors import Retry
from shared.platform.http import Network, Response
from shared.platform.memory import search_seldom
from shared.platform.service import Service
from shared.platform.settings import Settings
from shared.platform.vault import Vault, load_master

WEB_THREADS = 8
LARGEST_REQUEST = 550 * 1024 * 1024
"""Bytes; each route has a smaller limit of its own and says so."""


@dataclass(frozen=True, slots=True)
class Product:
    """Everything mounted and able to work: ``network`` reaches it in process at ``settings.public_url``."""

    settings: Settings
    services: Mapping[str, Service]
    network: Network
    web: WSGIApplication


@contextmanager
def opened(settings: Settings, *, address: str = "", entries: Iterable[Entry] = SERVICES) -> Iterator[Product]:
    """The product on its data folder, which is locked meanwhile; ``address`` is where it is going to serve, if it is."""
    with ExitStack() as stack:
        stack.enter_context(Lock(settings.data, address))
        product = stack.enter_context(assembled(settings, tuple(entries)))
        pool = Pool(tuple(product.services.values()))
        pool.start()
        stack.callback(pool.stop)
        yield product


@contextmanager
def assembled(settings: Settings, entries: tuple[Entry, ...] = SERVICES) -> Iterator[Product]:
    """The product put together and mounted in process, without threads, socket or lock."""
    make_private(settings.data)
    network, vault, mounts = Network(), Vault(load_master(settings.master_key_file)), _Mounts()
    network.mount(f"{settings.public_url}/", mounts)
    urls = {entry.name: f"http://{entry.name}.internal" for entry in entries}
    leading = [_emulate(entry, settings, network, mounts) for entry in entries if entry.emulated(settings)]
    settings = replace(settings, urls=urls, extra=dict(ChainMap(*leading, dict(settings.extra))))
    services: dict[str, Service] = {}
    with ExitStack() as stack:
        for entry in entries:
            db = entry.open(settings)
            stack.callback(db.dispose)
            entry.migrate(db)
            service = services[entry.name] = entry.build_in(settings, db, vault, network)
            mounts.add(entry.prefix, service.app, strip=False)
            network.mount(f"{urls[entry.name]}/", service.app)
        yield Product(settings, services, network, mounts)


def _emulate(entry: Entry, settings: Settings, network: Network, mounts: _Mounts) -> dict[str, str]:
    """Mount what stands in for a provider; gives the settings that make the connector talk to it."""
    prefix = f"/emulator/{entry.name}"
    state = settings.data / f"emulator-{entry.name}"
    application, leading = import_module(entry.emulator).mount(settings.public_url + prefix, state, _carrier(network))
    mounts.add(prefix, application, strip=True)
    return dict(leading)


def _carrier(network: Network) -> Callable[..., Response]:
    """Carries an emulator's callbacks; an answer of status 0 stands for none, after which it tries again."""

    def carry(method: str, url: str, **request: Any) -> Response:
        try:
            return network.send(method, url, **request)
        except Retry:
            return Response(0, {}, b"")

    return carry


class _Mounts:
    """Sends a request to the application whose prefix its path begins with."""

    def __init__(self) -> None:
        self._applications: dict[str, tuple[WSGIApplication, bool]] = {}

    def add(self, prefix: str, application: WSGIApplication, *, strip: bool) -> None:
        """Services serve their own prefix; an emulator, which imitates somebody else's paths, has it stripped."""
        self._applications[prefix] = (application, strip)

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        for prefix, (application, strip) in self._applications.items():
            if path == prefix or path.startswith(f"{prefix}/"):
                if strip:
                    environ["SCRIPT_NAME"], environ["PATH_INFO"] = environ["SCRIPT_NAME"] + prefix, path[len(prefix) :]
                return application(environ, start)
        start("404 Not Found", [("Content-Type", "application/json")])
        return [b'{"error":{"code":"no_such_page","message":"Nothing is served here."}}']


def serve(product: Product, *, ready: Callable[[], Any] = lambda: None, stopping: threading.Event | None = None) -> None:
    """Serve on the settings' host and port until interrupted or ``stopping`` is set."""
    from waitress import wasyncore
    from waitress.server import create_server
    from waitress.trigger import trigger

    search_seldom()
    sockets: dict[int, Any] = {}
    server = create_server(
        product.web,
        sockets,
        host=product.settings.host,
        port=product.settings.port,
        threads=WEB_THREADS,
        max_request_body_size=LARGEST_REQUEST,
        ident=None,
        clear_untrusted_proxy_headers=True,
    )
    if stopping is None:
        stopping = threading.Event()
    thread = threading.Thread(target=server.run, name="web", daemon=True)
    thread.start()
    try:
        ready()
        stopping.wait()
    finally:
        server.task_dispatcher.shutdown()
        # The loop closes its sockets itself: closed by another thread, their numbers may name somebody else's by then.
        bell = next(one for one in sockets.values() if isinstance(one, trigger))
        bell.pull_trigger(lambda: wasyncore.close_all(sockets))
        thread.join()
