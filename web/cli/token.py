"""`amtsweg token`: give programs access to the interface, and take it away."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import click
from sqlalchemy import Connection

from engine import tokens
from engine.errors import Invalid, NotFound
from engine.tokens import Scope, Token
from storage.db import Database, DatabaseUnavailable
from web.cli import settings_or_exit
from web.formats import utc_now

_DEFAULT_DAYS = 90


@click.group("token")
def command() -> None:
    """Create, list and revoke bearer tokens of programs."""


@command.command("create")
@click.argument("name")
@click.option(
    "--scope", "scopes", multiple=True, required=True, type=click.Choice([scope.value for scope in Scope]),
    help="What the program may do; can be given several times.",
)  # fmt: skip
@click.option("--role", "roles", multiple=True, help="Group of caseworkers whose tasks and cases it sees.")
@click.option("--days", default=_DEFAULT_DAYS, show_default=True, help="Days until the token ends, at most 366.")
def create(name: str, scopes: tuple[str, ...], roles: tuple[str, ...], days: int) -> None:
    """Create a token for the program NAME and print its secret, once."""
    at = utc_now()
    life = timedelta(days=min(max(days, 0), tokens.LONGEST_LIFE.days + 1))
    with _transaction() as conn:
        try:
            made = tokens.create(conn, name, scopes=scopes, roles=roles, expires_at=at + life, at=at)
        except Invalid as error:
            raise click.ClickException(" ".join(error.errors.values())) from error
    click.echo(f"{made.token.id}  {made.token.name}, valid until {made.token.expires_at:%Y-%m-%d %H:%M} UTC", err=True)
    click.echo("The secret is shown only now:", err=True)
    click.echo(made.secret)


@command.command("list")
def list_all() -> None:
    """Print all tokens, the newest first; never a secret."""
    at = utc_now()
    with _transaction() as conn:
        for token in tokens.list_of(conn):
            rights = " ".join((*token.scopes, *token.roles))
            click.echo(f"{token.id}  {_state(token, token.is_valid(at))}  {token.name}  {rights}")


@command.command("revoke")
@click.argument("token_id", type=click.UUID)
def revoke(token_id: UUID) -> None:
    """End the token with this id at once."""
    with _transaction() as conn:
        try:
            tokens.revoke(conn, token_id, at=utc_now())
        except NotFound as error:
            raise click.ClickException(f"There is no token {token_id}.") from error
    click.echo(f"{token_id} is revoked.")


def _state(token: Token, is_valid: bool) -> str:  # noqa: FBT001 -- a fact to be shown, not a switch
    if token.revoked_at is not None:
        return f"revoked {token.revoked_at:%Y-%m-%d}"
    return f"{'until' if is_valid else 'expired'} {token.expires_at:%Y-%m-%d}"


@contextmanager
def _transaction() -> Iterator[Connection]:
    settings = settings_or_exit()
    database = Database(settings.database_address(), tenant_id=settings.tenant.key)
    try:
        with database.begin() as conn:
            yield conn
    except DatabaseUnavailable as error:
        raise click.ClickException(str(error)) from error
    finally:
        database.close()
