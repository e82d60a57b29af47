"""Drafts of forms: saved with every page, resumed by account or code, forgotten when their time is over.

A draft has its own id and key. When it is sent, both become those of the Vorgang (`vorgaenge.open_vorgang`), so its
uploads stay where they lie.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, delete, insert, select, update

from storage.akte.cells import decrypt_cell, encrypt_cell
from storage.akte.codes import code_fits, code_hash, new_code
from storage.akte.documents import open_object, put_content
from storage.akte.rows import table_of
from storage.crypto import DataKey, MasterKey
from storage.db import tenant_of
from storage.keys import destroy_key, load_key, new_key
from storage.models.data_key import DataKeyRow, KeyPurpose
from storage.models.dokument import ScanState
from storage.models.entwurf import Entwurf, EntwurfFile
from storage.objects.port import ObjectStore


class DraftUnknown(LookupError):
    """There is no such draft (any more), or code or account do not fit; all look alike."""


class DraftChanged(Exception):
    """Another window saved the draft meanwhile; nothing was written."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft with its answers decrypted; `version` goes back into `save`."""

    id: UUID
    key: DataKey
    procedure_key: str
    deployment_id: UUID
    account: str | None
    page: str
    answers: Mapping[str, Any]
    version: int
    changed_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a draft; `name` is decrypted."""

    id: UUID
    field: str
    name: str
    sha256: bytes
    size_bytes: int
    media_type: str
    scan_state: ScanState
    uploaded_at: datetime


@dataclass(frozen=True, slots=True)
class NewUpload:
    """A file as it was sent for a field of the form."""

    field: str
    name: str
    content: bytes
    media_type: str


def start(
    conn: Connection,
    master: MasterKey,
    *,
    procedure_key: str,
    deployment_id: UUID,
    account: str | None,
    page: str,
    answers: Mapping[str, Any],
    at: datetime,
    expires_at: datetime,
) -> tuple[Draft, str]:
    """Store a new draft; return it with the code that resumes it without an account (shown once, never stored)."""
    tenant_id, draft_id, code = tenant_of(conn), uuid4(), new_code()
    key, key_row = new_key(master, KeyPurpose.VORGANG, tenant_id=tenant_id, at=at)
    draft = Draft(draft_id, key, procedure_key, deployment_id, account, page, answers, 1, at, expires_at)
    conn.execute(insert(DataKeyRow).values(key_row))
    row = {
        "tenant_id": tenant_id,
        "id": draft_id,
        "procedure_key": procedure_key,
        "deployment_id": deployment_id,
        "account": account,
        "code_hash": code_hash(code, draft_id),
        "key_id": key.id,
        "page": page,
        "answers": _encrypted(tenant_id, draft, answers),
        "version": 1,
        "created_at": at,
        "changed_at": at,
        "expires_at": expires_at,
    }
    conn.execute(insert(Entwurf).values(row))
    return draft, code


def resume(conn: Connection, master: MasterKey, draft_id: UUID, *, account: str, at: datetime) -> Draft:
    """Return the draft of an account; raises DraftUnknown."""
    row = _row(conn, draft_id, at)
    if row["account"] != account:
        raise DraftUnknown(draft_id)
    return _draft(conn, master, row)


def resume_with_code(conn: Connection, master: MasterKey, draft_id: UUID, *, code: str, at: datetime) -> Draft:
    """Return the draft that the code belongs to; raises DraftUnknown. The caller limits how often somebody may try."""
    row = _row(conn, draft_id, at)
    if not code_fits(code, draft_id, row["code_hash"]):
        raise DraftUnknown(draft_id)
    return _draft(conn, master, row)


def drafts_of(conn: Connection, account: str, *, at: datetime) -> list[tuple[UUID, str, datetime]]:
    """Return id, procedure and last change of an account's drafts, newest first."""
    query = select(Entwurf.id, Entwurf.procedure_key, Entwurf.changed_at).where(
        Entwurf.tenant_id == tenant_of(conn), Entwurf.account == account, Entwurf.expires_at > at
    )
    return [
        (row.id, row.procedure_key, row.changed_at) for row in conn.execute(query.order_by(Entwurf.changed_at.desc()))
    ]


def save(
    conn: Connection, draft: Draft, *, page: str, answers: Mapping[str, Any], at: datetime, expires_at: datetime
) -> Draft:
    """Replace page and answers; raises DraftChanged if the draft is no longer the one that was resumed."""
    values = {
        "page": page,
        "answers": _encrypted(tenant_of(conn), draft, answers),
        "version": draft.version + 1,
        "changed_at": at,
        "expires_at": expires_at,
    }
    same = (Entwurf.tenant_id == tenant_of(conn)) & (Entwurf.id == draft.id) & (Entwurf.version == draft.version)
    if conn.execute(update(Entwurf).where(same).values(values)).rowcount != 1:
        raise DraftChanged(draft.id)
    return replace(draft, page=page, answers=answers, version=draft.version + 1, changed_at=at, expires_at=expires_at)


def add_upload(conn: Connection, store: ObjectStore, draft: Draft, new: NewUpload, *, at: datetime) -> Upload:
    """Store a file of the draft, object first; it counts as not scanned. Raises StoreFull or StoreUnavailable."""
    tenant_id, upload_id = tenant_of(conn), uuid4()
    ref = put_content(store, draft.key, new.content, tenant_id=tenant_id, owner_id=draft.id, dokument_id=upload_id)
    row = {
        "tenant_id": tenant_id,
        "id": upload_id,
        "entwurf_id": draft.id,
        "field": new.field,
        "name": encrypt_cell(draft.key, EntwurfFile, "name", tenant_id=tenant_id, row_id=upload_id, value=new.name),
        "sha256": sha256(new.content).digest(),
        "size_bytes": len(new.content),
        "media_type": new.media_type,
        "object_key": ref.key,
        "store_version_id": ref.version_id,
        "scan_state": ScanState.OFFEN.value,
        "uploaded_at": at,
    }
    conn.execute(insert(EntwurfFile).values(row))
    return _upload(row, draft.key)


def uploads(conn: Connection, draft: Draft) -> list[Upload]:
    """Return the files of the draft in the order in which they came."""
    return [_upload(row, draft.key) for row in upload_rows(conn, draft.id)]


def upload_rows(conn: Connection, draft_id: UUID) -> list[Mapping[str, Any]]:
    """Return the rows of the draft's files, for `documents.file_upload` when it is sent."""
    table = table_of(EntwurfFile)
    query = select(table).where(table.c.tenant_id == tenant_of(conn), table.c.entwurf_id == draft_id)
    return [dict(row) for row in conn.execute(query.order_by(table.c.uploaded_at, table.c.id)).mappings()]


def open_upload(conn: Connection, store: ObjectStore, draft: Draft, upload_id: UUID) -> tuple[Upload, bytes]:
    """Return a file of the draft with its content; raises DraftUnknown."""
    for row in upload_rows(conn, draft.id):
        if row["id"] == upload_id:
            return _upload(row, draft.key), open_object(store, draft.key, row, owner_id=draft.id)
    raise DraftUnknown(upload_id)


def remove_upload(conn: Connection, draft: Draft, upload_id: UUID) -> None:
    """Forget a file of the draft; its object is collected later. An absent one is no error."""
    conn.execute(
        delete(EntwurfFile).where(
            EntwurfFile.tenant_id == tenant_of(conn), EntwurfFile.entwurf_id == draft.id, EntwurfFile.id == upload_id
        )
    )


def discard(conn: Connection, draft: Draft, *, at: datetime, by: str) -> None:
    """Forget the draft with all its files: its key is destroyed, its objects are collected later."""
    _forget(conn, draft.id, draft.key.id, at=at, by=by, reason="Entwurf verworfen")


def expire(conn: Connection, *, at: datetime, by: str, limit: int = 1000) -> int:
    """Forget drafts whose time is over; return how many. Call it again while it returns `limit`."""
    query = select(Entwurf.id, Entwurf.key_id).where(Entwurf.tenant_id == tenant_of(conn), Entwurf.expires_at <= at)
    rows = conn.execute(query.order_by(Entwurf.expires_at).limit(limit)).all()
    for row in rows:
        _forget(conn, row.id, row.key_id, at=at, by=by, reason="Entwurf abgelaufen")
    return len(rows)


def _forget(conn: Connection, draft_id: UUID, key_id: UUID, *, at: datetime, by: str, reason: str) -> None:
    conn.execute(delete(Entwurf).where(Entwurf.tenant_id == tenant_of(conn), Entwurf.id == draft_id))
    destroy_key(conn, key_id, at=at, by=by, reason=reason)


def _row(conn: Connection, draft_id: UUID, at: datetime) -> Mapping[str, Any]:
    table = table_of(Entwurf)
    query = select(table).where(table.c.tenant_id == tenant_of(conn), table.c.id == draft_id, table.c.expires_at > at)
    row = conn.execute(query).mappings().one_or_none()
    if row is None:
        raise DraftUnknown(draft_id)
    return dict(row)


def _draft(conn: Connection, master: MasterKey, row: Mapping[str, Any]) -> Draft:
    key = load_key(conn, master, row["key_id"])
    answers = decrypt_cell(key, Entwurf, "answers", tenant_id=row["tenant_id"], row_id=row["id"], stored=row["answers"])
    names = ("procedure_key", "deployment_id", "account", "page", "version", "changed_at", "expires_at")
    return Draft(id=row["id"], key=key, answers=answers, **{name: row[name] for name in names})


def _upload(row: Mapping[str, Any], key: DataKey) -> Upload:
    name = decrypt_cell(key, EntwurfFile, "name", tenant_id=row["tenant_id"], row_id=row["id"], stored=row["name"])
    names = ("id", "field", "sha256", "size_bytes", "media_type", "uploaded_at")
    return Upload(name=name, scan_state=ScanState(row["scan_state"]), **{column: row[column] for column in names})


def _encrypted(tenant_id: str, draft: Draft, answers: Mapping[str, Any]) -> bytes:
    return encrypt_cell(draft.key, Entwurf, "answers", tenant_id=tenant_id, row_id=draft.id, value=dict(answers))
