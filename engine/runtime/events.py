"""Events that are caught at an activity or by an event sub-process, and what throws errors and escalations."""

from collections.abc import Mapping

from engine.bpmn.nodes import (
    BoundarySpec,
    ErrorSpec,
    EscalationSpec,
    Event,
    EventStartSpec,
    Kind,
    Node,
    ScopeSpec,
    spec_of,
)
from engine.feel.values import Value
from engine.runtime.activities import event_of, is_cycle, open_handlers, repeat_timer
from engine.runtime.state import ROOT, Activation
from engine.runtime.step import Step

Variables = Mapping[str, Value]


def receive(step: Step, place: int, name: str, variables: Variables) -> None:
    """A wait at an activation has got what it waited for, but the activation goes on elsewhere than itself.

    A non-interrupting message keeps its wait, a cycle sets its next timer; every other wait is closed.
    """
    activation = step.own(place)
    wait = activation.waits[name]
    node = step.node(activation, wait.element)
    if not (wait.kind == "message" and not _interrupts(node)):
        step.close(activation, name)
    if is_cycle(node) and not _interrupts(node):
        repeat_timer(step, activation, node, wait)
    trigger(step, activation, node, variables)


def trigger(step: Step, activation: Activation, node: Node, variables: Variables) -> None:
    """Let the token (or a new one) go on at the event that happened."""
    if isinstance(node.spec, BoundarySpec):
        _trigger_boundary(step, activation, node, variables)
    else:
        _trigger_handler(step, activation, node, variables)


def _interrupts(node: Node) -> bool:
    return isinstance(node.spec, BoundarySpec | EventStartSpec) and node.spec.interrupting


def _trigger_boundary(step: Step, host: Activation, node: Node, variables: Variables) -> None:
    """A boundary event cancels its activity, or starts its branch beside it."""
    scope = step.own(host.parent)
    if spec_of(node, BoundarySpec).interrupting:
        step.cancel(host.id)
    else:
        scope.active += 1
    step.tokens.append((scope.id, node, "", variables))


def _trigger_handler(step: Step, scope: Activation, start: Node, variables: Variables) -> None:
    """An event sub-process starts in its scope; an interrupting one is all that goes on there."""
    spec = spec_of(start, EventStartSpec)
    if spec.interrupting:
        step.cancel_inside(scope)
        nodes = step.programs[scope.program].nodes
        handlers = {nodes[index].id for index in spec_of(step.node(scope), ScopeSpec).handlers}
        for name in [name for name, wait in scope.waits.items() if wait.element in handlers]:
            step.drop(scope, name)
    scope.active += 1
    handler_node = step.programs[scope.program].nodes[spec.handler]
    step.moved_in(handler_node, "entered", scope)
    handler = step.open(scope, handler_node, variables)
    handler.active = 1
    open_handlers(step, handler, handler_node)
    step.tokens.append((handler.id, start, "", {}))


# Errors and escalations.


def throw_at_end(step: Step, scope: Activation, node: Node, local: dict[str, Value]) -> bool:  # noqa: ARG001
    """An error end event; one that is caught ends with its scope, by cancellation."""
    error = spec_of(node, ErrorSpec)
    caught = is_caught(step, scope, error.code or "")
    step.moved_in(node, "canceled" if caught else "completed", scope)
    throw(step, scope, error.code or "", error.message, {})
    return False


def throw(step: Step, source: Activation, code: str, message: str | None, variables: Variables) -> None:
    """Find who catches an error, outwards from `source`; an error that nobody catches ends the instance."""
    found = _catcher(step, source, ErrorSpec, code)
    if found is None:
        root = step.own(ROOT)
        step.cancel_inside(root)
        step.moved(root.element, "canceled", root)
        step.end_instance(root, "error", code)
        return
    activation, node, event = found
    if isinstance(event, ErrorSpec):
        _note(step, activation, node, event.code_variable, code)
        _note(step, activation, node, event.message_variable, message)
    trigger(step, step.own(activation.id), node, variables)


def is_caught(step: Step, source: Activation, code: str) -> bool:
    return _catcher(step, source, ErrorSpec, code) is not None


def escalate(step: Step, scope: Activation, node: Node, local: dict[str, Value]) -> bool:  # noqa: ARG001
    """An escalation event; whoever throws goes on unless the catcher interrupts it. Nobody need catch it."""
    code = spec_of(node, EscalationSpec).code or ""
    found = _catcher(step, scope, EscalationSpec, code)
    interrupted = found is not None and _interrupts(found[1])
    if interrupted:
        step.moved_in(node, "canceled", scope)
    if found is not None:
        _catch_escalation(step, found, code, {})
    return not interrupted


def escalate_from(step: Step, task: Activation, code: str, variables: Variables) -> None:
    """A task reports an escalation; as everywhere, nobody need catch it."""
    found = _catcher(step, task, EscalationSpec, code)
    if found is not None:
        _catch_escalation(step, found, code, variables)


def _catch_escalation(step: Step, found: tuple[Activation, Node, Event], code: str, variables: Variables) -> None:
    catching, catcher, event = found
    if isinstance(event, EscalationSpec):
        _note(step, catching, catcher, event.code_variable, code)
    trigger(step, step.own(catching.id), catcher, variables)


def _note(step: Step, catching: Activation, node: Node, variable: str | None, value: Value) -> None:
    """Set the variable that the catcher names for code or text; it begins to look where its branch will run."""
    if variable is not None:
        scope = catching.id if isinstance(node.spec, EventStartSpec) else catching.parent
        step.assign_outside(step.own(scope), variable, value)


def _catcher(
    step: Step, source: Activation, kind: type[ErrorSpec | EscalationSpec], code: str
) -> tuple[Activation, Node, Event] | None:
    """The nearest catcher outwards; within one scope its event sub-processes before its boundary events.

    An event sub-process does not catch what it throws itself, but another one of its scope does (as in Operaton).
    """
    activation = source
    handler = None
    while True:
        nodes = step.programs[activation.program].nodes
        node = step.node(activation)
        for group in (_handlers(activation, node, nodes, handler), _boundaries(step, activation, node)):
            found = _match([nodes[index] for index in group], kind, code)
            if found is not None:
                return activation, *found
        if activation.parent == 0:
            return None
        handler = node if node.kind is Kind.EVENT_SUB_PROCESS else None
        activation = step.state.activations[activation.parent]


def _handlers(activation: Activation, node: Node, nodes: tuple[Node, ...], running: Node | None) -> tuple[int, ...]:
    """The start events that can catch in a scope; `running` is the event sub-process of it that throws, if any.

    The body of a multi-instance activity is no scope, its instances are.
    """
    if not isinstance(node.spec, ScopeSpec) or activation.loop is not None:
        return ()
    if running is None:
        return node.spec.handlers
    return tuple(index for index in node.spec.handlers if nodes[index].scope != running.index)


def _boundaries(step: Step, activation: Activation, node: Node) -> tuple[int, ...]:
    """The boundary events of an activity; those of a multi-instance activity belong to its body."""
    return () if step.is_item(activation) else node.boundaries


def _match(nodes: list[Node], kind: type[ErrorSpec | EscalationSpec], code: str) -> tuple[Node, Event] | None:
    """The event that names the code, else one that catches all."""
    catch_all = None
    for node in nodes:
        event = event_of(node)
        if isinstance(event, kind):
            if event.code == code:
                return node, event
            if event.code is None:
                catch_all = node, event
    return catch_all
