"""Compile a process of a model to its `Program`; whatever cannot be compiled exactly becomes a finding.

The gate compiles too (and throws the program away), so nothing is executed that it did not look at.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Final, cast

from engine.bpmn.elements import FLOW_NODES
from engine.bpmn.expressions import Constant, Feel, compile_feel
from engine.bpmn.findings import Finding, ModelRefused
from engine.bpmn.nodes import (
    NONE,
    BoundarySpec,
    CallSpec,
    DecisionSpec,
    ErrorSpec,
    EventStartSpec,
    Flow,
    JobSpec,
    JoinSpec,
    Kind,
    LinkSpec,
    MessageSpec,
    Node,
    Program,
    ScopeSpec,
    Spec,
    UserSpec,
    UserTask,
)
from engine.bpmn.reader import FALSE, Element, Model
from engine.bpmn.source import Decisions, Source
from engine.bpmn.specs import (
    caught_event,
    definition_name,
    definitions_of,
    is_event_sub_process,
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
from engine.bpmn.structure import (
    Draft,
    check_drafts,
    check_exclusive,
    check_rivals,
    compensations,
    is_scope,
    joins_too_much,
    link_targets,
    reach,
    undo_handlers,
)
from engine.feel import Scope
from engine.language import SCOPE

_REFUSED: Final = compile_feel("false")
"""Stands for a condition that cannot be compiled, so that its flow does not look like one without condition."""


def compile_program(
    model: Model, process_id: str, decisions: Decisions, *, fingerprint: str = "", scope: Scope = SCOPE
) -> Program:
    """Compile one process of the model; `decisions` are those of the same procedure by id, `scope` is its own.

    `fingerprint` stands for everything beside the model file that the program does (the hash of the DMN files); it
    goes into the program's hash.
    Raises ModelRefused with every reason, also when the file has no such process.
    """
    process = next((found for found in model.executable() if found.id == process_id), None)
    if process is None:
        raise ModelRefused([Finding(process_id, None, None, "process_missing", _no_process(process_id, model))])
    source = Source(model, decisions, scope)
    program = Compiler(source, process, fingerprint).compile()
    if source.findings:
        raise ModelRefused(source.findings)
    return program


def _no_process(process_id: str, model: Model) -> str:
    return f"In „{model.name}“ gibt es keinen ausführbaren Prozess „{process_id}“."


class Compiler:
    """Compiles one process of a file; afterwards the source's findings say what was wrong."""

    def __init__(self, source: Source, process: Element, fingerprint: str = "") -> None:
        self.fingerprint = fingerprint
        self.source = source
        self.process = process
        self.drafts: list[Draft] = []
        self.flows: list[Flow] = []
        self.index: dict[str, int] = {}
        self.links: dict[int, int] = {}
        self.can_join = True
        self.starts: dict[int, int] = {}
        self.handlers: dict[int, list[int]] = {}
        self.undone_by: dict[int, int] = {}
        self.undo_handlers: dict[int, int] = {}

    def compile(self) -> Program:
        self._collect_nodes()
        self._collect_starts()
        self._collect_flows()
        self._attach_boundaries()
        check_drafts(self.source, self.drafts, self.flows)
        self.can_join = not joins_too_much(self.drafts)
        if not self.can_join:
            text = "Der Prozess hat zu viele Flüsse in inklusive Gateways für seine Größe. Teilen Sie ihn auf."
            self.source.find(self.process, "inclusive_join", text)
        self.links = link_targets(self.source, self.drafts)
        self.undone_by = compensations(self.source, self.process, self.drafts, self.index)
        self.undo_handlers = undo_handlers(self.source, self.drafts, self.undone_by)
        lanes = self._lanes()
        nodes = tuple(self._node(draft, lanes) for draft in self.drafts)
        check_rivals(self.source, nodes, self.drafts)
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
            inclusive_joins=tuple(node.index for node in nodes if isinstance(node.spec, JoinSpec)),
        )

    # Nodes, flows, boundaries.

    def _collect_starts(self) -> None:
        """Note where each scope begins, and which event sub-processes wait in it."""
        for draft in self.drafts:
            if draft.element.tag != "startEvent":
                continue
            scope = self.drafts[draft.scope]
            if is_event_sub_process(scope.element):
                if definition_name(draft.element) != "compensate":
                    self.handlers.setdefault(scope.scope, []).append(draft.index)
                self.starts.setdefault(scope.index, draft.index)
            elif definition_name(draft.element) == "none":
                self.starts.setdefault(scope.index, draft.index)

    def _collect_nodes(self) -> None:
        """Number the process and its flow nodes in document order, sub-processes before what is in them."""
        pending: list[tuple[Element, int]] = [(self.process, NONE)]
        while pending:
            element, scope = pending.pop()
            index = len(self.drafts)
            self.drafts.append(Draft(element, index, scope))
            if not element.id:
                self.source.find(element, "missing_id", f"Dem Element „{element.tag}“ fehlt die Kennung (id).")
            self.index.setdefault(element.id or f"#{index}", index)
            if is_scope(element):
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

    def _flow_end(self, flow: Element, attribute: str, scope: int) -> Draft | None:
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

    def _flow_condition(self, flow: Element, source: Draft) -> Feel | None:
        condition = flow.first("conditionExpression")
        if condition is None:
            return None
        if source.element.tag in {"parallelGateway", "eventBasedGateway"}:
            text = "Ein Fluss aus einem parallelen oder ereignisbasierten Gateway hat keine Bedingung."
            self.source.find(flow, "condition_not_possible", text)
            return None
        if flow.id is not None and local_name(source.element.attributes.get("default", "")) == flow.id:
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
            elif host.element.tag.endswith(("Event", "Gateway")) or is_event_sub_process(host.element):
                self.source.find(
                    draft.element,
                    "boundary_host",
                    f"Ein Ereignis kann nicht an „{ref}“ hängen; das ist keine Aktivität.",
                )
            else:
                host.boundaries.append(draft.index)

    # What the whole process offers.

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

    def _node(self, draft: Draft, lanes: Mapping[str, str]) -> Node:
        element = draft.element
        kind = kind_of(element)
        inputs, outputs = parameters(self.source, element)
        default = self._default(draft)
        outgoing = tuple(flow for flow in draft.outgoing if flow != default)
        if kind is Kind.EXCLUSIVE:
            check_exclusive(self.source, draft, outgoing, default, self.flows)
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
            undo=self.undone_by.get(draft.index, NONE),
            inputs=inputs,
            outputs=outputs,
            loop=loop_spec(self.source, element),
            async_before=is_true(element, "asyncBefore") or is_true(element, "async"),
            async_after=is_true(element, "asyncAfter"),
            lane=self._lane(draft, lanes),
            retry_cycle=retry_cycle(self.source, element),
            properties=properties(element),
            ends=element.tag == "endEvent",
        )

    def _lane(self, draft: Draft, lanes: Mapping[str, str]) -> str | None:
        """An element in a sub-process without lanes is in the lane of the sub-process."""
        current = draft
        while current.scope != NONE:
            lane = lanes.get(current.element.id or "")
            if lane:
                return lane
            current = self.drafts[current.scope]
        return None

    def _default(self, draft: Draft) -> int:
        ref = draft.element.attributes.get("default")
        if not ref:
            return NONE
        for flow in draft.outgoing:
            if self.flows[flow].id == local_name(ref):
                return flow
        self.source.find(draft.element, "dangling_ref", f"Der Standardfluss „{ref}“ geht nicht von diesem Element aus.")
        return NONE

    def _spec(self, draft: Draft, kind: Kind) -> Spec:
        if kind in {Kind.PROCESS, Kind.SUB_PROCESS, Kind.EVENT_SUB_PROCESS}:
            return ScopeSpec(
                self.starts.get(draft.index, NONE),
                tuple(self.handlers.get(draft.index, ())),
                self.undo_handlers.get(draft.index, NONE),
            )
        if kind is Kind.BOUNDARY:
            return self._boundary_spec(draft)
        if kind is Kind.START and is_event_sub_process(self.drafts[draft.scope].element):
            return self._event_start_spec(draft)
        if kind is Kind.LINK:
            return LinkSpec(self.links[draft.index])
        if kind is Kind.INCLUSIVE and len(draft.incoming) > 1 and self.can_join:
            return JoinSpec(reach(draft, self.drafts, self.flows, self.links))
        return spec_for(self.source, draft.element, kind)

    def _boundary_spec(self, draft: Draft) -> Spec:
        event = caught_event(self.source, draft.element)
        if event is None:
            return None
        host = self.index.get(local_name(draft.element.attributes.get("attachedToRef", "")), NONE)
        interrupting = draft.element.attributes.get("cancelActivity", "true").strip() not in FALSE
        return BoundarySpec(host, interrupting, event)

    def _event_start_spec(self, draft: Draft) -> Spec:
        event = caught_event(self.source, draft.element)
        if event is None:
            return None
        interrupting = draft.element.attributes.get("isInterrupting", "true").strip() not in FALSE
        return EventStartSpec(draft.scope, interrupting or isinstance(event, ErrorSpec), event)


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
