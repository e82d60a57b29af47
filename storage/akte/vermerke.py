"""Notes in the file, encrypted and sealed; never changed, only followed by another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select

from storage.akte.cells import decrypt_cell, encrypt_cell
from storage.akte.rows import Change, insertion
from storage.crypto import DataKey
from storage.db import tenant_of
from storage.models.vorgang import Vermerk


@dataclass(frozen=True, slots=True)
class StoredVermerk:
    """A note with its text in clear; `actor_id` wrote it."""

    id: UUID
    kind: str
    at: datetime
    actor_id: str
    text: str


def write(
    key: DataKey, *, vermerk_id: UUID, tenant_id: str, vorgang_id: UUID, kind: str, text: str, at: datetime, by: str
) -> Change:
    """Return what adds a note; the chain says that there is one, its text stays encrypted."""
    sealed = encrypt_cell(key, Vermerk, "text", tenant_id=tenant_id, row_id=vermerk_id, value=text)
    values = {
        "tenant_id": tenant_id,
        "id": vermerk_id,
        "vorgang_id": vorgang_id,
        "kind": kind,
        "at": at,
        "actor_id": by,
        "text": sealed,
    }
    return insertion(Vermerk, values, kind="vermerk.geschrieben", at=at, actor_id=by, payload={"art": kind})


def of_vorgang(conn: Connection, key: DataKey, vorgang_id: UUID) -> Sequence[StoredVermerk]:
    """Return the notes of a Vorgang, newest first."""
    query = select(Vermerk.__table__).where(Vermerk.tenant_id == tenant_of(conn), Vermerk.vorgang_id == vorgang_id)
    return [
        StoredVermerk(
            row.id,
            row.kind,
            row.at,
            row.actor_id,
            decrypt_cell(key, Vermerk, "text", tenant_id=row.tenant_id, row_id=row.id, stored=row.text),
        )
        for row in conn.execute(query.order_by(Vermerk.at.desc(), Vermerk.id))
    ]


def exists(conn: Connection, vermerk_id: UUID) -> bool:
    """Say whether a note was written already."""
    query = select(Vermerk.id).where(Vermerk.tenant_id == tenant_of(conn), Vermerk.id == vermerk_id)
    return conn.execute(query).scalar_one_or_none() is not None
