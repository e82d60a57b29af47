"""Connections: what a transaction promises, and how an unreachable database shows."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError, StatementError

from storage import db
from storage.models.idempotency import IdempotencyKey
from tests.conftest import TENANT
from tests.postgres_server import PgServer

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def _row(key: str, **changes: object) -> dict[str, object]:
    return {
        "tenant_id": TENANT, "key": key, "body_sha256": b"\x00\xff", "response": {"n": [1, "ä"]}, "created_at": AT,
    } | changes  # fmt: skip


def _keys(database: db.Database) -> list[str]:
    with database.read() as conn:
        return list(conn.execute(select(IdempotencyKey.key).order_by(IdempotencyKey.key)).scalars())


def test_a_block_that_ends_well_is_committed(database: db.Database) -> None:
    with database.begin() as conn:
        conn.execute(insert(IdempotencyKey).values(_row("a")))
    assert _keys(database) == ["a"]


def test_a_block_that_fails_leaves_nothing(database: db.Database) -> None:
    def write_and_fail() -> None:
        with database.begin() as conn:
            conn.execute(insert(IdempotencyKey).values(_row("a")))
            raise KeyError

    with pytest.raises(KeyError):
        write_and_fail()
    assert _keys(database) == []


def test_values_come_back_as_they_were_stored(database: db.Database) -> None:
    berlin = AT.astimezone(timezone(timedelta(hours=1))).replace(microsecond=123456)
    with database.begin() as conn:
        conn.execute(insert(IdempotencyKey).values(_row("a", created_at=berlin)))
    with database.read() as conn:
        row = conn.execute(select(IdempotencyKey)).one()
    assert (row.body_sha256, row.response, row.created_at) == (b"\x00\xff", {"n": [1, "ä"]}, berlin)
    assert row.created_at.tzinfo is UTC


def test_a_datetime_without_time_zone_is_refused(database: db.Database) -> None:
    with pytest.raises(StatementError, match="without time zone"), database.begin() as conn:
        conn.execute(insert(IdempotencyKey).values(_row("a", created_at=AT.replace(tzinfo=None))))


def test_reading_cannot_write_and_does_not_keep_a_writer_waiting(database: db.Database) -> None:
    with database.read() as looking:
        looking.execute(select(IdempotencyKey)).all()
        with database.begin() as conn:
            conn.execute(insert(IdempotencyKey).values(_row("a")))
        assert looking.execute(select(IdempotencyKey)).all() == []
    with pytest.raises((DBAPIError, db.DatabaseUnavailable), match=r"read-?only"), database.read() as looking:
        looking.execute(insert(IdempotencyKey).values(_row("b")))
    with database.begin() as conn:
        conn.execute(insert(IdempotencyKey).values(_row("c")))
    assert _keys(database) == ["a", "c"]


def test_sqlite_waits_for_the_disk_at_every_commit(sqlite_url: str) -> None:
    with db.Database(sqlite_url, tenant_id=TENANT).read() as conn:
        pragmas = {name: conn.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")}
    assert pragmas == {"journal_mode": "wal", "synchronous": 2}


@pytest.mark.parametrize("tenant_id", ["", "Darmstadt", "a b", "a -c role=postgres", "ä", "x" * 64])
def test_a_tenant_id_that_could_be_read_as_an_option_is_refused(tenant_id: str) -> None:
    with pytest.raises(ValueError, match="tenant id"):
        db.Database("sqlite://", tenant_id=tenant_id)


def test_a_server_that_is_not_there_is_unavailable() -> None:
    database = db.Database("postgresql://nobody@127.0.0.1:9/nothing", tenant_id=TENANT)
    with pytest.raises(db.DatabaseUnavailable), database.begin():
        pass


def test_a_folder_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(db.DatabaseUnavailable), db.Database("sqlite:////nowhere/a.db", tenant_id=TENANT).begin():
        pass


def test_an_exhausted_pool_is_unavailable_after_its_timeout(open_database: Callable[..., db.Database]) -> None:
    database = open_database(pool_size=1, pool_timeout_s=0.05)
    with database.read(), pytest.raises(db.DatabaseUnavailable, match="no free connection"), database.begin():
        pass


def test_a_statement_that_runs_too_long_is_ended(postgres_url: str) -> None:
    database = db.Database(postgres_url, tenant_id=TENANT, statement_timeout_s=0.05)
    with pytest.raises(db.DatabaseUnavailable, match="statement timeout"), database.begin() as conn:
        conn.execute(text("SELECT pg_sleep(5)"))


def test_connections_that_the_server_closed_are_replaced_unnoticed(postgres_url: str, pg_server: PgServer) -> None:
    database = db.Database(postgres_url, tenant_id=TENANT)
    assert _keys(database) == []
    pg_server.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'amtsweg_app'")
    assert _keys(database) == []
