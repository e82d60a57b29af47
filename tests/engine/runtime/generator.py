"""Generates block-structured BPMN models: always sound, deterministic from its choices, with known visits.

A model is a tree of blocks (sequence, choice, fork, loop, sub-process, call, multi-instance, tasks, events), written as
BPMN with Camunda attributes and FEEL conditions. Because every condition depends on variables that the generator chose
itself, it knows how often each element will be entered, unless boundary events can fire (`Generated.visits` is None
then). Use `Seeded(n)` for a fixed model, `Drawn(data)` below Hypothesis:

    generated = generate(Seeded(7), Options(constructs=frozenset({"user", "choice", "fork"})))
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Protocol

from hypothesis import strategies as st

CONSTRUCTS = frozenset(
    {
        "user",
        "pass",
        "external",
        "script",
        "timer",
        "message",
        "choice",
        "fork",
        "split",
        "loop",
        "sub_process",
        "call",
        "multi_instance",
        "async",
        "boundary_timer",
        "boundary_message",
        "boundary_error",
        "boundary_escalation",
        "inclusive",
        "event_gateway",
        "handler",
    }
)
"""What a model may consist of. `split` forks by several flows out of a task, some with conditions (that hold)."""

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  targetNamespace="http://example.com/generated">
  <bpmn:message id="message" name="Nachricht"/>
  <bpmn:message id="other" name="Andere"/>
  <bpmn:error id="error" errorCode="E1"/>
  <bpmn:escalation id="escalation" escalationCode="X1"/>
"""


@dataclass(frozen=True)
class Options:
    """Which constructs, and how large: `size` bounds the number of blocks, `depth` their nesting."""

    constructs: frozenset[str] = CONSTRUCTS
    size: int = 12
    depth: int = 4


@dataclass(frozen=True)
class Generated:
    """`processes` are the ids in the file, the first one is to be started with `variables` (int values and lists)."""

    bpmn: bytes
    processes: tuple[str, ...]
    variables: dict[str, Any]
    visits: dict[str, int] | None


class Chooser(Protocol):
    """Where the choices come from; `integer` includes both ends."""

    def integer(self, low: int, high: int) -> int: ...


class Seeded:
    """Choices of a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def integer(self, low: int, high: int) -> int:
        return self.random.randint(low, high)


class Drawn:
    """Choices of Hypothesis, which can make a failing model smaller."""

    def __init__(self, data: Any) -> None:
        self.data = data

    def integer(self, low: int, high: int) -> int:
        return int(self.data.draw(st.integers(low, high)))


def generate(chooser: Chooser, options: Options | None = None) -> Generated:
    writer = _Writer(chooser, options or Options())
    writer.process("main", 1)
    processes = "".join(
        f'  <bpmn:process id="{name}" isExecutable="true">\n{body}  </bpmn:process>\n'
        for name, body in writer.processes.items()
    )
    return Generated(
        bpmn=f"{HEAD}{processes}</bpmn:definitions>\n".encode(),
        processes=("main", *(name for name in writer.processes if name != "main")),
        variables=writer.variables,
        visits=dict(writer.visits) if writer.exact else None,
    )


@dataclass
class _Scope:
    """The content of one process or sub-process while it is written."""

    parts: list[str] = field(default_factory=list)


_LEAVES = ("user", "pass", "external", "script", "timer", "message")
_ATTACHED = ("boundary_timer", "boundary_message", "boundary_error", "boundary_escalation")
_BLOCKS = ("choice", "fork", "split", "inclusive", "event_gateway", "loop", "sub_process", "call", "multi_instance")
_NESTED = (*_BLOCKS, *_ATTACHED)


class _Writer:
    def __init__(self, chooser: Chooser, options: Options) -> None:
        self.chooser = chooser
        self.options = options
        self.left = options.size
        self.ids = 0
        self.processes: dict[str, str] = {}
        self.variables: dict[str, Any] = {}
        self.visits: Counter[str] = Counter()
        self.exact = True

    # Choices.

    def number(self) -> int:
        self.ids += 1
        return self.ids

    def pick(self, *names: str) -> str:
        """Pick one of the constructs that the options allow; a pass-through task when none is."""
        allowed = [name for name in names if name in self.options.constructs]
        return allowed[self.chooser.integer(0, len(allowed) - 1)] if allowed else "pass"

    # Containers.

    def process(self, name: str, times: int) -> None:
        scope = _Scope()
        self.content(scope, times, 0)
        self.processes[name] = "".join(scope.parts)

    def content(self, scope: _Scope, times: int, depth: int) -> None:
        """Write start, a sequence of blocks and end into a scope."""
        start = self.element(scope, "startEvent", "start", times)
        last = self.sequence(scope, start, times, depth)
        end = self.element(scope, "endEvent", "end", times)
        self.flow(scope, last, end)
        if "handler" in self.options.constructs and not self.chooser.integer(0, 4):
            self.handler(scope)

    def sequence(self, scope: _Scope, entry: str, times: int, depth: int) -> str:
        for _ in range(self.chooser.integer(1, 3)):
            if self.left <= 0:
                break
            self.left -= 1
            entry = self.block(scope, entry, times, depth)
        return entry

    def block(self, scope: _Scope, entry: str, times: int, depth: int) -> str:
        """Write one block behind `entry`; returns its last element."""
        deeper = depth < self.options.depth and self.left > 0 and self.chooser.integer(0, 1)
        kind = self.pick(*_NESTED) if deeper else self.pick(*_LEAVES)
        return getattr(self, f"_{kind}")(scope, entry, times, depth + 1)

    # Leaves.

    def _leaf(self, scope: _Scope, entry: str, times: int, tag: str, attributes: str = "", inner: str = "") -> str:
        if "async" in self.options.constructs and not self.chooser.integer(0, 5):
            attributes += f' camunda:async{("Before", "After")[self.chooser.integer(0, 1)]}="true"'
        name = self.element(scope, tag, tag, times, attributes, inner)
        self.flow(scope, entry, name)
        return name

    def _user(self, scope: _Scope, entry: str, times: int, depth: int) -> str:
        return self._leaf(scope, entry, times, "userTask")

    def _pass(self, scope: _Scope, entry: str, times: int, depth: int) -> str:
        return self._leaf(scope, entry, times, "task")

    def _external(self, scope: _Scope, entry: str, times: int, depth: int) -> str:
        return self._leaf(scope, entry, times, "serviceTask", ' camunda:type="external" camunda:topic="topic"')

    def _script(self, scope: _Scope, entry: str, times: int, depth: int) -> str:
        attributes = f' scriptFormat="feel" camunda:resultVariable="s{self.number()}"'
        return self._leaf(scope, entry, times, "scriptTask", attributes, "<bpmn:script>1 + 1</bpmn:script>")

    def _timer(self, scope: _Scope, entry: str, times: int, depth: int) -> str:
        definition = (
            "<bpmn:timerEventDefinition><bpmn:timeDuration>PT1H</bpmn:timeDuration></bpmn:timerEventDefinition>"
        )
        return self._leaf(scope, entry, times, "intermediateCatchEvent", inner=definition)

    def _message(self, scope: _Scope, entry: str, times: int, depth: int) -> str:
        definition = '<bpmn:messageEventDefinition messageRef="message"/>'
        return self._leaf(scope, entry, times, "intermediateCatchEvent", inner=definition)

    # Blocks.

    def _choice(self, scope: _Scope, entry: str, times: int, depth: int) -> str:
        """An exclusive gateway over a variable; the last branch is the default."""
        branches = self.chooser.integer(2, 3)
        variable = f"v{self.number()}"
        chosen = self.chooser.integer(0, branches - 1)
        self.variables[variable] = chosen
        default = f"flow{self.number()}"
        gateway = self.element(scope, "exclusiveGateway", "choice", times, f' default="{default}"')
        self.flow(scope, entry, gateway)
        merge = self.element(scope, "exclusiveGateway", "merge", times)
        for branch in range(branches):
            taken = times if branch == chosen else 0
            first = self.element(scope, "task", "way", taken)
            if branch == branches - 1:
                self.flow(scope, gateway, first, name=default)
            else:
                self.flow(scope, gateway, first, f"{variable} = {branch}")
            self.flow(scope, self.sequence(scope, first, taken, depth), merge)
        return merge

    def _fork(self, scope: _Scope, entry: str, times: int, depth: int) -> str:
        branches = self.chooser.integer(2, 3)
        fork = self.element(scope, "parallelGateway", "fork", times)
        self.flow(scope, entry, fork)
        join = self.element(scope, "parallelGateway", "join", times * branches)
        for _ in range(branches):
            first = self.element(scope, "task", "way", times)
            self.flow(scope, fork, first)
            self.flow(scope, self.sequence(scope, first, times, depth), join)
        return join

    def _split(self, scope: _Scope, entry: str, times: int, depth: int) -> str:
        """Several flows out of a task, some with conditions that hold; a parallel gateway joins them."""
        branches = self.chooser.integer(2, 3)
        task = self.element(scope, "task", "split", times)
        self.flow(scope, entry, task)
        join = self.element(scope, "parallelGateway", "join", times * branches)
        for _ in range(branches):
            first = self.element(scope, "task", "way", times)
            condition = None
            if self.chooser.integer(0, 1):
                variable = f"v{self.number()}"
                self.variables[variable] = 1
                condition = f"{variable} = 1"
            self.flow(scope, task, first, condition)
            self.flow(scope, self.sequence(scope, first, times, depth), join)
        return join

    def _inclusive(self, scope: _Scope, entry: str, times: int, depth: int) -> str:
        """Some branches of an inclusive gateway are taken, at least one; another one joins them."""
        branches = self.chooser.integer(2, 3)
        split = self.element(scope, "inclusiveGateway", "split", times)
        self.flow(scope, entry, split)
        taken = [True, *(bool(self.chooser.integer(0, 1)) for _ in range(branches - 1))]
        join = self.element(scope, "inclusiveGateway", "join", times * sum(taken))
        for is_taken in taken:
            variable = f"v{self.number()}"
            self.variables[variable] = int(is_taken)
            first = self.element(scope, "task", "way", times if is_taken else 0)
            self.flow(scope, split, first, f"{variable} = 1")
            self.flow(scope, self.sequence(scope, first, times if is_taken else 0, depth), join)
        return join

    def _event_gateway(self, scope: _Scope, entry: str, times: int, depth: int) -> str:
        """A message or a timer, whatever comes first."""
        self.exact = False
        gateway = self.element(scope, "eventBasedGateway", "await", times)
        self.flow(scope, entry, gateway)
        merge = self.element(scope, "exclusiveGateway", "merge", times)
        for definition in (
            '<bpmn:messageEventDefinition messageRef="message"/>',
            "<bpmn:timerEventDefinition><bpmn:timeDuration>PT3H</bpmn:timeDuration></bpmn:timerEventDefinition>",
        ):
            event = self.element(scope, "intermediateCatchEvent", "event", 0, inner=definition)
            self.flow(scope, gateway, event)
            self.flow(scope, self.sequence(scope, event, 0, depth), merge)
        return merge

    def handler(self, scope: _Scope) -> None:
        """An event sub-process with one task, started by a message or a timer."""
        self.exact = False
        definition = (
            '<bpmn:messageEventDefinition messageRef="other"/>',
            "<bpmn:timerEventDefinition><bpmn:timeDuration>PT5H</bpmn:timeDuration></bpmn:timerEventDefinition>",
        )[self.chooser.integer(0, 1)]
        flag = ("true", "false")[self.chooser.integer(0, 1)]
        inner = _Scope()
        start = self.element(inner, "startEvent", "start", 0, f' isInterrupting="{flag}"', definition)
        task = self.element(inner, "userTask", "handle", 0)
        self.flow(inner, start, task)
        self.flow(inner, task, self.element(inner, "endEvent", "end", 0))
        self.element(scope, "subProcess", "handler", 0, ' triggeredByEvent="true"', "".join(inner.parts))

    def _loop(self, scope: _Scope, entry: str, times: int, depth: int) -> str:
        """Repeat a sequence; a script counts the rounds."""
        counter = f"n{self.number()}"
        rounds = self.chooser.integer(1, 3)
        reset = self.script(scope, f"{counter}", "0", times)
        self.flow(scope, entry, reset)
        again = self.element(scope, "exclusiveGateway", "again", times * rounds)
        self.flow(scope, reset, again)
        last = self.sequence(scope, again, times * rounds, depth)
        count = self.script(scope, counter, f"{counter} + 1", times * rounds)
        self.flow(scope, last, count)
        default = f"flow{self.number()}"
        decide = self.element(scope, "exclusiveGateway", "decide", times * rounds, f' default="{default}"')
        self.flow(scope, count, decide)
        self.flow(scope, decide, again, f"{counter} &lt; {rounds}")
        done = self.element(scope, "task", "done", times)
        self.flow(scope, decide, done, name=default)
        return done

    def _sub_process(self, scope: _Scope, entry: str, times: int, depth: int) -> str:
        return self.sub(scope, entry, times, times, depth)

    def sub(self, scope: _Scope, entry: str, times: int, inner_times: int, depth: int, extra: str = "") -> str:
        inner = _Scope()
        self.content(inner, inner_times, depth)
        name = self.element(scope, "subProcess", "sub", inner_times, inner="".join([extra, *inner.parts]))
        self.flow(scope, entry, name)
        return name

    def _call(self, scope: _Scope, entry: str, times: int, depth: int) -> str:
        """Call a further process, which sees all variables."""
        name = f"process{self.number()}"
        inner = _Scope()
        self.content(inner, times, depth)
        self.processes[name] = "".join(inner.parts)
        extension = '<bpmn:extensionElements><camunda:in variables="all"/></bpmn:extensionElements>'
        call = self.element(scope, "callActivity", "call", times, f' calledElement="{name}"', extension)
        self.flow(scope, entry, call)
        return call

    def _multi_instance(self, scope: _Scope, entry: str, times: int, depth: int) -> str:
        """A user task or sub-process for each element of a list, in parallel; the list may be empty."""
        items = self.chooser.integer(0, 3)
        variable = f"l{self.number()}"
        self.variables[variable] = list(range(items))
        attributes = f'camunda:collection="${{{variable}}}" camunda:elementVariable="item"'
        if self.chooser.integer(0, 1):
            attributes += ' isSequential="true"'
        loop = f"<bpmn:multiInstanceLoopCharacteristics {attributes}/>"
        # A loop inside would count in one variable for all instances, so only what needs no variable may stand here.
        if self.chooser.integer(0, 1) and "sub_process" in self.options.constructs:
            kept, self.options = self.options, Options(self.options.constructs - {"loop"}, 0, self.options.depth)
            name = self.sub(scope, entry, times, times * items, depth, loop)
            self.options = kept
            return name
        name = self.element(scope, "userTask", "each", times * items, inner=loop)
        self.flow(scope, entry, name)
        return name

    def _boundary_timer(self, scope: _Scope, entry: str, times: int, depth: int) -> str:
        definition = (
            "<bpmn:timerEventDefinition><bpmn:timeDuration>PT2H</bpmn:timeDuration></bpmn:timerEventDefinition>"
        )
        return self.attached(scope, entry, times, depth, definition)

    def _boundary_message(self, scope: _Scope, entry: str, times: int, depth: int) -> str:
        definition = '<bpmn:messageEventDefinition messageRef="message"/>'
        return self.attached(scope, entry, times, depth, definition)

    def _boundary_error(self, scope: _Scope, entry: str, times: int, depth: int) -> str:
        return self.attached(scope, entry, times, depth, '<bpmn:errorEventDefinition errorRef="error"/>')

    def _boundary_escalation(self, scope: _Scope, entry: str, times: int, depth: int) -> str:
        """A sub-process that escalates and goes on, or is interrupted by whoever catches it."""
        self.exact = False
        inner = _Scope()
        start = self.element(inner, "startEvent", "start", 0)
        definition = '<bpmn:escalationEventDefinition escalationRef="escalation"/>'
        throw = self.element(inner, "intermediateThrowEvent", "escalate", 0, inner=definition)
        self.flow(inner, start, throw)
        self.flow(inner, self.sequence(inner, throw, 0, depth), self.element(inner, "endEvent", "end", 0))
        host = self.element(scope, "subProcess", "escalating", 0, inner="".join(inner.parts))
        self.flow(scope, entry, host)
        return self.boundary(scope, host, times, depth, definition, interrupting=bool(self.chooser.integer(0, 1)))

    def attached(self, scope: _Scope, entry: str, times: int, depth: int, definition: str) -> str:
        """A task or sub-process with an event."""
        self.exact = False
        interrupting = "error" in definition or bool(self.chooser.integer(0, 1))
        if self.chooser.integer(0, 1) and "sub_process" in self.options.constructs:
            host = self.sub(scope, entry, times, times, depth)
        else:
            tag, attributes = ("userTask", "")
            if "error" in definition:
                tag, attributes = "serviceTask", ' camunda:type="external" camunda:topic="topic"'
            host = self.element(scope, tag, "host", times, attributes)
            self.flow(scope, entry, host)
        return self.boundary(scope, host, times, depth, definition, interrupting=interrupting)

    def boundary(self, scope: _Scope, host: str, times: int, depth: int, definition: str, *, interrupting: bool) -> str:
        """The event at a host: an interrupting one merges behind it, another one ends by itself."""
        cancel = "" if interrupting else ' cancelActivity="false"'
        event = self.element(scope, "boundaryEvent", "boundary", 0, f' attachedToRef="{host}"{cancel}', definition)
        last = self.sequence(scope, event, 0, depth)
        if not interrupting:
            self.flow(scope, last, self.element(scope, "endEvent", "end", 0))
            return host
        merge = self.element(scope, "exclusiveGateway", "merge", times)
        self.flow(scope, host, merge)
        self.flow(scope, last, merge)
        return merge

    # Writing.

    def element(self, scope: _Scope, tag: str, prefix: str, times: int, attributes: str = "", inner: str = "") -> str:
        name = f"{prefix}{self.number()}"
        if times:
            self.visits[name] += times
        scope.parts.append(f'    <bpmn:{tag} id="{name}"{attributes}>{inner}</bpmn:{tag}>\n')
        return name

    def script(self, scope: _Scope, variable: str, text: str, times: int) -> str:
        attributes = f' scriptFormat="feel" camunda:resultVariable="{variable}"'
        return self.element(scope, "scriptTask", "count", times, attributes, f"<bpmn:script>{text}</bpmn:script>")

    def flow(self, scope: _Scope, source: str, target: str, condition: str | None = None, name: str = "") -> None:
        inner = (
            f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{condition}</bpmn:conditionExpression>'
            if condition
            else ""
        )
        name = name or f"flow{self.number()}"
        ends = f'sourceRef="{source}" targetRef="{target}"'
        scope.parts.append(f'    <bpmn:sequenceFlow id="{name}" {ends}>{inner}</bpmn:sequenceFlow>\n')
