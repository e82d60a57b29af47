"""Why the decisions of a Vorgang came out as they did: read from the history of its instances, whole or as one file.

What was decided is internal: only the office in charge reads it. What a citizen learns of it stands in her Bescheid.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import Connection, select

from engine import accounts, cases, catalog
from engine.actors import Actor, ActorKind
from engine.dmn.german import value_text
from engine.dmn.view import StepView, step_views
from engine.errors import NotFound
from engine.feel.values import Value, from_json
from engine.files import OpenFile
from engine.house import House
from storage import steps
from storage.akte import zugriffe
from storage.crypto import place
from storage.db import tenant_of
from storage.models.instance import Instance
from storage.models.step import StepRow
from storage.models.zugriff import ZugriffKind

FORMAT: Final = "amtsweg-entscheidungen-1"


@dataclass(frozen=True, slots=True)
class Reason:
    """One use of a decision.

    `key` names it within the Vorgang, `about` tells it apart from the other uses of the same element ("Bello"), `trace`
    is `engine.dmn.DecisionTrace` as JSON. `is_current`: the element has not been decided anew since.
    """

    key: str
    instance_id: UUID
    seq: int
    step_hash: bytes
    at: datetime
    who: str
    element: str
    title: str
    about: str
    deployment_id: UUID
    decision_id: str
    sentence: str
    inputs: Mapping[str, Value]
    trace: Mapping[str, Any]
    steps: tuple[StepView, ...]
    is_current: bool

    @property
    def name(self) -> str:
        return str(self.trace["name"])


def of_vorgang(house: House, vorgang_id: UUID, *, by: Actor, at: datetime) -> list[Reason]:
    """Return every decision of the Vorgang, oldest first; raises NotFound for everybody but the office in charge."""
    with house.db.read() as conn:
        return _reasons(conn, _opened(house, conn, vorgang_id, by, at))


def exported(house: House, vorgang_id: UUID, *, by: Actor, at: datetime) -> dict[str, Any]:
    """Return every decision with its trace as data to take along; the access is recorded. Raises NotFound."""
    with house.db.begin() as conn:
        file = _opened(house, conn, vorgang_id, by, at)
        found = _reasons(conn, file)
        zugriffe.record(
            conn,
            ZugriffKind.EXPORT,
            vorgang_id,
            subject_kind="vorgang",
            subject_id=vorgang_id,
            at=at,
            actor_id=by.id,
            reason="Entscheidungen",
        )
    return {
        "format": FORMAT,
        "aktenzeichen": file.row["aktenzeichen"],
        "verfahren": file.procedure.key,
        "entscheidungen": [_as_data(one) for one in found],
    }


def _opened(house: House, conn: Connection, vorgang_id: UUID, by: Actor, at: datetime) -> OpenFile:
    if by.kind is ActorKind.CITIZEN:
        raise NotFound("vorgang_unknown", vorgang_id=vorgang_id)
    return cases.open_in_full(house, conn, vorgang_id, by=by, at=at)


def _as_data(one: Reason) -> dict[str, Any]:
    return {
        "zeitpunkt": one.at.isoformat(timespec="seconds"),
        "durch": one.who,
        "element": one.element,
        "bezeichnung": one.title,
        "schritt": {"instanz": str(one.instance_id), "nummer": one.seq, "hash": one.step_hash.hex()},
        "fassung": str(one.deployment_id),
        "begruendung": [f"{step.name}: {step.sentence}" for step in one.steps],
        "spur": one.trace,
    }


def _reasons(conn: Connection, file: OpenFile) -> list[Reason]:
    rows = _steps(conn, file.id)
    names = accounts.names_of(conn, {row["actor_id"] for row in rows})
    deployed = {one: catalog.deployed(conn, one) for one in {row["deployment_id"] for row in rows}}
    found: list[tuple[int, Reason]] = []
    rounds: dict[UUID, int] = {}
    for row in rows:
        rounds[row["instance_id"]] = rounds.get(row["instance_id"], 0) + (row["command"] == "complete_task")
        if row["moves"].get("decided"):
            procedure, who = deployed[row["deployment_id"]].procedure, names.get(row["actor_id"], "")
            found += [(rounds[row["instance_id"]], one) for one in _of_step(file, row, procedure, who)]
    return _told_apart(_marked(found))


def _steps(conn: Connection, vorgang_id: UUID) -> list[Mapping[str, Any]]:
    table = StepRow.__table__
    same = (Instance.tenant_id == StepRow.tenant_id) & (Instance.id == StepRow.instance_id)
    query = select(table, Instance.deployment_id).join(Instance, same)
    query = query.where(StepRow.tenant_id == tenant_of(conn), Instance.vorgang_id == vorgang_id)
    return [dict(row) for row in conn.execute(query.order_by(StepRow.at, StepRow.instance_id, StepRow.seq)).mappings()]


def _of_step(file: OpenFile, row: Mapping[str, Any], procedure: catalog.Procedure, who: str) -> Iterator[Reason]:
    instance_id, seq = row["instance_id"], row["seq"]
    aad = place("step", row["tenant_id"], instance_id, seq)
    payload = orjson.loads(file.key.decrypt(row["payload"], aad=aad))
    labels = {node.id: node.name for program in procedure.programs.values() for node in program.nodes}
    for number, one in enumerate(payload.get("decided", ()), 1):
        trace = one["trace"]
        yield Reason(
            key=f"{instance_id.hex[:8]}-{seq}-{number}",
            instance_id=instance_id,
            seq=seq,
            step_hash=steps.link_of(row),
            at=row["at"],
            who=who,
            element=one["element"],
            title=labels.get(one["element"]) or trace["name"],
            about="",
            deployment_id=row["deployment_id"],
            decision_id=one["decision"],
            sentence=one["sentence"],
            inputs={name: from_json(value) for name, value in one["inputs"].items()},
            trace=trace,
            steps=tuple(step_views(procedure.decisions.get(one["decision"]), trace)),
            is_current=True,
        )


def _marked(found: Sequence[tuple[int, Reason]]) -> list[Reason]:
    """What was decided again after somebody had finished another task is no longer current."""
    last = {(one.instance_id, one.element): turn for turn, one in found}
    return [replace(one, is_current=last[one.instance_id, one.element] == turn) for turn, one in found]


def _told_apart(found: Sequence[Reason]) -> list[Reason]:
    """Where an element decided several times, as for each dog, say about what: the first input that differs in all."""
    groups: dict[tuple[str, bool], list[Reason]] = {}
    for one in found:
        groups.setdefault((one.element, one.is_current), []).append(one)
    about: dict[str, str] = {}
    for group in groups.values():
        if len(group) > 1:
            about |= zip((one.key for one in group), _differences(group), strict=True)
    return [replace(one, about=about.get(one.key, "")) for one in found]


def _differences(group: Sequence[Reason]) -> list[str]:
    facts = [dict(_facts(one.inputs)) for one in group]
    for path in facts[0]:
        texts = [fact.get(path, "") for fact in facts]
        if all(texts) and len(set(texts)) == len(texts):
            return texts
    return [f"{number} von {len(group)}" for number in range(1, len(group) + 1)]


def _facts(inputs: Mapping[str, Value]) -> Iterator[tuple[str, str]]:
    """Every single value that went into a decision, by its path."""
    pending: list[tuple[str, Value]] = list(inputs.items())
    while pending:
        path, value = pending.pop(0)
        if isinstance(value, dict):
            pending = [(f"{path}.{key}", item) for key, item in value.items()] + pending
        elif value is not None and not isinstance(value, list):
            yield path, value_text(value, path)
