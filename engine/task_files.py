"""Files that a citizen adds while she answers a question: they are filed at once, and the form names them.

A file that is taken back before the answer is sent stays in the file of the Vorgang, cancelled: nothing that came in
is lost (Aktenvollständigkeit).
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from engine import tasks, uploads
from engine.actors import Actor
from engine.errors import Invalid, NotFound
from engine.files import open_file
from engine.house import House
from engine.tasks import OpenTask
from forms.validate import UploadedFile
from storage.akte import documents
from storage.akte.changes import write
from storage.akte.documents import DokumentView, NewDokument
from storage.models.dokument import Richtung

ART: Final = "nachweis"
MAX_FILES: Final = 20


def added(house: House, task_id: UUID, *, by: Actor, at: datetime) -> dict[str, UploadedFile]:
    """Return what `by` has added since the task is open, by id and in order; raises NotFound."""
    with house.db.read() as conn:
        task = tasks.get(conn, task_id, by=by, on=at)
        file = open_file(house, conn, _vorgang_of(task))
        filed = documents.list_documents(conn, file.key, file.id)
    return {str(one.id): _uploaded(one) for one in filed if _belongs_to(one, task, by)}


def add(house: House, task_id: UUID, *, field: str, name: str, content: bytes, by: Actor, at: datetime) -> UploadedFile:
    """File an upload for the task; raises NotFound, and Invalid when it is no PDF or photo, or there are too many."""
    if len(added(house, task_id, by=by, at=at)) >= MAX_FILES:
        raise Invalid("too_many_files", {field: f"Es sind schon {MAX_FILES} Dateien. Entfernen Sie zuerst eine."})
    media_type = uploads.media_type_of(content, field=field)
    name = uploads.safe_name(name, media_type)
    with house.db.read() as conn:
        file = open_file(house, conn, _vorgang_of(tasks.get(conn, task_id, by=by, on=at)))
    change = documents.file_document(
        house.objects,
        file.key,
        NewDokument(
            richtung=Richtung.EINGANG,
            art=ART,
            name=name,
            content=content,
            media_type=media_type,
            eingegangen_am=at,
            verfasser=by.id,
        ),
        tenant_id=house.tenant_id,
        vorgang_id=file.id,
        at=at,
        by=by.id,
    )
    with house.db.begin() as conn:
        write(conn, file.key, file.id, [change])
    dokument_id = str(change.row["id"])
    return added(house, task_id, by=by, at=at)[dokument_id]


def take_back(house: House, task_id: UUID, file_id: str, *, by: Actor, at: datetime) -> None:
    """Cancel a file that was added; any other, also one cancelled already, changes nothing. Raises NotFound."""
    if file_id not in added(house, task_id, by=by, at=at):
        return
    with house.db.begin() as conn:
        file = open_file(house, conn, _vorgang_of(tasks.get(conn, task_id, by=by, on=at)))
        reason = "Vor dem Senden der Antwort entfernt"
        change = documents.cancel(conn, UUID(file_id), reason=reason, at=at, by=by.id)
        write(conn, file.key, file.id, [change])


def _vorgang_of(task: OpenTask) -> UUID:
    if task.vorgang_id is None:
        raise NotFound("task_unknown", task_id=task.id)
    return task.vorgang_id


def _belongs_to(document: DokumentView, task: OpenTask, by: Actor) -> bool:
    return (
        document.art == ART
        and document.filed_by == by.id
        and document.filed_at >= task.opened_at
        and document.storniert_at is None
    )


def _uploaded(document: DokumentView) -> UploadedFile:
    return UploadedFile(
        id=str(document.id),
        name=document.name,
        size_bytes=document.size_bytes,
        media_type=document.media_type,
        sha256=document.sha256.hex(),
        scan_state=document.scan_state.value,
    )
