"""`/inbox/vorgaenge/<id>/vermerke`: write a note or what was said on the telephone into the file."""

from secrets import token_urlsafe
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from engine import notes
from engine.errors import Invalid
from engine.notes import WRITTEN_BY_PEOPLE, NoteKind
from web import access
from web.auth import current_actor
from web.inbox import file
from web.site import house, now

blueprint = Blueprint("notes", __name__, url_prefix="/inbox/vorgaenge/<uuid:vorgang_id>/vermerke")


@blueprint.get("")
@access.staff()
def new(vorgang_id: UUID) -> str:
    return _page(vorgang_id, NoteKind.VERMERK, "", "")


@blueprint.post("")
@access.staff()
def add(vorgang_id: UUID) -> AnyResponse:
    """Write the note and go back to where its author came from."""
    text, kind = request.form.get("text", ""), _kind()
    try:
        notes.add(
            house(),
            vorgang_id,
            kind,
            text,
            by=current_actor(),
            at=now(),
            idempotency_key=request.form.get("_schluessel", ""),
        )
    except Invalid as invalid:
        return Response(_page(vorgang_id, kind, text, invalid.errors["text"]), 422)
    return redirect(_way_back(vorgang_id), 303)


def _page(vorgang_id: UUID, kind: NoteKind, text: str, problem: str) -> str:
    view = file.view(house(), vorgang_id, by=current_actor(), at=now())
    known = notes.of_vorgang(house(), vorgang_id, by=current_actor(), at=now())
    return render_template(
        "inbox/note.html",
        case=view.case,
        notes=known,
        kinds=[(one.value, file.NOTE[one]) for one in WRITTEN_BY_PEOPLE],
        kind=kind.value,
        text=text,
        problem=problem,
        words=file,
        way_back=_way_back(vorgang_id),
        task_id=_task_id() or "",
        form_key=request.form.get("_schluessel") or token_urlsafe(),
        text_max=notes.TEXT_MAX,
    )


def _kind() -> NoteKind:
    """What does not fit counts as a plain note."""
    wanted = request.form.get("art", "")
    return next((one for one in WRITTEN_BY_PEOPLE if one.value == wanted), NoteKind.VERMERK)


def _task_id() -> UUID | None:
    try:
        return UUID(request.values.get("aufgabe", ""))
    except ValueError:
        return None


def _way_back(vorgang_id: UUID) -> str:
    task_id = _task_id()
    return url_for("task.show", task_id=task_id) if task_id else url_for("case.show", vorgang_id=vorgang_id)
