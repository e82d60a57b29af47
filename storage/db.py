"""The database of one tenant: connections, transactions, steps, migrations.

PostgreSQL: every connection carries its tenant as a start parameter, so row-level security needs nothing per
transaction. SQLite: one file, WAL, durable commits. There are three doors:

    with db.begin() as conn:   # read and write, committed at the end of the block
    with db.read() as conn:    # a consistent look, nothing to commit, never in a writer's way
    with db.step() as step:    # one engine step, one statement (storage/steps.py)
"""

import re
import select
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import psycopg
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from storage import models, rls, write_postgres, write_sqlite
from storage.models.base import dump_json
from storage.raw_pool import RawPool
from storage.silence import Silence
from storage.steps import Step
from storage.unavailable import DatabaseUnavailable, unavailable
from storage.writes import Dialect

__all__ = ["Database", "DatabaseUnavailable", "head_revision", "migrate", "owner", "revision", "tenant_of"]

MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATION_LOCK = 0x416D7473  # "Amts": two processes that start at once migrate one after the other
_DIALECTS: Mapping[str, Dialect] = {"postgresql": write_postgres, "sqlite": write_sqlite}
_ANSWER_MARGIN_S = 1.0
"""How much later than the server's own limit a statement without any answer is given up."""
_TENANT = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


class Database:
    """One tenant's view of one database. `url` is `postgresql://..` (as the app role) or `sqlite:///<path>`.

    Opens at most `pool_size` connections for transactions and as many for steps. A server that is silent is given up
    a second after `statement_timeout_s`.
    """

    def __init__(
        self,
        url: str,
        *,
        tenant_id: str,
        pool_size: int = 5,
        pool_timeout_s: float = 3.0,
        statement_timeout_s: float = 15.0,
    ) -> None:
        if not _TENANT.fullmatch(tenant_id):
            raise ValueError(f"not a tenant id: {tenant_id!r}")
        self.tenant_id = tenant_id
        self._engine = _engine(
            make_url(url),
            options=f"-c app.tenant_id={tenant_id} -c statement_timeout={round(statement_timeout_s * 1000)}",
            pool_size=pool_size,
            pool_timeout=pool_timeout_s,
        ).execution_options(tenant_id=tenant_id)
        if self._engine.dialect.name == "postgresql":
            event.listen(self._engine, "do_connect", Silence(statement_timeout_s + _ANSWER_MARGIN_S).connect)
        self._transactions = _transactions(self._engine)
        self._reads = _reads(self._engine)
        self._dialect = _DIALECTS[self._engine.dialect.name]
        self._steps: RawPool[Any] = RawPool(
            self._open_handle, self._dialect.is_usable, size=pool_size, timeout_s=pool_timeout_s
        )

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Give a transaction that commits when the block ends well; on SQLite it holds the only writer's place.

        Raises DatabaseUnavailable.
        """
        with unavailable, self._transactions.begin() as conn:
            yield conn

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a read-only transaction; raises DatabaseUnavailable."""
        with unavailable, self._reads.begin() as conn:
            yield conn

    def step(self) -> Step:
        """Give one engine step, written at the end of the block.

        Raises steps.LostRace, LeaseLost, DuplicateKey, KeyReused; DatabaseUnavailable.
        """
        return Step(self.tenant_id, self._dialect, self._steps, self._transactions)

    def close(self) -> None:
        """Close idle connections; those in use close when they are given back."""
        self._engine.dispose()
        for handle in self._steps.empty():
            self._dialect.close(handle)

    def _open_handle(self) -> Any:
        pooled = self._engine.raw_connection()
        connection = pooled.driver_connection
        pooled.detach()
        return self._dialect.open_own_handle(connection)


def tenant_of(conn: Connection) -> str:
    """Return the tenant whose connection this is; queries name it, because SQLite has no row-level security."""
    tenant_id: str = conn.get_execution_options()["tenant_id"]
    return tenant_id


def migrate(url: str, *, app_role: str | None = None) -> None:
    """Bring the schema to the newest revision, as its owner; harmless when it is there already.

    On PostgreSQL, `app_role` (see `storage.rls.create_app_role`) is then given the rights it needs.
    """
    with unavailable, owner(url) as conn:
        if conn.dialect.name == "postgresql":
            conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        command.upgrade(_alembic(conn), "head")
        if app_role is not None and conn.dialect.name == "postgresql":
            rls.grant_app_role(conn, app_role, models.metadata())


@contextmanager
def owner(url: str) -> Iterator[Connection]:
    """Give one transaction without a tenant, for the owner of the schema: migrations, roles, backups."""
    engine = _engine(make_url(url), options="", poolclass=NullPool)
    try:
        with _transactions(engine).begin() as conn:
            yield conn
    finally:
        engine.dispose()


def revision(conn: Connection) -> str | None:
    """Return the revision of the schema; None for an empty database."""
    return MigrationContext.configure(conn).get_current_revision()


def head_revision() -> str:
    """Return the revision that this release needs."""
    (head,) = ScriptDirectory.from_config(_alembic(None)).get_heads()
    return head


def _alembic(conn: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = conn
    return config


def _engine(url: URL, *, options: str, **pool: Any) -> Engine:
    """Connections are in autocommit, as a step wants them; `_transactions` and `_reads` switch for their block."""
    common = {
        "json_serializer": dump_json,
        "json_deserializer": orjson.loads,
        "hide_parameters": True,  # values of rows have no place in error messages and logs
    }
    if url.get_backend_name() == "sqlite":
        return _sqlite_engine(url, common | pool)
    return _postgres_engine(url.set(drivername="postgresql+psycopg"), options, common | pool)


def _postgres_engine(url: URL, options: str, arguments: dict[str, Any]) -> Engine:
    connect_args = {
        "options": f"-c timezone=UTC -c jit=off -c idle_in_transaction_session_timeout=60000 {options}",
        "connect_timeout": 3,
        "tcp_user_timeout": 10_000,
        "application_name": "amtsweg",
    }
    if arguments.get("poolclass") is not NullPool:
        arguments = {"max_overflow": 0, "pool_use_lifo": True} | arguments
    engine = create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
        use_native_hstore=False,
        connect_args=connect_args,
        **arguments,
    )
    event.listen(engine, "checkout", _drop_if_closed_by_server)
    return engine


def _drop_if_closed_by_server(connection: psycopg.Connection[Any], _entry: ConnectionPoolEntry, _proxy: object) -> None:
    """An idle connection with something to read was closed by the server: found without a round trip."""
    if connection.closed or select.select([connection.fileno()], [], [], 0)[0]:
        raise DisconnectionError


def _sqlite_engine(url: URL, arguments: dict[str, Any]) -> Engine:
    if arguments.get("poolclass") is not NullPool:
        arguments = {"max_overflow": 0, "pool_use_lifo": True} | arguments
    engine = create_engine(url, connect_args={"timeout": 10.0, "cached_statements": 256}, **arguments)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    event.listen(engine, "commit", _end_sqlite)
    event.listen(engine, "rollback", _end_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # autocommit: BEGIN is written where it is meant
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(conn: Connection) -> None:
    if not _is_read(conn):
        conn.exec_driver_sql("BEGIN IMMEDIATE")
        return
    conn.exec_driver_sql("PRAGMA query_only = ON")
    conn.exec_driver_sql("BEGIN")


def _end_sqlite(conn: Connection) -> None:
    if _is_read(conn):
        conn.exec_driver_sql("PRAGMA query_only = OFF")


def _is_read(conn: Connection) -> bool:
    return bool(conn.get_execution_options().get("reading", False))


def _transactions(engine: Engine) -> Engine:
    if engine.dialect.name == "sqlite":
        return engine
    return engine.execution_options(isolation_level="READ COMMITTED")


def _reads(engine: Engine) -> Engine:
    if engine.dialect.name == "sqlite":
        return engine.execution_options(reading=True)
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
