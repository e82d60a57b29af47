"""A PostgreSQL that takes a statement and never answers: noticed by the client, because no server will say so.

A host that froze behind a proxy, or a firewall that lost its memory, leaves a connection on which everything sent is
acknowledged and nothing comes back. Neither `statement_timeout` (the server's) nor TCP notices, and the thread that
asked would wait for ever. So one thread per process and database looks at the connections, a few times a second, and
shuts those down whose last word was ours too long ago: who waits there gets the driver's usual error of a lost
connection. The kernel keeps these times (tcp(7), TCP_INFO), so a statement pays nothing for being watched.
"""

import os
import socket
import struct
import time
from contextlib import suppress
from threading import Lock, Thread
from typing import Any, Final
from weakref import WeakKeyDictionary, ref

import psycopg
from psycopg.pq import TransactionStatus

from storage.unavailable import DatabaseUnavailable

LOOK_EVERY_S: Final = 0.25
BREATHER_S: Final = 2.0
"""How long nobody tries to connect after it failed: who asks meanwhile hears so at once, not after a timeout."""
ACTIVE, IDLE = TransactionStatus.ACTIVE, TransactionStatus.IDLE
_TCP_INFO_BYTES = 60
_LAST_TIMES = struct.Struct("=44xI4xI4x")  # tcpi_last_data_sent, tcpi_last_data_recv, in milliseconds


class Silence:
    """Watches the connections of one database; `limit_s` must be longer than the server's own statement_timeout."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._lock = Lock()
        self._sockets: WeakKeyDictionary[psycopg.Connection[Any], socket.socket] = WeakKeyDictionary()
        self._is_watched = False
        self._away_until = 0.0

    def connect(self, dialect: Any, _record: object, arguments: list[Any], options: dict[str, Any]) -> Any:
        """Connect for SQLAlchemy (its event `do_connect`); raises DatabaseUnavailable shortly after a failure."""
        if time.monotonic() < self._away_until:
            raise DatabaseUnavailable("the server was away a moment ago")
        try:
            connection = dialect.connect(*arguments, **options)
        except psycopg.OperationalError:
            self._rest()
            raise
        self._add(connection)
        return connection

    def look(self) -> bool:
        """Shut down what got no answer in time, and with it what is idle: it would hang as well. False: none are left.

        One that is busy for a shorter time, or in a transaction, keeps its chance.
        """
        connections = self._open_ones()
        silent = [its for connection, its in connections if _is(ACTIVE, connection) and _silent_s(its) > self._limit_s]
        if silent:
            self._rest()
            for its in [*silent, *(its for connection, its in connections if _is(IDLE, connection))]:
                with suppress(OSError):  # the other side was faster
                    its.shutdown(socket.SHUT_RDWR)
        return bool(connections)

    def _open_ones(self) -> list[tuple[psycopg.Connection[Any], socket.socket]]:
        with self._lock:
            for connection in [connection for connection in self._sockets if connection.closed]:
                self._sockets.pop(connection).close()
            self._is_watched = bool(self._sockets)
            return list(self._sockets.items())

    def _rest(self) -> None:
        self._away_until = time.monotonic() + BREATHER_S

    def _add(self, connection: psycopg.Connection[Any]) -> None:
        # A descriptor of our own: that of a connection closed meanwhile could belong to anything.
        watched = socket.socket(fileno=os.dup(connection.fileno()))
        if watched.family == socket.AF_UNIX or not hasattr(socket, "TCP_INFO"):
            watched.close()
            return
        with self._lock:
            self._sockets[connection] = watched
            if not self._is_watched:
                self._is_watched = True
                Thread(target=_watch, args=(ref(self),), name="silence", daemon=True).start()


def _watch(watched: "ref[Silence]") -> None:
    """Look until there is nothing to look at; holds the database only while looking."""
    while True:
        time.sleep(LOOK_EVERY_S)
        silence = watched()
        if silence is None or not silence.look():
            return
        del silence


def _is(status: TransactionStatus, connection: psycopg.Connection[Any]) -> bool:
    return connection.pgconn.transaction_status == status


def _silent_s(its: socket.socket) -> float:
    """For how long nothing has gone either way."""
    try:
        sent_ms, received_ms = _LAST_TIMES.unpack(its.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES))
    except OSError:
        return 0.0
    return float(min(sent_ms, received_ms)) / 1000
