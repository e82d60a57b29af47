"""`/inbox/aufgaben/<id>`: one task with its form beside the file, and what somebody does with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from engine import accounts, decisions, deferrals, tasks
from engine.actors import Actor
from engine.catalog import GERMAN
from engine.errors import Conflict, Invalid, NotAllowed, NotFound
from engine.feel.values import Value
from engine.letters import LetterRefused
from engine.runtime.errors import ExecutionFailed
from engine.submissions import Submission
from engine.tasks import OpenTask, TaskWork
from forms.entries import Entries, apply_action, page_action, read_html
from forms.model import Form
from forms.texts import Texts
from forms.validate import Given, Result, settle, validate_html
from forms.view import FieldView, Filling, PageView, fields_of, form_views, start_entries
from web import access
from web.auth import current_actor
from web.formats import local
from web.inbox import comparison, data, file, letter, notices
from web.inbox.file import FileView
from web.site import house, now

blueprint = Blueprint("task", __name__, url_prefix="/inbox/aufgaben/<uuid:task_id>")

PREVIEW = decisions.PREVIEW
PREVIEW_KIND = "vorschau_art"


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether this person may work on the task; else `refusal` says why not, with what she can do instead."""

    is_mine: bool
    is_free: bool
    refusal: str = ""
    in_place_of: str = ""

    @property
    def may_work(self) -> bool:
        return not self.refusal


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form: at first the inputs, later what was typed, with what is wrong about it."""

    entries: Entries
    errors: Mapping[str, str] = field(default_factory=dict)
    revealed: Sequence[str] = ()
    trouble: str = ""


@blueprint.get("")
@access.staff()
def show(task_id: UUID) -> str:
    by, at = current_actor(), now()
    try:
        work = tasks.work_on(house(), task_id, by=by, at=at)
    except NotFound:
        return _finished_page(tasks.finished(house(), task_id, by=by, at=at), [])
    return _page(work, Typed(_start_entries(work)), by, at)


@blueprint.post("")
@access.staff()
def complete(task_id: UUID) -> AnyResponse:
    """Finish the task; what was typed is never lost, whatever comes between."""
    by, at = current_actor(), now()
    sent = request.form.to_dict(flat=False)
    try:
        work = tasks.work_on(house(), task_id, by=by, at=at)
    except NotFound:
        return _after_the_fact(tasks.finished(house(), task_id, by=by, at=at), sent, by, at)
    changed = _change_of_rows(work.form, sent)
    if changed is not None:
        return Response(_page(work, Typed(changed), by, at))
    result = _result(work.form, sent, work.inputs, at)
    if not result.ok:
        return Response(_page(work, Typed(result.entries, result.errors, result.revealed), by, at), 422)
    try:
        tasks.complete(house(), task_id, result.values, by=by, at=at)
    except Conflict as conflict:
        return _conflict(work, conflict, result, by, at)
    except Invalid as invalid:
        return Response(_page(work, Typed(result.entries, invalid.errors), by, at), 422)
    except ExecutionFailed as failed:
        trouble = failed.message_de
        return Response(_page(work, Typed(result.entries, trouble=trouble), by, at), 422)
    return _done(work.task)


@blueprint.post("/uebernehmen")
@access.staff()
def claim(task_id: UUID) -> AnyResponse:
    by, at = current_actor(), now()
    try:
        tasks.claim(house(), task_id, by=by, at=at)
    except NotFound:
        _tell_finished(tasks.finished(house(), task_id, by=by, at=at))
        return redirect(notices.list_address(), 303)
    except (Conflict, NotAllowed):
        return redirect(url_for("task.show", task_id=task_id), 303)  # the page says who has it, or who may sign
    return redirect(url_for("task.show", task_id=task_id), 303)


@blueprint.post("/zurueckgeben")
@access.staff()
def release(task_id: UUID) -> AnyResponse:
    by, at = current_actor(), now()
    try:
        tasks.release(house(), task_id, by=by, at=at)
    except NotFound:
        _tell_finished(tasks.finished(house(), task_id, by=by, at=at))
    except Conflict:
        notices.put("info", "Diese Aufgabe hatten Sie nicht übernommen. Es wurde nichts geändert.")
    else:
        notices.put("success", "Die Aufgabe ist wieder frei.")
    return redirect(notices.list_address(), 303)


@blueprint.route("/vorschau", methods=["GET", "POST"])
@access.staff()
def preview(task_id: UUID) -> Response:
    """The letter as it would be issued now, for a frame; a POST shows it with what stands in the form."""
    by, at = current_actor(), now()
    work = tasks.work_on(house(), task_id, by=by, at=at)
    properties, vorgang_id = work.task.properties, work.task.vorgang_id
    template, kind = properties.get(PREVIEW), properties.get(PREVIEW_KIND, "")
    if not template or vorgang_id is None:
        raise NotFound("preview_unknown", task_id=task_id)
    values = {**work.inputs, **_values(work, at)}
    try:
        with house().db.read() as conn:
            found = decisions.preview(
                house(), conn, vorgang_id, template=template, kind=kind, data=values, at=at, signatory=by.name
            )
    except LetterRefused as refused:
        return letter.missing(str(refused.details.get("message", "")))
    return letter.framed(found.html)


def _page(work: TaskWork, typed: Typed, by: Actor, at: datetime) -> str:
    task, procedure = work.task, work.case.deployed.procedure
    standing = _standing(task, by, at)
    view = file.view(house(), task.vorgang_id, by=by, at=at) if task.vorgang_id else None
    has_preview = PREVIEW in task.properties and view is not None and standing.may_work
    if has_preview:
        letter.allow_frame()
    return render_template(
        "inbox/task.html",
        task=task,
        procedure=procedure,
        standing=standing,
        deferral=deferrals.current(house(), task, at=at),
        pages=_pages(work, typed, at),
        typed=typed,
        blocks=data.shown(procedure, work.form, work.inputs),
        papers=_papers(view, work.inputs),
        comparison=_comparison(task, view, at),
        names=_names(view),
        file=view,
        words=file,
        has_preview=has_preview,
        list_address=notices.list_address(),
    )


def _standing(task: OpenTask, by: Actor, at: datetime) -> Standing:
    is_mine = task.assignee == by.id
    with house().db.read() as conn:
        try:
            tasks.check_may_take(house(), conn, task, by, on=at)
        except Conflict:
            holder = accounts.name_of(conn, task.assignee or "")
            since = f" seit {local(task.claimed_at):%d.%m.%Y, %H:%M} Uhr" if task.claimed_at else ""
            return Standing(is_mine, is_free=False, refusal=f"{holder} bearbeitet diese Aufgabe{since}.")
        except NotAllowed:
            return Standing(
                is_mine,
                task.assignee is None,
                "Sie haben an diesem Vorgang schon mitgewirkt. Diese Aufgabe muss eine andere Person erledigen, "
                "damit vier Augen auf die Entscheidung gesehen haben.",
            )
        in_place_of = accounts.name_of(conn, task.assignee) if task.assignee and not is_mine else ""
    return Standing(is_mine, task.assignee is None, in_place_of=in_place_of)


def _pages(work: TaskWork, typed: Typed, at: datetime) -> tuple[PageView, ...]:
    if work.form is None:
        return ()
    filling = Filling(
        given=_given(work.inputs, at),
        texts=work.case.deployed.procedure.texts.get(GERMAN, Texts()),
        entries=typed.entries,
        errors=typed.errors,
        revealed=typed.revealed,
    )
    return form_views(work.form, filling)


def _papers(view: FileView | None, inputs: Mapping[str, Value]) -> list[object]:
    """The documents that the task's inputs name."""
    named = {value for value in inputs.values() if isinstance(value, str)}
    return [one for one in view.case.documents if str(one.id) in named] if view else []


def _comparison(task: OpenTask, view: FileView | None, at: datetime) -> comparison.Comparison | None:
    if not task.needs_second_person or view is None or not view.sent:
        return None
    return comparison.compare(view.sent, at=at)


def _names(view: FileView | None) -> Mapping[str, str]:
    with house().db.read() as conn:
        return accounts.names_of(conn, {one.actor_id for one in view.sent} if view else ())


def _start_entries(work: TaskWork) -> Entries:
    return start_entries(work.form, work.inputs) if work.form else {}


def _given(inputs: Mapping[str, Value], at: datetime) -> Given:
    return Given(now=at, inputs=inputs)


def _change_of_rows(form: Form | None, sent: Mapping[str, Sequence[str]]) -> Entries | None:
    """The entries after a button that adds or removes a row was pressed; None if it was another button."""
    action = page_action(request.form.get("_aktion", ""))
    if form is None or action is None:
        return None
    entries = read_html(form.children, sent).entries
    apply_action(form.children, entries, action)
    return entries


def _result(form: Form | None, sent: Mapping[str, Sequence[str]], inputs: Mapping[str, Value], at: datetime) -> Result:
    return validate_html(form, sent, _given(inputs, at)) if form else Result({}, {})


def _values(work: TaskWork, at: datetime) -> Mapping[str, Value]:
    """What stands in the form now, as far as it is right; the preview judges nothing."""
    if work.form is None:
        return {}
    if request.method == "POST":
        return _result(work.form, request.form.to_dict(flat=False), work.inputs, at).values
    return settle(work.form, work.form.pages, _start_entries(work), _given(work.inputs, at), {}).values


def _conflict(work: TaskWork, conflict: Conflict, result: Result, by: Actor, at: datetime) -> AnyResponse:
    """Somebody was faster, in the moment between showing and sending."""
    if conflict.code == "task_finished":
        done = tasks.finished(house(), work.task.id, by=by, at=at)
        return _after_the_fact(done, request.form.to_dict(flat=False), by, at)
    if conflict.code == "instance_busy":
        trouble = "Der Vorgang wird gerade an anderer Stelle bearbeitet. Senden Sie gleich noch einmal."
        return Response(_page(work, Typed(result.entries, trouble=trouble), by, at), 409)
    if conflict.code == "task_already_claimed":
        with house().db.read() as conn:
            held = tasks.get(conn, work.task.id, by=by, on=at)
        sentence = _standing(held, by, at).refusal
    else:
        sentence = "Diese Aufgabe gibt es nicht mehr: Der Vorgang ist inzwischen ohne sie weitergegangen."
    typed = _labelled(work.form, result.entries, at)
    return Response(_conflict_page(work.task.name, work.task.vorgang_id, sentence, typed), 409)


def _after_the_fact(done: Submission, sent: Mapping[str, Sequence[str]], by: Actor, at: datetime) -> AnyResponse:
    """The task was finished before this was sent. The same by the same person is a double click: nothing happened."""
    result = _result(done.form, sent, {}, at)
    if done.actor_id == by.id and dict(done.values) == result.values:
        _tell_finished(done)
        return redirect(notices.list_address(), 303)
    return Response(_finished_page(done, _labelled(done.form, result.entries, at)), 409)


def _finished_page(done: Submission, typed: list[tuple[str, str]]) -> str:
    return _conflict_page(done.name, done.vorgang_id, _finished_sentence(done), typed)


def _conflict_page(name: str, vorgang_id: UUID | None, sentence: str, typed: list[tuple[str, str]]) -> str:
    return render_template(
        "inbox/conflict.html",
        name=name,
        vorgang_id=vorgang_id,
        sentence=sentence,
        typed=typed,
        list_address=notices.list_address(),
    )


def _finished_sentence(done: Submission) -> str:
    with house().db.read() as conn:
        who = f"{accounts.name_of(conn, done.actor_id)} hat"
    if done.actor_id == current_actor().id:
        who = "Sie haben"
    when = local(done.at)
    day = "" if when.date() == local(now()).date() else f"am {when:%d.%m.%Y} "
    return f"{who} diese Aufgabe {day}um {when:%H:%M} Uhr erledigt."


def _labelled(form: Form | None, entries: Entries, at: datetime) -> list[tuple[str, str]]:
    """What was typed, as it was typed, with the labels of its fields."""
    if form is None:
        return []
    pages = form_views(form, Filling(given=Given(now=at), entries=entries))
    fields = [one for page in pages for one in fields_of(page.items)]
    return [(one.label, _typed_text(one)) for one in fields if _typed_text(one)]


def _typed_text(view: FieldView) -> str:
    if view.kind == "checkbox":
        return "ja" if view.value else ""
    return view.value


def _tell_finished(done: Submission) -> None:
    notices.put("success", f"{done.name}: {_finished_sentence(done)}", vorgang_id=done.vorgang_id)


def _done(task: OpenTask) -> AnyResponse:
    notices.put("success", f"Erledigt: {task.name}, {task.aktenzeichen or ''}".rstrip(", "), vorgang_id=task.vorgang_id)
    return redirect(notices.list_address(), 303)
