"""The pure core: a state and a command give a new state and what the shell has to do. No I/O, no clock, no chance."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from engine.bpmn.nodes import NONE, Kind, Node, Program, ScopeSpec
from engine.runtime import events, tokens
from engine.runtime.activities import open_handlers
from engine.runtime.commands import (
    Cancel,
    Command,
    CompleteJob,
    CompleteTask,
    DeliverMessage,
    Escalate,
    FailJob,
    FireTimer,
    Start,
    Variables,
)
from engine.runtime.effects import Effect, WaitKind
from engine.runtime.errors import ExecutionFailed, WaitGone
from engine.runtime.state import ROOT, Activation, State, Wait
from engine.runtime.step import Step, label


@dataclass(frozen=True, slots=True)
class Outcome:
    """The state after a step, and what the step wants from the shell, in order.

    A wait that was opened and closed again within the step does not occur in the effects.
    """

    state: State
    effects: tuple[Effect, ...]


def execute(programs: Mapping[str, Program], state: State | None, command: Command) -> Outcome:
    """Do one step. `state` is None for Start and only then; it is never changed.

    `programs` maps hashes to programs: those of `state.programs`, and those that the command's bindings name.
    Raises ExecutionFailed when the model cannot go on with these values, WaitGone when nobody waits there (any more);
    then nothing has happened.
    """
    step = Step(programs, state or State(), command.at, getattr(command, "bindings", {}))
    _check(step, state, command)
    _COMMANDS[type(command)](step, command)
    tokens.run(step)
    return Outcome(step.state, step.lasting_effects())


def _check(step: Step, state: State | None, command: Command) -> None:
    if (state is None) != isinstance(command, Start):
        raise ExecutionFailed(
            "already_started", None, None, "Der Vorgang läuft bereits oder wurde noch nicht gestartet."
        )
    missing = [found for found in step.state.programs if found not in step.programs]
    if missing:
        raise ExecutionFailed(
            "program_missing", None, None, f"Die Fassung {missing[0][:12]} eines Prozesses ist nicht geladen."
        )


def _start(step: Step, command: Start) -> None:
    program = step.programs.get(command.program)
    if program is None:
        raise ExecutionFailed("program_missing", None, None, f"Die Fassung {command.program[:12]} ist nicht geladen.")
    node = _start_node(program, command.message)
    root = step.open_process(0, program, command.variables)
    step.moved(program.process_id, "entered", root)
    open_handlers(step, root, program.nodes[0])
    step.tokens.append((root.id, node, "", {}))


def _start_node(program: Program, message: str | None) -> Node:
    if message is None:
        process = program.nodes[0]
        start = process.spec.start if isinstance(process.spec, ScopeSpec) else NONE
        if start != NONE:
            return program.nodes[start]
        text = f"Der Prozess „{program.name}“ kann nur mit einer Nachricht gestartet werden."
        raise ExecutionFailed("no_plain_start", program.process_id, process.line, text)
    element = program.message_starts.get(message)
    if element is None:
        text = f"Der Prozess „{program.name}“ wird nicht mit der Nachricht „{message}“ gestartet."
        raise ExecutionFailed("no_message_start", program.process_id, program.nodes[0].line, text)
    return program.node(element)


def _complete_task(step: Step, command: CompleteTask) -> None:
    activation, _ = _take(step, command.wait, "task")
    activation.variables.update(command.variables)
    tokens.complete(step, activation)


def _complete_job(step: Step, command: CompleteJob) -> None:
    activation, wait = _take(step, command.wait, "job")
    if wait.stage:
        _continue(step, activation, wait)
    else:
        activation.variables.update(command.variables)
        tokens.complete(step, activation)


def _continue(step: Step, activation: Activation, wait: Wait) -> None:
    """Go on before or behind an element; the activation only held the token."""
    node = step.node(activation)
    scope = step.own(activation.parent)
    step.remove(activation)
    if wait.stage == "before":
        if scope.element == node.id:
            tokens.perform(step, scope, node, activation.variables)
        else:
            tokens.begin(step, scope, node, wait.name or "", activation.variables)
    elif scope.element == node.id:
        tokens.end_item(step, scope, node, activation.variables)
    else:
        tokens.take_flows(step, scope, node)


def _fail_job(step: Step, command: FailJob) -> None:
    activation, wait = _take(step, command.wait, "job", "task")
    node = step.node(activation)
    if wait.stage or not events.is_caught(step, activation, command.error_code):
        raise step.failure(
            "error_not_caught",
            node,
            f"Der Dienst meldet den Fehler „{command.error_code}“, aber {label(node)} hat niemanden, der ihn fängt.",
        )
    events.throw(step, activation, command.error_code, None, command.variables)


def _escalate(step: Step, command: Escalate) -> None:
    place = step.state.places.get(command.wait)
    if place is None or step.state.activations[place].waits[command.wait].kind not in {"task", "job"}:
        raise WaitGone(command.wait)
    events.escalate_from(step, step.own(place), command.code, command.variables)


def _fire_timer(step: Step, command: FireTimer) -> None:
    _happen(step, command.wait, "timer", {})


def _deliver_message(step: Step, command: DeliverMessage) -> None:
    _happen(step, command.wait, "message", command.variables)


def _happen(step: Step, name: str, kind: WaitKind, variables: Variables) -> None:
    """What a wait was for has happened: at the activation itself, behind an event-based gateway, or beside."""
    place = step.state.places.get(name)
    wait = step.state.activations[place].waits[name] if place is not None else None
    if place is None or wait is None or wait.kind != kind:
        raise WaitGone(name)
    activation = step.own(place)
    if step.node(activation).kind is Kind.EVENT_GATEWAY:
        step.close(activation, name)
        tokens.choose_event(step, activation, step.node(activation, wait.element), variables)
    elif wait.element == activation.element:
        step.close(activation, name)
        activation.variables.update(variables)
        tokens.complete(step, activation)
    else:
        events.receive(step, place, name, variables)


def _cancel(step: Step, command: Cancel) -> None:  # noqa: ARG001 -- the reason is for the history
    if step.state.ended is not None:
        raise ExecutionFailed("ended", None, None, "Der Vorgang ist bereits beendet.")
    root = step.own(ROOT)
    step.cancel_inside(root)
    step.moved(root.element, "canceled", root)
    step.end_instance(root, "canceled")


def _take(step: Step, name: str, *kinds: WaitKind) -> tuple[Activation, Wait]:
    """Close a wait and return it with its activation; raises WaitGone."""
    place = step.state.places.get(name)
    if place is None:
        raise WaitGone(name)
    activation = step.own(place)
    wait = activation.waits[name]
    if wait.kind not in kinds:
        raise WaitGone(name)
    step.close(activation, name)
    return activation, wait


_COMMANDS: Final[Mapping[type, Callable[[Step, Any], None]]] = {
    Start: _start,
    CompleteTask: _complete_task,
    CompleteJob: _complete_job,
    FailJob: _fail_job,
    Escalate: _escalate,
    FireTimer: _fire_timer,
    DeliverMessage: _deliver_message,
    Cancel: _cancel,
}
