"""Documents of a Vorgang: filed, cancelled, re-filed, listed, opened.

The object is stored before the row that names it. What is returned as a `Change` is written by the caller, with
`changes.write` or as part of a step.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, select

from storage.akte import events
from storage.akte.cells import decrypt_cell, encrypt_cell
from storage.akte.rows import Change, alteration, insertion, read_row, table_of
from storage.crypto import DataKey, place
from storage.db import tenant_of
from storage.models.akte_event import AkteEvent
from storage.models.dokument import Dokument, Fassung, Richtung, ScanState
from storage.models.entwurf import EntwurfFile
from storage.objects.port import ObjectDamaged, ObjectRef, ObjectStore

FILED = "dokument.abgelegt"


class DokumentUnknown(LookupError):
    """The Vorgang has no such document."""


class AlreadyCancelled(ValueError):
    """The document was cancelled before."""


@dataclass(frozen=True, slots=True)
class NewDokument:
    """A document to be filed; the fields are those of `Dokument`, `content` is its plaintext."""

    richtung: Richtung
    art: str
    name: str
    content: bytes
    media_type: str
    fassung: Fassung = Fassung.REINSCHRIFT
    version: int = 1
    previous_id: UUID | None = None
    dokumentdatum: date | None = None
    eingegangen_am: datetime | None = None
    verfasser: str | None = None
    scan_state: ScanState = ScanState.OFFEN


@dataclass(frozen=True, slots=True)
class DokumentView:
    """A document as it is listed; `number` counts from 1 in the order of filing. `name` is decrypted."""

    number: int
    id: UUID
    vorgang_id: UUID
    richtung: Richtung
    art: str
    name: str
    dokumentdatum: date | None
    eingegangen_am: datetime | None
    filed_at: datetime
    filed_by: str
    fassung: Fassung
    version: int
    previous_id: UUID | None
    verfasser: str | None
    sha256: bytes
    size_bytes: int
    media_type: str
    scan_state: ScanState
    moved_from_id: UUID | None
    storniert_at: datetime | None
    storniert_by: str | None
    storniert_reason: str | None


def file_document(
    store: ObjectStore,
    key: DataKey,
    new: NewDokument,
    *,
    tenant_id: str,
    vorgang_id: UUID,
    at: datetime,
    by: str,
    dokument_id: UUID | None = None,
) -> Change:
    """Store the object and return the row that names it; give `dokument_id` where a repeated call must be the same."""
    dokument_id = dokument_id or uuid4()
    ref = put_content(store, key, new.content, tenant_id=tenant_id, owner_id=vorgang_id, dokument_id=dokument_id)
    values = {
        "richtung": new.richtung.value,
        "art": new.art,
        "dokumentdatum": new.dokumentdatum,
        "eingegangen_am": new.eingegangen_am,
        "fassung": new.fassung.value,
        "version": new.version,
        "previous_id": new.previous_id,
        "verfasser": new.verfasser,
        "scan_state": new.scan_state.value,
        "media_type": new.media_type,
        "sha256": sha256(new.content).digest(),
        "size_bytes": len(new.content),
        "object_key": ref.key,
        "store_version_id": ref.version_id,
    }
    return _filed(
        key, values, new.name, tenant_id=tenant_id, vorgang_id=vorgang_id, dokument_id=dokument_id, at=at, by=by
    )


def file_upload(
    key: DataKey,
    upload: Mapping[str, Any],
    *,
    vorgang_id: UUID,
    art: str,
    eingegangen_am: datetime,
    at: datetime,
    by: str,
) -> Change:
    """Return the document that an upload of the sent Entwurf becomes; `upload` is its row of `entwurf_file`.

    Key, owner and id stay, so the object stays where it is.
    """
    tenant_id, dokument_id = upload["tenant_id"], upload["id"]
    name = decrypt_cell(key, EntwurfFile, "name", tenant_id=tenant_id, row_id=dokument_id, stored=upload["name"])
    kept = ("sha256", "size_bytes", "media_type", "object_key", "store_version_id", "scan_state")
    values = {column: upload[column] for column in kept} | {
        "richtung": Richtung.EINGANG.value,
        "art": art,
        "eingegangen_am": eingegangen_am,
        "fassung": Fassung.REINSCHRIFT.value,
        "version": 1,
        "verfasser": by,
    }
    return _filed(key, values, name, tenant_id=tenant_id, vorgang_id=vorgang_id, dokument_id=dokument_id, at=at, by=by)


def cancel(conn: Connection, dokument_id: UUID, *, reason: str, at: datetime, by: str) -> Change:
    """Return what marks a document as cancelled ("stornieren"); it stays in the file.

    Raises DokumentUnknown or AlreadyCancelled.
    """
    current = _current(conn, dokument_id)
    return _cancelled(current, reason=reason, at=at, by=by, kind="dokument.storniert", payload={"grund": reason})


def refile(
    conn: Connection,
    store: ObjectStore,
    dokument_id: UUID,
    *,
    source_key: DataKey,
    target_key: DataKey,
    target_id: UUID,
    reason: str,
    at: datetime,
    by: str,
) -> tuple[Change, Change]:
    """Move a document to the Vorgang `target_id` ("umhängen"): return the change there and the change here.

    There it is a new document, encrypted with that Vorgang's key; here it stays, cancelled, with the reason.
    Raises DokumentUnknown or AlreadyCancelled.
    """
    current = _current(conn, dokument_id)
    tenant_id, new_id = current["tenant_id"], uuid4()
    content = read_content(store, source_key, current)
    name = decrypt_cell(source_key, Dokument, "name", tenant_id=tenant_id, row_id=dokument_id, stored=current["name"])
    ref = put_content(store, target_key, content, tenant_id=tenant_id, owner_id=target_id, dokument_id=new_id)
    values = {column: value for column, value in current.items() if not column.startswith("storniert_")} | {
        "previous_id": None,
        "moved_from_id": dokument_id,
        "object_key": ref.key,
        "store_version_id": ref.version_id,
    }
    there = _filed(
        target_key,
        values,
        name,
        tenant_id=tenant_id,
        vorgang_id=target_id,
        dokument_id=new_id,
        at=at,
        by=by,
        reason=reason,
    )
    payload = {"grund": reason, "nach": str(target_id), "als": str(new_id)}
    return there, _cancelled(current, reason=reason, at=at, by=by, kind="dokument.umgehaengt", payload=payload)


def list_documents(conn: Connection, key: DataKey, vorgang_id: UUID) -> list[DokumentView]:
    """Return all documents of the Vorgang in the order of filing, cancelled ones too."""
    return [_view(number, row, key) for number, row in enumerate(_rows(conn, vorgang_id), 1)]


def open_document(
    conn: Connection, store: ObjectStore, key: DataKey, vorgang_id: UUID, dokument_id: UUID
) -> tuple[DokumentView, bytes]:
    """Return a document with its plaintext, after checking both hashes; whoever shows it records the access.

    Raises DokumentUnknown, ObjectMissing, ObjectDamaged or WrongKey.
    """
    for number, row in enumerate(_rows(conn, vorgang_id), 1):
        if row["id"] == dokument_id:
            return _view(number, row, key), read_content(store, key, row)
    raise DokumentUnknown(dokument_id)


def put_content(
    store: ObjectStore, key: DataKey, content: bytes, *, tenant_id: str, owner_id: UUID, dokument_id: UUID
) -> ObjectRef:
    """Encrypt and store the content of a document or upload; raises StoreFull or StoreUnavailable."""
    return store.put(tenant_id, owner_id, key.encrypt(content, aad=_place(tenant_id, owner_id, dokument_id)))


def read_content(store: ObjectStore, key: DataKey, row: Mapping[str, Any]) -> bytes:
    """Return the plaintext of a row of `dokument`, checked against its hash."""
    return open_object(store, key, row, owner_id=row["vorgang_id"])


def open_object(store: ObjectStore, key: DataKey, row: Mapping[str, Any], *, owner_id: UUID) -> bytes:
    """Return the plaintext of the object that a row names, checked against the row's hash."""
    stored = store.get(row["object_key"], row["store_version_id"])
    content = key.decrypt(stored, aad=_place(row["tenant_id"], owner_id, row["id"]))
    if sha256(content).digest() != row["sha256"]:
        raise ObjectDamaged(
            "Das Dokument passt nicht zu seiner Prüfsumme in der Akte. Prüfen Sie es mit „amtsweg verify“."
        )
    return content


def _filed(
    key: DataKey,
    values: Mapping[str, Any],
    name: str,
    *,
    tenant_id: str,
    vorgang_id: UUID,
    dokument_id: UUID,
    at: datetime,
    by: str,
    reason: str | None = None,
) -> Change:
    row = dict(values) | {
        "tenant_id": tenant_id,
        "id": dokument_id,
        "vorgang_id": vorgang_id,
        "name": encrypt_cell(key, Dokument, "name", tenant_id=tenant_id, row_id=dokument_id, value=name),
        "filed_at": at,
        "filed_by": by,
    }
    payload = {
        "art": row["art"],
        "richtung": row["richtung"],
        "name": name,
        "sha256": row["sha256"].hex(),
        "umgehaengt_von": events.plain(row.get("moved_from_id")),
        "grund": reason,
    }
    return insertion(Dokument, row, kind=FILED, at=at, actor_id=by, payload=payload)


def _cancelled(
    current: Mapping[str, Any], *, reason: str, at: datetime, by: str, kind: str, payload: Mapping[str, Any]
) -> Change:
    if current["storniert_at"] is not None:
        raise AlreadyCancelled(current["id"])
    marks = {"storniert_at": at, "storniert_by": by, "storniert_reason": reason}
    return alteration(Dokument, current, marks, kind=kind, at=at, actor_id=by, payload=payload)


def _current(conn: Connection, dokument_id: UUID) -> Mapping[str, Any]:
    row = read_row(conn, Dokument, tenant_of(conn), dokument_id)
    if row is None:
        raise DokumentUnknown(dokument_id)
    return row


def _rows(conn: Connection, vorgang_id: UUID) -> Iterator[dict[str, Any]]:
    filing = (
        (AkteEvent.tenant_id == Dokument.tenant_id)
        & (AkteEvent.vorgang_id == Dokument.vorgang_id)
        & (AkteEvent.subject_id == Dokument.id)
        & (AkteEvent.kind == FILED)
    )
    query = select(table_of(Dokument)).join(AkteEvent, filing)
    query = query.where(Dokument.tenant_id == tenant_of(conn), Dokument.vorgang_id == vorgang_id)
    return map(dict, conn.execute(query.order_by(AkteEvent.seq)).mappings())


def _view(number: int, row: Mapping[str, Any], key: DataKey) -> DokumentView:
    tenant_id, dokument_id = row["tenant_id"], row["id"]
    hidden = ("tenant_id", "object_key", "store_version_id")
    shown = {column: value for column, value in row.items() if column not in hidden} | {
        "name": decrypt_cell(key, Dokument, "name", tenant_id=tenant_id, row_id=dokument_id, stored=row["name"]),
        "richtung": Richtung(row["richtung"]),
        "fassung": Fassung(row["fassung"]),
        "scan_state": ScanState(row["scan_state"]),
    }
    return DokumentView(number=number, **shown)


def _place(tenant_id: str, owner_id: UUID, dokument_id: UUID) -> bytes:
    return place("object", tenant_id, owner_id, dokument_id)
