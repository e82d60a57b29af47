"""`/inbox/vorgaenge/<id>`: a Vorgang for reading: where it stands, what is in its file, and each document."""

from uuid import UUID

from flask import Blueprint, Response, render_template

from engine import cases, tasks
from engine.errors import NotFound
from engine.stages import StageLine
from storage.akte.documents import DokumentView
from storage.models.dokument import ScanState
from web import access, downloads, headers
from web.auth import current_actor
from web.formats import moment
from web.inbox import bestand, file, notices
from web.site import house, now

blueprint = Blueprint("case", __name__, url_prefix="/inbox/vorgaenge/<uuid:vorgang_id>")

_IN_A_FRAME = frozenset({"application/pdf"})
_AS_PICTURE = frozenset({"image/png", "image/jpeg"})


@blueprint.get("")
@access.staff()
def show(vorgang_id: UUID) -> str:
    by, at = current_actor(), now()
    view = file.view(house(), vorgang_id, by=by, at=at)
    with house().db.read() as conn:
        open_tasks = tasks.of_vorgang(conn, vorgang_id, by=by, on=at)
    return render_template(
        "inbox/case.html",
        file=view,
        open_tasks=open_tasks,
        timeline=[_entry(line) for line in view.case.stages],
        beside=bestand.beside(house(), view.case, by=by),
        kasse_status=bestand.STATUS,
        amount=bestand.cents,
        words=file,
        list_address=notices.list_address(),
    )


@blueprint.get("/diagramm.bpmn")
@access.staff()
def diagram(vorgang_id: UUID) -> Response:
    """The model by which the Vorgang runs, for the viewer."""
    return Response(cases.diagram(house(), vorgang_id, by=current_actor(), at=now()), mimetype="application/xml")


@blueprint.get("/dokumente/<uuid:dokument_id>")
@access.staff()
def document(vorgang_id: UUID, dokument_id: UUID) -> str:
    """A document with what the file says about it, and its content in a frame where a browser can show it."""
    case = cases.get(house(), vorgang_id, by=current_actor(), at=now())
    found = next((one for one in case.documents if one.id == dokument_id), None)
    if found is None:
        raise NotFound("document_unknown", document_id=dokument_id)
    if found.media_type in _IN_A_FRAME:
        headers.allow("frame-src", "'self'")
    return render_template(
        "inbox/document.html",
        case=case,
        document=found,
        list_address=notices.list_address(),
        words=file,
        shown_as=_shown_as(found),
    )


@blueprint.get("/dokumente/<uuid:dokument_id>/inhalt")
@access.staff()
def content(vorgang_id: UUID, dokument_id: UUID) -> Response:
    """The document itself; each opening is recorded. What a browser might run is only ever downloaded."""
    found, data = cases.open_document(house(), vorgang_id, dokument_id, by=current_actor(), at=now())
    if downloads.is_shown(found.media_type):
        headers.allow_framing()
    return downloads.document(found.name, found.media_type, data)


def _entry(line: StageLine) -> dict[str, str | None]:
    state = "now" if line.is_current else "done" if line.reached_at else "next"
    return {
        "state": state,
        "title": line.title,
        "at": moment(line.reached_at) if line.reached_at else None,
        "text": None,
    }


def _shown_as(document: DokumentView) -> str:
    if document.scan_state is ScanState.BEFALLEN:
        return "nothing"
    if document.media_type in _IN_A_FRAME:
        return "frame"
    return "picture" if document.media_type in _AS_PICTURE else "download"
