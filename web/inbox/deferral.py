"""`/inbox/aufgaben/<id>/zurueckstellen`: put a task off until a day, and take it back."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from engine import deferrals, tasks
from engine.errors import Conflict, Invalid, NotAllowed
from web import access
from web.auth import current_actor
from web.inbox import notices
from web.site import house, now

blueprint = Blueprint("deferral", __name__, url_prefix="/inbox/aufgaben/<uuid:task_id>")


@blueprint.get("/zurueckstellen")
@access.staff()
def edit(task_id: UUID) -> str:
    return _page(task_id, {})


@blueprint.post("/zurueckstellen")
@access.staff()
def put_off(task_id: UUID) -> AnyResponse:
    by, at = current_actor(), now()
    until, reason = _day(request.form.get("bis", "")), request.form.get("grund", "")
    try:
        deferrals.put_off(house(), task_id, until=until, reason=reason, by=by, at=at)
    except Invalid as invalid:
        return Response(_page(task_id, invalid.errors), 422)
    except (Conflict, NotAllowed):
        return redirect(url_for("task.show", task_id=task_id), 303)  # the page says who has it, or who may sign
    notices.put(
        "success", "Die Aufgabe ist zurückgestellt. Sie steht unter „Zurückgestellt“ und kommt von selbst wieder."
    )
    return redirect(notices.list_address(), 303)


@blueprint.post("/wiederaufnehmen")
@access.staff()
def take_back(task_id: UUID) -> AnyResponse:
    try:
        deferrals.take_back(house(), task_id, by=current_actor(), at=now())
    except Conflict:
        notices.put("info", "Diese Aufgabe hatten Sie nicht übernommen. Es wurde nichts geändert.")
        return redirect(notices.list_address(), 303)
    return redirect(url_for("task.show", task_id=task_id), 303)


def _page(task_id: UUID, problems: Mapping[str, str]) -> str:
    with house().db.read() as conn:
        task = tasks.get(conn, task_id, by=current_actor(), on=now())
    return render_template(
        "inbox/deferral.html",
        task=task,
        problems=problems,
        until=request.form.get("bis", ""),
        reason=request.form.get("grund", ""),
        reason_max=deferrals.REASON_MAX,
        list_address=notices.list_address(),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
