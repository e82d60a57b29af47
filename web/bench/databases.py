"""The two databases of the bench, as they are in use: durable commits, the app role, row-level security."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, text

from storage import db, rls
from storage.crypto import KEY_BYTES
from web.bench import postgres

TENANT = "messung"
_OWNER, _APP = "bench_owner", "bench_app"
_TABLES = (
    "CREATE TABLE bare_state (id {uuid} PRIMARY KEY, version integer NOT NULL, state {bytes} NOT NULL)",
    "CREATE TABLE bare_log (id {uuid}, version integer, entry {bytes} NOT NULL, PRIMARY KEY (id, version))",
    "CREATE TABLE naive_state (id {uuid} PRIMARY KEY, version integer NOT NULL, state text NOT NULL)",
    "CREATE TABLE naive_log (id {uuid}, version integer, entry text NOT NULL, PRIMARY KEY (id, version))",
)
"""What the yardsticks write into: no tenant, no row-level security, only the index that finds the row."""


@dataclass(frozen=True, slots=True)
class Target:
    """A prepared database: its address for the app role and for the owner, and the master key of its data."""

    name: str
    url: str
    owner_url: str
    master_key: bytes

    def analyze(self) -> None:
        """Let the planner know the tables, as it does within a minute where a database is in use."""
        with db.owner(self.owner_url) as conn:
            conn.execute(text("ANALYZE"))


@contextmanager
def sqlite() -> Iterator[Target]:
    """Give a SQLite file with the schema."""
    with TemporaryDirectory(prefix="amtsweg-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'amtsweg.db'}"
        db.migrate(url)
        with db.owner(url) as conn:
            _create_tables(conn, uuid="text", bytes_="blob")
        yield Target("sqlite", url, url, secrets.token_bytes(KEY_BYTES))


@contextmanager
def postgresql() -> Iterator[Target]:
    """Give a PostgreSQL server of its own with the schema; raises postgres.NotInstalled."""
    with postgres.running({"shared_buffers": "512MB"}) as server:
        server.execute(f"CREATE ROLE {_OWNER} LOGIN CREATEROLE")
        server.execute(f"CREATE DATABASE bench OWNER {_OWNER}")
        server.execute(f"ALTER SCHEMA public OWNER TO {_OWNER}", database="bench")
        owner_url = server.url("bench", role=_OWNER)
        with db.owner(owner_url) as conn:
            rls.create_app_role(conn, _APP, secrets.token_urlsafe())
        db.migrate(owner_url, app_role=_APP)
        with db.owner(owner_url) as conn:
            _create_tables(conn, uuid="uuid", bytes_="bytea")
            conn.execute(text(f"GRANT ALL ON bare_state, bare_log, naive_state, naive_log TO {_APP}"))
        yield Target("postgresql", server.url("bench", role=_APP), owner_url, secrets.token_bytes(KEY_BYTES))


def _create_tables(conn: Connection, *, uuid: str, bytes_: str) -> None:
    for ddl in _TABLES:
        conn.execute(text(ddl.format(uuid=uuid, bytes=bytes_)))
