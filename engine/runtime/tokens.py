"""How tokens move: entering and leaving elements, choosing flows, joining, ending scopes, catching errors.

What an element itself does stands in `engine.runtime.activities`.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from engine.bpmn.nodes import NONE, BoundarySpec, CallSpec, ErrorSpec, Flow, Kind, LoopSpec, Node, spec_of
from engine.feel.values import Value
from engine.runtime.activities import HANDLERS, open_boundaries, request_continue
from engine.runtime.effects import FlowTaken, InstanceEnded
from engine.runtime.state import ROOT, Activation, Loop, loop_of
from engine.runtime.step import Step, label

NOTHING: Mapping[str, Value] = {}
MAX_INSTANCES: Final = 10_000


def run(step: Step) -> None:
    """Move all tokens until each waits somewhere or is gone."""
    while step.tokens and step.state.ended is None:
        place, node, flow, local = step.tokens.pop()
        if place in step.state.activations:
            scope = step.own(place)
            if flow:
                step.effects.append(FlowTaken(flow, step.process_id(scope)))
            enter(step, scope, node, flow, local)


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
    elif node.kind is Kind.PARALLEL and len(node.incoming) > 1:
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
    handler = HANDLERS.get(node.kind)
    if handler is None:
        finish(step, scope, node, variables)
    elif handler(step, scope, node, variables):
        _after_handler(step, scope, node, variables)


def _after_handler(step: Step, scope: Activation, node: Node, variables: dict[str, Value]) -> None:
    """Go on behind an element that did not wait."""
    if node.kind is Kind.END_TERMINATE:
        step.moved_in(node, "completed", scope)
        step.cancel_inside(scope)
        end_scope(step, scope, "terminated")
    elif node.kind is Kind.END_ERROR:
        _throw_at_end(step, scope, node)
    else:
        finish(step, scope, node, variables)


def _throw_at_end(step: Step, scope: Activation, node: Node) -> None:
    """An error end event that is caught ends with its scope, by cancellation."""
    error = spec_of(node, ErrorSpec)
    caught = is_caught(step, scope, error.code or "")
    step.moved_in(node, "canceled" if caught else "completed", scope)
    throw(step, scope, error.code or "", error.message, NOTHING)


def finish(step: Step, scope: Activation, node: Node, variables: Mapping[str, Value]) -> None:
    """One instance of an element is done: write its outputs and go on."""
    for parameter in node.outputs:
        value = step.evaluate(parameter.term, step.view(scope.id, variables))
        step.assign_outside(scope, parameter.name, value)
    step.moved_in(node, "completed", scope)
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
    finish(step, scope, node, activation.variables)


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
    flows = step.programs[scope.program].flows
    arrived = scope.joins
    arrived[flow] = arrived.get(flow, 0) + 1
    needed = [flows[index].id for index in node.incoming]
    if any(name not in arrived for name in needed):
        return
    for name in needed:
        arrived[name] -= 1
        if not arrived[name]:
            del arrived[name]
        step.moved_in(node, "completed", scope)
    scope.active -= len(needed) - 1
    leave(step, scope, node)


def token_ends(step: Step, scope: Activation) -> None:
    """A token is used up; the last one ends its scope."""
    scope.active -= 1
    if scope.active == 0:
        end_scope(step, scope, "completed")


def end_scope(step: Step, scope: Activation, how: str) -> None:
    """Nothing moves or waits in a scope any more."""
    if scope.process != scope.id:
        complete(step, scope)
    elif scope.id == ROOT:
        step.moved(scope.element, "completed", scope)
        end_instance(step, scope, "terminated" if how == "terminated" else "completed", None)
    else:
        _return_from_call(step, scope)


def end_instance(step: Step, root: Activation, how: str, error_code: str | None) -> None:
    for wait in list(root.waits):
        step.drop(root, wait)
    step.state.ended = how  # type: ignore[assignment]
    step.state.error_code = error_code
    step.effects.append(InstanceEnded(how, error_code))  # type: ignore[arg-type]


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
    body.loop = Loop(total=len(items))
    body.active = len(items)
    open_boundaries(step, body, node)
    for number in range(len(items) - 1, -1, -1):
        local: dict[str, Value] = {"loopCounter": Decimal(number)}
        if loop.element:
            local[loop.element] = items[number]
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
    loop_of(body).completed += 1
    body.active -= 1
    condition = node.loop.completion if node.loop else None
    if condition is not None and step.holds(
        condition, step.view(body.id, variables), node, f"für das Ende von {label(node)}"
    ):
        step.cancel_inside(body)
    if body.active == 0:
        scope = step.own(body.parent)
        step.remove(body)
        leave(step, scope, node)


# Events at an activity, and errors.


def trigger_boundary(step: Step, host: Activation, node: Node, variables: Mapping[str, Value]) -> None:
    """A boundary event fires: it cancels its activity, or starts its branch beside it."""
    scope = step.own(host.parent)
    if spec_of(node, BoundarySpec).interrupting:
        step.cancel(host.id)
    else:
        scope.active += 1
    step.tokens.append((scope.id, node, "", variables))


def throw(step: Step, source: Activation, code: str, message: str | None, variables: Mapping[str, Value]) -> None:
    """Find who catches an error, outwards from `source`; an error that nobody catches ends the instance."""
    place = source.id
    while place:
        activation = step.state.activations[place]
        catcher = _error_catcher(step, activation, code)
        if catcher is not None:
            _catch(step, activation, catcher, code, message, variables)
            return
        place = activation.parent
    root = step.own(ROOT)
    step.cancel_inside(root)
    step.moved(root.element, "canceled", root)
    end_instance(step, root, "error", code)


def is_caught(step: Step, source: Activation, code: str) -> bool:
    place = source.id
    while place:
        activation = step.state.activations[place]
        if _error_catcher(step, activation, code) is not None:
            return True
        place = activation.parent
    return False


def _error_catcher(step: Step, host: Activation, code: str) -> Node | None:
    """The boundary event of an activity that catches this error; one that names the code goes first."""
    if host.process == host.id or _is_item(step, host):
        return None
    nodes = step.programs[host.program].nodes
    catch_all = None
    for index in step.node(host).boundaries:
        spec = nodes[index].spec
        if isinstance(spec, BoundarySpec) and isinstance(spec.event, ErrorSpec):
            if spec.event.code == code:
                return nodes[index]
            if spec.event.code is None:
                catch_all = nodes[index]
    return catch_all


def _is_item(step: Step, activation: Activation) -> bool:
    """Boundary events of a multi-instance activity belong to its body, not to the instances."""
    parent = step.state.activations.get(activation.parent)
    return parent is not None and parent.loop is not None and parent.element == activation.element


def _catch(
    step: Step, host: Activation, node: Node, code: str, message: str | None, variables: Mapping[str, Value]
) -> None:
    event = spec_of(node, BoundarySpec).event
    scope = step.own(host.parent)
    trigger_boundary(step, host, node, variables)
    if isinstance(event, ErrorSpec) and event.code_variable:
        step.assign_outside(scope, event.code_variable, code)
    if isinstance(event, ErrorSpec) and event.message_variable:
        step.assign_outside(scope, event.message_variable, message)
