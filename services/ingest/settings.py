"""What ingest takes from the settings of the installation."""

from __future__ import annotations

from collections.abc import Mapping

from shared.platform.settings import Settings

NAME, PREFIX = "ingest", "/api/v1/worklog"


def peers(settings: Settings) -> Mapping[str, str]:
    """The other services' addresses, prefix included: a service named ``xyz`` serves ``/xyz``."""
    return {name: f"{url.removesuffix(f'/{name}')}/{name}" for name, url in settings.urls.items() if name != NAME and url}
