"""`/api/v1/tasks`: the open tasks of a program's groups; claiming, giving back and completing them."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

from flask import Blueprint

from engine import tasks
from engine.actors import Actor
from engine.errors import Conflict, Invalid, NotFound
from engine.tasks import OpenTask, TaskWork
from engine.tokens import Scope
from forms.json_schema import json_schema
from forms.validate import Given, validate_json
from storage import queries
from storage.queries import PageKey, TaskRow
from web.api.operation import operation
from web.api.values import plain_object
from web.auth import current_actor
from web.site import house, now

blueprint = Blueprint("api_tasks", __name__)

MOST: Final = 100


class Shelf(StrEnum):
    """Which tasks: those that can be claimed, the program's own, or those that others hold."""

    CLAIMABLE = "claimable"
    MINE = "mine"
    OTHERS = "others"


@dataclass(frozen=True, slots=True)
class TaskQuery:
    """Which page of which tasks."""

    shelf: Shelf = Shelf.CLAIMABLE
    limit: Annotated[int, "tasks on a page, 1 to 100"] = 50
    after: Annotated[str, "`next` of the page before"] = ""


@dataclass(frozen=True, slots=True)
class TaskLine:
    """An open task."""

    id: UUID
    name: str
    element: str
    procedure_key: str
    vorgang_id: UUID | None
    aktenzeichen: str | None
    claimed_by: Annotated[str | None, "id of an actor"]
    opened_at: datetime
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class TaskPage:
    """A page of tasks, those due first on top."""

    tasks: tuple[TaskLine, ...]
    next: Annotated[str | None, "`after` of the next page; null: this is the last one"]


@dataclass(frozen=True, slots=True)
class TaskDetail:
    """A task with its form and what the process gives it."""

    task: TaskLine
    form: Annotated[dict[str, Any] | None, "JSON Schema (2020-12) of `values`; null: there is nothing to fill in"]
    inputs: Annotated[dict[str, Any], "values of the process; numbers are strings"]


@dataclass(frozen=True, slots=True)
class Completion:
    """With what a task is completed."""

    values: Annotated[dict[str, Any], "as the form's JSON Schema says"] = field(default_factory=dict)


@operation(blueprint, "GET", "/tasks", scope=Scope.TASKS_READ)
def index(query: TaskQuery) -> TaskPage:
    """List open tasks of the token's roles, a page at a time."""
    if not 1 <= query.limit <= MOST:
        raise Invalid("request_invalid", {"limit": f"Möglich sind 1 bis {MOST}."})
    rows = _rows(query, current_actor())
    page = rows[: query.limit]
    return TaskPage(tuple(_of_row(row) for row in page), _cursor(page[-1]) if len(rows) > query.limit else None)


@operation(blueprint, "GET", "/tasks/<uuid:task_id>", scope=Scope.TASKS_READ)
def show(task_id: UUID) -> TaskDetail:
    """Return a task with its form and inputs."""
    work = tasks.work_on(house(), task_id, by=current_actor(), at=now())
    return TaskDetail(_of_task(work.task), json_schema(work.form) if work.form else None, plain_object(work.inputs))


@operation(blueprint, "POST", "/tasks/<uuid:task_id>/claim", scope=Scope.TASKS_WRITE, status=204)
def claim(task_id: UUID) -> None:
    """Take a task; taking one's own again changes nothing."""
    tasks.claim(house(), task_id, by=current_actor(), at=now())


@operation(blueprint, "POST", "/tasks/<uuid:task_id>/release", scope=Scope.TASKS_WRITE, status=204)
def release(task_id: UUID) -> None:
    """Give a claimed task back to its groups."""
    tasks.release(house(), task_id, by=current_actor(), at=now())


@operation(blueprint, "POST", "/tasks/<uuid:task_id>/complete", scope=Scope.TASKS_WRITE, status=204)
def complete(task_id: UUID, body: Completion) -> None:
    """Complete a task; a second time is a conflict."""
    by, at = current_actor(), now()
    work = _work_on(task_id, by, at)
    values = body.values
    if work.form is not None:
        result = validate_json(work.form, values, Given(now=at, inputs=work.inputs))
        if result.errors:
            raise Invalid("form_invalid", result.errors)
        values = result.values
    elif values:
        raise Invalid("form_unexpected", {"values": "Diese Aufgabe hat kein Formular."})
    tasks.complete(house(), task_id, values, by=by, at=at)


def _work_on(task_id: UUID, by: Actor, at: datetime) -> TaskWork:
    """A task that is gone because it is done is a conflict, for whoever might have done it."""
    try:
        return tasks.work_on(house(), task_id, by=by, at=at)
    except NotFound:
        done = tasks.finished(house(), task_id, by=by, at=at)
        raise Conflict("task_finished", task_id=task_id, holder=done.actor_id, at=done.at) from None


def _rows(query: TaskQuery, by: Actor) -> list[TaskRow]:
    limit, after = query.limit + 1, _page_key(query.after)
    mine = queries.candidates_of(by.roles, by.id)
    with house().db.read() as conn:
        match query.shelf:
            case Shelf.MINE:
                return queries.assigned(conn, by.id, limit=limit, after=after)
            case Shelf.OTHERS:
                return queries.claimed_by_others(conn, mine, but=by.id, limit=limit, after=after)
            case Shelf.CLAIMABLE:
                return queries.claimable(conn, mine, limit=limit, after=after)


def _cursor(row: TaskRow) -> str:
    return urlsafe_b64encode(f"{row.sort_at.astimezone(UTC).isoformat()}_{row.id}".encode()).decode("ascii")


def _page_key(cursor: str) -> PageKey | None:
    if not cursor:
        return None
    try:
        moment, _, task_id = urlsafe_b64decode(cursor.encode("ascii")).decode("ascii").partition("_")
        sort_at = datetime.fromisoformat(moment)
        if sort_at.utcoffset() is None:
            raise ValueError("no time zone")
        return PageKey(sort_at.astimezone(UTC), UUID(task_id))
    except (ValueError, OverflowError) as error:
        raise Invalid("request_invalid", {"after": "Das ist kein Zeiger auf eine Seite dieser Liste."}) from error


def _of_row(row: TaskRow) -> TaskLine:
    return TaskLine(
        id=row.id,
        name=row.name,
        element=row.element,
        procedure_key=row.procedure_key,
        vorgang_id=row.vorgang_id,
        aktenzeichen=row.business_key,
        claimed_by=row.assignee,
        opened_at=row.opened_at,
        due_at=row.due_at,
    )


def _of_task(task: OpenTask) -> TaskLine:
    return TaskLine(
        id=task.id,
        name=task.name,
        element=task.element,
        procedure_key=task.procedure_key,
        vorgang_id=task.vorgang_id,
        aktenzeichen=task.aktenzeichen,
        claimed_by=task.assignee,
        opened_at=task.opened_at,
        due_at=task.due_at,
    )
