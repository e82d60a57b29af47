"""The context of every engine step: open an instance, let the pure core act, turn its effects into rows.

All use cases that move an instance go through `advance` or `begin`; nobody else touches states. A lost race is run
again on the newer state, because `execute` is pure and nothing was written.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from engine import catalog
from engine.actors import Actor
from engine.dmn.trace import stored_sentences
from engine.errors import Conflict, NotFound
from engine.feel import values as feel
from engine.house import House
from engine.runtime import commands, execute
from engine.runtime.commands import Command, Start
from engine.runtime.effects import (
    Decided,
    Effect,
    FlowTaken,
    InstanceEnded,
    JobRequested,
    MessageExpected,
    MessageThrown,
    Moved,
    TaskOpened,
    TimerSet,
    WaitClosed,
)
from engine.runtime.errors import WaitGone
from engine.runtime.state import State
from storage.akte.events import Event, Head
from storage.crypto import DataKey, place
from storage.keys import open_key
from storage.steps import INTERNAL, LostRace, NoInstance, Step
from storage.writes import InstanceRow

MAX_TRIES = 5
DECIDED: Final = "entscheidung.getroffen"
"""The kind of the event in the chain of a Vorgang that says what a decision table or expression came to."""


@dataclass(frozen=True, slots=True)
class Case:
    """An instance that is open for one step."""

    row: InstanceRow
    key: DataKey
    deployed: catalog.Deployed
    state: State


@dataclass(frozen=True, slots=True)
class Advanced:
    """What a step did."""

    case: Case
    command: Command
    state: State
    effects: Sequence[Effect]


def advance(
    house: House,
    instance_id: UUID,
    act: Callable[[Case, Step], Command],
    *,
    by: Actor,
    write: Callable[[Step, Advanced], None] | None = None,
) -> Advanced:
    """Run one step of an instance and commit it.

    `act` looks at the open instance and says what happens; `write` adds further parts to the step. Both may be called
    again when somebody else was faster. Raises NotFound, Conflict (busy, or nobody waits there any more) and
    ExecutionFailed; nothing is written then.
    """
    for _ in range(MAX_TRIES):
        try:
            with house.db.step() as step:
                case = open_case(house, step, instance_id)
                done = _carry_out(house, step, case, act(case, step), by=by)
                if write is not None:
                    write(step, done)
        except LostRace:
            continue
        except NoInstance as error:
            raise NotFound("instance_unknown", instance_id=instance_id) from error
        except WaitGone as error:
            raise Conflict("wait_gone", instance_id=instance_id, wait=error.wait) from error
        return done
    raise Conflict("instance_busy", instance_id=instance_id)


def begin(
    house: House,
    step: Step,
    deployed: catalog.Deployed,
    instance_id: UUID,
    command: Start,
    *,
    key: DataKey,
    by: Actor,
    vorgang_id: UUID | None = None,
    business_key: str | None = None,
    akte_head: Head | None = None,
) -> Advanced:
    """Put the first step of a new instance into `step`; the caller commits by leaving its block."""
    row = step.create(
        instance_id,
        deployment_id=deployed.deployment_id,
        procedure_key=deployed.procedure.key,
        key_id=key.id,
        at=command.at,
        vorgang_id=vorgang_id,
        business_key=business_key,
        akte_head=akte_head,
    )
    return _carry_out(house, step, Case(row, key, deployed, State()), command, by=by)


def open_case(house: House, step: Step, instance_id: UUID) -> Case:
    """Load and decrypt an instance; raises NoInstance and storage.crypto's errors."""
    row = step.load(instance_id)
    key = open_key(house.master_key, row)
    deployed = catalog.cached(house.tenant_id, row.deployment_id)
    if deployed is None:
        with house.db.read() as conn:
            deployed = catalog.deployed(conn, row.deployment_id)
    return Case(row, key, deployed, read_state(row.tenant_id, row.id, row.state, key))


def read_state(tenant_id: str, instance_id: UUID, state: bytes, key: DataKey) -> State:
    """Decrypt the state of an instance."""
    return State.from_json(orjson.loads(key.decrypt(state, aad=_state_place(tenant_id, instance_id))))


def _carry_out(house: House, step: Step, case: Case, command: Command, *, by: Actor) -> Advanced:
    state = case.state if case.row.version else None
    outcome = execute(case.deployed.programs, state, command)
    row, key = case.row, case.key
    step.save(
        state=key.encrypt(orjson.dumps(outcome.state.to_json()), aad=_state_place(row.tenant_id, row.id)),
        status=outcome.state.ended or "active",
        at=command.at,
        actor_id=by.id,
        command=_NAMES[type(command)],
        moves=moves_of(outcome.effects),
        payload=key.encrypt(
            orjson.dumps(_payload(command, outcome.effects)),
            aad=place("step", row.tenant_id, row.id, row.version + 1),
        ),
    )
    _write_effects(house, step, row, key, outcome.effects)
    if row.vorgang_id is not None:
        _file_decisions(step, key, outcome.effects, at=command.at, by=by)
    return Advanced(case, command, outcome.state, outcome.effects)


def moves_of(effects: Sequence[Effect]) -> dict[str, list[Any]]:
    """Return the clear part of a step's history: ids of elements, flows and waits, never values."""
    moves: dict[str, list[Any]] = {}
    for effect in effects:
        if isinstance(effect, Moved):  # most of them are
            moves.setdefault(effect.how, []).append(effect.element)
        elif type(effect) in _MOVES:
            name, item = _MOVES[type(effect)](effect)
            moves.setdefault(name, []).append(item)
    return moves


def _payload(command: Command, effects: Sequence[Effect]) -> dict[str, Any]:
    """The encrypted part: the command with its values, for replay, and every decision with its trace."""
    payload: dict[str, Any] = {"command": commands.to_json(command)}
    decided = [effect for effect in effects if isinstance(effect, Decided)]
    if decided:
        payload["decided"] = [
            {
                "element": one.element,
                "decision": one.decision,
                "inputs": {name: feel.to_json(value) for name, value in one.inputs.items()},
                "value": feel.to_json(one.value),
                "trace": one.trace,
                "sentence": one.sentence,
            }
            for one in decided
        ]
    return payload


def _file_decisions(step: Step, key: DataKey, effects: Sequence[Effect], *, at: datetime, by: Actor) -> None:
    """Record every decision in the file: its sentences, and by the event's link to this step the trace behind them."""
    for effect in effects:
        if isinstance(effect, Decided):
            sentences = stored_sentences(effect.trace)
            payload = {"element": effect.element, "entscheidung": effect.decision, "begruendung": sentences}
            step.akte_event(key, Event(DECIDED, at, by.id, payload))


def _write_effects(house: House, step: Step, row: InstanceRow, key: DataKey, effects: Sequence[Effect]) -> None:
    """Turn what the core wants into rows.

    A topic for which this house has no connector is the queue of external workers.
    """
    for number, effect in enumerate(effects):
        match effect:
            case TaskOpened():
                _open_task(step, effect)
            case JobRequested():
                is_ours = not effect.topic or effect.topic in house.connectors
                step.add_job(
                    effect.kind,
                    wait=effect.wait,
                    queue=INTERNAL if is_ours else effect.topic,
                    topic=effect.topic or None,
                    element=effect.element,
                    arguments={"retry": effect.retry_cycle} if effect.retry_cycle else None,
                    payload=seal_values(key, row.tenant_id, row.id, effect.wait, effect.inputs),
                )
            case TimerSet():
                step.add_job("timer", wait=effect.wait, due_at=effect.due_at, element=effect.element)
            case MessageExpected():
                step.expect_message(
                    effect.wait, element=effect.element, name=effect.name, key=_correlation(row, effect.key)
                )
            case MessageThrown():
                name = f"{row.version + 1}-{number}"
                step.add_job(
                    "message",
                    topic=effect.name,
                    element=effect.element,
                    arguments={"sent": name},
                    payload=seal_values(
                        key,
                        row.tenant_id,
                        row.id,
                        name,
                        {"key": _correlation(row, effect.key), "variables": dict(effect.variables)},
                    ),
                )
            case WaitClosed(wait=wait, kind="task" | "job" | "timer" | "message" as kind):
                step.close_wait(wait, kind)


def _open_task(step: Step, opened: TaskOpened) -> None:
    step.open_task(
        opened.wait,
        element=opened.element,
        name=opened.name,
        kind=opened.kind,
        form_key=opened.form_key,
        lane=opened.lane,
        priority=opened.priority,
        assignee=opened.assignee,
        candidate_groups=opened.candidate_groups,
        candidate_users=opened.candidate_users,
        due_at=opened.due_at,
        follow_up_at=opened.follow_up_at,
        properties=opened.properties,
    )


def seal_values(key: DataKey, tenant_id: str, instance_id: UUID, name: str, values: Mapping[str, feel.Value]) -> bytes:
    """Encrypt the values that a job carries; `open_values` reads them with the same place."""
    document = {one: feel.to_json(value) for one, value in values.items()}
    return key.encrypt(orjson.dumps(document), aad=place("job", tenant_id, instance_id, name))


def open_values(key: DataKey, tenant_id: str, instance_id: UUID, name: str, payload: bytes) -> dict[str, feel.Value]:
    """Decrypt what `seal_values` wrote."""
    document = orjson.loads(key.decrypt(payload, aad=place("job", tenant_id, instance_id, name)))
    return {one: feel.from_json(value) for one, value in document.items()}


def _correlation(row: InstanceRow, key: str | None) -> str:
    """A message without a key of its own correlates by the business key; an instance without one by its id."""
    return key if key is not None else row.business_key or str(row.id)


def _state_place(tenant_id: str, instance_id: UUID) -> bytes:
    return place("state", tenant_id, instance_id)


_NAMES: Mapping[type[Command], str] = {
    Start: "start",
    commands.CompleteTask: "complete_task",
    commands.CompleteJob: "complete_job",
    commands.FailJob: "fail_job",
    commands.FireTimer: "fire_timer",
    commands.DeliverMessage: "deliver_message",
    commands.Cancel: "cancel",
}
_MOVES: Mapping[type[Effect], Callable[[Any], tuple[str, Any]]] = {
    FlowTaken: lambda effect: ("flows", effect.flow),
    TaskOpened: lambda effect: ("tasks", [effect.wait, effect.element]),
    JobRequested: lambda effect: ("jobs", [effect.wait, effect.element]),
    TimerSet: lambda effect: ("timers", [effect.wait, effect.element]),
    MessageExpected: lambda effect: ("messages", [effect.wait, effect.element]),
    WaitClosed: lambda effect: ("closed", [effect.wait, effect.how]),
    Decided: lambda effect: ("decided", effect.decision),
    InstanceEnded: lambda effect: ("ended", effect.how),
}
