"""Put processes to SpiffWorkflow: new BPMN, written from the elements that the reader found.

Only what is in the table of `comparable` is written, element by element and with ids of our own, so that no text of a
model reaches SpiffWorkflow: where it expects Python there stands a key, which the script engine looks up in `parts`.
Flows, starts, boundaries, defaults and loops are taken from the elements and not from the compiled program, so that an
error in compiling shows as a difference.

What is written differently means the same:
- a task that does not wait is a script task with a key; what waits for a worker is a user task;
- asyncBefore is a user task in every flow into the element, asyncAfter one behind it;
- several flows out of an activity or event are a parallel gateway behind it (BPMN 2.0, 13.2.1), with conditions an
  inclusive one that only splits;
- a timer is a message, and every message has a name of its own: who gets it is told by the command;
- an interrupting event sub-process stands behind an event at a sub-process around all else on its level;
- an element without outgoing flow has an end event behind it; a collection is a number of instances;
- an exclusive gateway with one way stands in every flow into a multi-instance activity, a join, and whatever else has
  several flows into it. SpiffWorkflow tells flows by the element before them, foresees a loop without such a gateway
  for ever, and fails at a multi-instance activity behind an event, which it takes for a mere possibility.
Drawings are left out: SpiffWorkflow would order flows by their place on the page.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from lxml import etree

from engine.bpmn.elements import ACTIVITIES, EVENTS, GATEWAYS
from engine.bpmn.nodes import Flow, Node, Program
from engine.bpmn.oracle.comparable import incoming_of, is_link, link_target
from engine.bpmn.reader import BPMN, FALSE, TRUE, Element
from engine.bpmn.specs import definition_name, definitions_of, is_event_sub_process, is_true, local_name

_B: Final = f"{{{BPMN}}}"
ALWAYS: Final = "always"
"""The key of a condition that holds."""


class Role(StrEnum):
    """What an id in the written model stands for."""

    WORK = "work"
    """An activity that is done at once; SpiffWorkflow executes its script."""
    TASK = "task"
    JOB = "job"
    BEFORE = "before"
    AFTER = "after"
    EVENT = "event"
    """A caught event, attached or not."""
    TRIGGER = "trigger"
    """The event of an event sub-process, written at a sub-process around the rest of its level."""
    RACE = "race"
    """An event-based gateway: one of the events behind it comes first."""
    SCOPE = "scope"
    """A sub-process or call activity."""
    THROUGH = "through"
    """A token goes through at once: gateways, starts, ends."""
    GLUE = "glue"
    """Written by us, stands for no element."""
    CONDITION = "condition"
    LOOP = "loop"
    COMPLETION = "completion"


MANUAL: Final = frozenset({Role.TASK, Role.JOB, Role.BEFORE, Role.AFTER})


@dataclass(frozen=True, slots=True)
class Part:
    role: Role
    program: Program
    node: Node
    flow: Flow | None = None


@dataclass(frozen=True, slots=True)
class Translation:
    """`root` is for SpiffWorkflow's parser, `main` the id of the process to start."""

    root: etree._Element
    main: str
    parts: Mapping[str, Part]


def translate(
    main: Program, start: str, programs: Mapping[str, Program], processes: Mapping[str, Element]
) -> Translation:
    """Write the main process and all that it calls, by process id; `start` is the start event of the main one.

    All of them must be there and comparable.
    """
    order = called_from(main.process_id, programs)
    writer = _Writer({process_id: f"p{number}" for number, process_id in enumerate(order)})
    for process_id in order:
        chosen = start if process_id == main.process_id else None
        writer.process(programs[process_id], processes[process_id], chosen)
    return Translation(writer.root, "p0", writer.parts)


def called_from(process_id: str, programs: Mapping[str, Program]) -> list[str]:
    """Return the ids of a process and of all that it calls, directly or not; those that are missing, too."""
    found: list[str] = []
    pending = [process_id]
    while pending:
        current = pending.pop()
        if current not in found:
            found.append(current)
            pending.extend(sorted(programs[current].called_elements) if current in programs else ())
    return found


class _Writer:
    """Writes all processes of a case; `names` maps their ids to those in the written model."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names
        self.root = etree.Element(f"{_B}definitions", nsmap={"bpmn": BPMN})
        self.parts: dict[str, Part] = {}
        self.flows: dict[int, str] = {}

    def process(self, program: Program, process: Element, start: str | None) -> None:
        self.flows.update(_flow_names(process))
        name = self.names[program.process_id]
        written = etree.SubElement(self.root, f"{_B}process", id=name, isExecutable="true")
        pending = [(process, written)]
        while pending:
            scope, inside = pending.pop()
            outer = _Level(self, program, scope, inside)
            handlers = [child for child in scope.all("subProcess") if is_event_sub_process(child)]
            for handler in handlers:
                outer.element(handler)
            if handlers:
                inside = outer.wrap(handlers)
            level = _Level(self, program, scope, inside)
            for element in scope.children:
                if _is_flow_node(element) and element not in handlers and not _is_other_start(element, start):
                    level.element(element)
            inner = outer.written | level.written
            pending += [(child, inner[child.id or ""]) for child in scope.all("subProcess")]
            if inside.find(f"{_B}endEvent") is None:  # an endless loop; SpiffWorkflow wants an end all the same
                etree.SubElement(inside, f"{_B}endEvent", id=f"{inside.get('id')}.end")

    def message(self, name: str) -> str:
        etree.SubElement(self.root, f"{_B}message", id=f"m.{name}", name=f"m.{name}")
        return f"m.{name}"


def _flow_names(process: Element) -> dict[int, str]:
    """Name the flows as the program does, by `id()` of their elements: one without id is "source->target"."""
    names: dict[int, str] = {}
    seen: Counter[str] = Counter()
    for flow in process.walk():
        if flow.tag == "sequenceFlow":
            name = flow.id or f"{_ref(flow, 'sourceRef')}->{_ref(flow, 'targetRef')}"
            seen[name] += 1
            names[id(flow)] = name if flow.id or seen[name] == 1 else f"{name}#{seen[name]}"
    return names


def _is_flow_node(element: Element) -> bool:
    return element.tag in ACTIVITIES or element.tag in GATEWAYS or element.tag in EVENTS


def _is_other_start(element: Element, start: str | None) -> bool:
    """A start event of a process at which this case does not begin; a called process begins at its plain one."""
    if element.tag != "startEvent" or element.parent is None or element.parent.tag != "process":
        return False
    return element.id != start if start else definition_name(element) != "none"


class _Level:
    """Writes the elements and flows of one process or sub-process."""

    def __init__(self, writer: _Writer, program: Program, scope: Element, inside: etree._Element) -> None:
        self.writer = writer
        self.program = program
        self.scope = scope
        self.inside = inside
        self.written: dict[str, etree._Element] = {}
        self.prefix = writer.names[program.process_id]

    def element(self, element: Element) -> None:
        """Write an element with everything around it and the flows out of it."""
        node = self.program.node(element.id or "")
        tag, role = _role(element)
        written = self._add(tag, self._id(node), role, node)
        self.written[node.id] = written
        self._details(element, node, written)
        self._leave(element, node, written)

    def _add(self, tag: str, name: str, role: Role, node: Node, flow: Flow | None = None) -> etree._Element:
        self.writer.parts[name] = Part(role, self.program, node, flow)
        return etree.SubElement(self.inside, f"{_B}{tag}", id=name)

    def _id(self, node: Node) -> str:
        return f"{self.prefix}.{node.index}"

    def _key(self, name: str, role: Role, node: Node, flow: Flow | None = None) -> str:
        self.writer.parts[name] = Part(role, self.program, node, flow)
        return name

    def wrap(self, handlers: Sequence[Element]) -> etree._Element:
        """Write a sub-process for the rest of the level, at which the events of the handlers hang; returns it."""
        node = self.program.node(self.scope.id or "")
        name = str(self.inside.get("id"))
        start = self._add("startEvent", f"{name}.start", Role.GLUE, node)
        body = self._follow(start, "subProcess", f"{name}.body", Role.GLUE, node)
        self._follow(body, "endEvent", f"{name}.end", Role.GLUE, node)
        for handler in handlers:
            begin = self.program.node(handler.all("startEvent")[0].id or "")
            trigger = f"{self._id(begin)}.trigger"
            written = self._add("boundaryEvent", trigger, Role.TRIGGER, begin)
            written.set("attachedToRef", f"{name}.body")
            written.set("cancelActivity", "true")
            etree.SubElement(written, f"{_B}messageEventDefinition", messageRef=self.writer.message(trigger))
            self._connect(written, self._id(self.program.node(handler.id or "")))
        return body

    # What an element says about itself.

    def _details(self, element: Element, node: Node, written: etree._Element) -> None:
        name = self._id(node)
        tag = etree.QName(written).localname
        if tag == "scriptTask":
            etree.SubElement(written, f"{_B}script").text = name
        elif tag == "receiveTask":
            written.set("messageRef", self.writer.message(name))
        elif tag in {"intermediateCatchEvent", "boundaryEvent"}:
            etree.SubElement(written, f"{_B}messageEventDefinition", messageRef=self.writer.message(name))
        elif tag == "endEvent" and definition_name(element) == "terminate":
            etree.SubElement(written, f"{_B}terminateEventDefinition")
        elif tag == "callActivity":
            written.set("calledElement", self.writer.names[element.attributes.get("calledElement", "").strip()])
        if tag == "boundaryEvent":
            host = self.program.node(local_name(element.attributes.get("attachedToRef", "")))
            written.set("attachedToRef", self._id(host))
            interrupts = element.attributes.get("cancelActivity", "true").strip() not in FALSE
            written.set("cancelActivity", "true" if interrupts else "false")
        loop = element.first("multiInstanceLoopCharacteristics")
        if loop is not None:
            self._loop(loop, node, written)

    def _loop(self, loop: Element, node: Node, written: etree._Element) -> None:
        is_sequential = loop.attributes.get("isSequential", "").strip() in TRUE
        inner = etree.SubElement(
            written, f"{_B}multiInstanceLoopCharacteristics", isSequential="true" if is_sequential else "false"
        )
        etree.SubElement(inner, f"{_B}loopCardinality").text = self._key(f"{self._id(node)}.loop", Role.LOOP, node)
        if loop.first("completionCondition") is not None:
            key = self._key(f"{self._id(node)}.completion", Role.COMPLETION, node)
            etree.SubElement(inner, f"{_B}completionCondition").text = key

    # Flows.

    def _leave(self, element: Element, node: Node, written: etree._Element) -> None:
        """Write what stands behind an element, and the flows out of all that."""
        flows = [flow for flow in self.scope.all("sequenceFlow") if _ref(flow, "sourceRef") == element.id]
        head = written
        if is_true(element, "asyncAfter"):
            head = self._follow(head, "userTask", f"{self._id(node)}.after", Role.AFTER, node)
        choice = self._choice(element, flows)
        if choice and (head is not written or element.tag not in GATEWAYS):
            head = self._follow(head, choice, f"{self._id(node)}.split", Role.GLUE, node)
        catch = link_target(self.scope, element)
        if catch is not None:
            self._connect(head, self._id(self.program.node(catch.id or "")))
        elif not flows and etree.QName(head).localname != "endEvent":
            self._follow(head, "endEvent", f"{self._id(node)}.end", Role.GLUE, node)
        default = self._default(element, flows)
        for flow in flows:
            self._flow(flow, node, head, is_default=flow is default)

    def _choice(self, element: Element, flows: Sequence[Element]) -> str | None:
        """The gateway that chooses among the flows out of an element, if one is needed."""
        if element.tag in GATEWAYS:
            return element.tag
        if any(flow.first("conditionExpression") for flow in flows) or element.attributes.get("default"):
            return "inclusiveGateway"
        return "parallelGateway" if len(flows) > 1 else None

    def _default(self, element: Element, flows: Sequence[Element]) -> Element | None:
        ref = local_name(element.attributes.get("default", ""))
        if ref:
            return next((flow for flow in flows if flow.id == ref), None)
        if element.tag == "exclusiveGateway" and flows and flows[-1].first("conditionExpression") is None:
            return flows[-1]
        return None

    def _follow(self, head: etree._Element, tag: str, name: str, role: Role, node: Node) -> etree._Element:
        """Write an element of ours behind another."""
        written = self._add(tag, name, role, node)
        self._connect(head, name)
        return written

    def _connect(self, source: etree._Element, target: str) -> etree._Element:
        number = f"f{len(self.inside)}.{self.inside.get('id')}"
        return etree.SubElement(
            self.inside, f"{_B}sequenceFlow", id=number, sourceRef=str(source.get("id")), targetRef=target
        )

    def _flow(self, flow: Element, node: Node, head: etree._Element, *, is_default: bool) -> None:
        compiled = self.program.flows[self.program.flow_index[self.writer.flows[id(flow)]]]
        written = self._connect(head, "")
        if is_default:
            head.set("default", str(written.get("id")))
        elif flow.first("conditionExpression") is not None:
            key = self._key(f"{self.prefix}.f{compiled.index}", Role.CONDITION, node, compiled)
            etree.SubElement(written, f"{_B}conditionExpression").text = key
        elif etree.QName(head).localname == "inclusiveGateway":
            etree.SubElement(written, f"{_B}conditionExpression").text = ALWAYS
        written.set("targetRef", self._arrive(flow, compiled))

    def _arrive(self, flow: Element, compiled: Flow) -> str:
        """Write what stands in a flow before its target; returns the id that the flow leads to."""
        target = next(child for child in self.scope.children if child.id == _ref(flow, "targetRef"))
        node = self.program.node(target.id or "")
        name = f"{self.prefix}.f{compiled.index}"
        chain: list[etree._Element] = []
        if is_true(target, "asyncBefore") or is_true(target, "async"):
            chain.append(self._add("userTask", f"{name}.before", Role.BEFORE, node, compiled))
        if _needs_gateway(target, self.scope):
            chain.append(self._add("exclusiveGateway", f"{name}.glue", Role.GLUE, node))
        ids = [*(str(element.get("id")) for element in chain), self._id(node)]
        for element, behind in zip(chain, ids[1:], strict=True):
            self._connect(element, behind)
        return ids[0]


def _needs_gateway(target: Element, scope: Element) -> bool:
    is_loop = target.first("multiInstanceLoopCharacteristics") is not None
    return is_loop or (len(incoming_of(scope, target)) > 1 and target.tag != "exclusiveGateway")


def _ref(flow: Element, attribute: str) -> str:
    return local_name(flow.attributes.get(attribute, ""))


def _role(element: Element) -> tuple[str, Role]:
    """Return how an element is written, and what it stands for."""
    holder = next(iter(definitions_of(element)), element)
    if is_link(element, "intermediateCatchEvent"):
        return "scriptTask", Role.WORK
    if element.tag in _MAYBE_EXTERNAL and "type" in holder.vendor:
        return "userTask", Role.JOB
    return _ROLES[element.tag]


_MAYBE_EXTERNAL: Final = frozenset(
    {"serviceTask", "businessRuleTask", "sendTask", "intermediateThrowEvent", "endEvent"}
)
_ROLES: Final[Mapping[str, tuple[str, Role]]] = {
    "startEvent": ("startEvent", Role.THROUGH),
    "endEvent": ("endEvent", Role.THROUGH),
    "exclusiveGateway": ("exclusiveGateway", Role.THROUGH),
    "parallelGateway": ("parallelGateway", Role.THROUGH),
    "inclusiveGateway": ("inclusiveGateway", Role.THROUGH),
    "eventBasedGateway": ("eventBasedGateway", Role.RACE),
    "task": ("scriptTask", Role.WORK),
    "manualTask": ("scriptTask", Role.WORK),
    "scriptTask": ("scriptTask", Role.WORK),
    "businessRuleTask": ("scriptTask", Role.WORK),
    "sendTask": ("scriptTask", Role.WORK),
    "intermediateThrowEvent": ("scriptTask", Role.WORK),
    "userTask": ("userTask", Role.TASK),
    "serviceTask": ("userTask", Role.JOB),
    "receiveTask": ("receiveTask", Role.EVENT),
    "intermediateCatchEvent": ("intermediateCatchEvent", Role.EVENT),
    "boundaryEvent": ("boundaryEvent", Role.EVENT),
    "subProcess": ("subProcess", Role.SCOPE),
    "callActivity": ("callActivity", Role.SCOPE),
}
