"""What was sent with the forms of a Vorgang: the start form, and every task that somebody completed.

Nobody's right to see it is checked here; the use cases that call this do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from engine import catalog
from engine.catalog import Procedure
from engine.feel.values import Value
from engine.files import key_of_instance, key_of_vorgang
from engine.house import House
from forms.model import Form
from forms.stored import load_values
from storage.crypto import DataKey, place
from storage.db import tenant_of
from storage.models.form_values import FormValues
from storage.models.instance import Instance
from storage.models.step import StepRow
from storage.steps import row_id


@dataclass(frozen=True, slots=True)
class Submission:
    """One form as it was sent; the start form has no task and no element. `actor_id` sent it."""

    task_id: UUID | None
    element: str | None
    name: str
    form: Form | None
    values: Mapping[str, Value]
    actor_id: str
    at: datetime
    procedure: Procedure
    vorgang_id: UUID | None


def of_vorgang(house: House, conn: Connection, vorgang_id: UUID) -> list[Submission]:
    """Return everything that was sent, the start form first."""
    query = select(FormValues.__table__).where(
        FormValues.tenant_id == tenant_of(conn), FormValues.vorgang_id == vorgang_id
    )
    rows = conn.execute(query.order_by(FormValues.submitted_at, FormValues.id)).all()
    key = key_of_vorgang(house, conn, vorgang_id)
    return [_submission(conn, key, row) for row in sorted(rows, key=lambda row: row.task_id is not None)]


def of_task(house: House, conn: Connection, task_id: UUID) -> Submission | None:
    """Return what a completed task was completed with, None while nobody did."""
    query = select(FormValues.__table__).where(FormValues.tenant_id == tenant_of(conn), FormValues.id == task_id)
    row = conn.execute(query).one_or_none()
    if row is None or row.task_id is None:
        return None
    if row.vorgang_id is not None:
        return _submission(conn, key_of_vorgang(house, conn, row.vorgang_id), row)
    return _submission(conn, key_of_instance(house, conn, row.instance_id), row)


def _submission(conn: Connection, key: DataKey, row: Any) -> Submission:
    query = select(Instance.deployment_id).where(Instance.tenant_id == row.tenant_id, Instance.id == row.instance_id)
    procedure = catalog.deployed(conn, conn.execute(query).scalar_one()).procedure
    element = _element(conn, row.instance_id, row.task_id) if row.task_id else None
    task = procedure.user_tasks.get(element) if element else None
    return Submission(
        task_id=row.task_id,
        element=element,
        name=task.name if task else procedure.title,
        form=procedure.forms[row.form_key] if row.form_key else None,
        values=load_values(key.decrypt(row.payload, aad=place("form_values", row.tenant_id, row.id))),
        actor_id=row.actor_id,
        at=row.submitted_at,
        procedure=procedure,
        vorgang_id=row.vorgang_id,
    )


def _element(conn: Connection, instance_id: UUID, task_id: UUID) -> str | None:
    """The step that opened the task names its element; the row of a completed task is gone."""
    query = select(StepRow.moves).where(StepRow.tenant_id == tenant_of(conn), StepRow.instance_id == instance_id)
    for moves in conn.execute(query.order_by(StepRow.seq)).scalars():
        for wait, element in moves.get("tasks", ()):
            if row_id(instance_id, wait) == task_id:
                return str(element)
    return None
