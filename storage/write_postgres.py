"""One engine step on PostgreSQL: one data-modifying CTE, one round trip, one commit.

The statement is atomic by itself. Its first part `u` changes the instance from the loaded version (or creates it);
every other part reads `FROM u`, so that a lost race writes nothing. A step is a list of parts; for equal lists the
text is built once, and prepared once per connection. Several rows of a table come in as one JSON parameter: round trips
and parameters cost time, rows hardly do.
"""
# ruff: noqa: S608 -- texts are built from the names of our own tables and columns; every value is a parameter

import select
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from operator import itemgetter
from typing import Any
from uuid import UUID

import orjson
import psycopg
from psycopg import errors
from psycopg.pq import DiagnosticField, ExecStatus, Format
from psycopg.pq.abc import PGresult
from sqlalchemy import JSON, Column, Integer, LargeBinary, Table, Text, Uuid
from sqlalchemy.dialects import postgresql

from storage.models.base import UtcDateTime, dump_json
from storage.writes import (
    CHANGED,
    DATA_KEY,
    INSTANCE,
    LOADED,
    STEP,
    VORGANG,
    Answer,
    Clash,
    Contention,
    InstanceRow,
    Lease,
    Row,
    Writes,
)

FEW = 3
"""Up to how many rows of a table a statement names each of their values; more come in as one JSON document."""
_Parameter = Callable[[str], str]
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
_TENANT = "$1::text"  # the first parameter of every statement


class Handle:
    """A connection whose statements are prepared once each and sent through libpq.

    psycopg connects and knows the errors; its cursors would run as much Python as the rest of a step.
    """

    __slots__ = ("_pgconn", "_prepared", "connection")

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self._pgconn = connection.pgconn
        self._prepared: dict[_Statement, bytes] = {}

    def execute(self, statement: "_Statement", values: Sequence[Any]) -> PGresult:
        """Run a statement and return its result in binary; raises psycopg's errors."""
        return _checked(self._run(statement, [_ENCODERS[type(value)](value) for value in values]))

    def _run(self, statement: "_Statement", parameters: list[Any]) -> PGresult:
        name = self._prepared.get(statement) or self._prepare(statement)
        return self._pgconn.exec_prepared(name, parameters, statement.formats, Format.BINARY)

    def _prepare(self, statement: "_Statement") -> bytes:
        name = b"step_%d" % len(self._prepared)
        _checked(self._pgconn.prepare(name, statement.text))
        self._prepared[statement] = name
        return name


class BorrowedHandle(Handle):
    """A connection of the pool that psycopg serves, for a step inside a longer transaction.

    Nothing is prepared on it: after a ROLLBACK psycopg deallocates every prepared statement, ours too.
    """

    __slots__ = ()

    def _run(self, statement: "_Statement", parameters: list[Any]) -> PGresult:
        return self._pgconn.exec_params(statement.text, parameters, None, statement.formats, Format.BINARY)


class _Statement:
    """A text with `$n` for each parameter, and how each one is sent; two are equal only if they are the same."""

    __slots__ = ("formats", "text")

    def __init__(self, text: str, types: Sequence[str]) -> None:
        self.text = text.encode()
        self.formats = [Format.BINARY if type_.lower() in ("bytea", "uuid") else Format.TEXT for type_ in types]


def _text(value: str) -> bytes:
    """libpq would end the text at a NUL without a word; the database could not store one either."""
    if "\x00" in value:
        raise psycopg.DataError("a text cannot contain NUL")
    return value.encode()


class _Encoders(dict[type, Callable[[Any], bytes | None]]):
    """How a value of each type is sent; a type without an encoder has that of a base: a StrEnum goes as its text."""

    def __missing__(self, given: type) -> Callable[[Any], bytes | None]:
        for kind in given.__mro__[1:]:
            if kind in self:
                self[given] = self[kind]
                return self[given]
        raise TypeError(f"{given.__name__} cannot be stored")


_ENCODERS = _Encoders(
    {
        bytes: lambda value: value,
        str: _text,
        int: lambda value: b"%d" % value,
        bool: lambda value: b"t" if value else b"f",
        UUID: lambda value: value.bytes,
        datetime: lambda value: value.isoformat().encode(),
        date: lambda value: value.isoformat().encode(),
        Decimal: lambda value: str(value).encode(),
        type(None): lambda _: None,
    }
)


def open_handle(connection: psycopg.Connection[Any]) -> Handle:
    return BorrowedHandle(connection)


def open_own_handle(connection: psycopg.Connection[Any]) -> Handle:
    """A step reads rows by their keys: a plan made while a table was small must not go on scanning it."""
    for method in ("seqscan", "hashjoin", "mergejoin"):
        connection.execute(f"SET enable_{method} = off".encode())
    return Handle(connection)


def is_usable(handle: Handle) -> bool:
    """An idle connection with something to read was closed by the server: found without a round trip."""
    connection = handle.connection
    return not connection.closed and not select.select([connection.fileno()], [], [], 0)[0]


def close(handle: Handle) -> None:
    handle.connection.close()


def load(handle: Handle, tenant_id: str, instance_id: UUID) -> InstanceRow | None:
    result = handle.execute(_LOAD, (tenant_id, instance_id))
    if result.ntuples == 0:
        return None
    values = []
    for n, decode in enumerate(_LOADED):
        value = result.get_value(0, n)
        values.append(None if value is None else decode(value))
    return InstanceRow._make(values)


def write(handle: Handle, writes: Writes) -> bool:
    parts = _parts(writes)
    values: list[Any] = [writes.tenant_id]
    for part in parts:
        values += part.values(writes)
    try:
        return handle.execute(_statement(tuple(parts)), values).ntuples == 1
    except errors.UniqueViolation as error:
        raise Clash(error.args[1]) from error
    except (errors.DeadlockDetected, errors.SerializationFailure, errors.DivisionByZero) as error:
        raise Contention from error


write_alone = write  # in autocommit the statement is its own transaction


def holds_lease(handle: Handle, tenant_id: str, lease: Lease) -> bool:
    return handle.execute(_HOLDS_LEASE, (tenant_id, *lease)).ntuples == 1


def answer(handle: Handle, tenant_id: str, key: str) -> Answer | None:
    result = handle.execute(_ANSWER, (tenant_id, key))
    if result.ntuples == 0:
        return None
    body_sha256, response = result.get_value(0, 0), result.get_value(0, 1)
    return Answer(body_sha256 or b"", orjson.loads(response or b"{}"))


def _checked(result: PGresult) -> PGresult:
    if result.status in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
        return result
    state = result.error_field(DiagnosticField.SQLSTATE)
    if state is None:  # libpq's own words: the connection is lost
        raise psycopg.OperationalError(result.get_error_message())
    # The table goes along as the argument, the message without values of rows (which is in DETAIL).
    table = result.error_field(DiagnosticField.TABLE_NAME) or b""
    message = result.error_field(DiagnosticField.MESSAGE_PRIMARY) or b""
    raise errors.lookup(state.decode())(message.decode(errors="replace"), table.decode())


class _Part(ABC):
    """A part of the statement: its text, and its values in the order in which the text takes parameters."""

    must_change_a_row = False
    """If it changes none although the instance was changed, the whole statement is taken back."""

    @abstractmethod
    def sql(self, parameter: _Parameter) -> str:
        """Return the text; `parameter(type)` gives the next `$n::type`."""

    @abstractmethod
    def values(self, writes: Writes) -> Sequence[Any]: ...


class _CreateInstance(_Part):
    def __init__(self) -> None:
        self._values: Callable[[Row], tuple[Any, ...]] = itemgetter(*_names(INSTANCE)[1:])

    def sql(self, parameter: _Parameter) -> str:
        return f"INSERT INTO instance ({_listed(INSTANCE)}) SELECT {_row(INSTANCE, parameter)} WHERE true"

    def values(self, writes: Writes) -> Sequence[Any]:
        return self._values(writes.instance)


class _UpdateInstance(_Part):
    def __init__(self) -> None:
        self._values: Callable[[Row], tuple[Any, ...]] = itemgetter(*CHANGED, "id")

    def sql(self, parameter: _Parameter) -> str:
        changes = ", ".join(f"{name} = {parameter(_type(INSTANCE.c[name]))}" for name in CHANGED)
        place = f"tenant_id = {_TENANT} AND id = {parameter('uuid')} AND version = {parameter('integer')}"
        return f"UPDATE instance SET {changes} WHERE {place}"  # nosec B608

    def values(self, writes: Writes) -> Sequence[Any]:
        return (*self._values(writes.instance), writes.expected_version)


class _WhileLeased(_Part):
    """Guards the change of the instance by the lease of the job that the step completes.

    The snapshot is enough: whoever took the job over meanwhile loses against the version.
    """

    def __init__(self, change: _Part) -> None:
        self._change = change

    def sql(self, parameter: _Parameter) -> str:
        change = self._change.sql(parameter)
        place = f"tenant_id = {_TENANT} AND id = {parameter('uuid')} AND lease_owner = {parameter('text')}"
        return f"{change} AND EXISTS (SELECT FROM job WHERE {place})"  # nosec B608

    def values(self, writes: Writes) -> Sequence[Any]:
        return (*self._change.values(writes), *(writes.lease or ()))


class _InsertStep(_Part):
    def __init__(self) -> None:
        self._values: Callable[[Row], tuple[Any, ...]] = itemgetter(*_names(STEP)[1:])

    def sql(self, parameter: _Parameter) -> str:
        return f"INSERT INTO step ({_listed(STEP)}) SELECT {_row(STEP, parameter)} FROM u"  # nosec B608

    def values(self, writes: Writes) -> Sequence[Any]:
        return self._values(writes.step)


class _InsertFew(_Part):
    """A few rows as plain parameters: reading them from JSON would cost the server twice as much.

    Each number of rows makes a statement of its own.
    """

    def __init__(self, table: Table, rows: int) -> None:
        self._table = table
        self._rows = rows
        self._values: Callable[[Row], tuple[Any, ...]] = itemgetter(*_names(table)[1:])
        self._json = [n for n, column in enumerate(list(table.columns)[1:]) if isinstance(column.type, JSON)]

    def sql(self, parameter: _Parameter) -> str:
        table = self._table
        rows = [f"SELECT {_row(table, parameter)} FROM u" for _ in range(self._rows)]
        return f"INSERT INTO {table.name} ({_listed(table)}) {' UNION ALL '.join(rows)}"  # nosec B608

    def values(self, writes: Writes) -> Sequence[Any]:
        found: list[Any] = []
        for row in writes.inserts[self._table]:
            values = list(self._values(row))
            for n in self._json:
                values[n] = None if values[n] is None else dump_json(values[n])
            found += values
        return found


class _InsertMany(_Part):
    def __init__(self, table: Table) -> None:
        self._table = table

    def sql(self, parameter: _Parameter) -> str:
        columns = self._table.columns
        fields = ", ".join(f"{column.name} {_type(column)}" for column in columns)
        read = ", ".join(f"r.{column.name}" for column in columns)
        rows = f"json_to_recordset({parameter('json')}) AS r({fields})"
        return f"INSERT INTO {self._table.name} ({_listed(self._table)}) SELECT {read} FROM u, {rows}"  # nosec B608

    def values(self, writes: Writes) -> Sequence[Any]:
        return (orjson.dumps(writes.inserts[self._table], default=_bytes_as_hex).decode(),)


class _DeleteOne(_Part):
    """By equality, because a plan made for ANY while a table was young walks through all rows of the tenant later."""

    def __init__(self, column: Column[UUID]) -> None:
        self._column = column

    def sql(self, parameter: _Parameter) -> str:
        place = f"t.tenant_id = {_TENANT} AND t.{self._column.name} = {parameter('uuid')}"
        return f"DELETE FROM {self._column.table.name} t USING u WHERE {place}"  # nosec B608

    def values(self, writes: Writes) -> Sequence[Any]:
        return writes.deletes[self._column]


class _DeleteMany(_Part):
    def __init__(self, column: Column[UUID]) -> None:
        self._column = column

    def sql(self, parameter: _Parameter) -> str:
        place = f"t.tenant_id = {_TENANT} AND t.{self._column.name} = ANY({parameter('uuid[]')})"
        return f"DELETE FROM {self._column.table.name} t USING u WHERE {place}"  # nosec B608

    def values(self, writes: Writes) -> Sequence[Any]:
        return (f"{{{','.join(map(str, writes.deletes[self._column]))}}}",)


class _MoveHead(_Part):
    must_change_a_row = True

    def sql(self, parameter: _Parameter) -> str:
        change = f"kette_seq = {parameter('integer')}, kette_hash = {parameter('bytea')}"
        place = f"id = {parameter('uuid')} AND kette_seq = {parameter('integer')} AND kette_hash = {parameter('bytea')}"
        return f"UPDATE vorgang SET {change} FROM u WHERE tenant_id = {_TENANT} AND {place}"  # nosec B608

    def values(self, writes: Writes) -> Sequence[Any]:
        if writes.head_move is None:
            return ()
        before, after = writes.head_move
        return (after.seq, after.hash, before.vorgang_id, before.seq, before.hash)


class _TakeMessage(_Part):
    must_change_a_row = True

    def sql(self, parameter: _Parameter) -> str:
        change = f"status = 'delivered', instance_id = {parameter('uuid')}"
        place = f"tenant_id = {_TENANT} AND id = {parameter('uuid')} AND status = 'stored'"
        return f"UPDATE message SET {change} FROM u WHERE {place}"  # nosec B608

    def values(self, writes: Writes) -> Sequence[Any]:
        return (writes.instance["id"], writes.message_id)


def _parts(writes: Writes) -> list[_Part]:
    change: _Part = _CREATE if writes.expected_version == 0 else _UPDATE
    parts: list[_Part] = [change if writes.lease is None else _LEASED[change], _INSERT_STEP]
    for table, rows in writes.inserts.items():
        parts.append(_insert_few(table, len(rows)) if len(rows) <= FEW else _insert_many(table))
    for column, ids in writes.deletes.items():
        parts.append(_delete_one(column) if len(ids) == 1 else _delete_many(column))
    if writes.head_move is not None:
        parts.append(_MOVE_HEAD)
    if writes.message_id is not None:
        parts.append(_TAKE_MESSAGE)
    return parts


@cache
def _statement(parts: tuple[_Part, ...]) -> _Statement:
    types = ["text"]

    def parameter(type_: str) -> str:
        types.append(type_)
        return f"${len(types)}::{type_}"

    texts, checks = [], ["1"]
    for n, part in enumerate(parts):
        name = f"p{n}" if n else "u"
        returning = " RETURNING 1" if n == 0 or part.must_change_a_row else ""
        texts.append(f"{name} AS ({part.sql(parameter)}{returning})")
        if part.must_change_a_row:
            # Another instance was faster at this row: dividing by zero takes back the whole statement.
            checks.append(f"1 / (SELECT count(*) FROM {name})")  # nosec B608
    return _Statement(f"WITH {', '.join(texts)} SELECT {', '.join(checks)} FROM u", types)  # nosec B608


def _names(table: Table) -> list[str]:
    return [column.name for column in table.columns]


def _listed(table: Table) -> str:
    return ", ".join(_names(table))


def _row(table: Table, parameter: _Parameter) -> str:
    """The tenant is the first column of every table."""
    return ", ".join([_TENANT, *(parameter(_type(column)) for column in list(table.columns)[1:])])


def _type(column: Column[Any]) -> str:
    return str(column.type.compile(_DIALECT))


def _bytes_as_hex(value: object) -> str:
    """PostgreSQL reads bytea from text in this form."""
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    raise TypeError(f"{type(value).__name__} cannot be stored")


_LOAD_TEXT = f"""
    SELECT {", ".join(f"i.{name}" for name in LOADED)}, v.kette_seq, v.kette_hash, k.wrapped, k.master_key_id
    FROM instance i
    LEFT JOIN vorgang v ON v.tenant_id = $1 AND v.id = i.vorgang_id
    LEFT JOIN data_key k ON k.tenant_id = $1 AND k.id = i.key_id
    WHERE i.tenant_id = $1 AND i.id = $2
"""  # nosec B608
_LOAD = _Statement(_LOAD_TEXT, ["text", "uuid"])
_HOLDS_LEASE = _Statement(
    "SELECT 1 FROM job WHERE tenant_id = $1 AND id = $2 AND lease_owner = $3", ["text", "uuid", "text"]
)
_ANSWER = _Statement(
    "SELECT body_sha256, response::text FROM idempotency_key WHERE tenant_id = $1 AND key = $2", ["text", "text"]
)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""Where PostgreSQL begins to count."""
_DECODERS: Mapping[type, Callable[[bytes], Any]] = {
    Uuid: lambda value: UUID(bytes=value),
    Text: bytes.decode,
    Integer: lambda value: int.from_bytes(value, signed=True),
    LargeBinary: bytes,
    UtcDateTime: lambda value: _EPOCH + timedelta(microseconds=int.from_bytes(value, signed=True)),
}
_LOADED = [
    _DECODERS[type(column.type)]
    for column in (
        *(INSTANCE.c[name] for name in LOADED),
        VORGANG.c.kette_seq, VORGANG.c.kette_hash, DATA_KEY.c.wrapped, DATA_KEY.c.master_key_id,
    )
]  # fmt: skip
_CREATE, _UPDATE, _INSERT_STEP = _CreateInstance(), _UpdateInstance(), _InsertStep()
_LEASED: dict[_Part, _Part] = {change: _WhileLeased(change) for change in (_CREATE, _UPDATE)}
_MOVE_HEAD, _TAKE_MESSAGE = _MoveHead(), _TakeMessage()
_insert_few, _insert_many = cache(_InsertFew), cache(_InsertMany)
_delete_one, _delete_many = cache(_DeleteOne), cache(_DeleteMany)
