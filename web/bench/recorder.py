"""The rows that the shell writes, without a database: the yardsticks write the same ones."""

from typing import Any
from uuid import UUID

from sqlalchemy import create_engine

from storage.db import Database
from storage.models.data_key import DataKeyRow
from storage.raw_pool import RawPool
from storage.steps import Step
from storage.writes import Answer, InstanceRow, Lease, Row, Writes, table_of

_DATA_KEY = table_of(DataKeyRow)


class Recorder:
    """Speaks to steps as a database does, keeps the instances in memory, and every write in `writes`."""

    def __init__(self) -> None:
        self.writes: list[Writes] = []
        self._instances: dict[UUID, Row] = {}
        self._keys: dict[UUID, Row] = {}

    def open_handle(self, connection: Any) -> Any:
        return connection

    open_own_handle = open_handle

    def is_usable(self, handle: Any) -> bool:  # noqa: ARG002 -- the port's signature
        return True

    def close(self, handle: Any) -> None:
        pass

    def load(self, handle: Any, tenant_id: str, instance_id: UUID) -> InstanceRow | None:  # noqa: ARG002
        row = self._instances[instance_id]
        key = self._keys[row["key_id"]]
        given = {name: row[name] for name in InstanceRow._fields if name in row}
        return InstanceRow(
            **given, akte_seq=None, akte_hash=None, wrapped_key=key["wrapped"], master_key_id=key["master_key_id"]
        )

    def write(self, handle: Any, writes: Writes) -> bool:  # noqa: ARG002
        self._instances[writes.instance["id"]] = writes.instance
        for row in writes.inserts.get(_DATA_KEY, ()):
            self._keys[row["id"]] = row
        self.writes.append(writes)
        return True

    write_alone = write

    def holds_lease(self, handle: Any, tenant_id: str, lease: Lease) -> bool:  # noqa: ARG002
        return True

    def answer(self, handle: Any, tenant_id: str, key: str) -> Answer | None:  # noqa: ARG002
        return None


class RecordingDatabase(Database):
    """A database whose steps go to a recorder; nothing else of it is used."""

    def __init__(self, *, tenant_id: str) -> None:
        super().__init__("sqlite:///never-opened.db", tenant_id=tenant_id)
        self.recorder = Recorder()
        self._no_connections: RawPool[Any] = RawPool(object, lambda _: True, size=1, timeout_s=1)
        self._no_engine = create_engine("sqlite://")

    def step(self) -> Step:
        return Step(self.tenant_id, self.recorder, self._no_connections, self._no_engine)
