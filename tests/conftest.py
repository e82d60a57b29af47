"""Databases for the tests: a fresh one per test, on SQLite and on a real PostgreSQL, as the app role."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from storage import db, rls
from tests import postgres_server
from tests.postgres_server import PgServer

TENANT = "darmstadt"
OWNER_ROLE = "amtsweg_owner"
APP_ROLE = "amtsweg_app"


@pytest.fixture(scope="session")
def pg_server() -> Iterator[PgServer]:
    """A PostgreSQL with the two roles and the database `amtsweg`, which has the schema."""
    with postgres_server.running() as server:
        server.execute(f"CREATE ROLE {OWNER_ROLE} LOGIN CREATEROLE")
        server.execute(f"CREATE DATABASE amtsweg OWNER {OWNER_ROLE}")
        server.execute(f"ALTER SCHEMA public OWNER TO {OWNER_ROLE}", database="amtsweg")
        owner_url = server.url("amtsweg", role=OWNER_ROLE)
        with db.owner(owner_url) as conn:
            rls.create_app_role(conn, APP_ROLE, "not asked for here")
        db.migrate(owner_url, app_role=APP_ROLE)
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the schema."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    db.migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of a fresh SQLite database with the schema."""
    path = tmp_path / "amtsweg.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(pg_server: PgServer) -> Iterator[str]:
    """The address of an empty PostgreSQL database with the schema, for the app role."""
    yield pg_server.url("amtsweg", role=APP_ROLE)
    pg_server.execute(_END_SESSIONS)
    pg_server.execute(_EMPTY_ALL_TABLES, database="amtsweg")


_END_SESSIONS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'amtsweg'"
# Emptying takes milliseconds where a new database or TRUNCATE takes a tenth of a second; as a replica there are no
# foreign keys and triggers.
_EMPTY_ALL_TABLES = """
    DO $$
    DECLARE name text;
    BEGIN
        SET LOCAL session_replication_role = replica;
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
            EXECUTE format('DELETE FROM %I', name);
        END LOOP;
    END $$
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database on each of the two; the test runs once per database."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture
def open_database(database_url: str) -> Iterator[Callable[..., db.Database]]:
    """Open the test's database once more, for another tenant or another process."""
    opened: list[db.Database] = []

    def open_database(tenant_id: str = TENANT, **options: float) -> db.Database:
        opened.append(db.Database(database_url, tenant_id=tenant_id, **options))  # type: ignore[arg-type]
        return opened[-1]

    yield open_database
    for database in opened:
        database.close()


@pytest.fixture
def database(open_database: Callable[..., db.Database]) -> db.Database:
    """The test's database, as the app role of the tenant `darmstadt`."""
    return open_database()


def as_owner(url: str) -> str:
    """The same database for the owner of the schema: past row-level security."""
    return url.replace(f"//{APP_ROLE}@", f"//{OWNER_ROLE}@")
