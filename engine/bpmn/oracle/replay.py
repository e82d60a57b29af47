"""Replay a case on both engines and compare after every step."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final, TypeVar

from engine.bpmn.nodes import EventStartSpec, Kind, Program
from engine.bpmn.oracle.comparable import exclusions
from engine.bpmn.oracle.opinion import Disagreement, NotComparable, Opinion, Verdict
from engine.bpmn.oracle.places import Place
from engine.bpmn.oracle.second import Case
from engine.bpmn.oracle.translation import called_from, translate
from engine.bpmn.reader import Element, Model
from engine.bpmn.specs import definition_name
from engine.runtime import Outcome, execute
from engine.runtime.commands import (
    Cancel,
    Command,
    CompleteJob,
    CompleteTask,
    DeliverMessage,
    FailJob,
    FireTimer,
    Start,
)
from engine.runtime.effects import Moved
from engine.runtime.errors import ExecutionFailed
from engine.runtime.state import Activation, State, Wait

_T = TypeVar("_T")
Execute = Callable[[Mapping[str, Program], State | None, Command], Outcome]

_DONE: Final[Mapping[type, str]] = {
    Start: "Start",
    CompleteTask: "Aufgabe erledigt",
    CompleteJob: "Auftrag erledigt",
    FailJob: "Auftrag meldet einen Fehler",
    FireTimer: "Zeitpunkt erreicht",
    DeliverMessage: "Nachricht eingetroffen",
    Cancel: "Abbruch",
}


def comparable(programs: Mapping[str, Program], models: Sequence[Model], process_id: str) -> list[str]:
    """Return in German why SpiffWorkflow cannot be asked about a process and all that it calls; [] when it can."""
    return _reasons(programs, _processes(models), process_id, None)


def compare(
    programs: Mapping[str, Program],
    models: Sequence[Model],
    commands: Sequence[Command],
    *,
    engine: Execute = execute,
) -> Opinion:
    """Replay the stored commands of one case on both engines.

    `programs` are those of the case by process id, `models` the files that they were compiled from. The first command
    is the start. Never raises for anything in models or commands.
    """
    start = commands[0] if commands else None
    by_hash = {program.hash: program for program in programs.values()}
    main = by_hash.get(start.program) if isinstance(start, Start) else None
    if main is None or not isinstance(start, Start):
        return Opinion("", Verdict.NOT_COMPARABLE, "Der Fall beginnt nicht mit dem Start eines bekannten Prozesses.")
    try:
        _Replay(programs, models, main, start, engine).run(commands)
    except NotComparable as reason:
        return Opinion(main.process_id, Verdict.NOT_COMPARABLE, str(reason))
    except Disagreement as reason:
        return Opinion(main.process_id, Verdict.DIFFERS, str(reason))
    return Opinion(main.process_id, Verdict.AGREES)


def _processes(models: Sequence[Model]) -> dict[str, Element]:
    return {process.id or "": process for model in models for process in model.executable()}


def _reasons(
    programs: Mapping[str, Program], processes: Mapping[str, Element], process_id: str, start: str | None
) -> list[str]:
    found: list[str] = []
    for name in called_from(process_id, programs):
        if name in programs and name in processes:
            found += map(str, exclusions(processes[name], start if name == process_id else None))
        else:
            found.append(f"Der Prozess „{name}“, der aufgerufen wird, gehört nicht dazu.")
    return found


class _Replay:
    """One case while it runs on both engines; `names` maps our waits to SpiffWorkflow's tasks."""

    def __init__(
        self,
        programs: Mapping[str, Program],
        models: Sequence[Model],
        main: Program,
        start: Start,
        engine: Execute,
    ) -> None:
        self.by_hash = {program.hash: program for program in programs.values()}
        self.programs = programs
        self.engine = engine
        self.state: State | None = None
        self.names: dict[str, object] = {}
        self.case = self._case(models, main, start)

    def _case(self, models: Sequence[Model], main: Program, start: Start) -> Case:
        processes = _processes(models)
        if main.process_id not in processes:
            raise NotComparable(f"Das Modell von „{main.process_id}“ liegt nicht vor.")
        event = _start_event(main, processes[main.process_id], start.message)
        reasons = _reasons(self.programs, processes, main.process_id, event)
        if reasons:
            more = f" ({len(reasons)} Gründe)" if len(reasons) > 1 else ""
            raise NotComparable(reasons[0] + more)
        try:
            translation = translate(main, event, self.programs, processes)
        except (LookupError, StopIteration) as error:
            text = f"Das Modell enthält „{error.args[0] if error.args else ''}“, das übersetzte Programm nicht."
            raise Disagreement(text) from error
        try:
            return Case(translation, start.variables, start.at)
        except Exception as error:
            text = f"SpiffWorkflow kann das Modell nicht lesen ({type(error).__name__})."
            raise NotComparable(text) from error

    def run(self, commands: Sequence[Command]) -> None:
        for number, command in enumerate(commands, start=1):
            what = f"Schritt {number} ({self._what(command)})"
            try:
                outcome = self.engine(self.by_hash, self.state, command)
            except ExecutionFailed as failed:
                raise Disagreement(f"{what} lässt sich nicht wiederholen: {failed}") from failed
            self._do(what, command)
            self.state = outcome.state
            self._compare(what, outcome)

    def _what(self, command: Command) -> str:
        wait = self.state.waits.get(getattr(command, "wait", "")) if self.state else None
        done = _DONE.get(type(command), type(command).__name__)
        return f"{done}: „{wait.element}“" if wait else done

    def _do(self, what: str, command: Command) -> None:
        """Put a command to SpiffWorkflow; whatever it raises is told by the step."""
        self.case.at = command.at
        self.case.completed.clear()
        try:
            self._command(command)
        except (NotComparable, Disagreement) as found:
            raise type(found)(f"{what}: {found}") from found
        except RecursionError as error:
            raise NotComparable(f"{what}: Der Weg ist zu lang; SpiffWorkflow verfolgt ihn rekursiv.") from error
        except Exception as error:  # it must not matter what a library raises
            raise Disagreement(f"{what}: SpiffWorkflow bricht ab ({type(error).__name__}: {error}).") from error

    def _command(self, command: Command) -> None:
        if isinstance(command, Start):
            self.case.go_on()
        elif isinstance(command, CompleteTask | CompleteJob):
            self.case.complete(self.names[command.wait], command.variables)
        elif isinstance(command, FailJob):
            self.case.fail(self.names[command.wait], command.error_code, command.variables)
        elif isinstance(command, FireTimer):
            self.case.happen(self.names[command.wait], {})
        elif isinstance(command, DeliverMessage):
            self.case.happen(self.names[command.wait], command.variables)
        elif isinstance(command, Cancel):
            self.case.cancel()
        else:
            raise NotComparable("Das kann SpiffWorkflow niemand melden.")

    # Comparing.

    def _compare(self, what: str, outcome: Outcome) -> None:
        state = outcome.state
        if any(count > 1 for activation in state.activations.values() for count in activation.joins.values()):
            raise NotComparable(f"{what}: Über einen Eingang kommen zwei Marken; SpiffWorkflow zählt nur eine.")
        ours, theirs = _places(state, self.by_hash), self.case.waits()
        self._compare_counts(what, "endet", _completed(outcome, self.programs), self.case.completed)
        self._compare_counts(what, "wartet", _numbers(ours), _numbers(theirs))
        if (state.ended is not None) != self.case.ended:
            here, there = ("zu Ende", "nicht") if state.ended else ("nicht zu Ende", "schon")
            raise Disagreement(f"{what}: Hier ist der Vorgang {here}, auf SpiffWorkflow {there}.")
        self.names = {
            wait: name for place, waits in ours.items() for wait, name in zip(waits, theirs[place], strict=True)
        }
        self._compare_times(what, state)
        self._compare_variables(what, state)

    def _compare_counts(self, what: str, verb: str, ours: Counter[_T], theirs: Counter[_T]) -> None:
        for item in sorted(ours.keys() | theirs.keys(), key=str):
            if ours[item] != theirs[item]:
                raise Disagreement(
                    f"{what}: „{item}“ {verb} hier {ours[item]}-mal, auf SpiffWorkflow {theirs[item]}-mal."
                )

    def _compare_times(self, what: str, state: State) -> None:
        for name, wait in state.waits.items():
            if wait.kind == "timer" and self.case.due_at(self.names[name]) != wait.due_at:
                raise Disagreement(f"{what}: Der Zeitpunkt von „{wait.element}“ ist auf SpiffWorkflow ein anderer.")

    def _compare_variables(self, what: str, state: State) -> None:
        ours, theirs = state.variables(), self.case.variables()
        for name in sorted(ours.keys() | theirs.keys()):
            if ours.get(name) != theirs.get(name) or (name in ours) != (name in theirs):
                raise Disagreement(f"{what}: Die Variable „{name}“ hat auf SpiffWorkflow einen anderen Wert.")


def _start_event(main: Program, process: Element, message: str | None) -> str:
    """The id of the start event at which a case begins; the plain one is looked up in the model itself."""
    if message is not None and message in main.message_starts:
        return main.message_starts[message]
    plain = [event.id or "" for event in process.all("startEvent") if definition_name(event) == "none"]
    if not plain:
        raise NotComparable("Der Prozess hat kein Startereignis ohne Auslöser.")
    return plain[0]


def _completed(outcome: Outcome, programs: Mapping[str, Program]) -> Counter[str]:
    """What ended in a step; a join ends here once for each flow, on SpiffWorkflow once."""
    counts: Counter[tuple[str, str]] = Counter()
    for effect in outcome.effects:
        if isinstance(effect, Moved) and effect.how == "completed":
            counts[effect.process, effect.element] += 1
    named: Counter[str] = Counter()
    for (process, element), count in counts.items():
        node = programs[process].node(element)
        if node.kind is not Kind.PROCESS:
            is_join = node.kind is Kind.PARALLEL and len(node.incoming) > 1
            named[element] += count // len(node.incoming) if is_join else count
    return named


def _numbers(places: Mapping[Place, Sequence[object]]) -> Counter[Place]:
    return Counter({place: len(found) for place, found in places.items()})


def _places(state: State, by_hash: Mapping[str, Program]) -> dict[Place, list[str]]:
    """Return our waits by place, in the order in which they were opened."""
    found: dict[Place, list[str]] = defaultdict(list)
    for name in sorted(state.waits, key=lambda name: int(name.removeprefix("w"))):
        activation = state.activations[state.places[name]]
        wait = activation.waits[name]
        process_id = by_hash[activation.program].process_id
        path = _path(state, activation, wait, by_hash[activation.program])
        found[Place(path, _kind(wait), process_id)].append(name)
    return dict(found)


def _kind(wait: Wait) -> str:
    return "continue" if wait.stage else wait.kind


def _path(state: State, activation: Activation, wait: Wait, program: Program) -> tuple[tuple[str, int | None], ...]:
    path: list[tuple[str, int | None]] = []
    current: Activation | None = activation
    if wait.element != activation.element:  # an event at an activity
        path.append((wait.element, None))
        if not isinstance(program.node(wait.element).spec, EventStartSpec):
            current = state.activations.get(activation.parent)
    while current is not None:
        parent = state.activations.get(current.parent)
        if current.process != current.id and current.loop is None:
            path.append((current.element, _index(current, parent)))
        current = parent
    return tuple(reversed(path))


def _index(activation: Activation, parent: Activation | None) -> int | None:
    if parent is None or parent.loop is None:
        return None
    counter = activation.variables.get("loopCounter")
    return int(counter) if isinstance(counter, Decimal) else None
