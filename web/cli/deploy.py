"""`amtsweg deploy [FOLDER...]`: check procedures, then store each as its next version."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from engine import catalog
from engine.scenarios import report
from engine.scenarios.check import Checked
from engine.scenarios.deployment import check_folders, deploy
from storage.db import DatabaseUnavailable
from web.app import open_house
from web.cli import settings_or_exit
from web.formats import utc_now
from web.settings import Settings


@click.command("deploy")
@click.argument("folders", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))
def command(folders: tuple[Path, ...]) -> None:
    """Check procedure folders (all of the configured folder without any) and deploy them, all or none.

    Nothing is stored unless every scenario of every folder comes out and no second engine disagrees. Files that did not
    change make no new version; running cases keep theirs.
    """
    settings = settings_or_exit()
    chosen = [folder.resolve() for folder in folders] or catalog.discover(settings.procedures_dir)
    results = check_folders(chosen)
    click.echo(report.to_text(results))
    if not results or not all(result.passed for result in results):
        click.echo("Nichts wurde bereitgestellt.")
        sys.exit(1)
    try:
        _deploy(settings, results)
    except DatabaseUnavailable as error:
        raise click.ClickException(str(error)) from error


def _deploy(settings: Settings, results: Sequence[Checked]) -> None:
    house = open_house(settings)
    with house.db.begin() as conn:
        for result in results:
            deployed = deploy(conn, result, by="system:deploy", at=utc_now())
            click.echo(f"{result.title} ({deployed.procedure.key}): Fassung {deployed.version}")
    house.db.close()
