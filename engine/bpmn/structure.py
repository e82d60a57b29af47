"""What must hold for a whole process beyond single elements: starts, reachability, gateways, links, rival events."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from engine.bpmn.elements import SUB_PROCESSES
from engine.bpmn.expressions import Constant
from engine.bpmn.nodes import (
    NONE,
    BoundarySpec,
    CancelSpec,
    ErrorSpec,
    EscalationSpec,
    Event,
    EventStartSpec,
    Flow,
    Kind,
    MessageSpec,
    Node,
    ScopeSpec,
)
from engine.bpmn.reader import Element
from engine.bpmn.source import Source
from engine.bpmn.specs import (
    definition_name,
    definitions_of,
    is_event_sub_process,
    is_for_compensation,
    is_true,
    kind_of,
    local_name,
)

MAX_JOIN_WORK: Final = 1_000_000
"""Flows into inclusive gateways times elements of the process: each such flow costs a walk when it is compiled."""


@dataclass(slots=True)
class Draft:
    """A node while its flows are still being collected."""

    element: Element
    index: int
    scope: int
    incoming: list[int] = field(default_factory=list)
    outgoing: list[int] = field(default_factory=list)
    boundaries: list[int] = field(default_factory=list)


def joins_too_much(drafts: Sequence[Draft]) -> bool:
    """Whether working out the inclusive gateways of a process would cost too much."""
    flows = sum(len(draft.incoming) for draft in drafts if draft.element.tag == "inclusiveGateway")
    return flows * len(drafts) > MAX_JOIN_WORK


def is_scope(element: Element) -> bool:
    return element.tag == "process" or element.tag in SUB_PROCESSES


def check_drafts(source: Source, drafts: Sequence[Draft], flows: Sequence[Flow]) -> None:
    """Note what is wrong with starts, reachability, event sub-processes and event-based gateways."""
    starts: dict[int, list[Draft]] = defaultdict(list)
    for draft in drafts:
        if draft.element.tag == "startEvent":
            starts[draft.scope].append(draft)
    for draft in drafts:
        if is_scope(draft.element):
            _check_starts(source, draft, starts[draft.index])
        if is_event_sub_process(draft.element):
            _check_event_sub_process(source, draft)
        elif not draft.incoming and draft.scope != NONE and not _starts_by_itself(draft.element):
            text = "Das Element hat keinen eingehenden Sequenzfluss und wird nie erreicht."
            source.find(draft.element, "unreachable", text)
        _check_without_effect(source, draft.element)
        if draft.element.tag == "eventBasedGateway":
            _check_event_gateway(source, draft, drafts, flows)


def _starts_by_itself(element: Element) -> bool:
    return element.tag in {"startEvent", "boundaryEvent"} or is_link_catch(element) or is_for_compensation(element)


def is_link_catch(element: Element) -> bool:
    return element.tag == "intermediateCatchEvent" and definition_name(element) == "link"


def _check_starts(source: Source, scope: Draft, starts: Sequence[Draft]) -> None:
    plain = [draft for draft in starts if definition_name(draft.element) == "none"]
    if not starts:
        source.find(scope.element, "no_start", "Es fehlt ein Startereignis.")
    elif len(plain) > 1:
        source.find(plain[1].element, "many_starts", "Es darf nur ein Startereignis ohne Auslöser geben.")
    elif is_event_sub_process(scope.element) and len(starts) > 1:
        source.find(starts[1].element, "many_starts", "Ein Ereignis-Teilprozess hat genau ein Startereignis.")


def _check_event_sub_process(source: Source, draft: Draft) -> None:
    if draft.incoming or draft.outgoing or draft.boundaries or draft.element.first("multiInstanceLoopCharacteristics"):
        source.find(
            draft.element,
            "event_sub_process",
            "Ein Ereignis-Teilprozess hat keine Sequenzflüsse, angehefteten Ereignisse oder Mehrfachausführung.",
        )


_NO_AFTERWARDS: Final = frozenset(
    {Kind.END_ERROR, Kind.END_TERMINATE, Kind.END_CANCEL, Kind.LINK, Kind.EVENT_GATEWAY, Kind.EVENT_SUB_PROCESS}
)
"""Kinds behind which nothing happens in their own name: no continuation, no output."""


def _check_without_effect(source: Source, element: Element) -> None:
    """Refuse what an element says although it can have no effect there."""
    kind = kind_of(element)
    if kind not in _NO_AFTERWARDS:
        return
    outputs = [item for group in element.extensions("inputOutput") for item in group.all("camunda:outputParameter")]
    if is_true(element, "asyncAfter"):
        source.find(element, "without_effect", "camunda:asyncAfter hat an diesem Element keine Wirkung.")
    if outputs or (kind is Kind.EVENT_SUB_PROCESS and element.extensions("inputOutput")):
        source.find(element, "without_effect", "camunda:inputOutput hat an diesem Element keine Wirkung.")
    if kind is Kind.EVENT_SUB_PROCESS and (is_true(element, "asyncBefore") or is_true(element, "async")):
        source.find(element, "without_effect", "camunda:asyncBefore hat an diesem Element keine Wirkung.")


_EVENT_TARGETS: Final = frozenset({Kind.CATCH_MESSAGE, Kind.CATCH_TIMER})


def _check_event_gateway(source: Source, gateway: Draft, drafts: Sequence[Draft], flows: Sequence[Flow]) -> None:
    targets = [drafts[flows[flow].target] for flow in gateway.outgoing]
    if len(targets) < 2:
        text = "Ein ereignisbasiertes Gateway braucht mindestens zwei Ereignisse."
        source.find(gateway.element, "event_gateway", text)
    for target in targets:
        if _is_event_target(target):
            continue
        source.find(
            target.element,
            "event_gateway",
            "Hinter einem ereignisbasierten Gateway stehen nur Nachrichten, Zeiten und Empfangsaufgaben. Sie haben "
            "keinen anderen Eingang, keine angehefteten Ereignisse, keine Mehrfachausführung, kein asyncBefore "
            "und kein camunda:inputOutput.",
        )


def _is_event_target(target: Draft) -> bool:
    element = target.element
    is_plain = not (is_true(element, "asyncBefore") or is_true(element, "async"))
    is_single = element.first("multiInstanceLoopCharacteristics") is None
    return (
        kind_of(element) in _EVENT_TARGETS
        and is_plain
        and is_single
        and len(target.incoming) == 1
        and not target.boundaries
        and not element.extensions("inputOutput")
    )


def compensations(
    source: Source, process: Element, drafts: Sequence[Draft], index: Mapping[str, int]
) -> dict[int, int]:
    """Map every activity that has a compensation to the activity that undoes it."""
    targets = {
        local_name(line.attributes.get("sourceRef", "")): local_name(line.attributes.get("targetRef", ""))
        for line in process.walk()
        if line.tag == "association"
    }
    found: dict[int, int] = {}
    for host in drafts:
        for boundary in host.boundaries:
            element = drafts[boundary].element
            if definition_name(element) != "compensate":
                continue
            target = index.get(targets.get(element.id or "", ""), NONE)
            if host.index in found:
                source.find(element, "rival_events", f"Zwei Kompensationen hängen an „{host.element.id}“.")
            elif target <= 0 or not is_for_compensation(drafts[target].element) or drafts[target].scope != host.scope:
                source.find(
                    element,
                    "compensation",
                    "Ein Kompensationsereignis ist mit genau einer Aktivität derselben Ebene verbunden, die "
                    'isForCompensation="true" hat.',
                )
            else:
                found[host.index] = target
    _check_compensations(source, drafts, index, found)
    return found


def _check_compensations(
    source: Source, drafts: Sequence[Draft], index: Mapping[str, int], found: Mapping[int, int]
) -> None:
    handlers = set(found.values())
    hosts = {boundary: host for host in drafts for boundary in host.boundaries}
    for draft in drafts:
        element = draft.element
        definition = definition_name(element)
        if is_for_compensation(element):
            if draft.incoming or draft.outgoing or draft.boundaries:
                text = "Eine Kompensation hat keine Sequenzflüsse und keine angehefteten Ereignisse."
                source.find(element, "compensation", text)
            elif draft.index not in handlers:
                source.find(element, "unreachable", "Diese Kompensation ist mit keinem Ereignis verbunden.")
        if element.tag == "boundaryEvent" and definition == "compensate" and draft.outgoing:
            source.find(element, "compensation", "Aus einem Kompensationsereignis führt kein Sequenzfluss hinaus.")
        if kind_of(element) is Kind.COMPENSATE:
            _check_reference(source, draft, drafts, index)
        if definition == "cancel":
            _check_cancel(source, draft, hosts.get(draft.index), drafts)


def _check_reference(source: Source, draft: Draft, drafts: Sequence[Draft], index: Mapping[str, int]) -> None:
    """What is to be compensated stands on the level of the event, or around its event sub-process."""
    ref = local_name(definitions_of(draft.element)[0].attributes.get("activityRef", ""))
    if not ref:
        return
    scope = draft.scope
    levels = {scope}
    while is_event_sub_process(drafts[scope].element):
        scope = drafts[scope].scope
        levels.add(scope)
    target = index.get(ref, NONE)
    if target <= 0 or drafts[target].scope not in levels:
        text = f"Die Aktivität „{ref}“, die kompensiert werden soll, gibt es auf dieser Ebene nicht."
        source.find(draft.element, "dangling_ref", text)


def _check_cancel(source: Source, draft: Draft, host: Draft | None, drafts: Sequence[Draft]) -> None:
    if draft.element.tag == "boundaryEvent":
        if host is not None and host.element.tag != "transaction":
            source.find(draft.element, "cancel", "Ein Abbruchereignis hängt nur an einer Transaktion.")
    elif drafts[draft.scope].element.tag != "transaction":
        source.find(draft.element, "cancel", "Ein Abbruch-Endereignis steht nur unmittelbar in einer Transaktion.")
    elif not any(definition_name(drafts[boundary].element) == "cancel" for boundary in drafts[draft.scope].boundaries):
        source.find(draft.element, "cancel", "Der Transaktion fehlt das angeheftete Abbruchereignis.")


def undo_handlers(source: Source, drafts: Sequence[Draft], found: Mapping[int, int]) -> dict[int, int]:
    """Map a sub-process to the event sub-process that compensates it."""
    handlers: dict[int, int] = {}
    for draft in drafts:
        if draft.element.tag != "startEvent" or definition_name(draft.element) != "compensate":
            continue
        handler = drafts[draft.scope]
        if not is_event_sub_process(handler.element):
            continue
        scope = drafts[handler.scope]
        if scope.scope == NONE or is_event_sub_process(scope.element):
            text = "Eine Kompensation als Ereignis-Teilprozess gibt es nur in einem Teilprozess."
            source.find(draft.element, "compensation", text)
        elif scope.index in handlers or scope.index in found:
            text = f"„{scope.element.name or scope.element.id}“ hat zwei Kompensationen."
            source.find(draft.element, "rival_events", text)
        else:
            handlers[scope.index] = handler.index
    return handlers


def check_exclusive(source: Source, draft: Draft, outgoing: Sequence[int], default: int, flows: Sequence[Flow]) -> None:
    """A flow without condition is always true, so behind it (or beside a default) nothing else has a meaning."""
    unconditional = [flow for flow in outgoing if flows[flow].condition is None]
    if not unconditional or len(draft.outgoing) == 1:
        return
    if default != NONE or unconditional != [outgoing[-1]]:
        source.find(
            draft.element,
            "exclusive_without_condition",
            "Von diesem Gateway geht ein Fluss ohne Bedingung aus, der nicht der Standardfluss ist. "
            "Geben Sie ihm eine Bedingung oder machen Sie ihn zum Standardfluss.",
        )


def link_targets(source: Source, drafts: Sequence[Draft]) -> dict[int, int]:
    """Map every throwing link event to the catching one of its name in the same scope."""
    catches: dict[tuple[int, str], list[Draft]] = defaultdict(list)
    for draft in drafts:
        if is_link_catch(draft.element):
            catches[draft.scope, _link_name(draft.element)].append(draft)
            if draft.incoming:
                source.find(draft.element, "link", "In ein eintretendes Linkereignis führt kein Sequenzfluss hinein.")
    for (_, name), found in catches.items():
        if len(found) > 1:
            source.find(found[1].element, "link", f"Zwei eintretende Linkereignisse heißen „{name}“.")
    targets: dict[int, int] = {}
    for draft in drafts:
        if kind_of(draft.element) is Kind.LINK:
            target = catches.get((draft.scope, _link_name(draft.element)), [])
            if not target:
                source.find(
                    draft.element, "link", f"Das Ziel des Links „{_link_name(draft.element)}“ fehlt auf dieser Ebene."
                )
            if draft.outgoing:
                source.find(draft.element, "link", "Aus einem auslösenden Linkereignis führt kein Sequenzfluss hinaus.")
            targets[draft.index] = target[0].index if target else NONE
    return targets


def _link_name(element: Element) -> str:
    return (definitions_of(element)[0].name or "").strip()


# Rival events.


def check_rivals(source: Source, nodes: Sequence[Node], drafts: Sequence[Draft]) -> None:
    """Refuse two events of one activity or scope that would catch the same thing: which one acts is undefined."""
    for node in nodes:
        handlers = node.spec.handlers if isinstance(node.spec, ScopeSpec) else ()
        for group in (node.boundaries, handlers):
            seen: set[tuple[str, object]] = set()
            for index in group:
                spec = nodes[index].spec
                key = _catches(spec.event) if isinstance(spec, BoundarySpec | EventStartSpec) else None
                if key in seen:
                    text = f"Zwei Ereignisse an „{node.name or node.id}“ haben denselben Auslöser."
                    source.find(drafts[index].element, "rival_events", text)
                elif key:
                    seen.add(key)


def _catches(event: Event) -> tuple[str, object] | None:
    if isinstance(event, MessageSpec) and isinstance(event.name, Constant):
        return "message", event.name.value
    if isinstance(event, ErrorSpec):
        return "error", event.code
    if isinstance(event, EscalationSpec):
        return "escalation", event.code
    return ("cancel", None) if isinstance(event, CancelSpec) else None


def reach(
    gateway: Draft, drafts: Sequence[Draft], flows: Sequence[Flow], links: Mapping[int, int]
) -> tuple[frozenset[int], ...]:
    """For each incoming flow of a gateway: the nodes from which a token can come by it without passing the gateway."""
    hosts = {boundary: draft.index for draft in drafts for boundary in draft.boundaries}
    sources: dict[int, list[int]] = defaultdict(list)
    for throw, catch in links.items():
        sources[catch].append(throw)
    found: list[frozenset[int]] = []
    for incoming in gateway.incoming:
        seen: set[int] = set()
        pending = [flows[incoming].source]
        while pending:
            index = pending.pop()
            if index in seen or index == gateway.index:
                continue
            seen.add(index)
            pending.extend(flows[flow].source for flow in drafts[index].incoming)
            pending.extend(sources[index])
            if index in hosts:
                pending.append(hosts[index])
        found.append(frozenset(seen))
    return tuple(found)
