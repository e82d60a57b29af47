"""Compensation: what was done in a scope is undone, the last first, by the activities that the model names for it.

The event that throws it is an activation of its own while the compensations run inside it; a sub-process that is
compensated comes back as a scope with the variables that it had when it ended.
"""

from collections.abc import Mapping

from engine.bpmn.nodes import NONE, BoundarySpec, CancelSpec, CompensateSpec, Kind, Node, ScopeSpec, spec_of
from engine.feel.values import Value
from engine.runtime.activities import open_handlers
from engine.runtime.events import trigger
from engine.runtime.state import Activation, Done
from engine.runtime.step import Step


def record(scope: Activation, node: Node, variables: Mapping[str, Value], inner: tuple[Done, ...]) -> None:
    """Remember a completed activity if something undoes it: its own compensation, its handler, or those inside it."""
    has_handler = isinstance(node.spec, ScopeSpec) and node.spec.undo != NONE
    if node.undo != NONE:
        scope.done += (Done(node.id, dict(variables)),)
    elif inner or has_handler:
        scope.done += (Done(node.id, dict(variables), inner),)


def compensate(step: Step, scope: Activation, node: Node, local: dict[str, Value]) -> bool:
    """Throw compensation: start everything that undoes something, and wait until all of it is done."""
    return not _begin(step, scope, node, local, spec_of(node, CompensateSpec).activity)


def cancel_transaction(step: Step, scope: Activation, node: Node, local: dict[str, Value]) -> bool:
    """A cancel end event: everything else in the transaction ends, then what was done is undone."""
    step.cancel_inside(scope)
    scope.active = 1
    return not _begin(step, scope, node, local, None)


def leave_cancelled(step: Step, scope: Activation) -> None:
    """A transaction is undone: it is left by its cancel event, with all its instances."""
    host = step.own(scope.parent) if step.is_item(scope) else scope
    nodes = step.programs[host.program].nodes
    for index in step.node(host).boundaries:
        spec = nodes[index].spec
        if isinstance(spec, BoundarySpec) and isinstance(spec.event, CancelSpec):
            trigger(step, host, nodes[index], {})


def _begin(step: Step, scope: Activation, node: Node, local: dict[str, Value], activity: str | None) -> bool:
    """Start the compensations inside a new activation of the throwing event; returns whether there are any."""
    records = _taken(step, scope, activity)
    if not records:
        return False
    thrower = step.open(scope, node, local)
    thrower.active = len(records)
    _start(step, thrower, records)
    return True


def _taken(step: Step, scope: Activation, activity: str | None) -> list[Done]:
    """Take the records out of the scope, the latest first; an event sub-process undoes what its surroundings did."""
    records: list[Done] = []
    current = scope
    while True:
        kept = [one for one in current.done if activity is not None and one.element != activity]
        records += [one for one in reversed(current.done) if activity is None or one.element == activity]
        current.done = tuple(kept)
        if step.node(current).kind is not Kind.EVENT_SUB_PROCESS:
            return records
        current = step.own(current.parent)


def _start(step: Step, thrower: Activation, records: list[Done]) -> None:
    """Start compensations, the latest first; tokens wait on a stack, so the last one pushed goes first."""
    pending = [(thrower, one) for one in reversed(records)]
    started: list[tuple[int, Node, str, Mapping[str, Value]]] = []
    while pending:
        scope, one = pending.pop()
        nodes = step.programs[scope.program].nodes
        node = step.node(scope, one.element)
        if node.undo != NONE:
            started.append((scope.id, nodes[node.undo], "", one.variables))
            continue
        restored = step.open(scope, node, one.variables)
        restored.notify = thrower.id
        restored.done = one.inner
        undo = spec_of(node, ScopeSpec).undo
        if undo == NONE:
            restored.done = ()
            restored.active = len(one.inner)
            pending.extend((restored, inner) for inner in one.inner)
        else:
            restored.active = 1
            started.append(_open_undo(step, restored, nodes[undo], nodes))
    step.tokens.extend(reversed(started))


def _open_undo(
    step: Step, scope: Activation, node: Node, nodes: tuple[Node, ...]
) -> tuple[int, Node, str, Mapping[str, Value]]:
    step.moved_in(node, "entered", scope)
    handler = step.open(scope, node, {})
    handler.active = 1
    open_handlers(step, handler, node)
    return handler.id, nodes[spec_of(node, ScopeSpec).start], "", {}
