"""`amtsweg verify`: does everything in the E-Akte still stand as it was recorded?"""

import json
import sys

import click

from storage.akte import verify
from storage.db import Database, DatabaseUnavailable
from storage.objects.folder import FolderStore
from storage.objects.port import StoreUnavailable
from web.cli import settings_or_exit


@click.command("verify")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def command(*, as_json: bool) -> None:
    """Check both chains, their heads, sealed rows, objects and the anchor; exits with 1 if anything was changed.

    Needs no key and changes nothing; it can run beside the product, and on a restored backup.
    """
    settings = settings_or_exit()
    database = Database(settings.database_address(), tenant_id=settings.tenant.key, statement_timeout_s=3600)
    try:
        with database.read() as conn:
            report = verify.verify(conn, FolderStore(settings.object_dir), settings.anchor_file)
    except (DatabaseUnavailable, StoreUnavailable) as error:
        raise click.ClickException(str(error)) from error
    finally:
        database.close()
    click.echo(json.dumps(report.to_json(), ensure_ascii=False, indent=2) if as_json else "\n".join(report.sentences()))
    sys.exit(0 if report.clean else 1)
