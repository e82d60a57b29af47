"""Tasks of people: who may see, claim and complete them, and what completing writes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, select, update

from engine import accounts, submissions, substitutions
from engine.actors import Actor, ActorKind
from engine.advance import Advanced, Case, advance, open_case
from engine.catalog import CITIZEN
from engine.errors import Conflict, Invalid, NotAllowed, NotFound
from engine.feel.values import Value
from engine.files import key_of_vorgang
from engine.house import House
from engine.law import berlin_date
from engine.runtime.commands import CompleteTask
from engine.runtime.errors import WaitGone
from engine.submissions import Submission
from forms.model import Form
from forms.stored import dump_values
from forms.validate import Given, UploadedFile, validate_values
from storage.akte import changes, history, parties
from storage.akte.events import Event
from storage.crypto import place
from storage.db import tenant_of
from storage.models.instance import Instance
from storage.models.step import StepRow
from storage.models.task import Task, TaskCandidate
from storage.steps import Step

SECOND_PERSON = "zweite_person"
_TAKES_NO_PART = frozenset({"vermerk.geschrieben"})
"""Events whose author has not worked on the matter: whoever only noted a call may still be the second person."""


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A task as its row stands, with who may take it."""

    id: UUID
    instance_id: UUID
    vorgang_id: UUID | None
    procedure_key: str
    aktenzeichen: str | None
    wait: str
    element: str
    name: str
    form_key: str | None
    assignee: str | None
    claimed_at: datetime | None
    opened_at: datetime
    due_at: datetime | None
    follow_up_at: datetime | None
    properties: Mapping[str, str]
    candidates: frozenset[str]

    @property
    def needs_second_person(self) -> bool:
        return self.properties.get(SECOND_PERSON) == "true"


@dataclass(frozen=True, slots=True)
class TaskWork:
    """What the page of a task needs: its form with the values that the process gives it."""

    task: OpenTask
    case: Case
    form: Form | None
    inputs: Mapping[str, Value]


def get(conn: Connection, task_id: UUID, *, by: Actor, on: datetime) -> OpenTask:
    """Return an open task that the actor may see; raises NotFound, also for a foreign one."""
    task = _load(conn, task_id)
    if task is None or not _may_see(conn, task, by, on):
        raise NotFound("task_unknown", task_id=task_id)
    return task


def of_vorgang(conn: Connection, vorgang_id: UUID, *, by: Actor, on: datetime) -> list[OpenTask]:
    """Return the open tasks of a Vorgang that the actor may see, oldest first."""
    query = select(Task.id).where(Task.tenant_id == tenant_of(conn), Task.vorgang_id == vorgang_id)
    tasks = [_load(conn, task_id) for task_id in conn.execute(query.order_by(Task.opened_at, Task.id)).scalars()]
    return [task for task in tasks if task is not None and _may_see(conn, task, by, on)]


def work_on(house: House, task_id: UUID, *, by: Actor, at: datetime) -> TaskWork:
    """Return everything to show the task; raises NotFound."""
    with house.db.read() as conn:
        task = get(conn, task_id, by=by, on=at)
    with house.db.step() as step:  # reads only: nothing is saved
        case = open_case(house, step, task.instance_id)
    if task.wait not in case.state.places:
        raise NotFound("task_unknown", task_id=task_id)
    return TaskWork(task, case, form_of(case, task), inputs_of(case, task))


def claim(house: House, task_id: UUID, *, by: Actor, at: datetime) -> None:
    """Assign an open task to `by`; claiming one's own task again is a no-op.

    Raises NotFound, NotAllowed (not a candidate, or one who acted before where a second person must sign) and Conflict
    if someone else holds it.
    """
    with house.db.begin() as conn:
        task = get(conn, task_id, by=by, on=at)
        if task.assignee != by.id:
            take(house, conn, task, by=by, at=at)


def reassign(house: House, task_id: UUID, *, to: str, by: Actor, at: datetime) -> None:
    """Give a task to a colleague, whoever holds it; reassigning to its holder is a no-op.

    Only the lead may. Raises NotFound, NotAllowed, also where the colleague acted before and a second person must sign.
    """
    if by.kind is not ActorKind.STAFF or substitutions.LEAD not in by.roles:
        raise NotAllowed("reassign_by_lead_only", task_id=task_id)
    with house.db.begin() as conn:
        task = get(conn, task_id, by=by, on=at)
        if task.assignee == to:
            return
        if not accounts.is_staff(conn, to):
            raise NotFound("colleague_unknown")
        if task.needs_second_person and to in acted_before(house, conn, task):
            raise NotAllowed("second_person_needed", task_id=task_id)
        held = Task.assignee.is_(None) if task.assignee is None else Task.assignee == task.assignee
        moved = conn.execute(
            update(Task)
            .where(Task.tenant_id == house.tenant_id, Task.id == task_id, held)
            .values(assignee=to, claimed_at=at, follow_up_at=None)
        )
        if moved.rowcount != 1:
            raise Conflict("task_already_claimed", task_id=task_id, holder=task.assignee)
        _mark_candidates(conn, task_id, claimed=True)
        record(house, conn, task, "aufgabe.zugeteilt", by=by, at=at, about={"an": to})


def take(house: House, conn: Connection, task: OpenTask, *, by: Actor, at: datetime) -> None:
    """Assign a free task to `by` as part of a transaction; raises NotAllowed and Conflict like `claim`."""
    check_may_take(house, conn, task, by, on=at)
    taken = conn.execute(
        update(Task)
        .where(Task.tenant_id == house.tenant_id, Task.id == task.id, Task.assignee.is_(None))
        .values(assignee=by.id, claimed_at=at)
    )
    if taken.rowcount != 1:
        raise Conflict("task_already_claimed", task_id=task.id, holder=task.assignee)
    _mark_candidates(conn, task.id, claimed=True)
    record(house, conn, task, "aufgabe.uebernommen", by=by, at=at)


def release(house: House, task_id: UUID, *, by: Actor, at: datetime) -> None:
    """Give a claimed task back to its groups; raises Conflict unless `by` holds it."""
    with house.db.begin() as conn:
        task = get(conn, task_id, by=by, on=at)
        given = conn.execute(
            update(Task)
            .where(Task.tenant_id == house.tenant_id, Task.id == task_id, Task.assignee == by.id)
            .values(assignee=None, claimed_at=None, follow_up_at=None)  # whoever takes it next decides anew when
        )
        if given.rowcount != 1:
            raise Conflict("task_not_yours", task_id=task_id, holder=task.assignee)
        _mark_candidates(conn, task_id, claimed=False)
        record(house, conn, task, "aufgabe.zurueckgegeben", by=by, at=at)


def complete(
    house: House,
    task_id: UUID,
    values: Mapping[str, Value],
    *,
    by: Actor,
    at: datetime,
    files: Mapping[str, UploadedFile] | None = None,
) -> Advanced:
    """Finish a task with the clean values of its form; an unclaimed one counts as claimed by `by`.

    Raises NotFound, NotAllowed, Conflict (someone else holds or finished it) and Invalid with a sentence per field.
    """
    with house.db.read() as conn:
        task = _completable(house, conn, task_id, by=by, at=at)
    return advance(
        house,
        task.instance_id,
        lambda case, _step: _command(case, task, values, at=at, files=files or {}),
        by=by,
        write=lambda step, done: _keep(step, done, task, by=by, at=at),
    )


def finished(house: House, task_id: UUID, *, by: Actor, at: datetime) -> Submission:
    """Return with what a task was completed, to whoever might have done it; raises NotFound, also for a foreign one."""
    with house.db.read() as conn:
        return _finished(house, conn, task_id, by=by, at=at)


def form_of(case: Case, task: OpenTask) -> Form | None:
    """Return the deployed form of a task; None for a task that is only ticked off."""
    return case.deployed.procedure.forms[task.form_key] if task.form_key else None


def inputs_of(case: Case, task: OpenTask) -> dict[str, Value]:
    """Return the input parameters that the model gives the task."""
    return dict(case.state.activations[case.state.places[task.wait]].variables)


def check_may_take(house: House, conn: Connection, task: OpenTask, by: Actor, *, on: datetime) -> None:
    """Raise unless `by` may work on the task: nobody else holds it but one for whom she stands in on that day.

    The second person must be another than everybody who acted; standing in for somebody changes nothing about that.
    """
    if task.assignee is not None and task.assignee != by.id and not stands_in(conn, task, by, on=on):
        raise Conflict("task_already_claimed", task_id=task.id, holder=task.assignee)
    if task.needs_second_person and by.id in acted_before(house, conn, task):
        raise NotAllowed("second_person_needed", task_id=task.id)


def stands_in(conn: Connection, task: OpenTask, by: Actor, *, on: datetime) -> bool:
    """Say whether somebody holds the task for whom `by` stands in on that day."""
    if task.assignee is None or by.kind is not ActorKind.STAFF:
        return False
    return task.assignee in substitutions.absent_of(conn, by.id, on=berlin_date(on))


def acted_before(house: House, conn: Connection, task: OpenTask) -> frozenset[str]:
    """Return everybody who claimed, drafted, changed or computed anything in the Vorgang before this task.

    Substitution and reassignment change nothing: what counts is who acted, not in whose place.
    """
    if task.vorgang_id is None:
        return _step_actors(conn, Instance.id == task.instance_id)
    return _step_actors(conn, Instance.vorgang_id == task.vorgang_id) | _event_actors(house, conn, task)


def _event_actors(house: House, conn: Connection, task: OpenTask) -> frozenset[str]:
    """Actors of the file's events, but for the claiming of this very task."""
    vorgang_id = task.vorgang_id
    if vorgang_id is None:
        return frozenset()
    key = key_of_vorgang(house, conn, vorgang_id)
    actors: set[str] = set()
    after = 0
    while entries := history.read(conn, key, vorgang_id, after_seq=after):
        actors |= {
            one.actor_id
            for one in entries
            if one.payload.get("aufgabe") != str(task.id) and one.kind not in _TAKES_NO_PART
        }
        after = entries[-1].seq
    return frozenset(actors)


def _step_actors(conn: Connection, which: ColumnElement[bool]) -> frozenset[str]:
    query = select(StepRow.actor_id).distinct()
    query = query.join(Instance, (Instance.tenant_id == StepRow.tenant_id) & (Instance.id == StepRow.instance_id))
    return frozenset(conn.execute(query.where(StepRow.tenant_id == tenant_of(conn), which)).scalars())


def _completable(house: House, conn: Connection, task_id: UUID, *, by: Actor, at: datetime) -> OpenTask:
    task = _load(conn, task_id)
    if task is None:
        done = _finished(house, conn, task_id, by=by, at=at)
        raise Conflict("task_finished", task_id=task_id, holder=done.actor_id, at=done.at)
    if not _may_see(conn, task, by, at):
        raise NotFound("task_unknown", task_id=task_id)
    check_may_take(house, conn, task, by, on=at)
    return task


def _finished(house: House, conn: Connection, task_id: UUID, *, by: Actor, at: datetime) -> Submission:
    """The values of a finished task are kept under its id; its candidates are those that the model names."""
    done = submissions.of_task(house, conn, task_id)
    if done is None or not _could_have_done(conn, done, by, at):
        raise NotFound("task_unknown", task_id=task_id)
    return done


def _could_have_done(conn: Connection, done: Submission, by: Actor, on: datetime) -> bool:
    if done.actor_id == by.id:
        return True
    kind = done.procedure.user_tasks.get(done.element or "")
    groups = frozenset(kind.candidate_groups) if kind else frozenset()
    if by.kind in (ActorKind.STAFF, ActorKind.TOKEN):
        return bool(groups & by.roles)
    if by.kind is ActorKind.CITIZEN and CITIZEN in groups and done.vorgang_id is not None:
        return bool(parties.roles_of(conn, by.id, done.vorgang_id, on=berlin_date(on)))
    return False


def _command(
    case: Case, task: OpenTask, values: Mapping[str, Value], *, at: datetime, files: Mapping[str, UploadedFile]
) -> CompleteTask:
    """Check the values against the deployed form with the task's inputs as they are now, and make the command."""
    if task.wait not in case.state.places:
        raise WaitGone(task.wait)
    form = form_of(case, task)
    clean: Mapping[str, Value] = {}
    if form is not None:
        result = validate_values(form, values, Given(now=at, inputs=inputs_of(case, task), files=files))
        if result.errors:
            raise Invalid("form_invalid", result.errors)
        clean = result.values
    elif values:
        raise Invalid("form_unexpected", dict.fromkeys(values, "Diese Aufgabe hat kein Formular."))
    return CompleteTask(wait=task.wait, at=at, variables=clean)


def _keep(step: Step, done: Advanced, task: OpenTask, *, by: Actor, at: datetime) -> None:
    """Write what was sent, and in whose place where somebody stood in for the holder."""
    _keep_values(step, done, task)
    if task.assignee not in (None, by.id) and task.vorgang_id is not None:
        about = {"aufgabe": str(task.id), "schritt": task.name, "fuer": str(task.assignee)}
        step.akte_event(done.case.key, Event("aufgabe.in_vertretung", at, by.id, about))


def _keep_values(step: Step, done: Advanced, task: OpenTask) -> None:
    """Keep what was sent, under the task's id, apart from the state of the process."""
    key = done.case.key
    command = done.command
    if not isinstance(command, CompleteTask):
        raise TypeError("a task is finished by CompleteTask")
    step.form_values(
        task.id,
        form_key=task.form_key or "",
        payload=key.encrypt(dump_values(command.variables), aad=place("form_values", step.tenant_id, task.id)),
        key_id=key.id,
        task_id=task.id,
    )


def record(
    house: House,
    conn: Connection,
    task: OpenTask,
    kind: str,
    *,
    by: Actor,
    at: datetime,
    about: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Say in the file what somebody did with a task: who held it counts where a second person has to sign."""
    if task.vorgang_id is None:
        return
    event = Event(kind, at, by.id, {"aufgabe": str(task.id), "schritt": task.name, **about})
    changes.append(conn, key_of_vorgang(house, conn, task.vorgang_id), task.vorgang_id, [event])


def _mark_candidates(conn: Connection, task_id: UUID, *, claimed: bool) -> None:
    conn.execute(
        update(TaskCandidate)
        .where(TaskCandidate.tenant_id == tenant_of(conn), TaskCandidate.task_id == task_id)
        .values(claimed=claimed)
    )


def _may_see(conn: Connection, task: OpenTask, by: Actor, on: datetime) -> bool:
    """Staff: their own tasks and those of their groups. Citizens: tasks for a role that they have in the Vorgang."""
    if task.assignee == by.id or f"user:{by.id}" in task.candidates:
        return True
    if by.kind in (ActorKind.STAFF, ActorKind.TOKEN):
        in_group = any(f"group:{role}" in task.candidates for role in by.roles)
        return in_group or stands_in(conn, task, by, on=on)
    if by.kind is ActorKind.CITIZEN and f"group:{CITIZEN}" in task.candidates and task.vorgang_id is not None:
        return bool(parties.roles_of(conn, by.id, task.vorgang_id, on=berlin_date(on)))
    return by.kind is ActorKind.SYSTEM


def _load(conn: Connection, task_id: UUID) -> OpenTask | None:
    tenant = tenant_of(conn)
    row = conn.execute(select(Task.__table__).where(Task.tenant_id == tenant, Task.id == task_id)).one_or_none()
    if row is None:
        return None
    candidates = select(TaskCandidate.candidate).where(
        TaskCandidate.tenant_id == tenant, TaskCandidate.task_id == task_id
    )
    return OpenTask(
        id=row.id,
        instance_id=row.instance_id,
        vorgang_id=row.vorgang_id,
        procedure_key=row.procedure_key,
        aktenzeichen=row.business_key,
        wait=row.wait,
        element=row.element,
        name=row.name,
        form_key=row.form_key,
        assignee=row.assignee,
        claimed_at=row.claimed_at,
        opened_at=row.opened_at,
        due_at=row.due_at,
        follow_up_at=row.follow_up_at,
        properties=row.properties,
        candidates=frozenset(conn.execute(candidates).scalars()),
    )
