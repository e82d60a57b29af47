"""`amtsweg openapi`: write the description of the interface, docs/openapi.json."""

import json
from pathlib import Path

import click

from web.api.openapi import document

DOCS = Path("docs/openapi.json")


@click.command("openapi")
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if the file is not up to date.")
def command(*, check: bool) -> None:
    """Write docs/openapi.json from the declarations of the views."""
    text = json.dumps(document(), ensure_ascii=False, indent=2) + "\n"
    if not check:
        DOCS.write_text(text, "utf-8")
    elif not DOCS.exists() or DOCS.read_text("utf-8") != text:
        raise click.ClickException(f"{DOCS} is stale; run `amtsweg openapi`.")
