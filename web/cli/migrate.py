"""`amtsweg migrate`: bring folders, keys and database to what this release needs."""

import click

from storage import db
from storage.crypto import CryptoError, create_master_key
from web.cli import settings_or_exit
from web.settings import Settings


@click.command("migrate", help="Create folders and, outside production, keys; bring the schema to this release.")
@click.option("--owner-url", help="Address of the database as owner of the schema (PostgreSQL).")
@click.option("--app-role", help="Role of web and worker that gets the rights it needs (PostgreSQL).")
def command(owner_url: str | None, app_role: str | None) -> None:
    settings = settings_or_exit()
    try:
        prepare(settings, owner_url=owner_url, app_role=app_role)
    except (CryptoError, OSError, db.DatabaseUnavailable) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"schema {db.head_revision()} in {settings.database_url}")


def prepare(settings: Settings, *, owner_url: str | None = None, app_role: str | None = None) -> None:
    """Make folders, the master key (never in production: there it comes from a backup) and the schema; repeatable."""
    for folder in (settings.data_dir, settings.object_dir, settings.anchor_file.parent):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not settings.master_key_file.exists() and not settings.is_production:
        create_master_key(settings.master_key_file)
    db.migrate(owner_url or settings.database_address(), app_role=app_role)
