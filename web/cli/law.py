"""`amtsweg law`: check the law's clock against vectors."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from engine.law import vectors

MAX_BYTES = 5_000_000


@click.group("law", help="Check the computation of periods and service.")
def command() -> None: ...


@command.command("check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--jurisdiction", default="DE-HE", show_default=True, help="Whose holidays and rules apply.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def check(*, file: Path, jurisdiction: str, as_json: bool) -> None:
    """Run a CSV of vectors in the layout of fristen-testvectors.csv; exits with 1 if any row differs."""
    if file.stat().st_size > MAX_BYTES:
        raise click.ClickException(f"{file} is larger than {MAX_BYTES} bytes.")
    try:
        report = vectors.run(file.read_text("utf-8"), jurisdiction=jurisdiction)
    except (ValueError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file} cannot be read as vectors: {error}") from error
    if as_json:
        click.echo(json.dumps(asdict(report), ensure_ascii=False, indent=2))
    else:
        for one in report.differences:
            click.echo(f"{one.id}: {one.column} expected {one.expected}, computed {one.computed}")
        click.echo(f"passed {report.passed}, total {report.total}, differences {len(report.differences)}")
    sys.exit(0 if report.passed == report.total else 1)
