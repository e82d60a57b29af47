"""`/antraege/<id>/aufgaben/<id>/rueckfrage`: what the office asks for, answered item by item, more time on request.

Every item is a form of its own: what was sent for one is kept, whatever becomes of the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from engine import rueckfragen, tasks
from engine.actors import Actor
from engine.errors import Conflict, Invalid, NotFound
from engine.rueckfragen import RueckfrageView, Upload
from engine.tasks import TaskWork
from web import access, sessions
from web.auth import current_actor
from web.pages import language, t
from web.portal.cases import ANSWERED
from web.site import house, now

blueprint = Blueprint(
    "rueckfrage", __name__, url_prefix="/antraege/<uuid:vorgang_id>/aufgaben/<uuid:task_id>/rueckfrage"
)

_DONE, _TIME = "fertig", "frist"


@dataclass(frozen=True, slots=True)
class Typed:
    """What was sent for one item and could not be kept; `errors` by field (`antwort`, `datei`)."""

    punkt: UUID | None = None
    text: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    trouble: str = ""

    def problems(self) -> list[tuple[str, str]]:
        return [(f"{name}-{self.punkt}", sentence) for name, sentence in self.errors.items()]


@blueprint.get("")
@access.citizen
def show(vorgang_id: UUID, task_id: UUID) -> AnyResponse:
    by, at = current_actor(), now()
    try:
        work, asked = _open(vorgang_id, task_id, by, at)
    except NotFound:
        return _answered_before(vorgang_id, task_id, by, at)
    return Response(_page(work, asked, Typed()))


@blueprint.post("")
@access.citizen
def answer(vorgang_id: UUID, task_id: UUID) -> AnyResponse:
    """Keep the answer to one item, ask for more time, or say that this is all: the button says which."""
    by, at = current_actor(), now()
    try:
        work, asked = _open(vorgang_id, task_id, by, at)
    except NotFound:
        return _answered_before(vorgang_id, task_id, by, at)
    action, text = request.form.get("_aktion", ""), request.form.get("antwort", "")
    punkt = _punkt(asked, action)
    try:
        if action == _TIME:
            rueckfragen.ask_for_time(house(), task_id, by=by, at=at)
            return _to_page(work)
        if action == _DONE:
            rueckfragen.finish(house(), task_id, text=text, by=by, at=at)
            return _finished(work)
        is_last = rueckfragen.answer(house(), task_id, punkt, text=text, upload=_upload(), by=by, at=at)
    except Invalid as invalid:
        return Response(_page(work, asked, Typed(punkt, text, invalid.errors)), 422)
    except Conflict:
        return Response(_page(work, asked, Typed(punkt, text, trouble=t("portal.rueckfrage.conflict"))), 409)
    return _finished(work) if is_last else _to_page(work, punkt)


def _open(vorgang_id: UUID, task_id: UUID, by: Actor, at: datetime) -> tuple[TaskWork, RueckfrageView]:
    work = tasks.work_on(house(), task_id, by=by, at=at)
    asked = rueckfragen.of_task(house(), work)
    if work.task.vorgang_id != vorgang_id or asked is None:
        raise NotFound("task_unknown", task_id=task_id)
    return work, asked


def _punkt(asked: RueckfrageView, action: str) -> UUID:
    """The item whose button was pressed; another button, or none, means the first that is open."""
    named = next((one.id for one in asked.punkte if str(one.id) == action), None)
    return named or (asked.open_punkte or asked.punkte)[0].id


def _upload() -> Upload | None:
    sent = request.files.get("datei")
    return Upload(sent.filename, sent.read()) if sent and sent.filename else None


def _answered_before(vorgang_id: UUID, task_id: UUID, by: Actor, at: datetime) -> AnyResponse:
    done = tasks.finished(house(), task_id, by=by, at=at)
    if done.vorgang_id != vorgang_id:
        raise NotFound("task_unknown", task_id=task_id)
    return redirect(url_for("antraege.show", vorgang_id=vorgang_id), 303)


def _finished(work: TaskWork) -> AnyResponse:
    sessions.current().values[ANSWERED] = str(work.task.vorgang_id)
    return redirect(url_for("antraege.show", vorgang_id=work.task.vorgang_id), 303)


def _to_page(work: TaskWork, punkt: UUID | None = None) -> AnyResponse:
    anchor = f"punkt-{punkt}" if punkt else "frist"
    address = url_for("rueckfrage.show", vorgang_id=work.task.vorgang_id, task_id=work.task.id, _anchor=anchor)
    return redirect(address, 303)


def _page(work: TaskWork, asked: RueckfrageView, typed: Typed) -> str:
    procedure, task, code = work.case.deployed.procedure, work.task, language().code
    return render_template(
        "portal/rueckfrage.html",
        task=task,
        asked=asked,
        typed=typed,
        title=procedure.text(f"aufgaben.{task.element}.titel", language=code) or task.name,
        text=procedure.text(f"aufgaben.{task.element}.text", language=code),
    )
