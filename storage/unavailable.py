"""One error for a database that does not serve us, whatever the driver calls it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

_DRIVER_ERRORS = (psycopg.OperationalError, psycopg.InterfaceError, sqlite3.OperationalError, sqlite3.InterfaceError)


class DatabaseUnavailable(Exception):
    """The database does not answer, is full, or has no connection left; trying again later helps.

    Whether a commit that was under way came through is unknown: repeat it with its idempotency key.
    """


@contextmanager
def unavailable() -> Iterator[None]:
    """Turn the errors of drivers and pool that tell of an unusable database into DatabaseUnavailable."""
    try:
        yield
    except PoolTimeout as error:
        raise DatabaseUnavailable("no free connection") from error
    except DBAPIError as error:
        if error.connection_invalidated or _is_unavailable(error.orig):
            raise DatabaseUnavailable(str(error.orig)) from error
        raise
    except _DRIVER_ERRORS as error:
        if _is_unavailable(error):
            raise DatabaseUnavailable(str(error)) from error
        raise


def _is_unavailable(error: BaseException | None) -> bool:
    # SQLite calls a mistake in a statement "operational" too; its code is the plain SQLITE_ERROR.
    return isinstance(error, _DRIVER_ERRORS) and getattr(error, "sqlite_errorname", "") != "SQLITE_ERROR"
