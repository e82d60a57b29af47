"""Old keys of requests are forgotten: in portions, by an index, of one tenant alone, and not one too early."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, insert, select, text

from storage import idempotency, upkeep
from storage.db import Database, tenant_of
from storage.models.idempotency import IdempotencyKey
from storage.objects.folder import FolderStore

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
OLD = AT - idempotency.KEPT - timedelta(seconds=1)


def remember(database: Database, *keys: str, at: datetime) -> None:
    rows = [
        {"tenant_id": database.tenant_id, "key": key, "body_sha256": b"", "response": {}, "created_at": at}
        for key in keys
    ]
    with database.begin() as conn:
        conn.execute(insert(IdempotencyKey), rows)


def known(database: Database) -> list[str]:
    with database.read() as conn:
        query = select(IdempotencyKey.key).where(IdempotencyKey.tenant_id == tenant_of(conn))
        return list(conn.execute(query.order_by(IdempotencyKey.key)).scalars())


def test_keys_outlive_every_session_and_every_client_that_repeats() -> None:
    assert timedelta(days=7) <= idempotency.KEPT


def test_the_oldest_go_first_and_never_more_than_a_portion(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "AT_ONCE", 2)
    remember(database, "b", at=OLD)
    remember(database, "a", "c", at=OLD - timedelta(days=1))
    remember(database, "exactly", at=AT - idempotency.KEPT)
    with database.begin() as conn:
        assert idempotency.forget(conn, at=AT) == 2
    assert known(database) == ["b", "exactly"]
    with database.begin() as conn:
        assert idempotency.forget(conn, at=AT) == 1
    assert known(database) == ["exactly"]


def test_another_tenants_keys_stay(open_database: Callable[..., Database]) -> None:
    here, there = open_database(), open_database("kassel")
    remember(here, "k", at=OLD)
    remember(there, "k", at=OLD)
    with here.begin() as conn:
        assert idempotency.forget(conn, at=AT) == 1
    assert (known(here), known(there)) == ([], ["k"])


def test_the_hourly_run_forgets_all_of_them_in_portions(
    database: Database, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "AT_ONCE", 2)
    (tmp_path / "objects").mkdir()
    remember(database, *"abcde", at=OLD)
    remember(database, "new", at=AT)
    done = upkeep.run(database, FolderStore(tmp_path / "objects"), tmp_path / "anchors.jsonl", at=AT)
    assert done is not None
    assert done.keys_forgotten == 5
    assert known(database) == ["new"]


def test_old_keys_are_found_by_their_index(database: Database) -> None:
    seen: list[tuple[str, object]] = []
    with database.begin() as conn:

        def note(_conn: object, _cursor: object, statement: str, parameters: object, *_more: object) -> None:
            seen.append((statement, parameters))

        event.listen(conn, "before_cursor_execute", note)
        idempotency.forget(conn, at=AT)
        event.remove(conn, "before_cursor_execute", note)
        ((statement, parameters),) = seen
        is_sqlite = conn.dialect.name == "sqlite"
        if not is_sqlite:  # the table is too small for an index to pay
            conn.execute(text("SET LOCAL enable_seqscan = off"))
            conn.execute(text("SET LOCAL enable_bitmapscan = off"))
        explain = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
        plan = "\n".join(str(row) for row in conn.exec_driver_sql(explain + statement, parameters))
    assert "ix_idempotency_key_tenant_id_created_at" in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan
