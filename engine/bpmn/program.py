"""Compile a process of a model to its `Program`; whatever cannot be compiled exactly becomes a finding.

The gate compiles too (and throws the program away), so nothing is executed that it did not look at.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, Literal, TypeVar, cast

from engine.bpmn import timers
from engine.bpmn.elements import FLOW_NODES, SUB_PROCESSES
from engine.bpmn.expressions import (
    Constant,
    ContextTerm,
    Feel,
    ListTerm,
    Term,
    check_language,
    compile_condition,
    compile_feel,
    compile_value,
)
from engine.bpmn.findings import Finding, ModelRefused
from engine.bpmn.juel import ExpressionRefused
from engine.bpmn.nodes import (
    NONE,
    BoundarySpec,
    CallSpec,
    Decision,
    DecisionSpec,
    ErrorSpec,
    Flow,
    JobSpec,
    Kind,
    LoopSpec,
    MessageSpec,
    Node,
    Parameter,
    Program,
    ScopeSpec,
    ScriptSpec,
    Spec,
    TimerSpec,
    UserSpec,
    UserTask,
)
from engine.bpmn.reader import Element, Model

Decisions = Mapping[str, Decision]
_T = TypeVar("_T")
_Mapping = Literal["singleEntry", "singleResult", "collectEntries", "resultList"]


def compile_program(model: Model, process_id: str, decisions: Decisions) -> Program:
    """Compile one process of the model; `decisions` are those of the same procedure by id.

    Raises ModelRefused with every reason, also when the file has no such process.
    """
    process = next((found for found in model.executable() if found.id == process_id), None)
    if process is None:
        raise ModelRefused([Finding(process_id, None, None, "process_missing", _no_process(process_id, model))])
    compiler = Compiler(model, process, decisions)
    program = compiler.compile()
    if compiler.findings:
        raise ModelRefused(compiler.findings)
    return program


def _no_process(process_id: str, model: Model) -> str:
    return f"In „{model.name}“ gibt es keinen ausführbaren Prozess „{process_id}“."


_KINDS: Final[Mapping[str, Kind]] = {
    "task": Kind.PASS,
    "manualTask": Kind.PASS,
    "userTask": Kind.USER,
    "serviceTask": Kind.JOB,
    "scriptTask": Kind.SCRIPT,
    "businessRuleTask": Kind.DECISION,
    "sendTask": Kind.THROW_MESSAGE,
    "receiveTask": Kind.CATCH_MESSAGE,
    "subProcess": Kind.SUB_PROCESS,
    "callActivity": Kind.CALL,
    "exclusiveGateway": Kind.EXCLUSIVE,
    "parallelGateway": Kind.PARALLEL,
    "startEvent": Kind.START,
    "boundaryEvent": Kind.BOUNDARY,
}
_CATCH_KINDS: Final[Mapping[str, Kind]] = {"message": Kind.CATCH_MESSAGE, "timer": Kind.CATCH_TIMER}
_THROW_KINDS: Final[Mapping[str, Kind]] = {"none": Kind.PASS, "message": Kind.THROW_MESSAGE}
_END_KINDS: Final[Mapping[str, Kind]] = {
    "none": Kind.END,
    "message": Kind.THROW_MESSAGE,
    "error": Kind.END_ERROR,
    "terminate": Kind.END_TERMINATE,
}


def definitions_of(event: Element) -> list[Element]:
    """Return the event definitions of an event."""
    return [child for child in event.children if child.tag.endswith("EventDefinition")]


def definition_name(event: Element) -> str:
    """Return "none", "message", ... or "multiple"."""
    found = definitions_of(event)
    if len(found) > 1:
        return "multiple"
    return found[0].tag.removesuffix("EventDefinition") if found else "none"


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
    """Compiles one process; afterwards `findings` says what was wrong."""

    def __init__(self, model: Model, process: Element, decisions: Decisions | None) -> None:
        self.model = model
        self.process = process
        self.decisions = decisions
        self.findings: list[Finding] = []
        self.drafts: list[_Draft] = []
        self.flows: list[Flow] = []
        self.index: dict[str, int] = {}
        self.roots = {child.id: child for child in model.definitions.children if child.id}
        self.expression_language = _explicit_language(model.definitions.attributes.get("expressionLanguage"))

    def compile(self) -> Program:
        self._collect_nodes()
        self._collect_flows()
        self._attach_boundaries()
        self._check_scopes()
        lanes = self._lanes()
        nodes = tuple(self._node(draft, lanes) for draft in self.drafts)
        self._check_boundaries(nodes)
        return Program(
            hash=self._hash(nodes),
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

    def find(self, element: Element, code: str, message_de: str) -> None:
        self.findings.append(Finding(element.id, element.name, element.line, code, message_de))

    # Nodes, flows, boundaries.

    def _collect_nodes(self) -> None:
        """Number the process and its flow nodes in document order, sub-processes before what is in them."""
        pending: list[tuple[Element, int]] = [(self.process, NONE)]
        while pending:
            element, scope = pending.pop()
            index = len(self.drafts)
            self.drafts.append(_Draft(element, index, scope))
            if not element.id:
                self.find(element, "missing_id", f"Dem Element „{element.tag}“ fehlt die Kennung (id).")
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
        ref = _local(flow.attributes.get(attribute, ""))
        found = self.index.get(ref, NONE)
        if found <= 0:
            self.find(
                flow, "dangling_ref", f"Der Sequenzfluss verweist auf „{ref}“; das Element gibt es im Prozess nicht."
            )
            return None
        draft = self.drafts[found]
        if draft.scope != scope:
            self.find(
                flow,
                "flow_crosses_scope",
                f"Der Sequenzfluss verlässt seinen Prozess oder Teilprozess (Element „{ref}“). "
                "Verbinden Sie nur Elemente derselben Ebene.",
            )
            return None
        forbidden = _forbidden_end(draft.element.tag, attribute)
        if forbidden:
            self.find(flow, "flow_end", forbidden)
            return None
        return draft

    def _flow_condition(self, flow: Element, source: _Draft) -> Feel | None:
        condition = flow.first("conditionExpression")
        if condition is None:
            return None
        if source.element.tag == "parallelGateway":
            self.find(flow, "condition_at_parallel", "Ein Fluss aus einem parallelen Gateway hat keine Bedingung.")
            return None
        if source.element.attributes.get("default") == flow.id:
            self.find(flow, "default_with_condition", "Der Standardfluss hat keine Bedingung. Entfernen Sie sie.")
            return None
        return self.condition(condition)

    def _attach_boundaries(self) -> None:
        for draft in self.drafts:
            if draft.element.tag != "boundaryEvent":
                continue
            ref = _local(draft.element.attributes.get("attachedToRef", ""))
            host = self.drafts[self.index[ref]] if self.index.get(ref, NONE) > 0 else None
            if host is None or host.scope != draft.scope:
                self.find(
                    draft.element,
                    "dangling_ref",
                    f"Die Aktivität „{ref}“, an der das Ereignis hängt, gibt es hier nicht.",
                )
            elif host.element.tag.endswith(("Event", "Gateway")):
                self.find(
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
                self.find(scope.element, "no_start", "Es fehlt ein Startereignis.")
            elif len(plain) > 1:
                self.find(plain[1].element, "many_starts", "Es darf nur ein Startereignis ohne Auslöser geben.")
        for draft in self.drafts[1:]:
            if not draft.incoming and draft.element.tag not in {"startEvent", "boundaryEvent"}:
                self.find(
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
                    self.find(
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
            name = self.message(element, definitions_of(element)[0]).name
            if not isinstance(name, Constant):
                self.find(
                    element,
                    "start_message_expression",
                    "Der Nachrichtenname eines Startereignisses ist ein fester Text.",
                )
            elif str(name.value) in starts:
                self.find(
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
                node = _local(ref.text)
                if self.index.get(node, NONE) <= 0:
                    self.find(
                        ref,
                        "dangling_ref",
                        f"Die Bahn „{element.name or element.id}“ nennt „{node}“; das Element fehlt.",
                    )
                lanes[node] = element.name or element.id or ""
        return lanes

    def _hash(self, nodes: tuple[Node, ...]) -> str:
        digest = hashlib.sha256(f"{self.model.sha256}\n{self.process.id}".encode())
        for ref in sorted({node.spec.ref for node in nodes if isinstance(node.spec, DecisionSpec)}):
            decision = (self.decisions or {}).get(ref)
            digest.update(f"\n{ref}={getattr(decision, 'hash', '')}".encode())
        return digest.hexdigest()

    # One node.

    def _node(self, draft: _Draft, lanes: Mapping[str, str]) -> Node:
        element = draft.element
        kind = _kind(element)
        inputs, outputs = self._parameters(element)
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
            loop=self._loop(element),
            async_before=_is_true(element, "asyncBefore") or _is_true(element, "async"),
            async_after=_is_true(element, "asyncAfter"),
            lane=self._lane(draft, lanes),
            retry_cycle=_retry_cycle(element),
            properties=_properties(element),
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
            if self.flows[flow].id == _local(ref):
                return flow
        self.find(draft.element, "dangling_ref", f"Der Standardfluss „{ref}“ geht nicht von diesem Element aus.")
        return NONE

    def _check_exclusive(self, draft: _Draft, outgoing: tuple[int, ...], default: int) -> None:
        """A flow without condition is always true, so behind it (or beside a default) nothing else has a meaning."""
        unconditional = [flow for flow in outgoing if self.flows[flow].condition is None]
        if not unconditional or len(draft.outgoing) == 1:
            return
        if default != NONE or unconditional != [outgoing[-1]]:
            self.find(
                draft.element,
                "exclusive_without_condition",
                "Von diesem Gateway geht ein Fluss ohne Bedingung aus, der nicht der Standardfluss ist. "
                "Geben Sie ihm eine Bedingung oder machen Sie ihn zum Standardfluss.",
            )

    def _spec(self, draft: _Draft, kind: Kind) -> Spec:
        build = _SPECS.get(kind)
        return build(self, draft) if build else None

    def scope_spec(self, draft: _Draft) -> Spec:
        for other in self.drafts:
            if (
                other.scope == draft.index
                and other.element.tag == "startEvent"
                and definition_name(other.element) == "none"
            ):
                return ScopeSpec(other.index)
        return ScopeSpec(NONE)

    def user_spec(self, draft: _Draft) -> Spec:
        element = draft.element
        return UserSpec(
            form_key=self._optional(element, "formKey"),
            assignee=self._optional(element, "assignee"),
            candidate_users=self._list(element, "candidateUsers"),
            candidate_groups=self._list(element, "candidateGroups"),
            due=self._date(element, "dueDate"),
            follow_up=self._date(element, "followUpDate"),
            priority=self._priority(element),
        )

    def _optional(self, element: Element, attribute: str) -> Term | None:
        text = element.vendor.get(attribute, "").strip()
        return self.value(element, text) if text else None

    def _list(self, element: Element, attribute: str) -> tuple[Term, ...]:
        text = element.vendor.get(attribute, "").strip()
        if text.startswith("="):
            return (self.value(element, text),)
        return tuple(self.value(element, part.strip()) for part in _split_list(text) if part.strip())

    def _date(self, element: Element, attribute: str) -> Term | None:
        term = self._optional(element, attribute)
        if isinstance(term, Constant):
            text = str(term.value)
            if timers.parse_moment(text) is None and timers.parse_duration(text) is None:
                self.find(
                    element,
                    "not_a_date",
                    f"camunda:{attribute} „{text}“ ist weder Datum noch Zeitpunkt noch Dauer nach ISO 8601.",
                )
        return term

    def _priority(self, element: Element) -> Term | None:
        term = self._optional(element, "priority")
        if isinstance(term, Constant):
            return Constant(self._whole_number(element, str(term.value), "priority"))
        return term

    def _whole_number(self, element: Element, text: str, attribute: str) -> Decimal:
        number = text.strip()
        if not number.lstrip("-").isdecimal() or len(number) > 9:
            self.find(element, "not_a_number", f"camunda:{attribute} „{text}“ ist keine ganze Zahl.")
            number = "0"
        return Decimal(number)

    def job_spec(self, draft: _Draft) -> Spec:
        return self._external(draft.element, draft.element)

    def _external(self, element: Element, holder: Element) -> JobSpec:
        """`holder` has the attributes: a task, or the message definition of an event."""
        topic = holder.vendor.get("topic", "").strip()
        if holder.vendor.get("type") != "external":
            self.find(element, "no_implementation", 'Es fehlt camunda:type="external" mit camunda:topic.')
        elif not topic or "{" in topic or topic.startswith("="):
            self.find(element, "no_topic", "camunda:topic muss der feste Name eines Dienstes sein.")
        priority = holder.vendor.get("taskPriority", "0")
        return JobSpec(topic, int(self._whole_number(element, priority, "taskPriority")))

    def script_spec(self, draft: _Draft) -> Spec:
        element = draft.element
        script = element.first("script")
        if element.attributes.get("scriptFormat", "").strip().lower() != "feel":
            self.find(element, "script_language", 'Skripte werden nur in FEEL ausgeführt (scriptFormat="feel").')
            return None
        text = script.text if script else ""
        result = element.vendor.get("resultVariable", "").strip() or None
        feel = self._compile(script or element, lambda: compile_feel(text.removeprefix("=")))
        return ScriptSpec(feel, result) if feel else None

    def decision_spec(self, draft: _Draft) -> Spec:
        element = draft.element
        if "type" in element.vendor:
            return self._external(element, element)
        ref = element.vendor.get("decisionRef", "").strip()
        if not ref or "{" in ref:
            self.find(element, "no_decision", "Es fehlt camunda:decisionRef mit der festen Kennung einer Entscheidung.")
        decision = self.decisions.get(ref) if self.decisions is not None else None
        if ref and self.decisions is not None and decision is None:
            self.find(element, "decision_missing", f"Die Entscheidung „{ref}“ gibt es in dieser Leistung nicht.")
        mapping = element.vendor.get("mapDecisionResult", "resultList")
        return DecisionSpec(
            ref, decision, element.vendor.get("resultVariable", "").strip() or None, cast("_Mapping", mapping)
        )

    def throw_spec(self, draft: _Draft) -> Spec:
        element = draft.element
        found = definitions_of(element)
        holder = found[0] if found else element
        return self._external(element, holder) if "type" in holder.vendor else self.message(element, holder)

    def catch_message_spec(self, draft: _Draft) -> Spec:
        found = definitions_of(draft.element)
        return self.message(draft.element, found[0] if found else draft.element)

    def message(self, element: Element, holder: Element) -> MessageSpec:
        """`holder` has the messageRef: a task, or the message definition of an event."""
        ref = _local(holder.attributes.get("messageRef", ""))
        message = self.roots.get(ref)
        if not ref:
            self.find(element, "no_message", "Es fehlt die Nachricht (messageRef).")
        elif message is None or message.tag != "message":
            self.find(element, "dangling_ref", f"Die Nachricht „{ref}“ gibt es in der Datei nicht.")
        elif not (message.name or "").strip():
            self.find(element, "message_without_name", f"Die Nachricht „{ref}“ hat keinen Namen.")
        name = (message.name if message else None) or ref
        key = _properties(element).get("correlationKey")
        return MessageSpec(self.value(element, name), self.value(element, key) if key else None)

    def catch_timer_spec(self, draft: _Draft) -> Spec:
        return self.timer(draft.element, definitions_of(draft.element)[0])

    def timer(self, element: Element, definition: Element) -> TimerSpec:
        found = [child for child in definition.children if child.tag in _TIMER_KINDS]
        if len(found) != 1:
            self.find(element, "timer", "Ein Zeitereignis hat genau eine Angabe: Zeitpunkt, Dauer oder Wiederholung.")
            return TimerSpec("duration", timers.Duration())
        kind, parse, what = _TIMER_KINDS[found[0].tag]
        fixed = parse(found[0].text)
        if fixed is not None:
            return TimerSpec(kind, fixed)
        if found[0].text and not _ISO_LIKE(found[0].text):
            return TimerSpec(kind, None, self.condition(found[0]))
        self.find(element, "timer", f"„{found[0].text}“ ist {what} nach ISO 8601.")
        return TimerSpec(kind, timers.Duration())

    def error_spec(self, draft: _Draft) -> Spec:
        spec = self.error(draft.element, definitions_of(draft.element)[0])
        if spec.code is None:
            self.find(
                draft.element, "error_without_code", "Dem Fehler, der ausgelöst wird, fehlt der Fehlercode (errorCode)."
            )
        return spec

    def error(self, element: Element, definition: Element) -> ErrorSpec:
        ref = _local(definition.attributes.get("errorRef", ""))
        error = self.roots.get(ref)
        if ref and (error is None or error.tag != "error"):
            self.find(element, "dangling_ref", f"Den Fehler „{ref}“ gibt es in der Datei nicht.")
        return ErrorSpec(
            code=(error.attributes.get("errorCode", "").strip() or None) if error else None,
            message=error.vendor.get("errorMessage") if error else None,
            code_variable=definition.vendor.get("errorCodeVariable"),
            message_variable=definition.vendor.get("errorMessageVariable"),
        )

    def boundary_spec(self, draft: _Draft) -> Spec:
        element = draft.element
        build = _BOUNDARY_EVENTS.get(definition_name(element))
        if build is None:
            return None
        host = self.index.get(_local(element.attributes.get("attachedToRef", "")), NONE)
        interrupting = element.attributes.get("cancelActivity", "true").strip() not in {"false", "0"}
        return BoundarySpec(host, interrupting, build(self, element, definitions_of(element)[0]))

    def call_spec(self, draft: _Draft) -> Spec:
        element = draft.element
        called = element.attributes.get("calledElement", "").strip()
        if not called or "{" in called:
            self.find(element, "no_called_element", "calledElement muss die feste Kennung eines Prozesses sein.")
        ins, outs = element.extensions("in"), element.extensions("out")
        keys = [item.attributes["businessKey"] for item in ins if "businessKey" in item.attributes]
        return CallSpec(
            called=called,
            inputs=tuple(self._mappings(element, ins)),
            outputs=tuple(self._mappings(element, outs)),
            all_in=any("variables" in item.attributes for item in ins),
            all_out=any("variables" in item.attributes for item in outs),
            business_key=self._business_key(element, keys[-1]) if keys else None,
        )

    def _business_key(self, element: Element, text: str) -> Term | None:
        return None if text.strip() in _OWN_BUSINESS_KEY else self.value(element, text.strip())

    def _mappings(self, call: Element, items: list[Element]) -> Iterator[Parameter]:
        for item in items:
            attributes = item.attributes
            if "variables" in attributes or "businessKey" in attributes:
                continue
            source, expression = attributes.get("source", "").strip(), attributes.get("sourceExpression", "").strip()
            target = attributes.get("target", "").strip()
            if bool(source) == bool(expression) or not target:
                self.find(
                    call, "call_mapping", "camunda:in und camunda:out brauchen target und source oder sourceExpression."
                )
                continue
            yield Parameter(target, self.value(item, expression) if expression else self._variable(call, source))

    def _variable(self, element: Element, name: str) -> Term:
        return self._compile(element, lambda: compile_feel(name)) or Constant(None)

    # Multi-instance, input and output.

    def _loop(self, element: Element) -> LoopSpec | None:
        loop = element.first("multiInstanceLoopCharacteristics")
        if loop is None:
            return None
        cardinality = loop.first("loopCardinality")
        completion = loop.first("completionCondition")
        collection, item = self._collection(loop), self._loop_item(loop)
        if (cardinality is None) == (collection is None):
            self.find(element, "loop", "Eine Mehrfachausführung braucht entweder eine Liste oder eine Anzahl.")
        if item and collection is None:
            self.find(element, "loop", "Eine Variable für das Element der Liste braucht eine Liste.")
        return LoopSpec(
            collection=collection,
            cardinality=self.condition(cardinality) if cardinality is not None else None,
            element=item,
            completion=self.condition(completion) if completion is not None else None,
            async_before=_is_true(loop, "asyncBefore") or _is_true(loop, "async"),
            async_after=_is_true(loop, "asyncAfter"),
        )

    def _collection(self, loop: Element) -> Term | None:
        reference = loop.first("loopDataInputRef")
        text = loop.vendor.get("collection", reference.text if reference else "").strip()
        if not text:
            return None
        if "{" in text or text.startswith("="):
            return self.value(loop, text)
        return self._variable(loop, text)

    def _loop_item(self, loop: Element) -> str | None:
        item = loop.first("inputDataItem")
        return loop.vendor.get("elementVariable", (item.name if item else None) or "").strip() or None

    def _parameters(self, element: Element) -> tuple[tuple[Parameter, ...], tuple[Parameter, ...]]:
        groups = element.extensions("inputOutput")
        return tuple(
            tuple(self._parameter(item) for group in groups for item in group.all(tag))
            for tag in ("camunda:inputParameter", "camunda:outputParameter")
        )  # type: ignore[return-value]

    def _parameter(self, element: Element) -> Parameter:
        name = (element.name or "").strip()
        if not name:
            self.find(element, "parameter_without_name", "Einem Parameter von camunda:inputOutput fehlt der Name.")
        return Parameter(name, self._term(element))

    def _term(self, element: Element) -> Term:
        """Read a list, a map, a FEEL script or a text; the nesting is bounded by the reader."""
        inner = element.children[0] if element.children else None
        if inner is None:
            return self.value(element, element.text) if element.text else Constant(None)
        if inner.tag == "camunda:list":
            return ListTerm(tuple(self._list_item(item) for item in inner.children))
        if inner.tag == "camunda:map":
            return ContextTerm(tuple((item.attributes.get("key", ""), self._term(item)) for item in inner.children))
        if inner.tag == "camunda:script":
            if inner.attributes.get("scriptFormat", "").strip().lower() != "feel":
                self.find(inner, "script_language", 'Skripte werden nur in FEEL ausgeführt (scriptFormat="feel").')
                return Constant(None)
            return self._compile(inner, lambda: compile_feel(inner.text.removeprefix("="))) or Constant(None)
        return Constant(None)

    def _list_item(self, item: Element) -> Term:
        if item.tag == "camunda:value":
            return self.value(item, item.text)
        holder = Element("camunda:value", item.line, {}, {}, {}, "", item.parent, [item])
        return self._term(holder)

    # Expressions.

    def value(self, element: Element, text: str) -> Term:
        return self._compile(element, lambda: compile_value(text)) or Constant(None)

    def condition(self, element: Element) -> Feel | None:
        """Compile an expression element; plain text is refused where the file declares another language."""
        language = element.attributes.get("language")
        text = element.text

        def build() -> Feel:
            if language is None and not text.startswith(("=", "$", "#")):
                check_language(self.expression_language)
            return compile_condition(text, language)

        return self._compile(element, build)

    def _compile(self, element: Element, build: Callable[[], _T]) -> _T | None:
        try:
            return build()
        except ExpressionRefused as refused:
            self.find(_named(element), "expression", str(refused))
            return None


_SPECS: Final[Mapping[Kind, Callable[[Compiler, _Draft], Spec]]] = {
    Kind.PROCESS: Compiler.scope_spec,
    Kind.SUB_PROCESS: Compiler.scope_spec,
    Kind.USER: Compiler.user_spec,
    Kind.JOB: Compiler.job_spec,
    Kind.SCRIPT: Compiler.script_spec,
    Kind.DECISION: Compiler.decision_spec,
    Kind.THROW_MESSAGE: Compiler.throw_spec,
    Kind.CATCH_MESSAGE: Compiler.catch_message_spec,
    Kind.CATCH_TIMER: Compiler.catch_timer_spec,
    Kind.END_ERROR: Compiler.error_spec,
    Kind.BOUNDARY: Compiler.boundary_spec,
    Kind.CALL: Compiler.call_spec,
}
_BOUNDARY_EVENTS: Final[Mapping[str, Callable[[Compiler, Element, Element], TimerSpec | MessageSpec | ErrorSpec]]] = {
    "timer": Compiler.timer,
    "message": Compiler.message,
    "error": Compiler.error,
}
_TIMER_KINDS: Final[Mapping[str, tuple[Literal["date", "duration", "cycle"], Callable[[str], Any], str]]] = {
    "timeDate": ("date", timers.parse_moment, "kein Zeitpunkt"),
    "timeDuration": ("duration", timers.parse_duration, "keine Dauer"),
    "timeCycle": ("cycle", timers.parse_cycle, "keine Wiederholung"),
}
_OWN_BUSINESS_KEY: Final = frozenset({"#{execution.processBusinessKey}", "${execution.processBusinessKey}"})
_ISO_LIKE: Final = re.compile(r"[-+]?(P|R\d*/|\d{4}|[\d*])[-\d\w:./+*?, ]*").fullmatch


def _kind(element: Element) -> Kind:
    """Return how an element runs; what the gate refuses anyway counts as passing through."""
    definition = definition_name(element)
    if element.tag == "process":
        return Kind.PROCESS
    if element.tag == "intermediateCatchEvent":
        return _CATCH_KINDS.get(definition, Kind.PASS)
    if element.tag == "intermediateThrowEvent":
        return _THROW_KINDS.get(definition, Kind.PASS)
    if element.tag == "endEvent":
        return _END_KINDS.get(definition, Kind.END)
    return _KINDS.get(element.tag, Kind.PASS)


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


def _local(ref: str) -> str:
    """Return the name of a reference without its namespace prefix."""
    return ref.strip().rsplit(":", 1)[-1]


def _is_true(element: Element, attribute: str) -> bool:
    return element.vendor.get(attribute, "").strip() == "true"


def _explicit_language(language: str | None) -> str | None:
    return language or None


def _retry_cycle(element: Element) -> str | None:
    found = element.extensions("failedJobRetryTimeCycle")
    return found[0].text or None if found else None


def _properties(element: Element) -> dict[str, str]:
    return {
        item.attributes["name"]: item.attributes.get("value", "")
        for group in element.extensions("properties")
        for item in group.all("camunda:property")
        if "name" in item.attributes
    }


def _split_list(text: str) -> list[str]:
    """Split at commas outside of `${...}`."""
    return re.split(r",(?![^{}]*\})", text)


def _named(element: Element) -> Element:
    """Return the nearest element with an id, which is what a modeller can find."""
    current = element
    while current.id is None and current.parent is not None and current.parent.tag != "definitions":
        current = current.parent
    return current


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
