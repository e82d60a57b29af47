"""What elements do when a token is in them: open a task, request a job, set a timer, decide, call.

A handler returns True when the element is done at once, False when it waits.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal

from engine.bpmn import timers
from engine.bpmn.expressions import Feel, Term
from engine.bpmn.nodes import (
    NONE,
    BoundarySpec,
    CallSpec,
    Event,
    EventStartSpec,
    JobSpec,
    Kind,
    MessageSpec,
    Node,
    ScopeSpec,
    ScriptSpec,
    TimerSpec,
    UserSpec,
    spec_of,
)
from engine.feel.temporal import parse_date
from engine.feel.values import Value
from engine.runtime.decide import decide
from engine.runtime.effects import (
    JobRequested,
    MessageExpected,
    MessageThrown,
    TaskOpened,
    TimerSet,
)
from engine.runtime.errors import ExecutionFailed
from engine.runtime.state import Activation, Wait
from engine.runtime.step import Step, label

MAX_CALL_DEPTH: Final = 50

Local = dict[str, Value]


def open_user_task(step: Step, scope: Activation, node: Node, local: Local) -> bool:
    spec = spec_of(node, UserSpec)
    activation = _open(step, scope, node, local)
    wait = step.wait(activation, Wait("task", node.id))
    texts = _Texts(step, node, step.view(activation.id))
    step.effects.append(
        TaskOpened(
            wait=wait,
            element=node.id,
            name=node.name,
            kind="user",
            form_key=texts.text(spec.form_key, "camunda:formKey"),
            assignee=texts.text(spec.assignee, "camunda:assignee"),
            candidate_users=texts.texts(spec.candidate_users, "camunda:candidateUsers"),
            candidate_groups=texts.texts(spec.candidate_groups, "camunda:candidateGroups"),
            due_at=texts.moment(spec.due, "camunda:dueDate"),
            follow_up_at=texts.moment(spec.follow_up, "camunda:followUpDate"),
            priority=texts.number(spec.priority, 50, "camunda:priority"),
            lane=node.lane,
            properties=node.properties,
            inputs=_inputs(local),
            process=step.process_id(scope),
            element_index=_element_index(local),
        )
    )
    return False


def request_job(step: Step, scope: Activation, node: Node, local: Local) -> bool:
    spec = spec_of(node, JobSpec)
    activation = _open(step, scope, node, local)
    wait = step.wait(activation, Wait("job", node.id))
    step.effects.append(
        JobRequested(
            wait=wait,
            element=node.id,
            kind="external",
            topic=spec.topic,
            inputs=_inputs(local),
            retry_cycle=node.retry_cycle,
            priority=spec.priority,
            process=step.process_id(scope),
        )
    )
    return False


def request_continue(
    step: Step, activation: Activation, node: Node, stage: Literal["before", "after"], flow: str = ""
) -> None:
    """Hold a token until a job goes on; `flow` is the one it came by, which a join asks for."""
    wait = step.wait(activation, Wait("job", node.id, stage=stage, name=flow or None))
    step.effects.append(
        JobRequested(
            wait=wait,
            element=node.id,
            kind="continue",
            retry_cycle=node.retry_cycle,
            process=step.process_id(activation),
        )
    )


def assign_script(step: Step, scope: Activation, node: Node, local: Local) -> bool:
    spec = spec_of(node, ScriptSpec)
    value = _needed(step, node, spec.expression, step.view(scope.id, local))
    if spec.result:
        step.assign(scope, local, spec.result, value)
        return True
    if not isinstance(value, dict):
        raise step.failure(
            "script_result",
            node,
            f"Das Skript von {label(node)} ergibt keinen Kontext. "
            "Nennen Sie camunda:resultVariable oder schreiben Sie { name: wert }.",
        )
    for name, item in value.items():
        step.assign(scope, local, name, item)
    return True


def _needed(step: Step, node: Node, expression: Feel, view: Mapping[str, Value]) -> Value:
    """Evaluate a script: null is a value only when nothing went wrong on the way to it."""
    value, diagnostics = expression.explain(view, step.at)
    if value is None and diagnostics:
        reasons = "; ".join(str(found) for found in diagnostics)
        raise step.failure("script_failed", node, f"Das Skript von {label(node)} hat keinen Wert. {reasons}")
    return value


def throw_message(step: Step, scope: Activation, node: Node, local: Local) -> bool:
    spec = spec_of(node, MessageSpec)
    texts = _Texts(step, node, step.view(scope.id, local))
    step.effects.append(
        MessageThrown(
            element=node.id,
            name=texts.needed(spec.name, "der Nachrichtenname"),
            key=texts.text(spec.key, "correlationKey") if spec.key else None,
            variables=_inputs(local),
            process=step.process_id(scope),
        )
    )
    return True


def catch_message(step: Step, scope: Activation, node: Node, local: Local) -> bool:
    activation = _open(step, scope, node, local)
    _expect(step, activation, node, spec_of(node, MessageSpec))
    return False


def catch_timer(step: Step, scope: Activation, node: Node, local: Local) -> bool:
    activation = step.open(scope, node, local)
    _set_timer(step, activation, node, spec_of(node, TimerSpec))
    return False


def open_event_gateway(step: Step, scope: Activation, node: Node, local: Local) -> bool:
    """Wait for all events behind the gateway; the first one wins."""
    activation = step.open(scope, node, local)
    program = step.programs[scope.program]
    for index in node.outgoing:
        target = program.nodes[program.flows[index].target]
        if isinstance(target.spec, TimerSpec):
            _set_timer(step, activation, target, target.spec)
        else:
            _expect(step, activation, target, spec_of(target, MessageSpec))
    return False


def open_sub_process(step: Step, scope: Activation, node: Node, local: Local) -> bool:
    activation = _open(step, scope, node, local)
    start = step.programs[scope.program].nodes[spec_of(node, ScopeSpec).start]
    activation.active = 1
    open_handlers(step, activation, node)
    step.tokens.append((activation.id, start, "", {}))
    return False


def call(step: Step, scope: Activation, node: Node, local: Local) -> bool:
    spec = spec_of(node, CallSpec)
    program = step.programs.get(step.bindings.get(spec.called, ""))
    if program is None:
        raise step.failure(
            "called_process_missing", node, f"Der Prozess „{spec.called}“, den {label(node)} aufruft, fehlt."
        )
    start = spec_of(program.nodes[0], ScopeSpec).start
    if start == NONE:
        raise step.failure("no_plain_start", node, f"Der Prozess „{spec.called}“ hat kein Startereignis ohne Auslöser.")
    if step.call_depth(scope) >= MAX_CALL_DEPTH:
        raise step.failure(
            "call_depth", node, f"Die Aufrufe sind bei {label(node)} tiefer als {MAX_CALL_DEPTH} Ebenen."
        )
    activation = _open(step, scope, node, local)
    view = step.view(activation.id)
    values = {name: view[name] for name in view} if spec.all_in else {}
    values.update({item.name: step.evaluate(item.term, view) for item in spec.inputs})
    process = step.open_process(activation.id, program, values)
    process.business_key = _business_key(step, node, spec, scope, view)
    activation.active = 1
    step.moved(program.process_id, "entered", process)
    open_handlers(step, process, program.nodes[0])
    step.tokens.append((process.id, program.nodes[start], "", {}))
    return False


def _business_key(step: Step, node: Node, spec: CallSpec, scope: Activation, view: Mapping[str, Value]) -> str | None:
    if spec.business_key is None:
        return step.state.activations[scope.process].business_key
    return _Texts(step, node, view).needed(spec.business_key, "businessKey")


# Waiting for events.


def _open(step: Step, scope: Activation, node: Node, local: Local) -> Activation:
    """Open an activity; boundary events of a multi-instance activity belong to its body, not to the instances."""
    activation = step.open(scope, node, local)
    if scope.element != node.id:
        open_boundaries(step, activation, node)
    return activation


def open_boundaries(step: Step, host: Activation, node: Node) -> None:
    """Subscribe to the boundary events of an activity; errors need no subscription."""
    for index in node.boundaries:
        _subscribe(step, host, step.programs[host.program].nodes[index])


def open_handlers(step: Step, scope: Activation, node: Node) -> None:
    """Subscribe to the events of the event sub-processes of a scope, for as long as it is open."""
    for index in spec_of(node, ScopeSpec).handlers:
        _subscribe(step, scope, step.programs[scope.program].nodes[index])


def _subscribe(step: Step, host: Activation, node: Node) -> None:
    event = event_of(node)
    if isinstance(event, TimerSpec):
        _set_timer(step, host, node, event)
    elif isinstance(event, MessageSpec):
        _expect(step, host, node, event)


def event_of(node: Node) -> Event | None:
    """What a boundary event or the start event of an event sub-process waits for."""
    return node.spec.event if isinstance(node.spec, BoundarySpec | EventStartSpec) else None


def is_cycle(node: Node) -> bool:
    event = event_of(node)
    return isinstance(event, TimerSpec) and event.kind == "cycle"


def repeat_timer(step: Step, host: Activation, node: Node, fired: Wait) -> None:
    """Set the next firing of a cycle, counted from the moment that was due and not from a late clock."""
    left = None if fired.left is None else fired.left - 1
    event = event_of(node)
    if left == 0 or fired.due_at is None or not isinstance(event, TimerSpec):
        return
    due_at = timers.after(fired.due_at, _cycle(step, host, node, event).duration)
    if due_at is not None:
        _timer_wait(step, host, node, due_at, left)


def _set_timer(step: Step, host: Activation, node: Node, spec: TimerSpec) -> None:
    if spec.kind == "cycle":
        cycle = _cycle(step, host, node, spec)
        due_at, left = cycle.start or timers.after(step.at, cycle.duration), cycle.times
    else:
        due_at, left = _due(step, host, node, spec), 1
    if due_at is None:
        raise step.failure("timer", node, f"Der Zeitpunkt von {label(node)} liegt nach dem Jahr 9999.")
    _timer_wait(step, host, node, due_at, left)


def _timer_wait(step: Step, host: Activation, node: Node, due_at: datetime, left: int | None) -> None:
    wait = step.wait(host, Wait("timer", node.id, due_at=due_at, left=left))
    step.effects.append(TimerSet(wait, node.id, due_at, step.process_id(host)))


def _due(step: Step, host: Activation, node: Node, spec: TimerSpec) -> datetime | None:
    if isinstance(spec.fixed, datetime):
        return spec.fixed
    if isinstance(spec.fixed, timers.Duration):
        return timers.after(step.at, spec.fixed)
    value = step.evaluate(spec.expression, step.view(host.id)) if spec.expression else None
    if spec.kind == "date":
        due_at = timers.moment_of(value)
        if due_at is None:
            raise _no_time(step, node, spec, "kein Zeitpunkt")
        return due_at
    duration = timers.duration_of(value)
    if duration is None:
        raise _no_time(step, node, spec, "keine Dauer")
    return timers.after(step.at, duration)


def _cycle(step: Step, host: Activation, node: Node, spec: TimerSpec) -> timers.Cycle:
    if isinstance(spec.fixed, timers.Cycle):
        return spec.fixed
    value = step.evaluate(spec.expression, step.view(host.id)) if spec.expression else None
    cycle = timers.parse_cycle(value) if isinstance(value, str) else None
    if cycle is None:
        raise _no_time(step, node, spec, "keine Wiederholung")
    return cycle


def _no_time(step: Step, node: Node, spec: TimerSpec, what: str) -> ExecutionFailed:
    text = spec.expression.text if spec.expression else ""
    return step.failure("timer", node, f"„{text}“ von {label(node)} ergibt {what}.")


def _expect(step: Step, host: Activation, node: Node, spec: MessageSpec) -> None:
    texts = _Texts(step, node, step.view(host.id))
    name = texts.needed(spec.name, "der Nachrichtenname")
    key = texts.needed(spec.key, "correlationKey") if spec.key else step.state.activations[host.process].business_key
    wait = step.wait(host, Wait("message", node.id, name=name, key=key))
    step.effects.append(MessageExpected(wait, node.id, name, key, step.process_id(host)))


# Values of a task's texts.


class _Texts:
    """Evaluates the texts of one node; a value of the wrong kind is an error that names the attribute."""

    def __init__(self, step: Step, node: Node, view: Mapping[str, Value]) -> None:
        self.step = step
        self.node = node
        self.view = view

    def text(self, term: Term | None, what: str) -> str | None:
        """Return a text, a number as text, or None."""
        value = self.step.evaluate(term, self.view) if term else None
        if value is None or value == "":
            return None
        if isinstance(value, str):
            return value
        if isinstance(value, Decimal):
            return format(value, "f")
        raise self._wrong(what, "kein Text")

    def needed(self, term: Term, what: str) -> str:
        value = self.text(term, what)
        if value is None:
            raise self._wrong(what, "leer")
        return value

    def texts(self, terms: tuple[Term, ...], what: str) -> tuple[str, ...]:
        """Return all names: a value may be one name, several with commas, or a list."""
        names: list[str] = []
        for term in terms:
            value = self.step.evaluate(term, self.view)
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, str):
                    names.extend(part.strip() for part in item.split(",") if part.strip())
                elif item is not None:
                    raise self._wrong(what, "keine Liste von Texten")
        return tuple(dict.fromkeys(names))

    def moment(self, term: Term | None, what: str) -> datetime | None:
        """Return a moment; a date lasts to its end, a duration counts from now."""
        value = self.step.evaluate(term, self.view) if term else None
        if value is None or value == "":
            return None
        day = parse_date(value) if isinstance(value, str) else value
        if isinstance(day, date) and not isinstance(day, datetime):
            return timers.end_of_day(day)
        duration = timers.duration_of(value)
        found = timers.after(self.step.at, duration) if duration else timers.moment_of(value)
        if found is None:
            raise self._wrong(what, "weder Datum noch Zeitpunkt noch Dauer")
        return found

    def number(self, term: Term | None, default: int, what: str) -> int:
        value = self.step.evaluate(term, self.view) if term else None
        if value is None:
            return default
        if isinstance(value, Decimal) and value == value.to_integral_value() and abs(value) < 10**9:
            return int(value)
        raise self._wrong(what, "keine ganze Zahl")

    def _wrong(self, what: str, problem: str) -> ExecutionFailed:
        return self.step.failure("wrong_value", self.node, f"{what} von {label(self.node)} ist {problem}.")


def _inputs(local: Mapping[str, Value]) -> Mapping[str, Value]:
    return {name: value for name, value in local.items() if name != "loopCounter"}


def _element_index(local: Mapping[str, Value]) -> int | None:
    counter = local.get("loopCounter")
    return int(counter) if isinstance(counter, Decimal) else None


HANDLERS: Final[Mapping[Kind, Callable[[Step, Activation, Node, Local], bool]]] = {
    Kind.USER: open_user_task,
    Kind.JOB: request_job,
    Kind.SCRIPT: assign_script,
    Kind.DECISION: decide,
    Kind.THROW_MESSAGE: throw_message,
    Kind.CATCH_MESSAGE: catch_message,
    Kind.CATCH_TIMER: catch_timer,
    Kind.EVENT_GATEWAY: open_event_gateway,
    Kind.SUB_PROCESS: open_sub_process,
    Kind.CALL: call,
}
