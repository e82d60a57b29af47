"""`amtsweg serve`: the web process. One process with threads by default; `--workers n` for more processes."""

import socket
from collections.abc import Mapping
from typing import Any

import click
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]
from gunicorn.glogging import Logger  # type: ignore[import-untyped]

from storage.crypto import CryptoError
from storage.objects.port import ObjectStoreError
from web import garbage, logs
from web.app import create_app
from web.cli import settings_or_exit
from web.settings import Settings


class OwnLog(Logger):  # type: ignore[misc]
    """gunicorn's messages go where ours go, in the same format."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn, told by arguments instead of a file; every worker builds its own app after the fork."""

    def __init__(self, settings: Settings, options: Mapping[str, Any]) -> None:
        self._settings = settings
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        logs.configure(self._settings.log_format)
        app = create_app(self._settings)
        garbage.settle()
        return app


@click.command("serve", help="Serve pages and interfaces.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
def command(workers: int) -> None:
    settings = settings_or_exit()
    logs.configure(settings.log_format)
    try:
        create_app(settings)  # a missing key or a view without access rule is told here, not in a loop of workers
    except (CryptoError, ObjectStoreError, RuntimeError) as error:
        raise click.ClickException(str(error)) from error
    if _is_taken(settings):
        raise click.ClickException(f"{settings.host}:{settings.port} is already in use.")
    Server(settings, options(settings, workers=workers)).run()


def _is_taken(settings: Settings) -> bool:
    """Ask now: gunicorn would try for five seconds before it says so."""
    with socket.socket() as probe:
        return probe.connect_ex((settings.host, settings.port)) == 0


def options(settings: Settings, *, workers: int) -> dict[str, Any]:
    """Return gunicorn's settings; a request has 60 seconds, running ones 20 to finish at the end."""
    return {
        "bind": f"{settings.host}:{settings.port}",
        "workers": workers,
        "worker_class": "gthread",
        "threads": settings.threads,
        "timeout": 60,
        "graceful_timeout": 20,
        "keepalive": 5,
        "limit_request_line": 4094,
        "limit_request_fields": 100,
        "forwarded_allow_ips": "",
        "proc_name": "amtsweg-web",
        "logger_class": OwnLog,
        "control_socket_disable": True,
    }
