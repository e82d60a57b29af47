"""`amtsweg demo`: everything for trying, in one command: data in `var/`, web and worker, until Ctrl-C."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Final

import click
import requests

from engine import catalog
from engine.catalog.folder import manifest_sha256
from engine.errors import NotFound
from engine.house import House
from engine.scenarios import deployment, report
from engine.scenarios.deployment import check_folders
from storage.crypto import CryptoError
from storage.db import DatabaseUnavailable
from web import demo, demo_data
from web.app import DEMO_IDENTITY_PATH, open_house
from web.cli import settings_or_exit
from web.cli.migrate import prepare
from web.formats import utc_now
from web.settings import IdentitySource, Settings

READY_WITHIN_S: Final = 60.0
STOP_WITHIN_S: Final = 10.0

BANNER: Final = """
Amtsweg läuft: {address}

  Als Bürgerin     {address}/leistungen/hundesteuer_anmelden
                   Anmelden als Erika Mustermann oder Mehmet Aydın
  Im Amt           {address}/inbox
                   Petra Schulz prüft und zeichnet, Thomas Vogel zeichnet als zweite Person,
                   Karl Brandt versendet Briefe in der Poststelle

  Probieren Sie: einen Hund anmelden, die Anzeige als Petra Schulz prüfen und die Steuer festsetzen,
  dann den Bescheid als Erika Mustermann im Postfach öffnen.

  Alle Personen, Beträge und Anschriften sind erfunden. Die Daten liegen in {data}.
  Beenden mit Strg-C; alles löschen mit „make clean-data“.
"""


@click.command("demo", help="Set up demo data and serve web and worker until Ctrl-C.")
@click.option(
    "--tasks", "number", type=click.IntRange(0, demo_data.MOST), default=0, help="Make so many open tasks more."
)
def command(number: int) -> None:
    settings = settings_or_exit()
    if settings.is_production or settings.identity is not IdentitySource.DEMO:
        raise click.ClickException("the demo needs invented identities and is refused in production")
    if _answers(settings):
        click.echo(f"Amtsweg läuft schon: {settings.base_url}")
        return
    try:
        prepare(settings)
        house = open_house(settings)
        _deploy(house, settings.procedures_dir)
        demo.fill(house, _issuers(settings), at=utc_now())
        if number:
            made = demo_data.fill(house, _issuers(settings), number=number, at=utc_now())
            click.echo(f"{made} Vorgänge mit einer offenen Aufgabe angelegt.")
        house.db.close()
    except (CryptoError, DatabaseUnavailable, OSError) as error:
        raise click.ClickException(str(error)) from error
    sys.exit(_run(settings))


def _deploy(house: House, folder: Path) -> None:
    """Check and deploy what is new; a procedure that is refused is told and does not keep the others from working."""
    new = [path for path in catalog.discover(folder) if not _is_deployed(house, path)]
    results = check_folders(new) if new else []
    refused = [result for result in results if not result.passed]
    if refused:
        click.echo("Nicht bereitgestellt wird:\n" + report.to_text(refused), err=True)
    with house.db.begin() as conn:
        for result in results:
            if result.passed:
                deployment.deploy(conn, result, by="system:demo", at=utc_now())


def _is_deployed(house: House, path: Path) -> bool:
    """Whether the newest version of a procedure consists of the files in the folder."""
    with house.db.read() as conn:
        try:
            newest = catalog.latest(conn, path.name)
        except NotFound:
            return False
    return newest.procedure.manifest_sha256 == manifest_sha256(catalog.read_folder(path))


def _issuers(settings: Settings) -> dict[str, str]:
    return {realm: f"{settings.base_url}{DEMO_IDENTITY_PATH}/{realm}" for realm in ("buergerkonto", "verwaltung")}


def _run(settings: Settings) -> int:
    """Start web and worker, say what to try, and end both with Ctrl-C or the terminal; a second one does not wait."""
    amtsweg = str(Path(sys.executable).with_name("amtsweg"))
    children = [subprocess.Popen([amtsweg, name], start_new_session=True) for name in ("serve", "worker")]
    stopping = False

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        _signal(children, signal.SIGKILL if stopping else signal.SIGTERM)
        stopping = True

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    started = time.monotonic()
    while not stopping and not _answers(settings):
        if time.monotonic() - started > READY_WITHIN_S or any(child.poll() is not None for child in children):
            _end(children)
            click.echo("Amtsweg ist nicht gestartet; der Grund steht oben.", err=True)
            return 1
        time.sleep(0.1)
    if not stopping:
        click.echo(BANNER.format(address=settings.base_url, data=settings.data_dir))
    while not stopping and all(child.poll() is None for child in children):
        time.sleep(0.2)
    failed = not stopping
    _end(children)
    return 1 if failed else 0


def _answers(settings: Settings) -> bool:
    try:
        return requests.get(f"{settings.base_url}/readyz", timeout=2).ok
    except requests.RequestException:
        return False


def _end(children: Sequence["subprocess.Popen[bytes]"]) -> None:
    _signal(children, signal.SIGTERM)
    deadline = time.monotonic() + STOP_WITHIN_S
    for child in children:
        with suppress(subprocess.TimeoutExpired):
            child.wait(timeout=max(0.1, deadline - time.monotonic()))
    _signal(children, signal.SIGKILL)
    for child in children:
        child.wait()


def _signal(children: Sequence["subprocess.Popen[bytes]"], number: signal.Signals) -> None:
    for child in children:
        if child.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, number)
