"""One error for a database that does not serve us, whatever the driver calls it."""

import sqlite3

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

_DRIVER_ERRORS = (psycopg.OperationalError, psycopg.InterfaceError, sqlite3.OperationalError, sqlite3.InterfaceError)


class DatabaseUnavailable(Exception):
    """The database does not answer, is full, or has no connection left; trying again later helps.

    Whether a commit that was under way came through is unknown: repeat it with its idempotency key.
    """


class DatabaseFull(DatabaseUnavailable):
    """There is no room for what was to be written; nothing of it was, and reading goes on."""


class Unavailable:
    """A block in which errors that tell of an unusable database become DatabaseUnavailable.

    A class, because it stands around every step and a generator would cost several times as much.
    """

    __slots__ = ()

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if error is None:
            return
        if isinstance(error, PoolTimeout):
            raise DatabaseUnavailable("no free connection") from error
        cause = error.orig if isinstance(error, DBAPIError) else error
        if _is_full(cause):
            raise DatabaseFull(str(cause)) from error
        lost = isinstance(error, DBAPIError) and error.connection_invalidated
        if lost or _is_unavailable(cause):
            raise DatabaseUnavailable(str(cause)) from error


def _is_unavailable(error: BaseException | None) -> bool:
    # SQLite calls a mistake in a statement "operational" too; its code is the plain SQLITE_ERROR.
    return isinstance(error, _DRIVER_ERRORS) and getattr(error, "sqlite_errorname", "") != "SQLITE_ERROR"


def _is_full(error: BaseException | None) -> bool:
    return isinstance(error, psycopg.errors.DiskFull) or getattr(error, "sqlite_errorname", "") == "SQLITE_FULL"


unavailable = Unavailable()
