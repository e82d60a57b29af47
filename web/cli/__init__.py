"""The command line `amtsweg`: every module of this package that has a `command` is one, nothing else to edit.

A module is imported when its command runs, so that one command does not pay for the libraries of another.
"""

import os
import sys
from datetime import UTC, datetime
from importlib import import_module
from pkgutil import iter_modules
from typing import IO, Any

import click

from web.formats import BERLIN
from web.settings import Settings, SettingsError, read_settings


class Commands(click.Group):
    """A group that finds its commands by file name; `token.py` is `amtsweg token`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        return sorted(module.name for module in iter_modules(__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command = import_module(f"{__name__}.{cmd_name}").command
        if not isinstance(command, click.Command):
            raise TypeError(f"web/cli/{cmd_name}.py has no click command named `command`")
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Amtsweg: BPMN workflow engine for public administration."""


def settings_or_exit() -> Settings:
    """Read the settings from the process environment; prints every problem and exits with 2 if they are unusable."""
    try:
        return read_settings(os.environ)
    except SettingsError as error:
        click.echo("The settings cannot be used:", err=True)
        for problem in error.problems:
            click.echo(f"  {problem}", err=True)
        click.echo("docs/settings.md lists all of them.", err=True)
        sys.exit(2)


class Moment(click.ParamType[datetime]):
    """An ISO 8601 moment as an aware UTC datetime; one without time zone is on Berlin's clock."""

    name = "moment"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value} is no moment; write 2027-01-15 or 2027-01-15T10:30.", param, ctx)
        return (moment if moment.tzinfo else moment.replace(tzinfo=BERLIN)).astimezone(UTC)


class Unusable(click.ClickException):
    """What a command was given cannot be used; the message is German, for authors, and printed as it is."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(self.message, err=True, file=file)
