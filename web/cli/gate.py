"""`amtsweg gate FILE... [--json]`: would these BPMN models be accepted, and if not, why not."""

import json
import sys
from pathlib import Path

import click

from engine.bpmn import gate


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def command(files: tuple[Path, ...], *, as_json: bool) -> None:
    """Say for every BPMN file whether it is accepted, or refused with every reason; exits with 1 if one is refused."""
    reports = gate.report((str(path), path.read_bytes()) for path in files)
    if as_json:
        click.echo(json.dumps([item.to_json() for item in reports], ensure_ascii=False, indent=2))
    else:
        click.echo(gate.to_text(reports))
    sys.exit(0 if all(item.accepted for item in reports) else 1)
