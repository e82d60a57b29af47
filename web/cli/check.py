"""`amtsweg check [FOLDER...]`: do the procedures hold together, and do their scenarios come out?"""

import json
import logging
import sys
from pathlib import Path

import click

from engine.catalog import discover
from engine.scenarios import report
from engine.scenarios.deployment import check_folders

PROCESSES = Path(__file__).parents[2] / "processes"


@click.command()
@click.argument("folders", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def command(folders: tuple[Path, ...], *, as_json: bool) -> None:
    """Check procedure folders, all of `processes/` without any; exits with 1 unless all of them are in order.

    Every scenario runs through the real use cases on a throw-away SQLite database, with the clock of the scenario, and
    again on the second engine wherever that one can run the model.
    """
    logging.getLogger("amtsweg").addHandler(logging.NullHandler())  # what failed is in the report
    chosen = [folder.resolve() for folder in folders] or discover(PROCESSES)
    results = check_folders(chosen)
    if as_json:
        click.echo(json.dumps(report.to_json(results), ensure_ascii=False, indent=2))
    else:
        click.echo(report.to_text(results))
    sys.exit(0 if results and all(result.passed for result in results) else 1)
