"""Encrypted columns: one value, encrypted with the key of its Vorgang (or Akte) and bound to its cell.

What was encrypted for one cell does not open in another, so nobody can exchange two addresses in the database.
"""

import json
from typing import Any
from uuid import UUID

from storage.chain import canonical_json
from storage.crypto import DataKey, place
from storage.models.base import Base


def encrypt_cell(key: DataKey, model: type[Base], column: str, *, tenant_id: str, row_id: UUID, value: Any) -> bytes:
    """Return what is stored for `value`: a text, or canonical JSON (no floats; amounts as cents or text)."""
    return key.encrypt(canonical_json(value), aad=_place(model, column, tenant_id, row_id))


def decrypt_cell(key: DataKey, model: type[Base], column: str, *, tenant_id: str, row_id: UUID, stored: bytes) -> Any:
    """Return the value again; raises WrongKey if it was changed, moved, or belongs to another key."""
    return json.loads(key.decrypt(stored, aad=_place(model, column, tenant_id, row_id)))


def _place(model: type[Base], column: str, tenant_id: str, row_id: UUID) -> bytes:
    if column not in model.__table__.columns:
        raise ValueError(f"{model.__tablename__} has no column {column}")
    return place(model.__tablename__, tenant_id, row_id, column)
