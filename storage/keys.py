"""Data keys in the database: stored wrapped, loaded when needed, destroyed for good."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, update

from storage.crypto import DataKey, KeyDestroyed, MasterKey, WrongKey, new_data_key
from storage.db import tenant_of
from storage.models.data_key import DataKeyRow, KeyPurpose
from storage.writes import InstanceRow


class KeyUnknown(KeyError):
    """No data key of this tenant has this id."""


def new_key(master: MasterKey, purpose: KeyPurpose, *, tenant_id: str, at: datetime) -> tuple[DataKey, dict[str, Any]]:
    """Return a fresh key and its row of `data_key`; without that row nothing it encrypts can be read again."""
    key = new_data_key()
    row = {
        "tenant_id": tenant_id,
        "id": key.id,
        "purpose": purpose.value,
        "master_key_id": master.id,
        "wrapped": master.wrap(key, tenant_id=tenant_id),
        "created_at": at,
        "destroyed_at": None,
        "destroyed_by": None,
        "destroyed_reason": None,
    }
    return key, row


def load_key(conn: Connection, master: MasterKey, key_id: UUID) -> DataKey:
    """Return the key; raises KeyDestroyed, KeyUnknown, or WrongKey if another master key wrapped it."""
    tenant_id = tenant_of(conn)
    query = select(DataKeyRow.wrapped, DataKeyRow.destroyed_at, DataKeyRow.master_key_id)
    row = conn.execute(query.where(DataKeyRow.tenant_id == tenant_id, DataKeyRow.id == key_id)).one_or_none()
    if row is None:
        raise KeyUnknown(key_id)
    return _unwrap(master, row.wrapped, row.master_key_id, key_id, tenant_id)


def load_keys(conn: Connection, master: MasterKey, key_ids: Collection[UUID]) -> dict[UUID, DataKey]:
    """Return these keys by id with one query, those that were destroyed left out; raises WrongKey."""
    tenant_id = tenant_of(conn)
    query = select(DataKeyRow.id, DataKeyRow.wrapped, DataKeyRow.master_key_id)
    rows = conn.execute(query.where(DataKeyRow.tenant_id == tenant_id, DataKeyRow.id.in_(set(key_ids)))).all()
    return {
        row.id: _unwrap(master, row.wrapped, row.master_key_id, row.id, tenant_id)
        for row in rows
        if row.wrapped is not None
    }


def open_key(master: MasterKey, row: InstanceRow) -> DataKey:
    """Return the key of an instance that a step has loaded; raises as `load_key` does."""
    if row.master_key_id is None:
        raise KeyUnknown(row.key_id)
    return _unwrap(master, row.wrapped_key, row.master_key_id, row.key_id, row.tenant_id)


def destroy_key(conn: Connection, key_id: UUID, *, at: datetime, by: str, reason: str) -> None:
    """Forget the key: what it encrypted can never be read again, while both chains still verify.

    Whether that is allowed (retention, hold, archive, second person) the caller has decided. A second call changes
    nothing.
    """
    conn.execute(
        update(DataKeyRow)
        .where(DataKeyRow.tenant_id == tenant_of(conn), DataKeyRow.id == key_id, DataKeyRow.wrapped.is_not(None))
        .values(wrapped=None, destroyed_at=at, destroyed_by=by, destroyed_reason=reason)
    )


def _unwrap(master: MasterKey, wrapped: bytes | None, master_key_id: str, key_id: UUID, tenant_id: str) -> DataKey:
    if wrapped is None:
        raise KeyDestroyed(key_id)
    if master_key_id != master.id:
        raise WrongKey(
            f"Diese Daten gehören zum Hauptschlüssel {master_key_id}, geladen ist {master.id}. "
            "Geben Sie in den Einstellungen die richtige Schlüsseldatei an."
        )
    return master.unwrap(wrapped, key_id=key_id, tenant_id=tenant_id)
