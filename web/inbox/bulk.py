"""`/inbox/sammel`: claim, release or reassign several tasks at once, after a page that says what will happen."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from sqlalchemy import Connection
from werkzeug.wrappers import Response as AnyResponse

from engine import accounts, substitutions, tasks
from engine.errors import Conflict, NotAllowed, NotFound
from engine.tasks import OpenTask
from web import access
from web.auth import current_actor
from web.inbox import notices
from web.site import house, now

blueprint = Blueprint("bulk", __name__, url_prefix="/inbox/sammel")

MOST: Final = 50


class Act(StrEnum):
    CLAIM = "uebernehmen"
    RELEASE = "zurueckgeben"
    REASSIGN = "zuteilen"


_TITLES: Final = {
    Act.CLAIM: "Aufgaben übernehmen",
    Act.RELEASE: "Aufgaben zurückgeben",
    Act.REASSIGN: "Aufgaben zuteilen",
}
_DONE: Final = {Act.CLAIM: "übernommen", Act.RELEASE: "zurückgegeben", Act.REASSIGN: "zugeteilt"}


@dataclass(frozen=True, slots=True)
class Line:
    """A chosen task; `obstacle` says why it stays as it is."""

    task: OpenTask
    holder: str
    obstacle: str

    @property
    def will_happen(self) -> bool:
        return not self.obstacle


@blueprint.post("")
@access.staff()
def preview() -> str | AnyResponse:
    """Say what would happen to each of the chosen tasks; nothing has happened yet."""
    act, chosen = _act(), _chosen()
    if act is None or not chosen:
        notices.put("info", "Wählen Sie zuerst in der Liste die Aufgaben aus.")
        return redirect(notices.list_address(), 303)
    with house().db.read() as conn:
        lines = [line for task_id in chosen if (line := _line(conn, task_id, act))]
    return render_template(
        "inbox/bulk.html",
        act=act.value,
        title=_TITLES[act],
        lines=lines,
        number=sum(line.will_happen for line in lines),
        colleagues=[(one.id, one.name) for one in substitutions.colleagues(house())] if act is Act.REASSIGN else [],
        list_address=notices.list_address(),
    )


@blueprint.post("/ausfuehren")
@access.staff()
def perform() -> AnyResponse:
    """Do it, one task after the other; what has changed meanwhile stays as it is and is counted."""
    act, chosen = _act(), _chosen()
    if act is None or not chosen:
        return redirect(notices.list_address(), 303)
    done = sum(_try(_deed(act), task_id) for task_id in chosen)
    left = len(chosen) - done
    title = f"{done} {'Aufgabe' if done == 1 else 'Aufgaben'} {_DONE[act]}."
    if left:
        title += f" {left} {'blieb' if left == 1 else 'blieben'} unverändert, weil das inzwischen nicht mehr ging."
    notices.put("success" if done else "info", title)
    return redirect(notices.list_address(), 303)


def _deed(act: Act) -> Callable[[UUID], None]:
    by, at, to = current_actor(), now(), request.form.get("an", "")
    deeds: dict[Act, Callable[[UUID], None]] = {
        Act.CLAIM: lambda task_id: tasks.claim(house(), task_id, by=by, at=at),
        Act.RELEASE: lambda task_id: tasks.release(house(), task_id, by=by, at=at),
        Act.REASSIGN: lambda task_id: tasks.reassign(house(), task_id, to=to, by=by, at=at),
    }
    return deeds[act]


def _try(deed: Callable[[UUID], None], task_id: UUID) -> bool:
    try:
        deed(task_id)
    except (Conflict, NotAllowed, NotFound):
        return False
    return True


def _line(conn: Connection, task_id: UUID, act: Act) -> Line | None:
    """None for a task that is gone or foreign."""
    by, at = current_actor(), now()
    try:
        task = tasks.get(conn, task_id, by=by, on=at)
    except NotFound:
        return None
    holder = accounts.name_of(conn, task.assignee) if task.assignee else ""
    return Line(task, holder, _obstacle(conn, task, act))


def _obstacle(conn: Connection, task: OpenTask, act: Act) -> str:
    by = current_actor()
    if act is Act.RELEASE:
        return "" if task.assignee == by.id else "Sie haben sie nicht übernommen."
    if act is Act.REASSIGN:
        return "" if substitutions.LEAD in by.roles else "Zuteilen darf die Leitung."
    if task.assignee is not None:
        return "Sie haben sie schon." if task.assignee == by.id else "Sie ist nicht mehr frei."
    try:
        tasks.check_may_take(house(), conn, task, by, on=now())
    except (Conflict, NotAllowed):
        return "Sie haben am Vorgang schon mitgewirkt; eine zweite Person muss sie erledigen."
    return ""


def _act() -> Act | None:
    return next((one for one in Act if one.value == request.form.get("tun")), None)


def _chosen() -> list[UUID]:
    """The chosen tasks, each once; what is no id counts as not chosen."""
    found: dict[UUID, None] = {}
    for text in request.form.getlist("aufgabe")[:MOST]:
        try:
            found[UUID(text)] = None
        except ValueError:
            continue
    return list(found)
