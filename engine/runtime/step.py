"""The working set of one step: a copy of the state that may change, the effects so far, and the tokens on the move.

Activations are copied when they are first changed, so the state that was given stays as it was. Tokens wait on a stack
of their own: nothing here recurses, however long or wide the model is.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal

from engine.bpmn.expressions import Feel, Term
from engine.bpmn.nodes import Node, Program
from engine.feel.values import Value
from engine.runtime.effects import Effect, InstanceEnded, Moved, WaitClosed
from engine.runtime.errors import ExecutionFailed
from engine.runtime.state import ROOT, Activation, Ended, State, Wait, loop_of

MAX_ELEMENTS: Final = 100_000
"""How many elements one step may enter; a cycle without a waiting place would never end."""

Token = tuple[int, Node, str, Mapping[str, Value]]
"""A token on its way: scope, the node it enters, the flow it comes by ("" for none), local variables."""


class View(Mapping[str, Value]):
    """What an expression sees: several layers of variables, the innermost first."""

    __slots__ = ("layers",)

    def __init__(self, layers: list[Mapping[str, Value]]) -> None:
        self.layers = layers

    def __getitem__(self, name: str) -> Value:
        for layer in self.layers:
            if name in layer:
                return layer[name]
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return any(name in layer for layer in self.layers)

    def __iter__(self) -> Iterator[str]:
        return iter({name: None for layer in reversed(self.layers) for name in layer})

    def __len__(self) -> int:
        return len({name for layer in self.layers for name in layer})


class Step:
    """One run of `execute`; see the module."""

    __slots__ = ("at", "bindings", "effects", "entered", "fleeting", "opened", "owned", "programs", "state", "tokens")

    def __init__(
        self, programs: Mapping[str, Program], state: State, at: datetime, bindings: Mapping[str, str]
    ) -> None:
        self.programs = programs
        self.state = State(state.last_id, dict(state.activations), dict(state.places), state.ended, state.error_code)
        self.at = at
        self.bindings = bindings
        self.effects: list[Effect] = []
        self.tokens: list[Token] = []
        self.owned: set[int] = set()
        self.opened: set[str] = set()
        self.fleeting: set[str] = set()
        self.entered = 0

    # Activations.

    def own(self, place: int) -> Activation:
        """Return an activation that may be changed."""
        activation = self.state.activations[place]
        if place not in self.owned:
            activation = activation.clone()
            self.state.activations[place] = activation
            self.owned.add(place)
        return activation

    def open(self, scope: Activation, node: Node, variables: Mapping[str, Value]) -> Activation:
        """Make the token that is at `node` an activation; the scope's count stays, the token was counted before."""
        return self._add(Activation(self.next_id(), scope.id, node.id, scope.process, scope.program, dict(variables)))

    def open_process(self, parent: int, program: Program, variables: Mapping[str, Value]) -> Activation:
        """Open a process: the instance's own (`parent` 0) or a called one; it has one token on the move."""
        own_id = self.next_id()
        return self._add(
            Activation(own_id, parent, program.process_id, own_id, program.hash, dict(variables), active=1)
        )

    def _add(self, activation: Activation) -> Activation:
        self.state.activations[activation.id] = activation
        self.owned.add(activation.id)
        return activation

    def next_id(self) -> int:
        self.state.last_id += 1
        return self.state.last_id

    def remove(self, activation: Activation) -> None:
        """Take an activation without children out of the state; its remaining waits are cancelled."""
        for wait in activation.waits:
            self._forget(activation, wait, "canceled")
        del self.state.activations[activation.id]

    def cancel(self, place: int) -> None:
        """Cancel an activation and everything inside, inner before outer."""
        doomed = self._tree(place) if self.state.activations[place].active else [place]
        for inner in reversed(doomed):
            activation = self.state.activations[inner]
            self._cancel_held_tokens(activation)
            self.remove(activation)
            if not _waits_to_begin(activation) and activation.loop is None:
                self.moved(activation.element, "canceled", activation)

    def cancel_inside(self, scope: Activation) -> None:
        """Cancel everything in a scope, tokens on the move included, but not the scope itself."""
        for place in [found for found in self._tree(scope.id) if self._is_child(found, scope.id)]:
            self.cancel(place)
        self._cancel_held_tokens(scope)
        self.tokens = [token for token in self.tokens if token[0] != scope.id]
        scope.joins.clear()
        scope.active = 0

    def _is_child(self, place: int, scope: int) -> bool:
        return self.state.activations[place].parent == scope

    def _tree(self, place: int) -> list[int]:
        """Return an activation and all inside it by ascending id: a child is always younger than its parent."""
        found = {place}
        for activation in self.state.activations.values():
            if activation.parent in found:
                found.add(activation.id)
        return sorted(found)

    def _cancel_held_tokens(self, scope: Activation) -> None:
        program = self.programs[scope.program]
        for flow, count in scope.joins.items():
            gateway = program.nodes[program.flows[program.flow_index[flow]].target]
            for _ in range(count):
                self.effects.append(Moved(gateway.id, "canceled", self.scope_name(scope.id), program.process_id))

    # Waits.

    def wait(self, activation: Activation, wait: Wait) -> str:
        """Register that the activation waits; returns the id of the wait."""
        name = f"w{self.next_id()}"
        activation.waits[name] = wait
        self.state.places[name] = activation.id
        self.opened.add(name)
        return name

    def close(self, activation: Activation, wait: str) -> None:
        """The wait has got what it waited for."""
        self._forget(activation, wait, "completed")
        del activation.waits[wait]

    def drop(self, activation: Activation, wait: str) -> None:
        """Nobody waits there any more, though nothing came."""
        self._forget(activation, wait, "canceled")
        del activation.waits[wait]

    def end_instance(self, root: Activation, how: Ended, error_code: str | None = None) -> None:
        """The instance is over: nothing waits any more, nothing moves."""
        for wait in list(root.waits):
            self.drop(root, wait)
        self.state.ended = how
        self.state.error_code = error_code
        self.effects.append(InstanceEnded(how, error_code))

    def _forget(self, activation: Activation, wait: str, how: Literal["completed", "canceled"]) -> None:
        self.effects.append(WaitClosed(wait, activation.waits[wait].kind, how))
        if wait in self.opened:
            self.fleeting.add(wait)
        del self.state.places[wait]

    def lasting_effects(self) -> tuple[Effect, ...]:
        """Return the effects without the waits that were opened and closed within this step: nobody can see them."""
        if not self.fleeting:
            return tuple(self.effects)
        return tuple(effect for effect in self.effects if getattr(effect, "wait", None) not in self.fleeting)

    # Nodes and programs.

    def node(self, activation: Activation, element: str | None = None) -> Node:
        """Return the node of an activation (for a process its node 0), or of another element of the same program."""
        return self.programs[activation.program].node(element or activation.element)

    def is_item(self, activation: Activation) -> bool:
        """Whether this is one instance of a multi-instance activity, below its body."""
        parent = self.state.activations.get(activation.parent)
        return parent is not None and parent.loop is not None and parent.element == activation.element

    def process_id(self, activation: Activation) -> str:
        return self.programs[activation.program].process_id

    def call_depth(self, scope: Activation) -> int:
        """How many called processes surround a scope."""
        depth = 0
        process = self.state.activations[scope.process]
        while process.parent:
            depth += 1
            process = self.state.activations[self.state.activations[process.parent].process]
        return depth

    def count(self, node: Node) -> None:
        """Bound the work of one step."""
        self.entered += 1
        if self.entered > MAX_ELEMENTS:
            raise self.failure(
                "endless_loop",
                node,
                f"In einem Schritt wurden mehr als {MAX_ELEMENTS} Elemente durchlaufen, zuletzt {label(node)}. "
                "Das Modell enthält eine Schleife, in der nie gewartet wird.",
            )

    def failure(self, code: str, node: Node, message_de: str) -> ExecutionFailed:
        """Return the error to raise when the model cannot go on at this node."""
        return ExecutionFailed(code, node.id, node.line, message_de)

    # Variables.

    def view(self, place: int, local: Mapping[str, Value] | None = None) -> Mapping[str, Value]:
        """Return what is visible in an activation, `local` before all else."""
        layers: list[Mapping[str, Value]] = [local] if local else []
        for activation in self.state.outwards(place):
            if activation.variables:
                layers.append(activation.variables)
            if activation.loop:
                layers.append(_counters(activation, self.node(activation)))
        if len(layers) == 1:
            return layers[0]
        return View(layers)

    def assign(self, scope: Activation, local: dict[str, Value], name: str, value: Value) -> None:
        """Set a variable where it is: locally, in the nearest scope that has it, else in the process (Camunda 7)."""
        if name in local:
            local[name] = value
        else:
            self.assign_outside(scope, name, value)

    def assign_outside(self, scope: Activation, name: str, value: Value) -> None:
        """As `assign`, beginning with a scope."""
        target = scope.id
        for activation in self.state.outwards(scope.id):
            target = activation.id
            if name in activation.variables:
                break
        self.own(target).variables[name] = value

    def evaluate(self, term: Term, view: Mapping[str, Value]) -> Value:
        return term.evaluate(view, self.at)

    def holds(self, condition: Feel, view: Mapping[str, Value], node: Node, what: str) -> bool:
        """Evaluate a condition; anything but true or false is an error, never false."""
        value = condition.evaluate(view, self.at)
        if value is True or value is False:
            return value
        reasons = "; ".join(str(found) for found in condition.explain(view, self.at).diagnostics)
        given = "hat keinen Wert" if value is None else "ist weder wahr noch falsch"
        raise self.failure(
            "condition_not_boolean",
            node,
            f"Die Bedingung „{condition.text}“ {what} {given}." + (f" {reasons}" if reasons else ""),
        )

    # Effects.

    def moved(self, element: str, how: Literal["entered", "completed", "canceled"], activation: Activation) -> None:
        """Report for an activation itself: its scope is its parent."""
        self.effects.append(
            Moved(element, how, self.scope_name(activation.parent), self.programs[activation.program].process_id)
        )

    def moved_in(self, node: Node, how: Literal["entered", "completed", "canceled"], scope: Activation) -> None:
        """Report for a node inside a scope."""
        name = "" if scope.id == ROOT else str(scope.id)
        self.effects.append(Moved(node.id, how, name, self.programs[scope.program].process_id))

    def scope_name(self, place: int) -> str:
        return "" if place <= ROOT else str(place)


def label(node: Node) -> str:
    """Return how a message names a node: by its label, else by its id."""
    return f"„{node.name or node.id}“"


def _waits_to_begin(activation: Activation) -> bool:
    """Whether this only holds a token before (or behind) an asynchronous continuation."""
    return any(wait.stage for wait in activation.waits.values())


def _counters(body: Activation, node: Node) -> dict[str, Value]:
    loop = loop_of(body)
    is_sequential = node.loop is not None and node.loop.sequential
    return {
        "nrOfInstances": Decimal(loop.total),
        "nrOfCompletedInstances": Decimal(loop.completed),
        "nrOfActiveInstances": Decimal(1 if is_sequential else loop.total - loop.completed),
    }
