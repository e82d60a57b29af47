"""Reading the chain of a Vorgang as its history."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from storage.akte.events import EventRow, open_payload
from storage.akte.rows import table_of
from storage.crypto import DataKey
from storage.db import tenant_of
from storage.models.akte_event import AkteEvent


@dataclass(frozen=True, slots=True)
class Entry:
    """One event with its payload decrypted; `instance_seq` is the step from which it stems, if any."""

    seq: int
    at: datetime
    actor_id: str
    kind: str
    subject_kind: str | None
    subject_id: UUID | None
    instance_id: UUID | None
    instance_seq: int | None
    payload: Mapping[str, Any]


def read(conn: Connection, key: DataKey, vorgang_id: UUID, *, after_seq: int = 0, limit: int = 1000) -> list[Entry]:
    """Return the events of the Vorgang after `after_seq`, oldest first."""
    query = select(table_of(AkteEvent)).where(
        AkteEvent.tenant_id == tenant_of(conn), AkteEvent.vorgang_id == vorgang_id, AkteEvent.seq > after_seq
    )
    rows = conn.execute(query.order_by(AkteEvent.seq).limit(limit))
    return [_entry(EventRow(*row), key) for row in rows]


def actors_of(conn: Connection, vorgang_id: UUID) -> frozenset[str]:
    """Return everybody who did something that the chain of the Vorgang records."""
    query = select(AkteEvent.actor_id).where(AkteEvent.tenant_id == tenant_of(conn), AkteEvent.vorgang_id == vorgang_id)
    return frozenset(conn.execute(query.distinct()).scalars())


def _entry(row: EventRow, key: DataKey) -> Entry:
    return Entry(
        seq=row.seq,
        at=row.at,
        actor_id=row.actor_id,
        kind=row.kind,
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        instance_id=row.instance_id,
        instance_seq=row.instance_seq,
        payload=open_payload(row, key),
    )
