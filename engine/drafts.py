"""Drafts of forms: begun without a case, saved page by page, resumed on another device, sent as a Vorgang.

Id and data key of a draft become those of its Vorgang, so nothing is encrypted twice and uploads stay where they lie.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import Connection, delete, insert, select, update

from engine import catalog, instances, uploads
from engine.actors import Actor, ActorKind
from engine.errors import Conflict, Invalid, NotFound
from engine.feel.values import Value
from engine.files import open_file
from engine.house import House
from engine.instances import Sender, Started
from forms.convert import UploadedFile
from forms.stored import dump_values, load_values
from storage.akte import documents, zugriffe
from storage.akte.cells import decrypt_cell, encrypt_cell
from storage.akte.codes import code_fits, code_hash, new_code
from storage.akte.documents import put_content
from storage.akte.expiry import forget_draft
from storage.akte.vorgaenge import Draft
from storage.crypto import DataKey, place
from storage.db import tenant_of
from storage.keys import load_key, new_key
from storage.models.data_key import DataKeyRow, KeyPurpose
from storage.models.dokument import ScanState
from storage.models.entwurf import Entwurf, EntwurfFile
from storage.models.vorgang import Kanal
from storage.models.zugriff import ZugriffKind

KEPT: Final = timedelta(days=30)
MAX_FILES: Final = 20


@dataclass(frozen=True, slots=True)
class Begun:
    """A new draft; `code` resumes it without an account and is shown once."""

    id: UUID
    code: str


@dataclass(frozen=True, slots=True)
class OpenDraft:
    """A draft with its answers; `files` are the uploads by id, `version` guards against two open windows."""

    id: UUID
    deployed: catalog.Deployed
    key: DataKey
    page: str
    values: Mapping[str, Value]
    files: Mapping[str, UploadedFile]
    rows: Mapping[str, Mapping[str, Any]]
    version: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SentDraft:
    """What became of a draft that was sent."""

    started: Started
    procedure: catalog.Procedure


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A draft as "Meine Anträge" lists it."""

    id: UUID
    procedure_key: str
    deployment_id: UUID
    changed_at: datetime
    expires_at: datetime


def begin(house: House, procedure_key: str, *, by: Actor, at: datetime) -> Begun:
    """Begin a draft of the procedure's newest version; raises NotFound."""
    with house.db.begin() as conn:
        deployed = catalog.latest(conn, procedure_key)
        key, key_row = new_key(house.master_key, KeyPurpose.VORGANG, tenant_id=house.tenant_id, at=at)
        draft_id, code = uuid4(), new_code()
        conn.execute(insert(DataKeyRow).values(key_row))
        conn.execute(
            insert(Entwurf).values(
                tenant_id=house.tenant_id,
                id=draft_id,
                procedure_key=procedure_key,
                deployment_id=deployed.deployment_id,
                account=by.id if by.kind in (ActorKind.CITIZEN, ActorKind.STAFF) else None,
                code_hash=code_hash(code, draft_id),
                key_id=key.id,
                page="",
                answers=_sealed(key, house.tenant_id, draft_id, {}),
                version=1,
                created_at=at,
                changed_at=at,
                expires_at=at + KEPT,
            )
        )
    return Begun(draft_id, code)


def resume(house: House, draft_id: UUID, *, by: Actor, at: datetime, in_session: bool) -> OpenDraft:
    """Open a draft of this account, or one that the same browser began (`in_session`); raises NotFound."""
    with house.db.read() as conn:
        row = _row(conn, draft_id, at)
        mine = row is not None and (row["account"] == by.id if row["account"] else in_session)
        if row is None or not mine:
            raise NotFound("draft_unknown", draft_id=draft_id)
        return _opened(house, conn, row)


def resume_by_code(house: House, draft_id: UUID, code: str, *, at: datetime) -> OpenDraft:
    """Open a draft with the code shown when it was begun; raises NotFound. The caller limits how often one may try."""
    with house.db.read() as conn:
        row = _row(conn, draft_id, at)
        if not code_fits(code, draft_id, row["code_hash"] if row else None) or row is None:
            raise NotFound("draft_unknown", draft_id=draft_id)
        return _opened(house, conn, row)


def save(house: House, draft: OpenDraft, *, page: str, values: Mapping[str, Value], at: datetime) -> int:
    """Store the answers and where the person is; return the new version.

    Raises Conflict when another window saved meanwhile: nothing is overwritten.
    """
    with house.db.begin() as conn:
        changed = conn.execute(
            update(Entwurf)
            .where(Entwurf.tenant_id == house.tenant_id, Entwurf.id == draft.id, Entwurf.version == draft.version)
            .values(
                page=page,
                answers=_sealed(draft.key, house.tenant_id, draft.id, values),
                version=draft.version + 1,
                changed_at=at,
                expires_at=at + KEPT,
            )
        )
        if changed.rowcount != 1:
            raise Conflict("draft_changed", draft_id=draft.id)
    return draft.version + 1


def add_file(house: House, draft: OpenDraft, *, field: str, name: str, content: bytes, at: datetime) -> UploadedFile:
    """Store an upload, object first; raises Invalid when it is no PDF or photo, or there are too many."""
    if len(draft.files) >= MAX_FILES:
        raise Invalid("too_many_files", {field: f"Es sind schon {MAX_FILES} Dateien. Entfernen Sie zuerst eine."})
    media_type = uploads.media_type_of(content, field=field)
    name = uploads.safe_name(name, media_type)
    file_id = uuid4()
    ref = put_content(
        house.objects, draft.key, content, tenant_id=house.tenant_id, owner_id=draft.id, dokument_id=file_id
    )
    with house.db.begin() as conn:
        conn.execute(
            insert(EntwurfFile).values(
                tenant_id=house.tenant_id,
                id=file_id,
                entwurf_id=draft.id,
                field=field,
                name=encrypt_cell(
                    draft.key, EntwurfFile, "name", tenant_id=house.tenant_id, row_id=file_id, value=name
                ),
                sha256=sha256(content).digest(),
                size_bytes=len(content),
                media_type=media_type,
                object_key=ref.key,
                store_version_id=ref.version_id,
                scan_state=ScanState.OFFEN.value,
                uploaded_at=at,
            )
        )
    digest = sha256(content).hexdigest()
    return UploadedFile(str(file_id), name, len(content), media_type, digest, ScanState.OFFEN.value)


def remove_file(house: House, draft: OpenDraft, file_id: UUID) -> None:
    """Take an upload out of the draft; its object goes with the next clean-up. Removing it twice does no harm."""
    with house.db.begin() as conn:
        conn.execute(
            delete(EntwurfFile).where(
                EntwurfFile.tenant_id == house.tenant_id,
                EntwurfFile.entwurf_id == draft.id,
                EntwurfFile.id == file_id,
            )
        )


def send(house: House, draft: OpenDraft, *, by: Actor, at: datetime, kanal: Kanal = Kanal.PORTAL) -> Started:
    """Send the draft; the same draft again gives the same receipt. Raises Invalid, NotAllowed."""
    sender = Sender(kanal=kanal, draft=Draft(draft.id, draft.key), files=draft.rows)
    return instances.start(
        house, draft.deployed, draft.values, by=by, at=at, sender=sender, idempotency_key=request_key(draft.id)
    )


def sent(house: House, draft_id: UUID, *, by: Actor) -> Started | None:
    """Return the receipt of a draft that this actor sent before, for whoever presses the button again."""
    return instances.receipt_of(house, by=by, idempotency_key=request_key(draft_id))


def request_key(draft_id: UUID) -> str:
    """Return the idempotency key with which a draft is sent."""
    return f"draft:{draft_id}"


def receipt(house: House, draft_id: UUID, *, by: Actor) -> SentDraft | None:
    """Return what became of a draft that this actor sent, None if it was not sent.

    All anonymous senders are one actor: for them the caller checks that the same browser sent it.
    """
    started = sent(house, draft_id, by=by)
    if started is None:
        return None
    with house.db.read() as conn:
        return SentDraft(started, open_file(house, conn, started.vorgang_id).procedure)


def sent_answers(house: House, started: Started, *, by: Actor, at: datetime) -> bytes:
    """Return the answers exactly as they were stored, the JSON whose SHA-256 stands on the receipt."""
    with house.db.read() as conn:
        file = open_file(house, conn, started.vorgang_id)
        filed = documents.list_documents(conn, file.key, file.id)
        answers = next(one for one in filed if one.sha256.hex() == started.sha256)
        _, content = documents.open_document(conn, house.objects, file.key, file.id, answers.id)
    with house.db.begin() as conn:
        zugriffe.record(
            conn,
            ZugriffKind.HERUNTERLADEN,
            file.id,
            subject_kind="dokument",
            subject_id=answers.id,
            at=at,
            actor_id=by.id,
        )
    return content


def list_of(conn: Connection, account: str, *, at: datetime) -> list[DraftLine]:
    """Return the drafts of an account, the one changed last first."""
    columns = (Entwurf.id, Entwurf.procedure_key, Entwurf.deployment_id, Entwurf.changed_at, Entwurf.expires_at)
    query = select(*columns).where(
        Entwurf.tenant_id == tenant_of(conn), Entwurf.account == account, Entwurf.expires_at > at
    )
    return [DraftLine(*row) for row in conn.execute(query.order_by(Entwurf.changed_at.desc()))]


def discard(house: House, draft: OpenDraft, *, by: Actor, at: datetime) -> None:
    """Forget a draft for good, and its key with it."""
    with house.db.begin() as conn:
        forget_draft(conn, draft.id, draft.key.id, at=at, by=by.id, reason="Entwurf verworfen")


def _row(conn: Connection, draft_id: UUID, at: datetime) -> Mapping[str, Any] | None:
    query = select(Entwurf.__table__).where(Entwurf.tenant_id == tenant_of(conn), Entwurf.id == draft_id)
    row = conn.execute(query.where(Entwurf.expires_at > at)).mappings().one_or_none()
    return None if row is None else dict(row)


def _opened(house: House, conn: Connection, row: Mapping[str, Any]) -> OpenDraft:
    key = load_key(conn, house.master_key, row["key_id"])
    stored = key.decrypt(row["answers"], aad=_place(house.tenant_id, row["id"]))
    rows = _file_rows(conn, key, row["id"])
    return OpenDraft(
        id=row["id"],
        deployed=catalog.deployed(conn, row["deployment_id"]),
        key=key,
        page=row["page"],
        values=load_values(stored),
        files={file_id: instances.uploaded_file(one) for file_id, one in rows.items()},
        rows=rows,
        version=row["version"],
        expires_at=row["expires_at"],
    )


def _file_rows(conn: Connection, key: DataKey, draft_id: UUID) -> dict[str, Mapping[str, Any]]:
    """The uploads as rows, with their names in clear as `plain_name`."""
    query = select(EntwurfFile.__table__)
    query = query.where(EntwurfFile.tenant_id == tenant_of(conn), EntwurfFile.entwurf_id == draft_id)
    return {
        str(row["id"]): dict(row)
        | {
            "plain_name": decrypt_cell(
                key, EntwurfFile, "name", tenant_id=row["tenant_id"], row_id=row["id"], stored=row["name"]
            )
        }
        for row in conn.execute(query.order_by(EntwurfFile.uploaded_at)).mappings()
    }


def _sealed(key: DataKey, tenant_id: str, draft_id: UUID, values: Mapping[str, Value]) -> bytes:
    return key.encrypt(dump_values(values), aad=_place(tenant_id, draft_id))


def _place(tenant_id: str, draft_id: UUID) -> bytes:
    return place("entwurf", tenant_id, draft_id)
