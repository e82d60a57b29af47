"""What the second engine reads in a compiled node, and what its terms are worth."""

from collections.abc import Mapping
from datetime import datetime

from engine.bpmn import timers
from engine.bpmn.nodes import (
    BoundarySpec,
    CallSpec,
    ErrorSpec,
    EventStartSpec,
    Kind,
    MessageSpec,
    Node,
    ScriptSpec,
    TimerSpec,
)
from engine.bpmn.oracle.opinion import Disagreement
from engine.bpmn.oracle.variables import Local
from engine.feel.values import Value


def keeps_waiting(node: Node) -> bool:
    """Whether this is a non-interrupting message, which can come again."""
    spec = node.spec
    return isinstance(spec, BoundarySpec) and not spec.interrupting and isinstance(spec.event, MessageSpec)


def is_join(node: Node) -> bool:
    return node.kind is Kind.PARALLEL and len(node.incoming) > 1


def is_error(node: Node) -> bool:
    return isinstance(node.spec, BoundarySpec | EventStartSpec) and isinstance(node.spec.event, ErrorSpec)


def timer_of(node: Node) -> TimerSpec | None:
    spec = node.spec.event if isinstance(node.spec, BoundarySpec | EventStartSpec) else node.spec
    return spec if isinstance(spec, TimerSpec) else None


def due_at(timer: TimerSpec, view: Mapping[str, Value], at: datetime) -> datetime | None:
    """When a timer is due; None where it has no time, which is a difference to whoever has one."""
    value = timer.expression.evaluate(view, at) if timer.expression else None
    if timer.kind == "date":
        return timer.fixed if isinstance(timer.fixed, datetime) else timers.moment_of(value)
    duration = timer.fixed if isinstance(timer.fixed, timers.Duration) else timers.duration_of(value)
    return timers.after(at, duration) if duration is not None else None


def assignments(spec: ScriptSpec, value: Value, node: Node) -> list[tuple[str, Value]]:
    if spec.result:
        return [(spec.result, value)]
    if isinstance(value, dict):
        return list(value.items())
    raise Disagreement(f"Das Skript von „{node.id}“ ergibt auf SpiffWorkflow keinen Kontext.")


def called_values(spec: CallSpec, view: Mapping[str, Value], at: datetime) -> Local:
    values = dict(view) if spec.all_in else {}
    values.update({item.name: item.term.evaluate(view, at) for item in spec.inputs})
    return values
