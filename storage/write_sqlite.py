"""One engine step on SQLite: `BEGIN IMMEDIATE`, a few prepared statements, one commit.

A statement costs microseconds here, so each table has its own, with `executemany`. The version of the instance is
checked by the first one; then the only writer is this step.
"""
# ruff: noqa: S608 -- texts are built from the names of our own tables and columns; every value is a parameter

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import JSON, Column, Table, Uuid
from sqlalchemy.dialects import sqlite

from storage.models.base import UtcDateTime, dump_json
from storage.writes import (
    CHANGED,
    INSTANCE,
    LOADED,
    STEP,
    Answer,
    Clash,
    HeadMove,
    InstanceRow,
    Lease,
    Row,
    Writes,
)

Handle = sqlite3.Connection
_Convert = Callable[[Any], Any]
_DIALECT = sqlite.dialect()


class _Insert(NamedTuple):
    """An INSERT for whole rows of a table, and how each column is written."""

    sql: str
    columns: tuple[tuple[str, _Convert], ...]


def open_handle(connection: sqlite3.Connection) -> Handle:
    return connection


open_own_handle = open_handle


def is_usable(_handle: Handle) -> bool:
    return True


def close(handle: Handle) -> None:
    handle.close()


def load(handle: Handle, tenant_id: str, instance_id: UUID) -> InstanceRow | None:
    row = handle.execute(_load_sql(), (tenant_id, instance_id.hex)).fetchone()
    if row is None:
        return None
    values = list(row)
    for n, decode in _decoders():
        if values[n] is not None:
            values[n] = decode(values[n])
    return InstanceRow._make(values)


def write_alone(handle: Handle, writes: Writes) -> bool:
    handle.execute("BEGIN IMMEDIATE")
    written = False
    try:
        written = write(handle, writes)
    finally:
        handle.execute("COMMIT" if written else "ROLLBACK")
    return written


def write(handle: Handle, writes: Writes) -> bool:
    try:
        return _write(handle, writes)
    except sqlite3.IntegrityError as error:
        if error.sqlite_errorname not in ("SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE"):
            raise
        # The text reads: UNIQUE constraint failed: idempotency_key.tenant_id, idempotency_key.key
        raise Clash(str(error).rpartition(": ")[2].partition(".")[0]) from error


def holds_lease(handle: Handle, tenant_id: str, lease: Lease) -> bool:
    sql = "SELECT 1 FROM job WHERE tenant_id = ? AND id = ? AND lease_owner = ?"
    return handle.execute(sql, (tenant_id, lease.job_id.hex, lease.owner)).fetchone() is not None


def answer(handle: Handle, tenant_id: str, key: str) -> Answer | None:
    sql = "SELECT body_sha256, response FROM idempotency_key WHERE tenant_id = ? AND key = ?"
    row = handle.execute(sql, (tenant_id, key)).fetchone()
    return None if row is None else Answer(row[0], orjson.loads(row[1]))


def _write(handle: Handle, writes: Writes) -> bool:
    if writes.expected_version == 0:
        _insert(handle, INSTANCE, [writes.instance])
    elif not _update_instance(handle, writes):
        return False
    if writes.lease is not None and not holds_lease(handle, writes.tenant_id, writes.lease):
        return False
    _insert(handle, STEP, [writes.step])
    for table, rows in writes.inserts.items():
        _insert(handle, table, rows)
    for column, ids in writes.deletes.items():
        sql = f"DELETE FROM {column.table.name} WHERE tenant_id = ? AND {column.name} = ?"  # nosec B608
        handle.executemany(sql, [(writes.tenant_id, value.hex) for value in ids])
    if writes.head_move is not None and not _move_head(handle, writes.tenant_id, writes.head_move):
        return False
    return writes.message_id is None or _take_message(handle, writes, writes.message_id)


def _update_instance(handle: Handle, writes: Writes) -> bool:
    changes = [encode(writes.instance[name]) for name, encode in _changes()]
    place = (writes.tenant_id, writes.instance["id"].hex, writes.expected_version)
    return handle.execute(_update_sql(), (*changes, *place)).rowcount == 1


def _insert(handle: Handle, table: Table, rows: Sequence[Row]) -> None:
    insert = _insert_sql(table)
    handle.executemany(insert.sql, [[encode(row[name]) for name, encode in insert.columns] for row in rows])


def _move_head(handle: Handle, tenant_id: str, move: HeadMove) -> bool:
    sql = """
        UPDATE vorgang SET kette_seq = ?, kette_hash = ?
        WHERE tenant_id = ? AND id = ? AND kette_seq = ? AND kette_hash = ?
    """
    place = (tenant_id, move.before.vorgang_id.hex, move.before.seq, move.before.hash)
    return handle.execute(sql, (move.after.seq, move.after.hash, *place)).rowcount == 1


def _take_message(handle: Handle, writes: Writes, message_id: UUID) -> bool:
    sql = (
        "UPDATE message SET status = 'delivered', instance_id = ? WHERE tenant_id = ? AND id = ? AND status = 'stored'"
    )
    place = (writes.instance["id"].hex, writes.tenant_id, message_id.hex)
    return handle.execute(sql, place).rowcount == 1


@cache
def _load_sql() -> str:
    return f"""
        SELECT {", ".join(f"i.{name}" for name in LOADED)}, v.kette_seq, v.kette_hash, k.wrapped, k.master_key_id
        FROM instance i
        LEFT JOIN vorgang v ON v.tenant_id = i.tenant_id AND v.id = i.vorgang_id
        LEFT JOIN data_key k ON k.tenant_id = i.tenant_id AND k.id = i.key_id
        WHERE i.tenant_id = ? AND i.id = ?
    """  # nosec B608


@cache
def _update_sql() -> str:
    changes = ", ".join(f"{name} = ?" for name in CHANGED)
    return f"UPDATE instance SET {changes} WHERE tenant_id = ? AND id = ? AND version = ?"  # nosec B608


@cache
def _insert_sql(table: Table) -> _Insert:
    names = ", ".join(column.name for column in table.columns)
    marks = ", ".join("?" for _ in table.columns)
    columns = tuple((column.name, _encoder(column)) for column in table.columns)
    return _Insert(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", columns)  # nosec B608


@cache
def _changes() -> Sequence[tuple[str, _Convert]]:
    return [(name, _encoder(INSTANCE.c[name])) for name in CHANGED]


@cache
def _decoders() -> Sequence[tuple[int, _Convert]]:
    """Which columns of a loaded instance are not the value itself; those that come with it all are."""
    types = [type(INSTANCE.c[name].type) for name in LOADED]
    return [(n, _DECODERS[type_]) for n, type_ in enumerate(types) if type_ in _DECODERS]


def _encoder(column: Column[Any]) -> _Convert:
    """The same encoding as SQLAlchemy's, mostly because it is SQLAlchemy's; a text in a JSON column is JSON already."""
    if isinstance(column.type, JSON):
        return lambda value: value if value is None or isinstance(value, str) else dump_json(value)
    if isinstance(column.type, UtcDateTime):
        return _utc
    return column.type.dialect_impl(_DIALECT).bind_processor(_DIALECT) or _as_it_is


def _utc(value: datetime | None) -> str | None:
    """What SQLAlchemy writes for a moment, in a fraction of the time; a test compares the two."""
    return None if value is None else value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _as_it_is(value: Any) -> Any:
    return value


_DECODERS: Mapping[type, _Convert] = {
    Uuid: lambda value: UUID(int=int(value, 16)),
    UtcDateTime: lambda value: datetime.fromisoformat(value).replace(tzinfo=UTC),
}
