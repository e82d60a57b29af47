"""`/antraege/<id>/aufgaben/<id>`: a question to the citizen, answered by her in the form that the model names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from engine import rueckfragen, task_files, tasks
from engine.actors import Actor
from engine.catalog import GERMAN
from engine.errors import Conflict, Invalid, NotFound
from engine.runtime.errors import ExecutionFailed
from engine.tasks import TaskWork
from forms.entries import Entries, PageAction, apply_action, page_action, put, read_html, upload_at
from forms.model import Form, Upload, scope_of
from forms.texts import Texts
from forms.validate import Given, UploadedFile, file_error, validate_html
from forms.view import Filling, PageView, form_views, start_entries
from web import access, sessions
from web.auth import current_actor
from web.pages import language
from web.portal.cases import ANSWERED
from web.site import house, now

blueprint = Blueprint("antrag_aufgabe", __name__, url_prefix="/antraege/<uuid:vorgang_id>/aufgaben/<uuid:task_id>")

Sent = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form, with what is wrong about it."""

    entries: Entries
    errors: Mapping[str, str] = field(default_factory=dict)
    revealed: tuple[str, ...] = ()
    trouble: str = ""


@blueprint.get("")
@access.citizen
def show(vorgang_id: UUID, task_id: UUID) -> AnyResponse:
    by, at = current_actor(), now()
    try:
        work = _work(vorgang_id, task_id, by, at)
    except NotFound:
        return _answered_before(vorgang_id, task_id, by, at)
    if rueckfragen.of_task(house(), work) is not None:
        return redirect(url_for("rueckfrage.show", vorgang_id=vorgang_id, task_id=task_id), 303)
    return Response(_page(work, Typed(_start(work, by, at)), by, at))


@blueprint.post("")
@access.citizen
def answer(vorgang_id: UUID, task_id: UUID) -> AnyResponse:
    """Take the answer, or a file, or a file back; what was typed is never lost."""
    by, at = current_actor(), now()
    try:
        work = _work(vorgang_id, task_id, by, at)
    except NotFound:
        return _answered_before(vorgang_id, task_id, by, at)
    if rueckfragen.of_task(house(), work) is not None:
        return redirect(url_for("rueckfrage.show", vorgang_id=vorgang_id, task_id=task_id), 303)
    sent = request.form.to_dict(flat=False)
    refused = _store_uploads(work, sent, by, at)
    action = page_action(request.form.get("_aktion", ""))
    if action is not None and work.form is not None:
        return Response(_page(work, Typed(_changed(work, work.form, sent, action, by, at), refused), by, at))
    return _finish(work, sent, refused, by, at)


def _work(vorgang_id: UUID, task_id: UUID, by: Actor, at: datetime) -> TaskWork:
    work = tasks.work_on(house(), task_id, by=by, at=at)
    if work.task.vorgang_id != vorgang_id:
        raise NotFound("task_unknown", task_id=task_id)
    return work


def _finish(work: TaskWork, sent: Sent, refused: Mapping[str, str], by: Actor, at: datetime) -> AnyResponse:
    files = task_files.added(house(), work.task.id, by=by, at=at)
    if work.form is None:
        values, typed = {}, Typed({})
    else:
        result = validate_html(work.form, sent, Given(now=at, inputs=work.inputs, files=files))
        values, typed = result.values, Typed(result.entries, {**result.errors, **refused}, result.revealed)
        if refused or not result.ok:
            return Response(_page(work, typed, by, at), 422)
    try:
        tasks.complete(house(), work.task.id, values, by=by, at=at, files=files)
    except Conflict as conflict:
        if conflict.code == "task_finished":
            return redirect(url_for("antraege.show", vorgang_id=work.task.vorgang_id), 303)
        trouble = "Der Vorgang wird gerade an anderer Stelle bearbeitet. Senden Sie gleich noch einmal."
        return Response(_page(work, Typed(typed.entries, trouble=trouble), by, at), 409)
    except Invalid as invalid:
        return Response(_page(work, Typed(typed.entries, invalid.errors), by, at), 422)
    except ExecutionFailed as failed:
        return Response(_page(work, Typed(typed.entries, trouble=failed.message_de), by, at), 422)
    sessions.current().values[ANSWERED] = str(work.task.vorgang_id)
    return redirect(url_for("antraege.show", vorgang_id=work.task.vorgang_id), 303)


def _answered_before(vorgang_id: UUID, task_id: UUID, by: Actor, at: datetime) -> AnyResponse:
    """Who answered already is led to the Vorgang, also after a double click; a foreign task looks like none."""
    done = tasks.finished(house(), task_id, by=by, at=at)
    if done.vorgang_id != vorgang_id:
        raise NotFound("task_unknown", task_id=task_id)
    return redirect(url_for("antraege.show", vorgang_id=vorgang_id), 303)


def _store_uploads(work: TaskWork, sent: Sent, by: Actor, at: datetime) -> dict[str, str]:
    """File what was chosen and name it in `sent`; return why others could not be taken, by field."""
    refused: dict[str, str] = {}
    for name, upload in request.files.items(multi=True):
        component = upload_at(work.form.children, name) if work.form else None
        if component is None or not upload.filename:
            continue
        content = upload.read()
        problem = file_error(component, upload.filename, len(content))
        if problem is not None:
            refused[name] = problem
            continue
        try:
            stored = task_files.add(
                house(), work.task.id, field=name, name=upload.filename, content=content, by=by, at=at
            )
        except Invalid as invalid:
            refused |= invalid.errors
        else:
            sent.setdefault(name, []).append(stored.id)
    return refused


def _changed(work: TaskWork, form: Form, sent: Sent, action: PageAction, by: Actor, at: datetime) -> Entries:
    """What stands in the form after the button of a row or a file."""
    entries = read_html(form.children, sent).entries
    if apply_action(form.children, entries, action) and upload_at(form.children, action.name) is not None:
        task_files.take_back(house(), work.task.id, action.what, by=by, at=at)
    return entries


def _start(work: TaskWork, by: Actor, at: datetime) -> Entries:
    """The form as it begins; files that were added on an earlier visit are filed, so they stand in it again."""
    if work.form is None:
        return {}
    entries = start_entries(work.form, work.inputs)
    uploads = (one for one in scope_of(work.form.children) if isinstance(one, Upload))
    files = task_files.added(house(), work.task.id, by=by, at=at)
    if files and (first := next(uploads, None)) is not None:
        put(entries, first.path, list(files))
    return entries


def _page(work: TaskWork, typed: Typed, by: Actor, at: datetime) -> str:
    procedure, task, code = work.case.deployed.procedure, work.task, language().code
    pages = _pages(work, typed, task_files.added(house(), task.id, by=by, at=at), at)
    return render_template(
        "portal/task.html",
        task=task,
        title=procedure.text(f"aufgaben.{task.element}.titel", language=code) or task.name,
        text=procedure.text(f"aufgaben.{task.element}.text", language=code),
        pages=pages,
        typed=typed,
        has_upload=any(page.has_upload for page in pages),
    )


def _pages(work: TaskWork, typed: Typed, files: Mapping[str, UploadedFile], at: datetime) -> tuple[PageView, ...]:
    if work.form is None:
        return ()
    texts = work.case.deployed.procedure.texts
    return form_views(
        work.form,
        Filling(
            given=Given(now=at, inputs=work.inputs, files=files),
            texts=texts.get(language().code) or texts.get(GERMAN, Texts()),
            entries=typed.entries,
            errors=typed.errors,
            revealed=typed.revealed,
        ),
    )
