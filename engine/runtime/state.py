"""Where an instance stands: a tree of activations, as one JSON document.

An activation is one run of an element that has something of its own: a process, a sub-process, a waiting task or
event, the body of a multi-instance activity, one of its items, a call. Elements are named by their BPMN ids, so that a
state can be read without the engine and outlives every change of the compiled program.

The shape is made for all of BPMN: a scope keeps the tokens at its joins, the waits of its boundary events and event
sub-processes, the counters of a multi-instance activity, and the records of what could be compensated.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from engine.feel import values as feel
from engine.feel.values import Value
from engine.runtime.effects import WaitKind

Json = Any
Ended = Literal["completed", "terminated", "error", "canceled"]

ROOT = 1


@dataclass(frozen=True, slots=True)
class Wait:
    """One thing that can happen next; `element` is the element that goes on then (a boundary event, for example).

    `stage` tells the continuations of asyncBefore and asyncAfter ("before", "after") from the work itself ("").
    `left` is how often a cycle may fire from now on, None for ever.
    """

    kind: WaitKind
    element: str
    stage: Literal["", "before", "after"] = ""
    due_at: datetime | None = None
    name: str | None = None
    key: str | None = None
    left: int | None = 1


@dataclass(slots=True)
class Loop:
    """Counters of a multi-instance activity; `items` are the values not yet started (sequential only)."""

    total: int
    completed: int = 0
    items: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """A completed activity that can be compensated, with its variables and what was done inside it."""

    element: str
    variables: Mapping[str, Value] = field(default_factory=dict)
    inner: tuple["Done", ...] = ()


@dataclass(slots=True)
class Activation:
    """One run of an element; `parent` 0 is the outside of the instance.

    `process` is the activation of the process around it (itself for a process), `program` that process's program.
    `active` counts what keeps a scope open: child activations, tokens held at joins and tokens on the move. `joins`
    maps a sequence flow to the tokens that arrived by it. `notify` is the activation that waits for this one's end
    (a compensation throw event).
    """

    id: int
    parent: int
    element: str
    process: int
    program: str
    variables: dict[str, Value] = field(default_factory=dict)
    waits: dict[str, Wait] = field(default_factory=dict)
    joins: dict[str, int] = field(default_factory=dict)
    loop: Loop | None = None
    done: tuple[Done, ...] = ()
    notify: int = 0
    business_key: str | None = None
    active: int = 0

    def clone(self) -> "Activation":
        """Return a copy that can be changed without touching this one."""
        return Activation(
            self.id,
            self.parent,
            self.element,
            self.process,
            self.program,
            dict(self.variables),
            dict(self.waits),
            dict(self.joins),
            replace(self.loop) if self.loop else None,
            self.done,
            self.notify,
            self.business_key,
            self.active,
        )


@dataclass(slots=True)
class State:
    """One instance. Treat it as a value: `execute` never changes the state that it is given.

    `last_id` is the last number given to an activation or a wait. `places` maps a wait to its activation. The first
    activation is the instance's own process; it stays, with its variables, when the instance has ended.
    """

    last_id: int = 0
    activations: dict[int, Activation] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    ended: Ended | None = None
    error_code: str | None = None

    @property
    def program(self) -> str:
        """Hash of the instance's own program."""
        return self.activations[ROOT].program

    @property
    def programs(self) -> frozenset[str]:
        """Hashes of all programs that the next step may need (the bindings of its command come on top)."""
        return frozenset(activation.program for activation in self.activations.values())

    @property
    def waits(self) -> dict[str, Wait]:
        """All that can happen next, by wait id, oldest first."""
        return {wait: self.activations[place].waits[wait] for wait, place in self.places.items()}

    def variables(self, scope: str | None = None) -> dict[str, Value]:
        """Return what an expression sees in `scope` (an activation id or a wait id; None: the process itself)."""
        if scope is None:
            return dict(self.activations[ROOT].variables)
        place = self.places[scope] if scope in self.places else int(scope)
        visible: dict[str, Value] = {}
        for activation in self.outwards(place):
            visible = {**activation.variables, **visible}
        return visible

    def outwards(self, place: int) -> Iterator[Activation]:
        """Yield the activation and what surrounds it, up to and including its process."""
        activation = self.activations[place]
        while activation.id != activation.process:
            yield activation
            activation = self.activations[activation.parent]
        yield activation

    def to_json(self) -> dict[str, Json]:
        """Return the whole state as JSON; `from_json` gives back an equal one."""
        document: dict[str, Json] = {
            "last": self.last_id,
            "activations": [_activation_json(activation) for activation in self.activations.values()],
        }
        if self.ended:
            document["ended"] = self.ended
        if self.error_code is not None:
            document["error"] = self.error_code
        return document

    @staticmethod
    def from_json(document: Mapping[str, Json]) -> "State":
        """Read what `to_json` wrote; raises KeyError or ValueError for anything else."""
        state = State(last_id=document["last"], ended=document.get("ended"), error_code=document.get("error"))
        for item in document["activations"]:
            activation = _read_activation(item, state.activations)
            state.activations[activation.id] = activation
        _count_active(state)
        state.places = {wait: activation.id for activation in state.activations.values() for wait in activation.waits}
        return state


def loop_of(body: Activation) -> Loop:
    """Return the counters of the body of a multi-instance activity."""
    if body.loop is None:
        raise TypeError(f"{body.element} is no multi-instance body")
    return body.loop


def _activation_json(activation: Activation) -> dict[str, Json]:
    item: dict[str, Json] = {"id": activation.id, "in": activation.parent, "element": activation.element}
    if activation.process == activation.id:
        item["program"] = activation.program
    if activation.variables:
        item["variables"] = _values_json(activation.variables)
    if activation.waits:
        item["waits"] = {wait: _wait_json(value, activation) for wait, value in activation.waits.items()}
    if activation.joins:
        item["joins"] = dict(activation.joins)
    if activation.loop:
        item["loop"] = _loop_json(activation.loop)
    if activation.done:
        item["done"] = _done_json(activation.done)
    if activation.notify:
        item["notify"] = activation.notify
    if activation.business_key is not None:
        item["business_key"] = activation.business_key
    return item


def _read_activation(item: Mapping[str, Json], known: Mapping[int, Activation]) -> Activation:
    own_id, parent = item["id"], item["in"]
    is_process = "program" in item
    activation = Activation(
        id=own_id,
        parent=parent,
        element=item["element"],
        process=own_id if is_process else known[parent].process,
        program=item["program"] if is_process else known[parent].program,
        notify=item.get("notify", 0),
        business_key=item.get("business_key"),
        joins=dict(item.get("joins", ())),
    )
    if "variables" in item:
        activation.variables = _read_values(item["variables"])
    if "waits" in item:
        activation.waits = {wait: _read_wait(value, activation.element) for wait, value in item["waits"].items()}
    if "loop" in item:
        activation.loop = _read_loop(item["loop"])
    if "done" in item:
        activation.done = _read_done(item["done"])
    return activation


def _count_active(state: State) -> None:
    for activation in state.activations.values():
        activation.active += sum(activation.joins.values())
        if activation.parent:
            state.activations[activation.parent].active += 1


def _wait_json(wait: Wait, activation: Activation) -> dict[str, Json]:
    item: dict[str, Json] = {"kind": wait.kind}
    if wait.element != activation.element:
        item["element"] = wait.element
    if wait.stage:
        item["stage"] = wait.stage
    if wait.due_at:
        item["due"] = wait.due_at.astimezone(UTC).isoformat()
    if wait.name is not None:
        item["name"] = wait.name
    if wait.key is not None:
        item["key"] = wait.key
    if wait.left != 1:
        item["left"] = wait.left
    return item


def _read_wait(item: Mapping[str, Json], element: str) -> Wait:
    due = item.get("due")
    return Wait(
        kind=item["kind"],
        element=item.get("element", element),
        stage=item.get("stage", ""),
        due_at=datetime.fromisoformat(due) if due else None,
        name=item.get("name"),
        key=item.get("key"),
        left=item.get("left", 1),
    )


def _loop_json(loop: Loop) -> dict[str, Json]:
    item: dict[str, Json] = {"total": loop.total, "completed": loop.completed}
    if loop.items:
        item["items"] = [feel.to_json(value) for value in loop.items]
    return item


def _read_loop(item: Mapping[str, Json]) -> Loop:
    items = tuple(feel.from_json(value) for value in item.get("items", ()))
    return Loop(total=item["total"], completed=item["completed"], items=items)


def _done_json(done: tuple[Done, ...]) -> list[Json]:
    """Write the tree of compensation records as a flat list: [element, depth, variables], outer before inner."""
    rows: list[Json] = []
    pending = [(record, 0) for record in reversed(done)]
    while pending:
        record, depth = pending.pop()
        rows.append([record.element, depth, _values_json(record.variables)])
        pending.extend((inner, depth + 1) for inner in reversed(record.inner))
    return rows


def _read_done(rows: list[Json]) -> tuple[Done, ...]:
    """Rebuild the tree from its last row, so that a record's inner ones are complete when it is made."""
    levels: list[list[Done]] = [[]]
    for element, depth, variables in reversed(rows):
        while len(levels) <= depth + 1:
            levels.append([])
        inner = tuple(reversed(levels[depth + 1]))
        levels[depth + 1] = []
        levels[depth].append(Done(element, _read_values(variables), inner))
    return tuple(reversed(levels[0]))


def _values_json(variables: Mapping[str, Value]) -> dict[str, Json]:
    return {name: feel.to_json(value) for name, value in variables.items()}


def _read_values(document: Mapping[str, Json]) -> dict[str, Value]:
    return {name: feel.from_json(value) for name, value in document.items()}
