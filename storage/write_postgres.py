"""One engine step on PostgreSQL: one data-modifying CTE, one round trip, one commit.

The statement is atomic by itself. Its first part `u` changes the instance from the loaded version (or creates it);
every other part reads `FROM u`, so that a lost race writes nothing. Which parts are in it depends on what the step
writes: that is its `_Shape`; each shape is built once, and prepared once per connection. The rows of a table come in
as one JSON parameter: round trips and parameters cost time, rows hardly do.
"""
# ruff: noqa: S608 -- texts are built from the names of our own tables and columns; every value is a parameter

from collections.abc import Callable, Sequence
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

import orjson
import psycopg
from psycopg import errors
from sqlalchemy import Column, Table
from sqlalchemy.dialects import postgresql

from storage.models.base import dump_json
from storage.writes import (
    CHANGED,
    INSTANCE,
    LOADED,
    STEP,
    Answer,
    Clash,
    Contention,
    InstanceRow,
    Lease,
    Row,
    Writes,
)

Connection = psycopg.Connection[Any]
_Value = Callable[[Writes], Any]
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


class _Shape(NamedTuple):
    """What a statement consists of; steps of equal shape share their statement."""

    creates: bool
    leased: bool
    moves_head: bool
    takes_message: bool
    inserts: tuple[Table, ...]
    deletes_one: tuple[Column[UUID], ...]
    deletes_many: tuple[Column[UUID], ...]


class _Statement(NamedTuple):
    """The text with $1, $2 .. and, in that order, where their values come from."""

    sql: str
    values: tuple[_Value, ...]


class _Parameters:
    """Numbers the parameters while the text is written; the tenant is the first of every statement."""

    def __init__(self) -> None:
        self.values: list[_Value] = []
        self.tenant = self.add("text", attrgetter("tenant_id"))

    def add(self, type_: str, value: _Value) -> str:
        self.values.append(value)
        return f"${len(self.values)}::{type_}"


def load(connection: Connection, tenant_id: str, instance_id: UUID) -> InstanceRow | None:
    row = _execute(connection, _load_sql(), (tenant_id, instance_id)).fetchone()
    return None if row is None else InstanceRow._make(row)


def write(connection: Connection, writes: Writes) -> bool:
    statement = _statement(
        _Shape(
            creates=writes.expected_version == 0,
            leased=writes.lease is not None,
            moves_head=writes.head_move is not None,
            takes_message=writes.message_id is not None,
            inserts=tuple(writes.inserts),
            deletes_one=tuple(column for column, ids in writes.deletes.items() if len(ids) == 1),
            deletes_many=tuple(column for column, ids in writes.deletes.items() if len(ids) > 1),
        )
    )
    try:
        row = _execute(connection, statement.sql, [value(writes) for value in statement.values]).fetchone()
    except errors.UniqueViolation as error:
        raise Clash(error.diag.table_name or "") from error
    except (errors.DeadlockDetected, errors.SerializationFailure, errors.DivisionByZero) as error:
        raise Contention from error
    return row is not None and row[0] == 1


write_alone = write  # in autocommit the statement is its own transaction


def holds_lease(connection: Connection, tenant_id: str, lease: Lease) -> bool:
    sql = "SELECT 1 FROM job WHERE tenant_id = $1 AND id = $2 AND lease_owner = $3"
    return _execute(connection, sql, (tenant_id, *lease)).fetchone() is not None


def answer(connection: Connection, tenant_id: str, key: str) -> Answer | None:
    sql = "SELECT body_sha256, response FROM idempotency_key WHERE tenant_id = $1 AND key = $2"
    row = _execute(connection, sql, (tenant_id, key)).fetchone()
    return None if row is None else Answer._make(row)


def _execute(connection: Connection, sql: str, parameters: Sequence[Any]) -> psycopg.Cursor[Any]:
    # RawCursor takes $1 as it is: no text is searched and replaced at every execution.
    return psycopg.RawCursor(connection).execute(sql, parameters, prepare=True, binary=True)


@cache
def _load_sql() -> str:
    columns = ", ".join(f"i.{name}" for name in LOADED)
    return f"""
        SELECT {columns}, v.kette_seq, v.kette_hash
        FROM instance i LEFT JOIN LATERAL (
            SELECT kette_seq, kette_hash FROM vorgang WHERE tenant_id = $1 AND id = i.vorgang_id LIMIT 1
        ) v ON true
        WHERE i.tenant_id = $1 AND i.id = $2
    """


@cache
def _statement(shape: _Shape) -> _Statement:
    parameters = _Parameters()
    guard = _create_instance(parameters) if shape.creates else _update_instance(parameters)
    if shape.leased:
        guard += _held_lease(parameters)
    parts = [
        f"u AS ({guard} RETURNING 1)",
        f"s AS ({_insert_step(parameters)})",
        *(f"i{n} AS ({_insert(table, parameters)})" for n, table in enumerate(shape.inserts)),
        *(f"d{n} AS ({_delete_one(column, parameters)})" for n, column in enumerate(shape.deletes_one)),
        *(f"e{n} AS ({_delete_many(column, parameters)})" for n, column in enumerate(shape.deletes_many)),
    ]
    results = ["(SELECT count(*) FROM u)"]
    if shape.moves_head:
        parts.append(f"h AS ({_move_head(parameters)} RETURNING 1)")
        results.append(_one_or_nothing("h"))
    if shape.takes_message:
        parts.append(f"m AS ({_take_message(parameters)} RETURNING 1)")
        results.append(_one_or_nothing("m"))
    return _Statement(f"WITH {', '.join(parts)} SELECT {', '.join(results)}", tuple(parameters.values))


def _one_or_nothing(part: str) -> str:
    """Another instance was faster at a row that both change: dividing by zero takes back the whole statement."""
    return f"1 / greatest((SELECT count(*) FROM {part}), 1 - (SELECT count(*) FROM u))"


def _create_instance(parameters: _Parameters) -> str:
    values = _row(INSTANCE, parameters, _instance_value)
    return f"INSERT INTO {INSTANCE.name} ({_names(INSTANCE)}) SELECT {values} WHERE true"


def _update_instance(parameters: _Parameters) -> str:
    changes = [f"{name} = {parameters.add(_type(INSTANCE.c[name]), _instance_value(name))}" for name in CHANGED]
    instance_id = parameters.add("uuid", _instance_value("id"))
    version = parameters.add("integer", attrgetter("expected_version"))
    return f"""
        UPDATE {INSTANCE.name} SET {", ".join(changes)}
        WHERE tenant_id = {parameters.tenant} AND id = {instance_id} AND version = {version}
    """


def _held_lease(parameters: _Parameters) -> str:
    """The snapshot is enough here: whoever took the job over meanwhile loses against the version."""
    job_id = parameters.add("uuid", attrgetter("lease.job_id"))
    owner = parameters.add("text", attrgetter("lease.owner"))
    place = f"tenant_id = {parameters.tenant} AND id = {job_id}"
    return f" AND EXISTS (SELECT FROM job WHERE {place} AND lease_owner = {owner})"


def _insert_step(parameters: _Parameters) -> str:
    return f"INSERT INTO {STEP.name} ({_names(STEP)}) SELECT {_row(STEP, parameters, _step_value)} FROM u"


def _insert(table: Table, parameters: _Parameters) -> str:
    rows = parameters.add("json", lambda writes: _to_json(writes.inserts[table]))
    fields = ", ".join(f"{column.name} {_type(column)}" for column in table.columns)
    read = ", ".join(f"r.{column.name}" for column in table.columns)
    return f"INSERT INTO {table.name} ({_names(table)}) SELECT {read} FROM u, json_to_recordset({rows}) AS r({fields})"


def _delete_one(column: Column[UUID], parameters: _Parameters) -> str:
    """Equality, because a plan made for ANY while a table was young walks through all rows of the tenant later."""
    id_ = parameters.add("uuid", lambda writes: writes.deletes[column][0])
    return f"{_delete_from(column, parameters)} = {id_}"


def _delete_many(column: Column[UUID], parameters: _Parameters) -> str:
    ids = parameters.add("uuid[]", lambda writes: f"{{{','.join(map(str, writes.deletes[column]))}}}")
    return f"{_delete_from(column, parameters)} = ANY({ids})"


def _delete_from(column: Column[UUID], parameters: _Parameters) -> str:
    return f"DELETE FROM {column.table.name} t USING u WHERE t.tenant_id = {parameters.tenant} AND t.{column.name}"


def _move_head(parameters: _Parameters) -> str:
    after_seq = parameters.add("integer", attrgetter("head_move.after.seq"))
    after_hash = parameters.add("bytea", attrgetter("head_move.after.hash"))
    vorgang_id = parameters.add("uuid", attrgetter("head_move.before.vorgang_id"))
    before_seq = parameters.add("integer", attrgetter("head_move.before.seq"))
    before_hash = parameters.add("bytea", attrgetter("head_move.before.hash"))
    return f"""
        UPDATE vorgang SET kette_seq = {after_seq}, kette_hash = {after_hash} FROM u
        WHERE tenant_id = {parameters.tenant} AND id = {vorgang_id}
        AND kette_seq = {before_seq} AND kette_hash = {before_hash}
    """


def _take_message(parameters: _Parameters) -> str:
    instance_id = parameters.add("uuid", _instance_value("id"))
    message_id = parameters.add("uuid", attrgetter("message_id"))
    return f"""
        UPDATE message SET status = 'delivered', instance_id = {instance_id} FROM u
        WHERE tenant_id = {parameters.tenant} AND id = {message_id} AND status = 'stored'
    """


def _row(table: Table, parameters: _Parameters, value_of: Callable[[str], _Value]) -> str:
    others = [parameters.add(_type(column), value_of(column.name)) for column in list(table.columns)[1:]]
    return ", ".join([parameters.tenant, *others])


def _instance_value(name: str) -> _Value:
    return lambda writes: writes.instance[name]


def _step_value(name: str) -> _Value:
    if name == "moves":
        return lambda writes: dump_json(writes.step[name])
    return lambda writes: writes.step[name]


def _names(table: Table) -> str:
    return ", ".join(column.name for column in table.columns)


def _type(column: Column[Any]) -> str:
    return str(column.type.compile(_DIALECT))


def _to_json(rows: Sequence[Row]) -> str:
    return orjson.dumps(rows, default=_bytes_as_hex).decode()


def _bytes_as_hex(value: object) -> str:
    """PostgreSQL reads bytea from text in this form."""
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    raise TypeError(f"{type(value).__name__} cannot be stored")
