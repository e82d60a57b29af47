"""Replays golden traces: what another BPMN engine really did with a model, step by step, against ours.

`python -m tests.golden.replay [DIR]` prints how many models are accepted, how many traces are equal, and the first
difference of every other one. DIR holds `models/` and `traces/` as the README beside the reference data describes;
without it the traces of Operaton are taken.

Three things of the recording engine are no BPMN and not in the product; the harness can translate them
(`Adaptation`): service tasks whose code does nothing, receive tasks that are triggered without a message, and times
without a zone, which that engine reads as UTC. Both counts are printed, with and without translation.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from lxml import etree

from engine.bpmn.findings import Finding, ModelRefused
from engine.bpmn.gate import check
from engine.bpmn.nodes import Kind, LinkSpec, Node, Program
from engine.bpmn.program import compile_program
from engine.bpmn.reader import read_bpmn
from engine.feel.values import Value, to_json, value_of
from engine.runtime import execute
from engine.runtime.commands import (
    Command,
    CompleteJob,
    CompleteTask,
    DeliverMessage,
    Escalate,
    FailJob,
    FireTimer,
    Start,
)
from engine.runtime.effects import FlowTaken, Moved
from engine.runtime.errors import ExecutionFailed
from engine.runtime.state import State, Wait

CLOCK = datetime(2026, 1, 1, tzinfo=UTC)
DUE_TOLERANCE = timedelta(seconds=2)
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
TRIGGER = "trigger:"
"""Prefix of the message that stands for the trigger of a receive task without message."""


class Verdict(StrEnum):
    EQUAL = "equal"
    DIFFERENT = "different"
    REFUSED = "refused"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class TraceResult:
    """`level` 1: waiting sets and outcome, 2: also flows and end events, 3: also history rows (0: not equal)."""

    model: str
    trace: int
    verdict: Verdict
    level: int = 0
    difference: str = ""


@dataclass(slots=True)
class Report:
    models: int = 0
    accepted: int = 0
    rightly_refused: int = 0
    wrongly_accepted: list[str] = field(default_factory=list)
    results: list[TraceResult] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    kinds: dict[str, Counter[str]] = field(default_factory=dict)

    def count(self, verdict: Verdict) -> int:
        return sum(result.verdict is verdict for result in self.results)

    @property
    def differences(self) -> list[TraceResult]:
        return [result for result in self.results if result.verdict is Verdict.DIFFERENT]

    @property
    def score(self) -> float:
        """Share of the undisputed traces of accepted models with equal waiting sets and outcome."""
        equal = self.count(Verdict.EQUAL)
        return equal / max(1, equal + self.count(Verdict.DIFFERENT))

    def level(self, level: int) -> int:
        return sum(result.verdict is Verdict.EQUAL and result.level >= level for result in self.results)


def replay_all(directory: Path, *, adapted: bool, only: Iterable[str] | None = None) -> Report:
    """Replay every model below `directory`; `only` limits to traces files whose path contains one of the texts."""
    report = Report()
    wanted = list(only or [""])
    for path in sorted((directory / "traces").rglob("*.json")):
        if any(text in str(path) for text in wanted):
            _replay_document(directory, json.loads(path.read_text("utf-8")), report, adapted=adapted)
    return report


def _replay_document(directory: Path, document: Mapping[str, Any], report: Report, *, adapted: bool) -> None:
    report.models += 1
    files = [_model(directory, name, document, adapted=adapted) for name in (document["model"], *document["with"])]
    findings = [finding for data in files for finding in check(data)]
    _count_model(document, findings, report)
    for number, trace in enumerate(document["traces"]):
        if trace.get("disputed") or trace.get("variableMissing") or document["deploy"] != "ok":
            result = TraceResult(document["model"], number, Verdict.SKIPPED)
        elif findings:
            result = TraceResult(document["model"], number, Verdict.REFUSED)
        else:
            result = _replay_trace(files, document, number, trace)
        report.results.append(result)
        for kind in document["features"]:
            report.kinds.setdefault(kind, Counter())[result.verdict] += 1


def _model(directory: Path, name: str, document: Mapping[str, Any], *, adapted: bool) -> bytes:
    data = (directory / "models" / name).read_bytes()
    return adapt(data, document.get("noop", ())) if adapted else data


def _count_model(document: Mapping[str, Any], findings: Sequence[Finding], report: Report) -> None:
    must_refuse = document["deploy"] != "ok" and document.get("refusal") in {"bpmn-rule", "xml-schema"}
    if must_refuse and not document.get("deployDisputed"):
        if findings:
            report.rightly_refused += 1
        else:
            report.wrongly_accepted.append(document["model"])
    if not findings:
        report.accepted += 1
    for code in {finding.code for finding in findings}:
        report.reasons[code] += 1


def adapt(data: bytes, noop: Iterable[str]) -> bytes:
    """Translate what is no BPMN but means something in the recording engine; see the module."""
    root = etree.fromstring(data)
    _pass_through(root, set(noop))
    _trigger_by_message(root)
    _zone(root)
    return etree.tostring(root)


def _pass_through(root: etree._Element, noop: set[str]) -> None:
    for element in list(root.iter(f"{BPMN}serviceTask", f"{BPMN}sendTask", f"{BPMN}businessRuleTask")):
        if element.get("id") in noop:
            element.tag = f"{BPMN}task"
            for name in [key for key in element.attrib if key.startswith("{") or key in {"implementation"}]:
                if not name.endswith(("}asyncBefore", "}asyncAfter", "}async")):
                    del element.attrib[name]
    for element in list(root.iter(f"{BPMN}intermediateThrowEvent", f"{BPMN}endEvent")):
        if element.get("id") in noop:
            for definition in element.findall(f"{BPMN}messageEventDefinition"):
                element.remove(definition)


def _trigger_by_message(root: etree._Element) -> None:
    for element in list(root.iter(f"{BPMN}receiveTask")):
        if element.get("messageRef") is None:
            name = f"{TRIGGER}{element.get('id')}"
            message = etree.Element(f"{BPMN}message", id=f"message_{element.get('id')}", name=name)
            root.insert(0, message)
            element.set("messageRef", message.get("id"))


def _zone(root: etree._Element) -> None:
    for element in root.iter(f"{BPMN}timeDate"):
        text = (element.text or "").strip()
        if text[:4].isdigit() and text[-1:].isdigit() and "T" in text and "+" not in text:
            element.text = f"{text}Z"


# One trace.


class Replay:
    """One instance that does the recorded actions."""

    def __init__(self, files: Sequence[bytes]) -> None:
        self.programs: dict[str, Program] = {}
        self.bindings: dict[str, str] = {}
        self.links: set[tuple[str, int]] = set()
        for data in files:
            model = read_bpmn(data, name="model")
            for process in model.executable():
                program = compile_program(model, process.id or "", {})
                self.programs[program.hash] = program
                self.links |= {(program.process_id, index) for index in link_events(program)}
                self.bindings[program.process_id] = program.hash
        self.state: State | None = None
        self.at = CLOCK
        self.process = ""
        self.history: Counter[tuple[str, str]] = Counter()
        self.flows: Counter[str] = Counter()
        self.canceled: set[str] = set()
        self.end_events: set[str] = set()

    def start(self, process: str, start: Mapping[str, Any], variables: Mapping[str, Any]) -> None:
        self.process = process
        message = start.get("name") if start["kind"] == "message" else None
        values = {name: value_of(value) for name, value in variables.items()}
        self._do(Start(self.bindings[process], self.at, values, message, self.bindings))

    def act(self, action: Mapping[str, Any]) -> None:
        kind = action["do"]
        if kind == "timer":
            wait = self._wait("timer", action["element"])
            due_at = self._waits()[wait].due_at
            self.at = max(self.at, due_at) if due_at else self.at
            self._do(FireTimer(wait, self.at, self.bindings))
        elif kind == "user":
            self._do(CompleteTask(self._wait("task", action["element"]), self.at, bindings=self.bindings))
        elif kind == "external":
            self._do(CompleteJob(self._wait("job", action["element"]), self.at, bindings=self.bindings))
        elif kind in {"message", "receive"}:
            self._do(DeliverMessage(self._wait("message", action["element"]), self.at, bindings=self.bindings))
        elif kind == "error":
            wait = self._wait_of_task(action["element"])
            self._do(FailJob(wait, self.at, action["code"], bindings=self.bindings))
        elif kind == "escalation":
            wait = self._wait_of_task(action["element"])
            self._do(Escalate(wait, self.at, action["code"], bindings=self.bindings))
        else:
            raise NotImplementedError(f"action {kind}")

    def _do(self, command: Command) -> None:
        """Execute a command, then all asynchronous continuations, oldest first."""
        self._execute(command)
        while continuation := next((name for name, wait in self._waits().items() if wait.stage), None):
            self._execute(CompleteJob(continuation, self.at, bindings=self.bindings))

    def _execute(self, command: Command) -> None:
        outcome = execute(self.programs, self.state, command)
        self.state = State.from_json(outcome.state.to_json())
        for effect in outcome.effects:
            if isinstance(effect, Moved):
                self._count_move(effect)
            elif isinstance(effect, FlowTaken):
                self._count_flow(effect)

    def _count_move(self, effect: Moved) -> None:
        """Count a row as the recording engine writes it (see the README's traps 15 and 19)."""
        node = self._node(effect)
        if node is not None and (effect.process, node.index) in self.links:
            return
        if effect.how == "completed":
            self.at += timedelta(milliseconds=1)
            if node is not None and node.ends:
                self.end_events.add(self._name(effect))
        how = "canceled" if node is not None and node.kind is Kind.EVENT_GATEWAY else effect.how
        self.history[(effect.element, "started" if effect.how == "entered" else how)] += 1
        if how == "canceled" and node is not None and effect.how != "entered":
            self.canceled.add(self._name(effect))

    def _node(self, effect: Moved) -> Node | None:
        """The node of a moved element; None for a process."""
        program = self.programs[self.bindings[effect.process]]
        index = program.index[effect.element]
        return program.nodes[index] if index else None

    def _count_flow(self, effect: FlowTaken) -> None:
        program = self.programs[self.bindings[effect.process]]
        source = program.nodes[program.flows[program.flow_index[effect.flow]].source]
        if source.kind is not Kind.EVENT_GATEWAY:
            self.flows[effect.flow] += 1

    def _name(self, effect: Moved) -> str:
        """How the outcome names an element: with its process where that is not the trace's own."""
        return effect.element if effect.process == self.process else f"{effect.process}:{effect.element}"

    def _waits(self) -> dict[str, Wait]:
        return self.state.waits if self.state else {}

    def _wait(self, kind: str, element: str) -> str:
        found = [
            (wait.due_at or CLOCK, name)
            for name, wait in self._waits().items()
            if wait.kind == kind and wait.element == element
        ]
        if not found:
            raise LookupError(f"nothing waits at {element} ({kind})")
        earliest = min(due_at for due_at, _ in found)
        return next(name for due_at, name in found if due_at == earliest)

    def _wait_of_task(self, element: str) -> str:
        found = self._waits().items()
        return next(name for name, wait in found if wait.element == element and wait.kind in {"task", "job"})

    def waiting(self) -> dict[str, Any]:
        """What waits, in the shape of the traces (without due times)."""
        found: dict[str, Counter[Any]] = {}
        for wait in self._waits().values():
            if wait.kind == "task":
                found.setdefault("user", Counter())[wait.element] += 1
            elif wait.kind == "job":
                found.setdefault("external", Counter())[wait.element] += 1
            elif wait.kind == "timer":
                found.setdefault("timer", Counter())[wait.element] += 1
            elif wait.name and wait.name.startswith(TRIGGER):
                found.setdefault("receive", Counter())[wait.element] += 1
            else:
                found.setdefault("message", Counter())[(wait.element, wait.name)] += 1
        return {kind: dict(counts) for kind, counts in found.items()}

    def due_times(self) -> list[tuple[str, datetime]]:
        return sorted((wait.element, wait.due_at) for wait in self._waits().values() if wait.due_at)

    def outcome(self) -> str:
        if self.state is None or self.state.ended:
            return "ended"
        return "waiting" if self.state.places else "stuck"

    def variables(self) -> dict[str, Any]:
        values = self.state.variables() if self.state else {}
        return {name: to_json(value) for name, value in values.items() if not _is_counter(name)}


def link_events(program: Program) -> Iterator[int]:
    """Link events, which leave no rows in the recording engine."""
    for node in program.nodes:
        if isinstance(node.spec, LinkSpec):
            yield from (node.index, node.spec.target)


def _is_counter(name: str) -> bool:
    return name == "loopCounter" or (name.startswith("nrOf") and name.endswith("Instances"))


def _replay_trace(
    files: Sequence[bytes], document: Mapping[str, Any], number: int, trace: Mapping[str, Any]
) -> TraceResult:
    try:
        problems = list(_compare(Replay(files), trace))
    except (ExecutionFailed, ModelRefused, LookupError, NotImplementedError) as error:
        problems = [(1, f"{type(error).__name__}: {error}")]
    first = min(problems, default=None)
    if first is None:
        return TraceResult(document["model"], number, Verdict.EQUAL, 3)
    if first[0] == 1:
        return TraceResult(document["model"], number, Verdict.DIFFERENT, 0, first[1])
    return TraceResult(document["model"], number, Verdict.EQUAL, first[0] - 1, first[1])


def _compare(replay: Replay, trace: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    """Yield (level, difference) for every difference; the first of level 1 ends the trace."""
    for number, step in enumerate(trace["steps"]):
        replay.history.clear()
        replay.flows.clear()
        failed = None
        try:
            if number == 0:
                replay.start(trace["process"], trace["start"], trace.get("variables", {}))
            else:
                replay.act(step["action"])
        except ExecutionFailed as error:
            failed = error
        if (failed is not None) != ("error" in step):
            yield 1, f"step {number} {step['action']}: error {step.get('error')} but {failed}"
            return
        if failed is not None:
            return
        expected = recorded_wait(step.get("wait", {}))
        if replay.waiting() != expected:
            yield 1, f"step {number} {step['action']}: wait {expected} but {replay.waiting()}"
            return
        yield from _compare_due(replay, step, number)
        if dict(replay.flows) != step.get("flows", {}):
            yield 2, f"step {number}: flows {step.get('flows', {})} but {dict(replay.flows)}"
        rows = Counter((row[0], row[2]) for row in step.get("history", []) if row[1] != "multiInstanceBody")
        if rows != replay.history and not trace.get("historyQuirk"):
            yield 3, f"step {number}: history {rows - replay.history} but {replay.history - rows}"
    yield from _compare_outcome(replay, trace["outcome"], quirk=bool(trace.get("historyQuirk")))


def _compare_due(replay: Replay, step: Mapping[str, Any], number: int) -> Iterator[tuple[int, str]]:
    due = sorted(
        (element, datetime.fromisoformat(text))
        for element, text, count in step.get("wait", {}).get("timer", [])
        for _ in range(count)
    )
    ours = replay.due_times()
    if len(due) != len(ours) or any(
        abs(expected[1] - got[1]) > DUE_TOLERANCE for expected, got in zip(due, ours, strict=True)
    ):
        yield 1, f"step {number}: due {due} but {ours}"


def recorded_wait(wait: Mapping[str, Any]) -> dict[str, Any]:
    kinds = ("user", "external", "receive", "conditional")
    found: dict[str, Any] = {kind: dict(wait[kind]) for kind in kinds if wait.get(kind)}
    for kind in ("message", "signal"):
        if wait.get(kind):
            found[kind] = {(element, name): count for element, name, count in wait[kind]}
    if wait.get("timer"):
        timers: Counter[str] = Counter()
        for element, _due, count in wait["timer"]:
            timers[element] += count
        found["timer"] = dict(timers)
    return found


def _compare_outcome(replay: Replay, outcome: Mapping[str, Any], *, quirk: bool) -> Iterator[tuple[int, str]]:
    expected = outcome["state"]
    got = replay.outcome()
    if expected == "limit":
        expected = got if got != "ended" else "limit"
    if got != expected:
        yield 1, f"outcome {expected} but {got}"
    if sorted(replay.end_events) != outcome.get("endEvents", []):
        yield 2, f"end events {outcome.get('endEvents')} but {sorted(replay.end_events)}"
    if sorted(replay.canceled) != outcome.get("canceled", []) and not quirk:
        yield 3, f"canceled {outcome.get('canceled')} but {sorted(replay.canceled)}"
    variables = {name: to_json(_value(value)) for name, value in outcome.get("variables", {}).items()}
    ours = replay.variables()
    if any(ours.get(name) != value for name, value in variables.items() if value is not None):
        yield 2, f"variables {variables} but {ours}"


def _value(value: Any) -> Value:
    return value_of(value)


# The command.


def main(arguments: Sequence[str]) -> int:
    directory = Path(arguments[0]) if arguments else _operaton()
    for adapted in (False, True):
        report = replay_all(directory, adapted=adapted)
        print(to_text(report, adapted=adapted))
    return 0


def _operaton() -> Path:
    return Path(__file__).resolve().parents[3] / "shared/data/bpmn/golden/operaton"


def to_text(report: Report, *, adapted: bool) -> str:
    title = "with translation of what is no BPMN (see the module)" if adapted else "models as they are"
    lines = [
        f"== {title}",
        (
            f"models {report.models}: accepted {report.accepted}, refused {report.models - report.accepted}; "
            f"of those that must be refused {report.rightly_refused} refused, {len(report.wrongly_accepted)} accepted"
        ),
        (
            f"traces {len(report.results)}: skipped (disputed, variable missing) {report.count(Verdict.SKIPPED)}, "
            f"of refused models {report.count(Verdict.REFUSED)}, equal {report.count(Verdict.EQUAL)}, "
            f"different {report.count(Verdict.DIFFERENT)}: {100 * report.score:.2f} % equal (waiting sets and outcome)"
        ),
        f"also equal: flows, end events and variables {report.level(2)}, history rows {report.level(3)}",
        "refused because of (models):",
        *(f"  {count:4} {reason}" for reason, count in report.reasons.most_common()),
        "per element kind (traces): equal different refused skipped",
        *(_kind_line(kind, counts) for kind, counts in sorted(report.kinds.items())),
    ]
    lines += [f"ACCEPTED BUT MUST BE REFUSED {model}" for model in report.wrongly_accepted]
    lines += [f"DIFFERENT {item.model} #{item.trace}: {item.difference}" for item in report.differences]
    return "\n".join(lines)


def _kind_line(kind: str, counts: Mapping[str, int]) -> str:
    return f"  {' '.join(f'{counts.get(verdict, 0):4}' for verdict in Verdict)}  {kind}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
