"""Counts the statements that a process sends through SQLAlchemy's connections, BEGIN and COMMIT included."""

import sqlite3
from collections.abc import Callable
from tempfile import TemporaryFile
from typing import Any

import psycopg
from sqlalchemy import event
from sqlalchemy.pool import ConnectionPoolEntry, Pool


def count_statements() -> Callable[[], int]:
    """Return a function that says how many statements were sent since this call, by connections opened after it.

    The drivers themselves tell: libpq's protocol trace, SQLite's trace callback. Both cost time: never while timing.
    """
    counters: list[Callable[[], int]] = []

    def follow(connection: Any, _entry: ConnectionPoolEntry) -> None:
        count = _count_sqlite if isinstance(connection, sqlite3.Connection) else _count_libpq
        counters.append(count(connection))

    event.listen(Pool, "connect", follow)
    return lambda: sum(count() for count in counters)


def _count_sqlite(connection: sqlite3.Connection) -> Callable[[], int]:
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    return lambda: len(statements)


def _count_libpq(connection: psycopg.Connection[Any]) -> Callable[[], int]:
    trace = TemporaryFile("w+b")  # noqa: SIM115 -- open as long as the connection
    connection.pgconn.trace(trace.fileno())

    def count() -> int:
        """A line reads: time, F for what goes to the server, length, kind of message, contents."""
        trace.seek(0)
        fields = [line.split(b"\t")[1:4:2] for line in trace]
        return fields.count([b"F", b"Query"]) + fields.count([b"F", b"Execute"])

    return count
