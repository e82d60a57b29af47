"""What one engine step writes, as a value; `write_postgres` and `write_sqlite` put it into their database.

Everything hangs on the row of the instance: unless that is created, or changed from exactly the version that was
loaded, nothing at all is written.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol, cast
from uuid import UUID

from sqlalchemy import Column, Table

from storage.akte.events import Head
from storage.models.base import Base
from storage.models.data_key import DataKeyRow
from storage.models.instance import Instance
from storage.models.step import StepRow
from storage.models.vorgang import VorgangRow


def table_of(model: type[Base]) -> Table:
    """Return the table of a model."""
    return cast(Table, model.__table__)


INSTANCE = table_of(Instance)
STEP = table_of(StepRow)
VORGANG = table_of(VorgangRow)
DATA_KEY = table_of(DataKeyRow)
CHANGED = ("version", "state", "head_hash", "status", "changed_at", "ended_at")
"""The columns of an instance that a step changes; all others are fixed when it starts."""
LOADED = (
    "id", "tenant_id", "version", "state", "status", "head_hash", "deployment_id", "procedure_key",
    "vorgang_id", "business_key", "key_id", "started_at",
)  # fmt: skip
"""The columns of an instance that `InstanceRow` begins with."""

Row = Mapping[str, Any]


class InstanceRow(NamedTuple):
    """An instance as it was loaded; `version` 0 is one that this step creates. `state` is encrypted.

    What a step needs besides comes with it, because another round trip costs as much as the rest: where the chain of
    its Vorgang ends, and its wrapped data key (see `storage.keys.open_key`).
    """

    id: UUID
    tenant_id: str
    version: int
    state: bytes
    status: str
    head_hash: bytes
    deployment_id: UUID
    procedure_key: str
    vorgang_id: UUID | None
    business_key: str | None
    key_id: UUID
    started_at: datetime
    akte_seq: int | None
    akte_hash: bytes | None
    wrapped_key: bytes | None
    master_key_id: str | None

    @property
    def akte_head(self) -> Head | None:
        """Where the chain of the instance's Vorgang ends; None without a Vorgang."""
        if self.vorgang_id is None or self.akte_seq is None or self.akte_hash is None:
            return None
        return Head(self.tenant_id, self.vorgang_id, self.akte_seq, self.akte_hash)


class Lease(NamedTuple):
    """The job that this step completes; it must still be leased to `owner`, and is gone afterwards."""

    job_id: UUID
    owner: str


class HeadMove(NamedTuple):
    """The chain of the Vorgang grows from exactly `before` to `after`."""

    before: Head
    after: Head


@dataclass(slots=True)
class Writes:
    """The rows of one step. `instance` and `step` are whole rows; `expected_version` 0 creates the instance.

    JSON columns of these two (`step.moves`) are text already.

    `inserts` maps a table to whole rows; `deletes` maps a UUID column to the values whose rows go. `message_id` is a
    stored message that this step delivers.
    """

    tenant_id: str
    expected_version: int
    instance: Row
    step: Row
    inserts: dict[Table, list[Row]] = field(default_factory=dict)
    deletes: dict[Column[UUID], list[UUID]] = field(default_factory=dict)
    lease: Lease | None = None
    head_move: HeadMove | None = None
    message_id: UUID | None = None


class Clash(Exception):
    """A unique key of `table` was taken; nothing was written."""

    def __init__(self, table: str) -> None:
        super().__init__(table)
        self.table = table


class Contention(Exception):
    """The database broke off because of a concurrent step; nothing was written, trying again helps."""


class Answer(NamedTuple):
    """What was answered to the request with an idempotency key."""

    body_sha256: bytes
    response: Mapping[str, Any]


class Dialect(Protocol):
    """What steps need of a database; a handle is what steps make of a connection of the driver."""

    def open_handle(self, connection: Any) -> Any:
        """Use a connection for one step, inside the transaction of the caller."""
        ...

    def open_own_handle(self, connection: Any) -> Any:
        """Use a connection, in autocommit, for steps only."""
        ...

    def is_usable(self, handle: Any) -> bool:
        """Say whether an idle connection can be used again."""
        ...

    def close(self, handle: Any) -> None: ...

    def load(self, handle: Any, tenant_id: str, instance_id: UUID) -> InstanceRow | None: ...

    def write(self, handle: Any, writes: Writes) -> bool:
        """Write everything and say True, or nothing and say False, inside the transaction of the caller.

        After False, and after any exception, the caller rolls back. Raises Clash and Contention.
        """
        ...

    def write_alone(self, handle: Any, writes: Writes) -> bool:
        """Like `write`, and commit."""
        ...

    def holds_lease(self, handle: Any, tenant_id: str, lease: Lease) -> bool: ...

    def answer(self, handle: Any, tenant_id: str, key: str) -> Answer | None: ...
