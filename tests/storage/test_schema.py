"""The schema: migrations and models say the same, and every tenant is alone."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import ProgrammingError

from storage import db, models
from storage.models.deployment import DeploymentFile
from storage.models.idempotency import IdempotencyKey
from tests.conftest import as_owner

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TABLES = models.metadata().sorted_tables


def test_the_migrations_build_exactly_the_models(database_url: str) -> None:
    with db.owner(as_owner(database_url)) as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        assert compare_metadata(context, models.metadata()) == []


def test_current_head_names_the_newest_migration() -> None:
    assert (db.MIGRATIONS / "current_head").read_text().strip() == db.head_revision()


def test_migrating_twice_does_no_harm(database_url: str) -> None:
    db.migrate(as_owner(database_url))
    with db.owner(as_owner(database_url)) as conn:
        assert db.revision(conn) == db.head_revision()


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_unique_key_and_index_begins_with_the_tenant(table) -> None:
    keys = [list(table.primary_key.columns), *(list(index.columns) for index in table.indexes)]
    keys += [list(key.columns) for key in table.constraints if type(key).__name__ == "UniqueConstraint"]
    assert all(columns[0].name == "tenant_id" for columns in keys)


def test_row_level_security_is_on_for_every_table(postgres_url: str) -> None:
    with db.owner(as_owner(postgres_url)) as conn:
        protected = conn.execute(text("SELECT tablename FROM pg_policies WHERE policyname = 'tenant'")).scalars()
        assert set(protected) == {table.name for table in TABLES}
        off = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        unprotected = conn.execute(text(off + " AND NOT relrowsecurity")).scalars()
        assert set(unprotected) == {"alembic_version"}


def _remember(conn: Connection, tenant_id: str) -> None:
    row = {"tenant_id": tenant_id, "key": "k", "body_sha256": b"", "response": {"von": tenant_id}, "created_at": AT}
    conn.execute(insert(IdempotencyKey).values(row))


def test_two_tenants_use_the_same_key_and_see_only_their_own_row(open_database: Callable[..., db.Database]) -> None:
    for tenant_id in ("darmstadt", "kassel"):
        with open_database(tenant_id).begin() as conn:
            _remember(conn, tenant_id)
    with open_database("kassel").read() as conn:
        seen = select(IdempotencyKey.response).where(IdempotencyKey.tenant_id == db.tenant_of(conn))
        assert conn.execute(seen).scalars().all() == [{"von": "kassel"}]


def test_postgresql_hides_and_refuses_the_rows_of_another_tenant(postgres_url: str) -> None:
    with db.Database(postgres_url, tenant_id="darmstadt").begin() as conn:
        _remember(conn, "darmstadt")
    kassel = db.Database(postgres_url, tenant_id="kassel")
    with kassel.read() as conn:
        assert conn.execute(select(IdempotencyKey)).all() == []
    with pytest.raises(ProgrammingError, match="row-level security"), kassel.begin() as conn:
        _remember(conn, "darmstadt")


def test_a_connection_without_tenant_sees_nothing(postgres_url: str) -> None:
    with db.Database(postgres_url, tenant_id="darmstadt").begin() as conn:
        _remember(conn, "darmstadt")
    with db.owner(postgres_url) as conn:
        assert conn.execute(select(IdempotencyKey)).all() == []


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE public.t (i int)",
        "DROP TABLE step",
        "ALTER TABLE step DISABLE ROW LEVEL SECURITY",
        "TRUNCATE step",
        "UPDATE step SET actor_id = 'x'",
        "CREATE ROLE x",
    ],
)
def test_the_app_role_has_no_ddl_and_cannot_rewrite_history(postgres_url: str, sql: str) -> None:
    database = db.Database(postgres_url, tenant_id="darmstadt")
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), database.begin() as conn:
        conn.execute(text(sql))


def test_append_only_is_declared_where_history_is_kept() -> None:
    assert {table.name for table in TABLES if table.info.get("append_only")} >= {"step", DeploymentFile.__tablename__}
