"""Which models SpiffWorkflow 3.2.0 runs as BPMN wants, as a table with a reason for every exclusion.

What is comparable was tried, line by line and on generated, tangled and recorded cases (tests/engine/bpmn/
test_oracle.py). The reasons for exclusions are measured, or read in its source where it does nothing at all. Whatever
is in neither table is not comparable. `docs/second-engine.md` is made of both.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from engine.bpmn.elements import EVENTS
from engine.bpmn.reader import FALSE, Element
from engine.bpmn.specs import definition_name, definitions_of, is_event_sub_process, is_true, local_name

MAX_ELEMENTS: Final = 400
"""SpiffWorkflow's parser recurses along the flows: 400 elements are safe, 500 are not (measured)."""

RUN: Final[Mapping[str, str]] = {
    "startEvent/none": "Wie es ist.",
    "startEvent/message": "Als Start ohne Auslöser; die anderen Startereignisse entfallen für diesen Fall.",
    "subProcessStart/none": "Wie es ist.",
    "endEvent/none": "Wie es ist.",
    "endEvent/message": "Als einfaches Ende; mit Topic als wartende Aufgabe vor einem Ende.",
    "endEvent/terminate": "Wie es ist.",
    "task": "Als Skriptaufgabe ohne Inhalt; SpiffWorkflow ließe sie warten.",
    "manualTask": "Als Skriptaufgabe ohne Inhalt; SpiffWorkflow ließe sie warten.",
    "scriptTask": "Wie es ist; der Inhalt ist unser FEEL-Ausdruck.",
    "businessRuleTask": "Als Skriptaufgabe, die unsere Entscheidung auswertet; mit Topic als wartende Aufgabe.",
    "serviceTask": "Als wartende Aufgabe: Der Auftrag liegt außerhalb, bis ihn jemand meldet.",
    "sendTask": "Als Skriptaufgabe; mit Topic als wartende Aufgabe.",
    "userTask": "Wie es ist.",
    "receiveTask": "Wie es ist, mit eigenem Nachrichtennamen.",
    "intermediateThrowEvent/none": "Als Skriptaufgabe ohne Inhalt.",
    "intermediateThrowEvent/message": "Als Skriptaufgabe; mit Topic als wartende Aufgabe.",
    "intermediateThrowEvent/link": "Als Skriptaufgabe mit einem Fluss zum eintretenden Ereignis desselben Namens.",
    "intermediateCatchEvent/link": "Als Skriptaufgabe ohne Inhalt.",
    "intermediateCatchEvent/message": "Wie es ist, mit eigenem Nachrichtennamen.",
    "intermediateCatchEvent/timer": "Als Nachricht; wann sie kommt, sagt unsere Zeitrechnung.",
    "boundaryEvent/message": "Wie es ist, mit eigenem Nachrichtennamen.",
    "boundaryEvent/timer": "Als Nachricht; wann sie kommt, sagt unsere Zeitrechnung.",
    "boundaryEvent/error": "Als Nachricht, wenn der Dienst den Fehler an der Aufgabe selbst meldet.",
    "boundaryEventNonInterrupting/timer": "Als Nachricht, die einmal kommt.",
    "boundaryEventNonInterrupting/message": "Wie es ist, solange keine kommt; SpiffWorkflow fängt nur die erste.",
    "eventSubProcessStart/message": "Als Ereignis an einem Teilprozess, der alles andere auf der Ebene umschließt.",
    "eventSubProcessStart/timer": "Als Ereignis an einem Teilprozess, der alles andere auf der Ebene umschließt.",
    "eventSubProcessStart/error": "Ebenso, solange kein Fehler kommt.",
    "subProcess": "Wie es ist, mit einem Ende hinter jedem Element ohne ausgehenden Fluss.",
    "callActivity": "Wie es ist.",
    "exclusiveGateway": "Wie es ist; ein letzter Fluss ohne Bedingung wird zum Standardfluss.",
    "inclusiveGateway": "Wie es ist, solange es nichts zusammenführt.",
    "eventBasedGateway": "Wie es ist; welches Ereignis kommt, sagt der Fall.",
    "parallelGateway": "Wie es ist; vor einer Zusammenführung steht in jedem Fluss ein Gateway mit einem Weg.",
}
"""What is comparable, and how it is put to SpiffWorkflow (`translation`)."""

_BESIDE: Final = "SpiffWorkflow führt einen nicht unterbrechenden Ereignis-Teilprozess nicht neben der Ebene aus."
EXCLUDED: Final[Mapping[str, str]] = {
    "complexGateway": "SpiffWorkflow führt komplexe Gateways nicht aus.",
    "transaction": "SpiffWorkflow führt Transaktionen ohne Kompensation aus.",
    "adHocSubProcess": "SpiffWorkflow liest die Angaben von Ad-hoc-Teilprozessen nicht.",
    "eventSubProcessStart/escalation": "SpiffWorkflow gibt eine Eskalation an jede Aktivität derselben Ebene.",
    "eventSubProcessStart/compensate": "SpiffWorkflow kompensiert nicht.",
    "eventSubProcessStartNonInterrupting/message": _BESIDE,
    "eventSubProcessStartNonInterrupting/timer": _BESIDE,
    "eventSubProcessStartNonInterrupting/escalation": _BESIDE,
    "endEvent/error": (
        "SpiffWorkflow gibt einen Fehler an jede Aktivität derselben Ebene, nicht nur an die umgebende."
    ),
    "endEvent/escalation": "SpiffWorkflow gibt eine Eskalation an jede Aktivität derselben Ebene.",
    "endEvent/signal": "SpiffWorkflow sendet am Endereignis kein Signal.",
    "endEvent/compensate": "SpiffWorkflow kompensiert nicht.",
    "endEvent/cancel": "SpiffWorkflow führt Transaktionen ohne Kompensation aus.",
    "intermediateThrowEvent/compensate": "SpiffWorkflow kompensiert nicht.",
    "intermediateThrowEvent/escalation": "SpiffWorkflow gibt eine Eskalation an jede Aktivität derselben Ebene.",
    "boundaryEvent/escalation": "SpiffWorkflow gibt eine Eskalation an jede Aktivität derselben Ebene.",
    "boundaryEventNonInterrupting/escalation": "SpiffWorkflow gibt eine Eskalation an jede Aktivität derselben Ebene.",
    "boundaryEvent/compensate": "SpiffWorkflow kompensiert nicht.",
    "intermediateCatchEvent/conditional": "SpiffWorkflow kennt keine Prozessvariablen, auf die es warten könnte.",
    "boundaryEvent/conditional": "SpiffWorkflow kennt keine Prozessvariablen, auf die es warten könnte.",
    "standardLoopCharacteristics": "Die Schleifenaufgabe ist mit SpiffWorkflow nicht verglichen.",
    "timeCycle": "SpiffWorkflow zählt Wiederholungen anders.",
    "loop@camunda:asyncBefore": "SpiffWorkflow kennt kein Anhalten vor oder hinter jedem einzelnen Durchlauf.",
    "event@camunda:asyncBefore": "An diesem Ereignis gibt es keinen Fluss, auf dem SpiffWorkflow anhalten könnte.",
    "event@camunda:asyncAfter": "Hinter diesem Ereignis gibt es keinen Fluss, auf dem SpiffWorkflow anhalten könnte.",
    "join/inclusive": "SpiffWorkflow führt ein inklusives Gateway manchmal zusammen, bevor alle Marken da sind.",
    "join/loop": "SpiffWorkflow zählt an einer Zusammenführung in einer Schleife die Marken der vorigen Runde mit.",
    "join/unreachable": "SpiffWorkflow wartet an einer Zusammenführung nicht auf einen Fluss, den nichts erreicht.",
    "size": f"SpiffWorkflow liest höchstens {MAX_ELEMENTS} Elemente.",
}
"""What SpiffWorkflow does not run as BPMN wants, or not at all."""

_FLOW_NODES: Final = ("Task", "Gateway", "Event", "Process", "Activity", "Choreography")
_UNKNOWN: Final = "Ob SpiffWorkflow das richtig ausführt, ist nicht geprüft."


@dataclass(frozen=True, slots=True)
class Exclusion:
    """One reason why a process is not comparable; `key` is the line of the table, `element` the BPMN id."""

    key: str
    element: str
    line: int

    def __str__(self) -> str:
        where = f"„{self.element}“ (Zeile {self.line}): " if self.element else ""
        return f"{where}{EXCLUDED.get(self.key, _UNKNOWN)}"


def exclusions(process: Element, start: str | None = None) -> list[Exclusion]:
    """Return why SpiffWorkflow cannot be asked about a process, in document order; nothing when it can.

    `start` is the start event at which the case begins; without it all of the process are meant.
    """
    found: list[Exclusion] = []
    elements = [element for element in process.walk() if _counts(element)]
    if len(elements) > MAX_ELEMENTS:
        found.append(Exclusion("size", process.id or "", process.line))
    for element in process.walk():
        found += [Exclusion(key, _id(element), element.line) for key in _keys(element) if key not in RUN]
    for scope in process.walk():
        if scope.tag in {"process", "subProcess"}:
            chosen = start if scope is process else None
            found += _joins(scope, [chosen] if chosen else [child.id or "" for child in scope.all("startEvent")])
    return found


def _counts(element: Element) -> bool:
    """Whether tokens come to an element, whatever else BPMN may call it."""
    return element.tag in {"task", "transaction"} or element.tag.endswith(_FLOW_NODES)


def _id(element: Element) -> str:
    named: Element | None = element
    while named is not None and not named.id:
        named = named.parent
    return (named.id if named else None) or ""


def _keys(element: Element) -> Iterator[str]:
    """The lines of the table that an element needs."""
    if element.tag in {"standardLoopCharacteristics", "timeCycle"}:
        yield element.tag
    if element.tag == "multiInstanceLoopCharacteristics" and _is_async(element):
        yield "loop@camunda:asyncBefore"
    if element.tag in EVENTS:
        yield _event(element)
        yield from _async_event(element)
    elif _counts(element):
        yield element.tag


def _event(element: Element) -> str:
    position, around = element.tag, element.parent
    if position == "startEvent" and around is not None and around.tag != "process":
        position = _start_position(element) if is_event_sub_process(around) else "subProcessStart"
    if position == "boundaryEvent" and element.attributes.get("cancelActivity", "true").strip() in FALSE:
        position = "boundaryEventNonInterrupting"
    return f"{position}/{definition_name(element)}"


def _start_position(start: Element) -> str:
    interrupts = start.attributes.get("isInterrupting", "true").strip() not in FALSE
    return "eventSubProcessStart" if interrupts else "eventSubProcessStartNonInterrupting"


def _is_async(element: Element) -> bool:
    return any(is_true(element, name) for name in ("async", "asyncBefore", "asyncAfter"))


def _async_event(element: Element) -> Iterator[str]:
    before = is_true(element, "asyncBefore") or is_true(element, "async")
    if before and (element.tag in {"startEvent", "boundaryEvent"} or is_link(element, "intermediateCatchEvent")):
        yield "event@camunda:asyncBefore"
    if is_true(element, "asyncAfter") and (element.tag == "endEvent" or is_link(element, "intermediateThrowEvent")):
        yield "event@camunda:asyncAfter"


def _joins(scope: Element, starts: Sequence[str]) -> Iterator[Exclusion]:
    """Joins that SpiffWorkflow does not wait at as BPMN wants."""
    targets = targets_of(scope)
    reachable = _reach(starts, targets)
    for element in scope.all("inclusiveGateway"):
        if len(incoming_of(scope, element)) > 1:
            yield Exclusion("join/inclusive", element.id or "", element.line)
    for element in scope.all("parallelGateway"):
        sources = [source for source, found in targets.items() if element.id in found]
        if len(incoming_of(scope, element)) < 2:
            continue
        if any(source not in reachable for source in sources):
            yield Exclusion("join/unreachable", element.id or "", element.line)
        if element.id in _reach(targets.get(element.id or "", []), targets):
            yield Exclusion("join/loop", element.id or "", element.line)


def targets_of(scope: Element) -> dict[str, list[str]]:
    """Map each element of one level to what a token can reach from it next.

    A boundary event follows its activity, a catching link event the throwing ones of its name.
    """
    targets: dict[str, list[str]] = {}
    for flow in scope.all("sequenceFlow"):
        source = local_name(flow.attributes.get("sourceRef", ""))
        targets.setdefault(source, []).append(local_name(flow.attributes.get("targetRef", "")))
    for event in scope.all("boundaryEvent"):
        host = local_name(event.attributes.get("attachedToRef", ""))
        targets.setdefault(host, []).append(event.id or "")
    for throw in scope.all("intermediateThrowEvent"):
        catch = link_target(scope, throw)
        if catch is not None:
            targets.setdefault(throw.id or "", []).append(catch.id or "")
    return targets


def is_link(element: Element, tag: str) -> bool:
    return element.tag == tag and definition_name(element) == "link"


def link_target(scope: Element, throw: Element) -> Element | None:
    """Return the catching link event of a throwing one; None for any other event."""
    if not is_link(throw, "intermediateThrowEvent"):
        return None
    name = _link_name(throw)
    catches = (event for event in scope.all("intermediateCatchEvent") if is_link(event, "intermediateCatchEvent"))
    return next((event for event in catches if _link_name(event) == name), None)


def _link_name(event: Element) -> str:
    return (definitions_of(event)[0].name or "").strip()


def incoming_of(scope: Element, element: Element) -> list[Element]:
    """Return the sequence flows into an element, in document order."""
    return [
        flow for flow in scope.all("sequenceFlow") if local_name(flow.attributes.get("targetRef", "")) == element.id
    ]


def _reach(starts: Sequence[str], targets: Mapping[str, list[str]]) -> set[str]:
    seen: set[str] = set()
    pending = list(starts)
    while pending:
        current = pending.pop()
        if current not in seen:
            seen.add(current)
            pending.extend(targets.get(current, ()))
    return seen
