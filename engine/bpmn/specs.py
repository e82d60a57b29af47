"""What an element says about how it runs: its texts, topic, message, timer, error, decision, loop and parameters."""

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, Literal, cast

from engine.bpmn import timers
from engine.bpmn.expressions import Constant, ContextTerm, ListTerm, Term
from engine.bpmn.nodes import (
    CallSpec,
    CancelSpec,
    CompensateSpec,
    DecisionSpec,
    ErrorSpec,
    EscalationSpec,
    Event,
    JobSpec,
    Kind,
    LoopSpec,
    MessageSpec,
    Parameter,
    ScriptSpec,
    Spec,
    TimerSpec,
    UserSpec,
)
from engine.bpmn.reader import TRUE, Element
from engine.bpmn.source import Source

_Mapping = Literal["singleEntry", "singleResult", "collectEntries", "resultList"]


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
    "transaction": Kind.SUB_PROCESS,
    "callActivity": Kind.CALL,
    "exclusiveGateway": Kind.EXCLUSIVE,
    "inclusiveGateway": Kind.INCLUSIVE,
    "eventBasedGateway": Kind.EVENT_GATEWAY,
    "parallelGateway": Kind.PARALLEL,
    "startEvent": Kind.START,
    "boundaryEvent": Kind.BOUNDARY,
}
_CATCH_KINDS: Final[Mapping[str, Kind]] = {"message": Kind.CATCH_MESSAGE, "timer": Kind.CATCH_TIMER}
_THROW_KINDS: Final[Mapping[str, Kind]] = {
    "none": Kind.PASS,
    "message": Kind.THROW_MESSAGE,
    "escalation": Kind.ESCALATION,
    "link": Kind.LINK,
    "compensate": Kind.COMPENSATE,
}
_END_KINDS: Final[Mapping[str, Kind]] = {
    "none": Kind.END,
    "message": Kind.THROW_MESSAGE,
    "error": Kind.END_ERROR,
    "escalation": Kind.ESCALATION,
    "compensate": Kind.COMPENSATE,
    "cancel": Kind.END_CANCEL,
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


def kind_of(element: Element) -> Kind:
    """Return how an element runs; what the gate refuses anyway counts as passing through."""
    definition = definition_name(element)
    if element.tag == "process":
        return Kind.PROCESS
    if element.tag == "subProcess" and is_event_sub_process(element):
        return Kind.EVENT_SUB_PROCESS
    if element.tag == "intermediateCatchEvent":
        return _CATCH_KINDS.get(definition, Kind.PASS)
    if element.tag == "intermediateThrowEvent":
        return _THROW_KINDS.get(definition, Kind.PASS)
    if element.tag == "endEvent":
        return _END_KINDS.get(definition, Kind.END)
    return _KINDS.get(element.tag, Kind.PASS)


def spec_for(source: Source, element: Element, kind: Kind) -> Spec:
    """Build what the element's kind needs; None for kinds that need nothing, and for what is refused."""
    build = _SPECS.get(kind)
    return build(source, element) if build else None


def is_event_sub_process(element: Element) -> bool:
    return element.attributes.get("triggeredByEvent", "").strip() in TRUE


def caught_event(source: Source, element: Element) -> Event | None:
    """Build what a boundary event, or the start event of an event sub-process, waits for; None where it is refused."""
    build = _CAUGHT_EVENTS.get(definition_name(element))
    return build(source, element, definitions_of(element)[0]) if build else None


def user_spec(source: Source, element: Element) -> Spec:
    users, groups = _potential_owners(source, element)
    return UserSpec(
        form_key=_optional(source, element, "formKey"),
        assignee=_optional(source, element, "assignee") or _performer(source, element),
        candidate_users=(*_list(source, element, "candidateUsers"), *users),
        candidate_groups=(*_list(source, element, "candidateGroups"), *groups),
        due=_date(source, element, "dueDate"),
        follow_up=_date(source, element, "followUpDate"),
        priority=_priority(source, element),
    )


def _performer(source: Source, element: Element) -> Term | None:
    """BPMN's own way to name the assignee."""
    texts = [text for performer in element.all("humanPerformer") for text in _assignments(source, performer)]
    if len(texts) > 1:
        source.find(element, "performer", "Eine Aufgabe hat höchstens einen humanPerformer.")
    return source.value(element, texts[0]) if texts else None


def _potential_owners(source: Source, element: Element) -> tuple[list[Term], list[Term]]:
    """BPMN's own way to name candidates, as Operaton reads it: users and groups; a name alone is a group."""
    users: list[Term] = []
    groups: list[Term] = []
    for owner in element.all("potentialOwner"):
        for text in _assignments(source, owner):
            for part in _split_list(text):
                match = re.fullmatch(r"\s*(user|group)\s*\((.*)\)\s*", part, re.DOTALL)
                kind, name = (match[1], match[2]) if match else ("group", part)
                (users if kind == "user" else groups).append(source.value(element, name.strip()))
    return users, groups


def _assignments(source: Source, role: Element) -> list[str]:
    texts = [
        expression.text
        for assignment in role.all("resourceAssignmentExpression")
        for expression in assignment.all("formalExpression")
    ]
    if not texts or not all(texts):
        source.find(role, "performer", "Der Zuständigkeit fehlt der Ausdruck.")
    return [text for text in texts if text]


def _optional(source: Source, element: Element, attribute: str) -> Term | None:
    text = element.vendor.get(attribute, "").strip()
    return source.value(element, text) if text else None


def _list(source: Source, element: Element, attribute: str) -> tuple[Term, ...]:
    text = element.vendor.get(attribute, "").strip()
    if text.startswith("="):
        return (source.value(element, text),)
    return tuple(source.value(element, part.strip()) for part in _split_list(text) if part.strip())


def _date(source: Source, element: Element, attribute: str) -> Term | None:
    term = _optional(source, element, attribute)
    if isinstance(term, Constant):
        text = str(term.value)
        if timers.parse_moment(text) is None and timers.parse_duration(text) is None:
            source.find(
                element,
                "not_a_date",
                f"camunda:{attribute} „{text}“ ist weder Datum noch Zeitpunkt noch Dauer nach ISO 8601.",
            )
    return term


def _priority(source: Source, element: Element) -> Term | None:
    term = _optional(source, element, "priority")
    if isinstance(term, Constant):
        return Constant(_whole_number(source, element, str(term.value), "priority"))
    return term


def _whole_number(source: Source, element: Element, text: str, attribute: str) -> Decimal:
    number = text.strip()
    if not number.lstrip("-").isdecimal() or len(number) > 9:
        source.find(element, "not_a_number", f"camunda:{attribute} „{text}“ ist keine ganze Zahl.")
        number = "0"
    return Decimal(number)


def job_spec(source: Source, element: Element) -> Spec:
    return _external(source, element, element)


def _external(source: Source, element: Element, holder: Element) -> JobSpec:
    """`holder` has the attributes: a task, or the message definition of an event."""
    topic = holder.vendor.get("topic", "").strip()
    if holder.vendor.get("type") != "external":
        source.find(element, "no_implementation", 'Es fehlt camunda:type="external" mit camunda:topic.')
    elif not topic or "{" in topic or topic.startswith("="):
        source.find(element, "no_topic", "camunda:topic muss der feste Name eines Dienstes sein.")
    priority = holder.vendor.get("taskPriority", "0")
    return JobSpec(topic, int(_whole_number(source, element, priority, "taskPriority")))


def script_spec(source: Source, element: Element) -> Spec:
    script = element.first("script")
    if element.attributes.get("scriptFormat", "").strip().lower() != "feel":
        source.find(element, "script_language", 'Skripte werden nur in FEEL ausgeführt (scriptFormat="feel").')
        return None
    text = script.text if script else ""
    result = element.vendor.get("resultVariable", "").strip() or None
    feel = source.feel(script or element, text.removeprefix("="))
    return ScriptSpec(feel, result) if feel else None


def decision_spec(source: Source, element: Element) -> Spec:
    if "type" in element.vendor:
        return _external(source, element, element)
    ref = element.vendor.get("decisionRef", "").strip()
    if not ref or "{" in ref:
        source.find(element, "no_decision", "Es fehlt camunda:decisionRef mit der festen Kennung einer Entscheidung.")
    decision = source.decisions.get(ref) if source.decisions is not None else None
    if ref and source.decisions is not None and decision is None:
        source.find(element, "decision_missing", f"Die Entscheidung „{ref}“ gibt es in dieser Leistung nicht.")
    mapping = element.vendor.get("mapDecisionResult", "resultList")
    return DecisionSpec(
        ref, decision, element.vendor.get("resultVariable", "").strip() or None, cast("_Mapping", mapping)
    )


def throw_spec(source: Source, element: Element) -> Spec:
    found = definitions_of(element)
    holder = found[0] if found else element
    return _external(source, element, holder) if "type" in holder.vendor else message(source, element, holder)


def catch_message_spec(source: Source, element: Element) -> Spec:
    found = definitions_of(element)
    return message(source, element, found[0] if found else element)


def message(source: Source, element: Element, holder: Element) -> MessageSpec:
    """`holder` has the messageRef: a task, or the message definition of an event."""
    ref = local_name(holder.attributes.get("messageRef", ""))
    found = source.roots.get(ref)
    if not ref:
        source.find(element, "no_message", "Es fehlt die Nachricht (messageRef).")
    elif found is None or found.tag != "message":
        source.find(element, "dangling_ref", f"Die Nachricht „{ref}“ gibt es in der Datei nicht.")
    elif not (found.name or "").strip():
        source.find(element, "message_without_name", f"Die Nachricht „{ref}“ hat keinen Namen.")
    name = (found.name if found else None) or ref
    key = properties(element).get("correlationKey")
    return MessageSpec(source.value(element, name), source.value(element, key) if key else None)


def catch_timer_spec(source: Source, element: Element) -> Spec:
    return timer(source, element, definitions_of(element)[0])


def timer(source: Source, element: Element, definition: Element) -> TimerSpec:
    found = [child for child in definition.children if child.tag in _TIMER_KINDS]
    if len(found) != 1:
        source.find(element, "timer", "Ein Zeitereignis hat genau eine Angabe: Zeitpunkt, Dauer oder Wiederholung.")
        return TimerSpec("duration", timers.Duration())
    kind, parse, what = _TIMER_KINDS[found[0].tag]
    fixed = parse(found[0].text)
    if fixed is not None:
        return TimerSpec(kind, fixed)
    if found[0].text and not _ISO_LIKE(found[0].text):
        return TimerSpec(kind, None, source.condition(found[0]))
    source.find(element, "timer", f"„{found[0].text}“ ist {what} nach ISO 8601.")
    return TimerSpec(kind, timers.Duration())


def error_spec(source: Source, element: Element) -> Spec:
    spec = error(source, element, definitions_of(element)[0])
    if spec.code is None:
        source.find(element, "error_without_code", "Dem Fehler, der ausgelöst wird, fehlt der Fehlercode (errorCode).")
    return spec


def error(source: Source, element: Element, definition: Element) -> ErrorSpec:
    ref = local_name(definition.attributes.get("errorRef", ""))
    found = source.roots.get(ref)
    if ref and (found is None or found.tag != "error"):
        source.find(element, "dangling_ref", f"Den Fehler „{ref}“ gibt es in der Datei nicht.")
    return ErrorSpec(
        code=(found.attributes.get("errorCode", "").strip() or None) if found else None,
        message=found.vendor.get("errorMessage") if found else None,
        code_variable=definition.vendor.get("errorCodeVariable"),
        message_variable=definition.vendor.get("errorMessageVariable"),
    )


def escalation_spec(source: Source, element: Element) -> Spec:
    spec = escalation(source, element, definitions_of(element)[0])
    if spec.code is None:
        source.find(
            element, "escalation_without_code", "Der Eskalation, die ausgelöst wird, fehlt der Code (escalationCode)."
        )
    return spec


def escalation(source: Source, element: Element, definition: Element) -> EscalationSpec:
    ref = local_name(definition.attributes.get("escalationRef", ""))
    found = source.roots.get(ref)
    if ref and (found is None or found.tag != "escalation"):
        source.find(element, "dangling_ref", f"Die Eskalation „{ref}“ gibt es in der Datei nicht.")
    return EscalationSpec(
        code=(found.attributes.get("escalationCode", "").strip() or None) if found else None,
        code_variable=definition.vendor.get("escalationCodeVariable"),
    )


def compensate_spec(source: Source, element: Element) -> Spec:  # noqa: ARG001 -- one shape for all
    ref = definitions_of(element)[0].attributes.get("activityRef", "")
    return CompensateSpec(local_name(ref) or None)


def is_for_compensation(element: Element) -> bool:
    return element.attributes.get("isForCompensation", "").strip() in TRUE


def call_spec(source: Source, element: Element) -> Spec:
    called = element.attributes.get("calledElement", "").strip()
    if not called or "{" in called:
        source.find(element, "no_called_element", "calledElement muss die feste Kennung eines Prozesses sein.")
    ins, outs = element.extensions("in"), element.extensions("out")
    keys = [item.attributes["businessKey"] for item in ins if "businessKey" in item.attributes]
    return CallSpec(
        called=called,
        inputs=tuple(_mappings(source, element, ins)),
        outputs=tuple(_mappings(source, element, outs)),
        all_in=any("variables" in item.attributes for item in ins),
        all_out=any("variables" in item.attributes for item in outs),
        business_key=_business_key(source, element, keys[-1]) if keys else None,
    )


def _business_key(source: Source, element: Element, text: str) -> Term | None:
    return None if text.strip() in _OWN_BUSINESS_KEY else source.value(element, text.strip())


def _mappings(source: Source, call: Element, items: list[Element]) -> Iterator[Parameter]:
    for item in items:
        attributes = item.attributes
        if "variables" in attributes or "businessKey" in attributes:
            continue
        name, expression = attributes.get("source", "").strip(), attributes.get("sourceExpression", "").strip()
        target = attributes.get("target", "").strip()
        if bool(name) == bool(expression) or not target:
            source.find(
                call, "call_mapping", "camunda:in und camunda:out brauchen target und source oder sourceExpression."
            )
            continue
        yield Parameter(target, source.value(item, expression) if expression else source.variable(call, name))


def loop_spec(source: Source, element: Element) -> LoopSpec | None:
    loop = element.first("multiInstanceLoopCharacteristics")
    if loop is None:
        return None
    cardinality = loop.first("loopCardinality")
    completion = loop.first("completionCondition")
    collection, item = _collection(source, loop), _loop_item(loop)
    if (cardinality is None) == (collection is None):
        source.find(element, "loop", "Eine Mehrfachausführung braucht entweder eine Liste oder eine Anzahl.")
    if item and collection is None:
        source.find(element, "loop", "Eine Variable für das Element der Liste braucht eine Liste.")
    return LoopSpec(
        sequential=loop.attributes.get("isSequential", "").strip() in TRUE,
        collection=collection,
        cardinality=source.condition(cardinality) if cardinality is not None else None,
        element=item,
        completion=source.condition(completion) if completion is not None else None,
        async_before=is_true(loop, "asyncBefore") or is_true(loop, "async"),
        async_after=is_true(loop, "asyncAfter"),
    )


def _collection(source: Source, loop: Element) -> Term | None:
    reference = loop.first("loopDataInputRef")
    text = loop.vendor.get("collection", reference.text if reference else "").strip()
    if not text:
        return None
    if "{" in text or text.startswith("="):
        return source.value(loop, text)
    return source.variable(loop, text)


def _loop_item(loop: Element) -> str | None:
    item = loop.first("inputDataItem")
    return loop.vendor.get("elementVariable", (item.name if item else None) or "").strip() or None


def parameters(source: Source, element: Element) -> tuple[tuple[Parameter, ...], tuple[Parameter, ...]]:
    """Return the input and the output parameters of an element."""
    groups = element.extensions("inputOutput")
    inputs = [item for group in groups for item in group.all("camunda:inputParameter")]
    outputs = [item for group in groups for item in group.all("camunda:outputParameter")]
    return tuple(_parameter(source, item) for item in inputs), tuple(_parameter(source, item) for item in outputs)


def _parameter(source: Source, element: Element) -> Parameter:
    name = (element.name or "").strip()
    if not name:
        source.find(element, "parameter_without_name", "Einem Parameter von camunda:inputOutput fehlt der Name.")
    return Parameter(name, _term(source, element))


def _term(source: Source, element: Element) -> Term:
    """Read a list, a map, a FEEL script or a text; the nesting is bounded by the reader."""
    inner = element.children[0] if element.children else None
    if inner is None:
        return source.value(element, element.text) if element.text else Constant(None)
    if inner.tag == "camunda:list":
        return ListTerm(tuple(_list_item(source, item) for item in inner.children))
    if inner.tag == "camunda:map":
        return ContextTerm(tuple((item.attributes.get("key", ""), _term(source, item)) for item in inner.children))
    if inner.tag == "camunda:script":
        if inner.attributes.get("scriptFormat", "").strip().lower() != "feel":
            source.find(inner, "script_language", 'Skripte werden nur in FEEL ausgeführt (scriptFormat="feel").')
            return Constant(None)
        return source.feel(inner, inner.text.removeprefix("=")) or Constant(None)
    return Constant(None)


def _list_item(source: Source, item: Element) -> Term:
    if item.tag == "camunda:value":
        return source.value(item, item.text)
    holder = Element("camunda:value", item.line, {}, {}, {}, "", item.parent, [item])
    return _term(source, holder)


def local_name(ref: str) -> str:
    """Return the name of a reference without its namespace prefix."""
    return ref.strip().rsplit(":", 1)[-1]


def is_true(element: Element, attribute: str) -> bool:
    return element.vendor.get(attribute, "").strip() == "true"


def retry_cycle(source: Source, element: Element) -> str | None:
    """Return the text of `failedJobRetryTimeCycle`; None leaves the tries to the house."""
    found = element.extensions("failedJobRetryTimeCycle")
    text = found[0].text.strip() if found else ""
    cycle = timers.parse_cycle(text)
    if text and (cycle is None or cycle.start is not None):
        sentence = (
            f"„{text}“ sagt nicht, wie oft und in welchen Abständen der Auftrag wiederholt wird. Schreiben Sie zum "
            "Beispiel R3/PT10M: drei Versuche im Abstand von zehn Minuten."
        )
        source.find(found[0], "retry_cycle", sentence)
    return text or None


def properties(element: Element) -> dict[str, str]:
    return {
        item.attributes["name"]: item.attributes.get("value", "")
        for group in element.extensions("properties")
        for item in group.all("camunda:property")
        if "name" in item.attributes
    }


def _split_list(text: str) -> list[str]:
    """Split at commas outside of `${...}`."""
    return re.split(r",(?![^{}]*\})", text)


_SPECS: Final[Mapping[Kind, Callable[[Source, Element], Spec]]] = {
    Kind.USER: user_spec,
    Kind.JOB: job_spec,
    Kind.SCRIPT: script_spec,
    Kind.DECISION: decision_spec,
    Kind.THROW_MESSAGE: throw_spec,
    Kind.CATCH_MESSAGE: catch_message_spec,
    Kind.CATCH_TIMER: catch_timer_spec,
    Kind.END_ERROR: error_spec,
    Kind.ESCALATION: escalation_spec,
    Kind.COMPENSATE: compensate_spec,
    Kind.CALL: call_spec,
}
_CAUGHT_EVENTS: Final[Mapping[str, Callable[[Source, Element, Element], Event]]] = {
    "timer": timer,
    "message": message,
    "error": error,
    "escalation": escalation,
    "cancel": lambda source, element, definition: CancelSpec(),  # noqa: ARG005 -- one shape for all
}
_TIMER_KINDS: Final[Mapping[str, tuple[Literal["date", "duration", "cycle"], Callable[[str], Any], str]]] = {
    "timeDate": ("date", timers.parse_moment, "kein Zeitpunkt"),
    "timeDuration": ("duration", timers.parse_duration, "keine Dauer"),
    "timeCycle": ("cycle", timers.parse_cycle, "keine Wiederholung"),
}
_OWN_BUSINESS_KEY: Final = frozenset({"#{execution.processBusinessKey}", "${execution.processBusinessKey}"})
_ISO_LIKE: Final = re.compile(r"(P[\dT]|R\d*/|\d{4}-)\S*|[\d*/?,\- ]+").fullmatch
