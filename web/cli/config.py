"""`amtsweg config`: show what is set, and write the documentation of the settings."""

from dataclasses import fields
from pathlib import Path

import click

from web.cli import settings_or_exit
from web.settings import Secret, Settings, describe

DOCS = Path("docs/settings.md")

_HEAD = """# Settings

Written by `amtsweg config docs` from `web/settings.py`; do not edit. Every setting is an environment variable, read
once at the start. A **secret** is looked for in a file first: the one that `<variable>_FILE` names, else
`/run/secrets/<variable>`; then in the variable itself. A wrong value stops the start with one line for each problem.

| variable | type | default | what it does |
| --- | --- | --- | --- |
"""


@click.group("config", help="Show the settings or write their documentation.")
def command() -> None: ...


@command.command("show")
def show() -> None:
    """Print every setting in force; secrets only say whether they are set."""
    settings = settings_or_exit()
    for entry in fields(Settings):
        if entry.init:
            click.echo(f"{entry.name} = {_shown(getattr(settings, entry.name))}")


@command.command("docs")
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if the file is not up to date.")
def docs(*, check: bool) -> None:
    """Write docs/settings.md."""
    text = settings_markdown()
    if not check:
        DOCS.write_text(text, "utf-8")
    elif not DOCS.exists() or DOCS.read_text("utf-8") != text:
        raise click.ClickException(f"{DOCS} is stale; run `amtsweg config docs`.")


def settings_markdown() -> str:
    """Return the text of docs/settings.md."""
    rows = [f"| `{entry.variable}` | {_plain(entry.type)} | {entry.default} | {entry.help} |" for entry in describe()]
    return _HEAD + "\n".join(rows) + "\n"


def _plain(type_name: str) -> str:
    words = {"Secret": "secret", "str": "text", "int": "whole number", "Path": "path"}
    return words.get(type_name, "choice")


def _shown(value: object) -> str:
    if isinstance(value, Secret):
        return "(set)" if value else "(not set)"
    return str(value)
