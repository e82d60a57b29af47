"""The Vorgänge of one person, as "Meine Anträge" lists them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from engine import catalog
from engine.actors import Actor
from engine.house import House
from engine.law import berlin_date
from engine.stages import active_elements, instances_of, stages, steps_of
from storage import queries
from storage.akte import parties
from storage.crypto import DataKey
from storage.db import tenant_of
from storage.keys import load_keys
from storage.models.vorgang import VorgangRow


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A Vorgang in a list; `is_waiting`: it goes on with an answer of this person."""

    id: UUID
    aktenzeichen: str
    title: str
    received_at: datetime
    stage: str
    is_waiting: bool


@dataclass(frozen=True, slots=True)
class _Progress:
    """The instances of a Vorgang and their steps, in the order of time."""

    instances: Sequence[Mapping[str, Any]]
    steps: Sequence[Any]


def list_of(house: House, *, by: Actor, at: datetime, language: str = catalog.GERMAN) -> list[CaseLine]:
    """Return the Vorgänge in which somebody takes part, the newest first; one whose key is destroyed is left out.

    However long the list is, the number of queries is the same.
    """
    with house.db.read() as conn:
        rows = _rows(conn, parties.vorgaenge_of(conn, by.id, on=berlin_date(at)))
        keys = load_keys(conn, house.master_key, [row["key_id"] for row in rows])
        readable = [row for row in rows if row["key_id"] in keys]
        ids = [row["id"] for row in readable]
        progress = _progress(conn, ids)
        waiting = queries.waiting_for(conn, ids, queries.candidates_of([catalog.CITIZEN], by.id), by.id)
        found = {row["id"]: catalog.deployed(conn, row["deployment_id"]).procedure for row in readable}
    return [
        CaseLine(
            id=row["id"],
            aktenzeichen=row["aktenzeichen"],
            title=found[row["id"]].text("leistung.titel", language=language),
            received_at=row["eingegangen_am"],
            stage=_stage(found[row["id"]], progress[row["id"]], keys[row["key_id"]], language),
            is_waiting=row["id"] in waiting,
        )
        for row in readable
    ]


def _rows(conn: Connection, ids: Sequence[UUID]) -> list[Mapping[str, Any]]:
    query = select(VorgangRow.__table__).where(VorgangRow.tenant_id == tenant_of(conn), VorgangRow.id.in_(ids))
    newest_first = query.order_by(VorgangRow.eingegangen_am.desc(), VorgangRow.id)
    return [dict(row) for row in conn.execute(newest_first).mappings()]


def _progress(conn: Connection, vorgang_ids: Sequence[UUID]) -> dict[UUID, _Progress]:
    instances: dict[UUID, list[Mapping[str, Any]]] = defaultdict(list)
    steps: dict[UUID, list[Any]] = defaultdict(list)
    for row in instances_of(conn, vorgang_ids):
        instances[row["vorgang_id"]].append(row)
    vorgang_of = {row["id"]: vorgang_id for vorgang_id, rows in instances.items() for row in rows}
    for step in steps_of(conn, list(vorgang_of)):
        steps[vorgang_of[step.instance_id]].append(step)
    return {vorgang_id: _Progress(instances[vorgang_id], steps[vorgang_id]) for vorgang_id in vorgang_ids}


def _stage(procedure: catalog.Procedure, progress: _Progress, key: DataKey, language: str) -> str:
    lines = stages(procedure, progress.steps, active_elements(key, progress.instances), language=language)
    return next((line.title for line in lines if line.is_current), "")
