"""The raw drivers, used the plain way: no framework between."""
# ruff: noqa: S608 -- texts are built from the names of our own tables and columns; every value is a parameter

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import Table

from storage import write_sqlite
from storage.models.base import dump_json
from storage.writes import CHANGED, INSTANCE, STEP, Row, Writes


class Driver(ABC):
    """One raw connection, in a transaction that `commit` ends; statements with `?` for each parameter."""

    statements = 0
    """How many went to the database, BEGIN and COMMIT included."""

    @abstractmethod
    def run(self, sql: str, parameters: Sequence[Any]) -> Any:
        """Execute one statement and return the cursor."""

    @abstractmethod
    def commit(self) -> None: ...

    @abstractmethod
    def write(self, writes: Writes) -> None:
        """Write the rows of a step, a statement each, and commit."""

    @abstractmethod
    def id(self, value: UUID) -> Any:
        """Return the value as this database has it."""


class Postgres(Driver):
    def __init__(self, url: str, tenant_id: str) -> None:
        self._connection = psycopg.connect(url, options=f"-c app.tenant_id={tenant_id}")
        self._in_transaction = False

    def run(self, sql: str, parameters: Sequence[Any]) -> Any:
        self.statements += 1 if self._in_transaction else 2  # the driver sends BEGIN before the first one
        self._in_transaction = True
        return self._connection.execute(sql.replace("?", "%s").encode(), parameters, prepare=True)

    def commit(self) -> None:
        self._in_transaction = False
        self.statements += 1
        self._connection.commit()

    def write(self, writes: Writes) -> None:
        if writes.expected_version == 0:
            self._insert(INSTANCE, writes.instance)
        else:
            changes = ", ".join(f"{name} = ?" for name in CHANGED)
            place = (writes.tenant_id, writes.instance["id"], writes.expected_version)
            values = [*(writes.instance[name] for name in CHANGED), *place]
            sql = f"UPDATE instance SET {changes} WHERE tenant_id = ? AND id = ? AND version = ?"  # nosec B608
            self.run(sql, values)
        self._insert(STEP, writes.step)
        for table, rows in writes.inserts.items():
            for row in rows:
                self._insert(table, row)
        for column, ids in writes.deletes.items():
            for id_ in ids:
                self.run(
                    f"DELETE FROM {column.table.name} WHERE tenant_id = ? AND {column.name} = ?",  # nosec B608
                    (writes.tenant_id, id_),
                )
        self.commit()

    def id(self, value: UUID) -> Any:
        return value

    def _insert(self, table: Table, row: Row) -> None:
        names = [column.name for column in table.columns]
        values = [dump_json(row[name]) if isinstance(row[name], dict | list) else row[name] for name in names]
        marks = ", ".join("?" for _ in names)
        self.run(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})", values)  # nosec B608


class Sqlite(Driver):
    def __init__(self, url: str) -> None:
        self._connection = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=10, isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            self._connection.execute(f"PRAGMA {pragma}")

    def run(self, sql: str, parameters: Sequence[Any]) -> Any:
        if not self._connection.in_transaction:
            self.statements += 1
            self._connection.execute("BEGIN IMMEDIATE")
        self.statements += 1
        return self._connection.execute(sql, parameters)

    def commit(self) -> None:
        self.statements += 1
        self._connection.execute("COMMIT")

    def write(self, writes: Writes) -> None:
        inserted, deleted = writes.inserts.values(), writes.deletes.values()
        self.statements += 4 + sum(map(len, inserted)) + sum(map(len, deleted))  # 4: BEGIN, instance, step, COMMIT
        # Nobody claimed the job in this database: the lease is a matter of the shell, not of the rows.
        if not write_sqlite.write_alone(self._connection, replace(writes, lease=None)):
            raise RuntimeError("a recorded step was not written")

    def id(self, value: UUID) -> Any:
        return value.hex
