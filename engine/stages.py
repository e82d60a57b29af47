"""The stages of a Vorgang as parties see them: what was reached and when, where it stands, what usually follows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from engine.advance import read_state
from engine.catalog import Procedure
from storage.crypto import DataKey
from storage.db import tenant_of
from storage.models.instance import Instance
from storage.models.step import StepRow


@dataclass(frozen=True, slots=True)
class StageLine:
    """One line of the time line; `reached_at` None: still to come."""

    key: str
    title: str
    text: str
    reached_at: datetime | None
    is_current: bool


def instances_of(conn: Connection, vorgang_ids: Sequence[UUID]) -> list[Mapping[str, Any]]:
    """Return the rows of the instances of some Vorgänge, in the order of their start."""
    query = select(Instance.__table__)
    query = query.where(Instance.tenant_id == tenant_of(conn), Instance.vorgang_id.in_(vorgang_ids))
    return [dict(row) for row in conn.execute(query.order_by(Instance.started_at, Instance.id)).mappings()]


def steps_of(conn: Connection, instance_ids: Sequence[UUID]) -> Sequence[Any]:
    """Return the rows of the steps of some instances, in the order of time."""
    query = select(StepRow.__table__)
    query = query.where(StepRow.tenant_id == tenant_of(conn), StepRow.instance_id.in_(instance_ids))
    return conn.execute(query.order_by(StepRow.at, StepRow.instance_id, StepRow.seq)).all()


def active_elements(key: DataKey, instances: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """Return where tokens wait now, by element id."""
    states = (read_state(row["tenant_id"], row["id"], row["state"], key) for row in instances)
    return frozenset(
        element
        for state in states
        for wait, place_id in state.places.items()
        for element in (state.activations[place_id].element, state.waits[wait].element)
    )


def stages(
    procedure: Procedure, steps: Sequence[Any], active: frozenset[str], *, language: str
) -> tuple[StageLine, ...]:
    """Return the time line; `steps` are those of all its instances in the order of time, `active` where it waits.

    A stage that the case went past without touching is left out, and so are optional ones to which it has not come and
    everything after the last one of a case that is over.
    """
    order = [stage.key for stage in procedure.facts.stages]
    optional = {stage.key for stage in procedure.facts.stages if stage.optional}
    reached = _reached(procedure, steps)
    now = {stage for stage in map(procedure.stage_of, active) if stage is not None}
    here = now or {key for key in reached if reached[key] == max(reached.values())}
    current = max(here, key=order.index, default=None)
    lines = []
    for key in order:
        is_current = key == current
        if key not in reached and not is_current:
            if not active or (current and order.index(key) < order.index(current)):
                continue
            if key in optional:
                continue
        lines.append(
            StageLine(
                key=key,
                title=procedure.text(f"status.{key}.titel", language=language),
                text=procedure.text(f"status.{key}.text", language=language),
                reached_at=reached.get(key),
                is_current=is_current,
            )
        )
    return tuple(lines)


def _reached(procedure: Procedure, steps: Sequence[Any]) -> dict[str, datetime]:
    reached: dict[str, datetime] = {}
    for row in steps:
        for element in (*row.moves.get("entered", ()), *row.moves.get("completed", ())):
            stage = procedure.stage_of(element)
            if stage is not None:
                reached.setdefault(stage, row.at)
    return reached
