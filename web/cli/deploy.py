"""`amtsweg deploy [FOLDER...]`: check procedures, then store each as its next version."""

import sys
from pathlib import Path

import click

from engine import catalog
from engine.product import TOPICS
from engine.scenarios import report
from engine.scenarios.check import check_folder
from engine.scenarios.house import stages
from storage.db import DatabaseUnavailable
from web.app import open_house
from web.cli import settings_or_exit
from web.formats import utc_now
from web.settings import Settings


@click.command("deploy")
@click.argument("folders", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))
def command(folders: tuple[Path, ...]) -> None:
    """Check procedure folders (all of the configured folder without any) and deploy them, all or none.

    Nothing is stored unless every scenario of every folder comes out. Files that did not change make no new version;
    running cases keep theirs.
    """
    settings = settings_or_exit()
    chosen = [folder.resolve() for folder in folders] or catalog.discover(settings.procedures_dir)
    with stages() as open_stage:
        results = [check_folder(folder, open_stage, topics=TOPICS) for folder in chosen]
    if not results or not all(result.passed for result in results):
        click.echo(report.to_text(results))
        click.echo("Nichts wurde bereitgestellt.")
        sys.exit(1)
    try:
        _deploy(settings, chosen)
    except DatabaseUnavailable as error:
        raise click.ClickException(str(error)) from error


def _deploy(settings: Settings, folders: list[Path]) -> None:
    house = open_house(settings)
    with house.db.begin() as conn:
        for folder in folders:
            procedure = catalog.load(catalog.read_folder(folder), folder=folder.name)
            deployed = catalog.deploy(conn, procedure, by="system:deploy", at=utc_now())
            click.echo(f"{procedure.title} ({procedure.key}): Fassung {deployed.version}")
    house.db.close()
