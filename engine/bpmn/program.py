"""Compile a process of a model to its `Program`; whatever cannot be compiled exactly becomes a finding.

The gate compiles too (and throws the program away), so nothing is executed that it did not look at.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, cast

from engine.bpmn.elements import FLOW_NODES, SUB_PROCESSES
from engine.bpmn.expressions import Constant, Feel, compile_feel
from engine.bpmn.findings import Finding, ModelRefused
from engine.bpmn.nodes import (
    NONE,
    BoundarySpec,
    CallSpec,
    DecisionSpec,
    ErrorSpec,
    Flow,
    JobSpec,
    Kind,
    MessageSpec,
    Node,
    Program,
    ScopeSpec,
    Spec,
    TimerSpec,
    UserSpec,
    UserTask,
)
from engine.bpmn.reader import FALSE, Element, Model
from engine.bpmn.source import Decisions, Source
from engine.bpmn.specs import (
    boundary_event,
    definition_name,
    definitions_of,
    is_true,
    kind_of,
    local_name,
    loop_spec,
    message,
    parameters,
    properties,
    retry_cycle,
    spec_for,
)

_REFUSED: Final = compile_feel("false")
"""Stands for a condition that cannot be compiled, so that its flow does not look like one without condition."""


def compile_program(model: Model, process_id: str, decisions: Decisions, *, fingerprint: str = "") -> Program:
    """Compile one process of the model; `decisions` are those of the same procedure by id.

    `fingerprint` stands for everything beside the model file that the program does (the hash of the DMN files); it
    goes into the program's hash.
    Raises ModelRefused with every reason, also when the file has no such process.
    """
    process = next((found for found in model.executable() if found.id == process_id), None)
    if process is None:
        raise ModelRefused([Finding(process_id, None, None, "process_missing", _no_process(process_id, model))])
    source = Source(model, decisions)
    program = Compiler(source, process, fingerprint).compile()
    if source.findings:
        raise ModelRefused(source.findings)
    return program


def _no_process(process_id: str, model: Model) -> str:
    return f"In „{model.name}“ gibt es keinen ausführbaren Prozess „{process_id}“."


@dataclass(slots=True)
class _Draft:
    """A node while its flows are still being collected."""

    element: Element
    index: int
    scope: int
    incoming: list[int] = field(default_factory=list)
    outgoing: list[int] = field(default_factory=list)
    boundaries: list[int] = field(default_factory=list)


class Compiler:
    """Compiles one process of a file; afterwards the source's findings say what was wrong."""

    def __init__(self, source: Source, process: Element, fingerprint: str = "") -> None:
        self.fingerprint = fingerprint
        self.source = source
        self.process = process
        self.drafts: list[_Draft] = []
        self.flows: list[Flow] = []
        self.index: dict[str, int] = {}

    def compile(self) -> Program:
        self._collect_nodes()
        self._collect_flows()
        self._attach_boundaries()
        self._check_scopes()
        lanes = self._lanes()
        nodes = tuple(self._node(draft, lanes) for draft in self.drafts)
        self._check_boundaries(nodes)
        return Program(
            hash=self._hash(),
            process_id=self.process.id or "",
            name=self.process.name or self.process.id or "",
            nodes=nodes,
            flows=tuple(self.flows),
            index=self.index,
            flow_index={flow.id: flow.index for flow in self.flows},
            message_starts=self._message_starts(),
            user_tasks=tuple(_user_task(node) for node in nodes if isinstance(node.spec, UserSpec)),
            topics=frozenset(node.spec.topic for node in nodes if isinstance(node.spec, JobSpec)),
            called_elements=frozenset(node.spec.called for node in nodes if isinstance(node.spec, CallSpec)),
            decision_refs=frozenset(node.spec.ref for node in nodes if isinstance(node.spec, DecisionSpec)),
            messages=frozenset(_thrown(nodes)),
        )

    # Nodes, flows, boundaries.

    def _collect_nodes(self) -> None:
        """Number the process and its flow nodes in document order, sub-processes before what is in them."""
        pending: list[tuple[Element, int]] = [(self.process, NONE)]
        while pending:
            element, scope = pending.pop()
            index = len(self.drafts)
            self.drafts.append(_Draft(element, index, scope))
            if not element.id:
                self.source.find(element, "missing_id", f"Dem Element „{element.tag}“ fehlt die Kennung (id).")
            self.index.setdefault(element.id or f"#{index}", index)
            if element.tag == "process" or element.tag in SUB_PROCESSES:
                inner = [child for child in element.children if _is_flow_node(child)]
                pending.extend((child, index) for child in reversed(inner))

    def _collect_flows(self) -> None:
        names: dict[str, int] = {}
        for draft in list(self.drafts):
            for element in draft.element.all("sequenceFlow"):
                self._add_flow(element, draft.index, names)

    def _add_flow(self, element: Element, scope: int, names: dict[str, int]) -> None:
        source = self._flow_end(element, "sourceRef", scope)
        target = self._flow_end(element, "targetRef", scope)
        if source is None or target is None:
            return
        name = element.id or f"{source.element.id}->{target.element.id}"
        names[name] = names.get(name, 0) + 1
        if names[name] > 1 and not element.id:
            name = f"{name}#{names[name]}"
        flow = Flow(len(self.flows), name, source.index, target.index, self._flow_condition(element, source))
        self.flows.append(flow)
        source.outgoing.append(flow.index)
        target.incoming.append(flow.index)

    def _flow_end(self, flow: Element, attribute: str, scope: int) -> _Draft | None:
        ref = local_name(flow.attributes.get(attribute, ""))
        found = self.index.get(ref, NONE)
        if found <= 0:
            self.source.find(
                flow, "dangling_ref", f"Der Sequenzfluss verweist auf „{ref}“; das Element gibt es im Prozess nicht."
            )
            return None
        draft = self.drafts[found]
        if draft.scope != scope:
            self.source.find(
                flow,
                "flow_crosses_scope",
                f"Der Sequenzfluss verlässt seinen Prozess oder Teilprozess (Element „{ref}“). "
                "Verbinden Sie nur Elemente derselben Ebene.",
            )
            return None
        forbidden = _forbidden_end(draft.element.tag, attribute)
        if forbidden:
            self.source.find(flow, "flow_end", forbidden)
            return None
        return draft

    def _flow_condition(self, flow: Element, source: _Draft) -> Feel | None:
        condition = flow.first("conditionExpression")
        if condition is None:
            return None
        if source.element.tag == "parallelGateway":
            self.source.find(
                flow, "condition_at_parallel", "Ein Fluss aus einem parallelen Gateway hat keine Bedingung."
            )
            return None
        if source.element.attributes.get("default") == flow.id:
            self.source.find(
                flow, "default_with_condition", "Der Standardfluss hat keine Bedingung. Entfernen Sie sie."
            )
            return None
        return self.source.condition(condition) or _REFUSED

    def _attach_boundaries(self) -> None:
        for draft in self.drafts:
            if draft.element.tag != "boundaryEvent":
                continue
            ref = local_name(draft.element.attributes.get("attachedToRef", ""))
            host = self.drafts[self.index[ref]] if self.index.get(ref, NONE) > 0 else None
            if host is None or host.scope != draft.scope:
                self.source.find(
                    draft.element,
                    "dangling_ref",
                    f"Die Aktivität „{ref}“, an der das Ereignis hängt, gibt es hier nicht.",
                )
            elif host.element.tag.endswith(("Event", "Gateway")):
                self.source.find(
                    draft.element,
                    "boundary_host",
                    f"Ein Ereignis kann nicht an „{ref}“ hängen; das ist keine Aktivität.",
                )
            else:
                host.boundaries.append(draft.index)

    # What must hold for a whole scope.

    def _check_scopes(self) -> None:
        for scope in self.drafts:
            if scope.element.tag != "process" and scope.element.tag not in SUB_PROCESSES:
                continue
            starts = [
                draft for draft in self.drafts if draft.scope == scope.index and draft.element.tag == "startEvent"
            ]
            plain = [draft for draft in starts if definition_name(draft.element) == "none"]
            if not starts:
                self.source.find(scope.element, "no_start", "Es fehlt ein Startereignis.")
            elif len(plain) > 1:
                self.source.find(plain[1].element, "many_starts", "Es darf nur ein Startereignis ohne Auslöser geben.")
        for draft in self.drafts[1:]:
            if not draft.incoming and draft.element.tag not in {"startEvent", "boundaryEvent"}:
                self.source.find(
                    draft.element,
                    "unreachable",
                    "Das Element hat keinen eingehenden Sequenzfluss und wird nie erreicht.",
                )

    def _check_boundaries(self, nodes: tuple[Node, ...]) -> None:
        """Refuse two boundary events of one activity that would catch the same thing: which one acts is undefined."""
        for host in nodes:
            seen: set[tuple[str, object]] = set()
            for index in host.boundaries:
                spec = nodes[index].spec
                event = spec.event if isinstance(spec, BoundarySpec) else None
                key = _catches(event)
                if key in seen:
                    self.source.find(
                        self.drafts[index].element,
                        "ambiguous_boundary",
                        f"An „{host.name or host.id}“ hängen zwei Ereignisse mit demselben Auslöser.",
                    )
                if key:
                    seen.add(key)

    def _message_starts(self) -> dict[str, str]:
        starts: dict[str, str] = {}
        for draft in self.drafts:
            element = draft.element
            if element.tag != "startEvent" or draft.scope != 0 or definition_name(element) != "message":
                continue
            name = message(self.source, element, definitions_of(element)[0]).name
            if not isinstance(name, Constant):
                self.source.find(
                    element,
                    "start_message_expression",
                    "Der Nachrichtenname eines Startereignisses ist ein fester Text.",
                )
            elif str(name.value) in starts:
                self.source.find(
                    element, "duplicate_message_start", f"Zwei Startereignisse haben die Nachricht „{name.value}“."
                )
            else:
                starts[str(name.value)] = element.id or ""
        return starts

    def _lanes(self) -> dict[str, str]:
        """Map a flow node's id to the name of its innermost lane."""
        lanes: dict[str, str] = {}
        for element in self.process.walk():
            if element.tag != "lane":
                continue
            for ref in element.all("flowNodeRef"):
                node = local_name(ref.text)
                if self.index.get(node, NONE) <= 0:
                    self.source.find(
                        ref,
                        "dangling_ref",
                        f"Die Bahn „{element.name or element.id}“ nennt „{node}“; das Element fehlt.",
                    )
                lanes[node] = element.name or element.id or ""
        return lanes

    def _hash(self) -> str:
        parts = (self.source.model.sha256, self.process.id or "", self.fingerprint)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    # One node.

    def _node(self, draft: _Draft, lanes: Mapping[str, str]) -> Node:
        element = draft.element
        kind = kind_of(element)
        inputs, outputs = parameters(self.source, element)
        default = self._default(draft)
        outgoing = tuple(flow for flow in draft.outgoing if flow != default)
        if kind is Kind.EXCLUSIVE:
            self._check_exclusive(draft, outgoing, default)
        spec = self._spec(draft, kind)
        return Node(
            index=draft.index,
            id=element.id or f"#{draft.index}",
            name=element.name or "",
            line=element.line,
            kind=Kind.JOB if isinstance(spec, JobSpec) else kind,
            scope=draft.scope,
            spec=spec,
            incoming=tuple(draft.incoming),
            outgoing=outgoing,
            default=default,
            conditional=default != NONE or any(self.flows[flow].condition for flow in outgoing),
            boundaries=tuple(draft.boundaries),
            inputs=inputs,
            outputs=outputs,
            loop=loop_spec(self.source, element),
            async_before=is_true(element, "asyncBefore") or is_true(element, "async"),
            async_after=is_true(element, "asyncAfter"),
            lane=self._lane(draft, lanes),
            retry_cycle=retry_cycle(element),
            properties=properties(element),
            ends=element.tag == "endEvent",
        )

    def _lane(self, draft: _Draft, lanes: Mapping[str, str]) -> str | None:
        """An element in a sub-process without lanes is in the lane of the sub-process."""
        current = draft
        while current.scope != NONE:
            lane = lanes.get(current.element.id or "")
            if lane:
                return lane
            current = self.drafts[current.scope]
        return None

    def _default(self, draft: _Draft) -> int:
        ref = draft.element.attributes.get("default")
        if not ref:
            return NONE
        for flow in draft.outgoing:
            if self.flows[flow].id == local_name(ref):
                return flow
        self.source.find(draft.element, "dangling_ref", f"Der Standardfluss „{ref}“ geht nicht von diesem Element aus.")
        return NONE

    def _check_exclusive(self, draft: _Draft, outgoing: tuple[int, ...], default: int) -> None:
        """A flow without condition is always true, so behind it (or beside a default) nothing else has a meaning."""
        unconditional = [flow for flow in outgoing if self.flows[flow].condition is None]
        if not unconditional or len(draft.outgoing) == 1:
            return
        if default != NONE or unconditional != [outgoing[-1]]:
            self.source.find(
                draft.element,
                "exclusive_without_condition",
                "Von diesem Gateway geht ein Fluss ohne Bedingung aus, der nicht der Standardfluss ist. "
                "Geben Sie ihm eine Bedingung oder machen Sie ihn zum Standardfluss.",
            )

    def _spec(self, draft: _Draft, kind: Kind) -> Spec:
        if kind in {Kind.PROCESS, Kind.SUB_PROCESS}:
            return self._scope_spec(draft)
        if kind is Kind.BOUNDARY:
            return self._boundary_spec(draft)
        return spec_for(self.source, draft.element, kind)

    def _boundary_spec(self, draft: _Draft) -> Spec:
        event = boundary_event(self.source, draft.element)
        if event is None:
            return None
        host = self.index.get(local_name(draft.element.attributes.get("attachedToRef", "")), NONE)
        interrupting = draft.element.attributes.get("cancelActivity", "true").strip() not in FALSE
        return BoundarySpec(host, interrupting, event)

    def _scope_spec(self, draft: _Draft) -> Spec:
        for other in self.drafts:
            if (
                other.scope == draft.index
                and other.element.tag == "startEvent"
                and definition_name(other.element) == "none"
            ):
                return ScopeSpec(other.index)
        return ScopeSpec(NONE)


def _is_flow_node(element: Element) -> bool:
    return (
        element.tag in FLOW_NODES
        or element.tag.endswith(("Gateway", "Task", "SubProcess"))
        or element.tag == "transaction"
    )


def _forbidden_end(tag: str, attribute: str) -> str | None:
    if attribute == "sourceRef" and tag == "endEvent":
        return "Aus einem Endereignis führt kein Sequenzfluss hinaus."
    if attribute == "targetRef" and tag in {"startEvent", "boundaryEvent"}:
        return "In ein Startereignis oder angeheftetes Ereignis führt kein Sequenzfluss hinein."
    return None


def _catches(event: TimerSpec | MessageSpec | ErrorSpec | None) -> tuple[str, object] | None:
    if isinstance(event, MessageSpec) and isinstance(event.name, Constant):
        return "message", event.name.value
    if isinstance(event, ErrorSpec):
        return "error", event.code
    return None


def _thrown(nodes: tuple[Node, ...]) -> Iterator[str]:
    for node in nodes:
        if (
            node.kind is Kind.THROW_MESSAGE
            and isinstance(node.spec, MessageSpec)
            and isinstance(node.spec.name, Constant)
        ):
            yield str(node.spec.name.value)


def _user_task(node: Node) -> UserTask:
    spec = cast("UserSpec", node.spec)
    groups = tuple(str(term.value) for term in spec.candidate_groups if isinstance(term, Constant))
    form_key = spec.form_key
    return UserTask(
        node.id,
        node.name,
        str(form_key.value) if isinstance(form_key, Constant) else None,
        groups,
        node.lane,
        node.properties,
    )
