"""How tokens move: entering and leaving elements, choosing flows, joining, ending scopes, catching errors.

What an element itself does stands in `engine.runtime.activities`.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Literal

from engine.bpmn.nodes import NONE, CallSpec, Flow, JoinSpec, Kind, LinkSpec, LoopSpec, Node, spec_of
from engine.feel.values import Value
from engine.runtime.activities import HANDLERS, open_boundaries, request_continue
from engine.runtime.compensate import cancel_transaction, compensate, leave_cancelled, record
from engine.runtime.effects import FlowTaken
from engine.runtime.events import escalate, throw_at_end
from engine.runtime.state import ROOT, Activation, Done, Loop, loop_of
from engine.runtime.step import Step, label

_JOINS: Final = frozenset({Kind.PARALLEL, Kind.INCLUSIVE})
NOTHING: Mapping[str, Value] = {}
MAX_INSTANCES: Final = 10_000


def run(step: Step) -> None:
    """Move all tokens until each waits somewhere or is gone; then see whether an inclusive gateway can go on."""
    while True:
        while step.tokens and step.state.ended is None:
            place, node, flow, local = step.tokens.pop()
            if place in step.state.activations:
                scope = step.own(place)
                if flow:
                    step.effects.append(FlowTaken(flow, step.process_id(scope)))
                enter(step, scope, node, flow, local)
        if step.state.ended is not None or not _merge_inclusive(step):
            return


def enter(step: Step, scope: Activation, node: Node, flow: str, local: Mapping[str, Value]) -> None:
    """A token arrives at a node."""
    step.count(node)
    if node.async_before and scope.element != node.id:
        request_continue(step, step.open(scope, node, local), node, "before", flow)
    else:
        begin(step, scope, node, flow, local)


def begin(step: Step, scope: Activation, node: Node, flow: str, local: Mapping[str, Value]) -> None:
    """Start an element: all instances of a multi-instance activity, or its one."""
    if scope.element == node.id:
        _begin_item(step, scope, node, local)
    elif node.loop:
        _begin_loop(step, scope, node, node.loop)
    elif len(node.incoming) > 1 and node.kind in _JOINS:
        _join(step, scope, node, flow)
    else:
        perform(step, scope, node, local)


def perform(step: Step, scope: Activation, node: Node, local: Mapping[str, Value]) -> None:
    """Do one instance of an element in `scope` (for an item of a multi-instance activity its body)."""
    step.moved_in(node, "entered", scope)
    variables = dict(local)
    if node.inputs:
        for parameter in node.inputs:
            variables[parameter.name] = step.evaluate(parameter.term, step.view(scope.id, variables))
    handler = _HANDLERS.get(node.kind)
    if handler is None or handler(step, scope, node, variables):
        finish(step, scope, node, variables)


def _terminate(step: Step, scope: Activation, node: Node, local: dict[str, Value]) -> bool:  # noqa: ARG001
    """A terminate end event ends its scope, and only that."""
    step.moved_in(node, "completed", scope)
    step.cancel_inside(scope)
    end_scope(step, scope, "terminated")
    return False


def _jump(step: Step, scope: Activation, node: Node, local: dict[str, Value]) -> bool:  # noqa: ARG001
    """A throwing link event: its token goes on at the catching one."""
    step.moved_in(node, "completed", scope)
    target = step.programs[scope.program].nodes[spec_of(node, LinkSpec).target]
    step.tokens.append((scope.id, target, "", NOTHING))
    return False


def finish(
    step: Step, scope: Activation, node: Node, variables: Mapping[str, Value], inner: tuple[Done, ...] = ()
) -> None:
    """One instance of an element is done: write its outputs, remember what could be undone, and go on."""
    for parameter in node.outputs:
        value = step.evaluate(parameter.term, step.view(scope.id, variables))
        step.assign_outside(scope, parameter.name, value)
    if node.kind is Kind.END_CANCEL:
        step.moved_in(node, "canceled", scope)
        leave_cancelled(step, scope)
        return
    step.moved_in(node, "completed", scope)
    record(scope, node, variables, inner)
    if scope.element != node.id:
        leave(step, scope, node)
    elif node.loop and node.loop.async_after:
        request_continue(step, step.open(scope, node, variables), node, "after")
    else:
        end_item(step, scope, node, variables)


def complete(step: Step, activation: Activation) -> None:
    """A waiting activity is done; its variables are what its outputs see."""
    node = step.node(activation)
    scope = step.own(activation.parent)
    step.remove(activation)
    if activation.notify:
        token_ends(step, scope)
    else:
        finish(step, scope, node, activation.variables, activation.done)


def leave(step: Step, scope: Activation, node: Node) -> None:
    """The whole activity is done (with all instances); its token goes on."""
    if node.async_after:
        request_continue(step, step.open(scope, node, NOTHING), node, "after")
    else:
        take_flows(step, scope, node)


# Flows and joins.


def take_flows(step: Step, scope: Activation, node: Node) -> None:
    flows = _chosen(step, scope, node)
    if not flows:
        token_ends(step, scope)
        return
    scope.active += len(flows) - 1
    nodes = step.programs[scope.program].nodes
    for flow in reversed(flows):
        step.tokens.append((scope.id, nodes[flow.target], flow.id, NOTHING))


def _chosen(step: Step, scope: Activation, node: Node) -> list[Flow]:
    flows = step.programs[scope.program].flows
    outgoing = [flows[index] for index in node.outgoing]
    if not node.conditional and node.kind is not Kind.EXCLUSIVE:
        return outgoing
    view = step.view(scope.id)
    chosen: list[Flow] = []
    for flow in outgoing:
        if flow.condition is None or step.holds(flow.condition, view, node, f"am Fluss „{flow.id}“"):
            chosen.append(flow)
            if node.kind is Kind.EXCLUSIVE:
                return chosen
    if chosen or (not outgoing and node.default == NONE):
        return chosen
    if node.default != NONE:
        return [flows[node.default]]
    raise step.failure(
        "no_flow_matches",
        node,
        f"Hinter {label(node)} ist keine Bedingung wahr, und es gibt keinen Standardfluss.",
    )


def _join(step: Step, scope: Activation, node: Node, flow: str) -> None:
    """A token arrives where all flows must arrive; it is held in the scope until one came by each of them."""
    step.moved_in(node, "entered", scope)
    arrived = scope.joins
    arrived[flow] = arrived.get(flow, 0) + 1
    if node.kind is Kind.INCLUSIVE:
        return
    flows = step.programs[scope.program].flows
    needed = [flows[index].id for index in node.incoming]
    if all(name in arrived for name in needed):
        _merge(step, scope, node, needed)


def _merge(step: Step, scope: Activation, node: Node, names: list[str]) -> None:
    """Make one token of one token by each of these flows."""
    for name in names:
        scope.joins[name] -= 1
        if not scope.joins[name]:
            del scope.joins[name]
        step.moved_in(node, "completed", scope)
    scope.active -= len(names) - 1
    leave(step, scope, node)


def _merge_inclusive(step: Step) -> bool:
    """Let the first inclusive gateway go on for which no more tokens can come; all tokens are at rest now."""
    for scope in step.state.activations.values():
        if not scope.joins:
            continue
        program = step.programs[scope.program]
        for index in program.inclusive_joins:
            node = program.nodes[index]
            flows = [program.flows[incoming].id for incoming in node.incoming]
            arrived = [name for name in flows if name in scope.joins]
            if arrived and not _more_can_come(step, scope, node, flows):
                _merge(step, step.own(scope.id), node, arrived)
                return True
    return False


def _more_can_come(step: Step, scope: Activation, node: Node, flows: list[str]) -> bool:
    """Whether a token of the scope can still come by a flow that has none, and by none that has one (BPMN 13.4.3)."""
    program = step.programs[scope.program]
    reach = spec_of(node, JoinSpec).reach
    places = {program.flows[program.flow_index[name]].target for name in scope.joins} - {node.index}
    for activation in step.state.activations.values():
        if activation.parent != scope.id:
            continue
        if activation.element != node.id:
            places.add(program.index[activation.element])
        elif any(wait.stage == "before" and wait.name not in scope.joins for wait in activation.waits.values()):
            return True
    for place in places:
        reached = [name for name, nodes in zip(flows, reach, strict=True) if place in nodes]
        if reached and not any(name in scope.joins for name in reached):
            return True
    return False


def token_ends(step: Step, scope: Activation) -> None:
    """A token is used up; the last one ends its scope."""
    scope.active -= 1
    if scope.active == 0:
        end_scope(step, scope, "completed")


def end_scope(step: Step, scope: Activation, how: Literal["completed", "terminated"]) -> None:
    """Nothing moves or waits in a scope any more."""
    if scope.process != scope.id:
        complete(step, scope)
    elif scope.id == ROOT:
        step.moved(scope.element, "completed", scope)
        step.end_instance(scope, how)
    else:
        _return_from_call(step, scope)


def _return_from_call(step: Step, process: Activation) -> None:
    call = step.own(process.parent)
    node = step.node(call)
    spec = spec_of(node, CallSpec)
    view = step.view(process.id)
    values = dict(process.variables) if spec.all_out else {}
    values.update({item.name: step.evaluate(item.term, view) for item in spec.outputs})
    step.moved(process.element, "completed", process)
    step.remove(process)
    for name, value in values.items():
        step.assign(step.own(call.parent), call.variables, name, value)
    complete(step, call)


# Multi-instance.


def _begin_loop(step: Step, scope: Activation, node: Node, loop: LoopSpec) -> None:
    """Open the body and start all instances; none at all means that the activity is skipped."""
    items = _items(step, scope, node, loop)
    if not items:
        leave(step, scope, node)
        return
    body = step.open(scope, node, NOTHING)
    open_boundaries(step, body, node)
    body.loop = Loop(total=len(items), items=tuple(items[1:]) if loop.sequential and loop.element else ())
    body.active = 1 if loop.sequential else len(items)
    for number in reversed(range(body.active)):
        _start_item(step, body, node, number, items[number])


def _start_item(step: Step, body: Activation, node: Node, number: int, item: Value) -> None:
    local: dict[str, Value] = {"loopCounter": Decimal(number)}
    if node.loop and node.loop.element:
        local[node.loop.element] = item
    step.tokens.append((body.id, node, "", local))


def _items(step: Step, scope: Activation, node: Node, loop: LoopSpec) -> list[Value]:
    view = step.view(scope.id)
    if loop.cardinality is not None:
        count = step.evaluate(loop.cardinality, view)
        if not isinstance(count, Decimal) or count != count.to_integral_value() or not 0 <= count <= MAX_INSTANCES:
            raise step.failure(
                "loop_cardinality",
                node,
                f"Die Anzahl der Durchläufe von {label(node)} ist keine ganze Zahl von 0 bis {MAX_INSTANCES}.",
            )
        return [None] * int(count)
    items = step.evaluate(loop.collection, view) if loop.collection else None
    if not isinstance(items, list):
        raise step.failure(
            "loop_collection", node, f"Die Liste für die Mehrfachausführung von {label(node)} ist keine Liste."
        )
    if len(items) > MAX_INSTANCES:
        raise step.failure(
            "loop_collection", node, f"Die Liste für {label(node)} hat mehr als {MAX_INSTANCES} Einträge."
        )
    return items


def _begin_item(step: Step, body: Activation, node: Node, local: Mapping[str, Value]) -> None:
    if node.loop and node.loop.async_before:
        request_continue(step, step.open(body, node, local), node, "before")
    else:
        perform(step, body, node, local)


def end_item(step: Step, body: Activation, node: Node, variables: Mapping[str, Value]) -> None:
    """One instance is done; the last one, or a true completion condition, ends the activity."""
    counters = loop_of(body)
    counters.completed += 1
    body.active -= 1
    condition = node.loop.completion if node.loop else None
    if condition is not None and step.holds(
        condition, step.view(body.id, variables), node, f"für das Ende von {label(node)}"
    ):
        step.cancel_inside(body)
    elif node.loop and node.loop.sequential and counters.completed < counters.total:
        item, counters.items = (counters.items[0], counters.items[1:]) if counters.items else (None, ())
        body.active += 1
        _start_item(step, body, node, counters.completed, item)
    if body.active == 0:
        scope = step.own(body.parent)
        scope.done += body.done
        step.remove(body)
        leave(step, scope, node)


def choose_event(step: Step, gateway: Activation, node: Node, variables: Mapping[str, Value]) -> None:
    """The first event behind an event-based gateway wins; the others are no longer awaited."""
    scope = step.own(gateway.parent)
    gateway_node = step.node(gateway)
    step.remove(gateway)
    step.moved_in(gateway_node, "completed", scope)
    flows = step.programs[scope.program].flows
    [flow] = [flows[index].id for index in gateway_node.outgoing if flows[index].target == node.index]
    step.effects.append(FlowTaken(flow, step.process_id(scope)))
    step.moved_in(node, "entered", scope)
    finish(step, scope, node, variables)


_HANDLERS: Final = {
    **HANDLERS,
    Kind.END_TERMINATE: _terminate,
    Kind.END_ERROR: throw_at_end,
    Kind.ESCALATION: escalate,
    Kind.LINK: _jump,
    Kind.COMPENSATE: compensate,
    Kind.END_CANCEL: cancel_transaction,
}
