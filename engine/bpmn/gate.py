"""The gate: what a model says beyond what is executed exactly is refused, with the place and a German sentence."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from engine.bpmn.elements import (
    ENGINES,
    EVENTS,
    VENDOR_PLACES,
    Rule,
    Verdict,
    attribute_rule,
    element_rule,
    event_rule,
)
from engine.bpmn.findings import Finding, ModelRefused
from engine.bpmn.program import Compiler
from engine.bpmn.reader import FALSE, Element, Model, read_bpmn
from engine.bpmn.source import Decisions, Source
from engine.bpmn.specs import definition_name, local_name
from engine.language import SCOPE

MAX_PROCESSES: Final = 200


@dataclass(frozen=True, slots=True)
class FileReport:
    """What the gate says about one file; no findings means accepted."""

    name: str
    processes: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def accepted(self) -> bool:
        return not self.findings

    def to_json(self) -> dict[str, Any]:
        return {
            "file": self.name,
            "accepted": self.accepted,
            "processes": list(self.processes),
            "findings": [asdict(finding) for finding in self.findings],
        }


def check(source: Model | bytes, *, name: str = "process.bpmn", decisions: Decisions | None = None) -> list[Finding]:
    """Return every reason to refuse the model, in the order of its lines; an empty list accepts it.

    Without `decisions` the references of business rule tasks are not looked up.
    """
    try:
        model = read_bpmn(source, name=name) if isinstance(source, bytes) else source
    except ModelRefused as refused:
        return refused.findings
    findings = [*_table_findings(model), *_identity_findings(model), *_process_findings(model, decisions)]
    unique = dict.fromkeys(findings)
    return sorted(unique, key=lambda finding: finding.line or 0)


def report(files: Iterable[tuple[str, bytes]]) -> list[FileReport]:
    """Check files; never raises, whatever the bytes are."""
    return [_file_report(name, data) for name, data in files]


def _file_report(name: str, data: bytes) -> FileReport:
    try:
        model = read_bpmn(data, name=name)
    except ModelRefused as refused:
        return FileReport(name, (), tuple(refused.findings))
    processes = tuple(process.id or "" for process in model.executable())
    return FileReport(name, processes, tuple(check(model)))


def to_text(reports: Sequence[FileReport]) -> str:
    """Return a report for people."""
    lines: list[str] = []
    for item in reports:
        lines.append(f"{item.name}: {'angenommen' if item.accepted else 'abgelehnt'}")
        lines.extend(f"  {_place(finding)}{finding.message_de}" for finding in item.findings)
    accepted = sum(item.accepted for item in reports)
    lines.append(f"{accepted} von {len(reports)} Dateien angenommen.")
    return "\n".join(lines)


def _place(finding: Finding) -> str:
    line = f"Zeile {finding.line}" if finding.line else ""
    label = finding.element_name or finding.element_id
    place = ", ".join(part for part in (line, f"„{label}“" if label else "") if part)
    return f"{place}: " if place else ""


# The table: elements, events, attributes.


def _table_findings(model: Model) -> Iterator[Finding]:
    """Walk the file against the table; below a refused element nothing more is said."""
    pending = [model.definitions]
    while pending:
        element = pending.pop()
        refused = _element_refused(element)
        if refused:
            yield _finding(element, refused.key, refused.text)
            continue
        yield from _attribute_findings(element)
        if element.tag == "process" and element.attributes.get("isExecutable") in FALSE:
            continue
        pending.extend(reversed(_children_to_check(element)))


def _element_refused(element: Element) -> Rule | None:
    if element.parent is None:
        return None
    if element.tag.startswith("{"):
        return _foreign_refused(element.tag, f"Das Element „{element.tag.split('}')[-1]}“")
    rule = element_rule(element.tag, element.parent.tag)
    if rule.verdict is not Verdict.REFUSED and element.tag in VENDOR_PLACES:
        holder = element.parent.parent
        if holder is not None and holder.tag not in VENDOR_PLACES[element.tag]:
            return Rule(element.tag, Verdict.REFUSED, f"„{element.tag}“ hat an „{holder.tag}“ keine Wirkung.")
    if rule.verdict is not Verdict.REFUSED and element.tag in EVENTS:
        rule = event_rule(position(element), definition_name(element))
    return rule if rule.verdict is Verdict.REFUSED else None


def position(event: Element) -> str:
    """Return where an event stands, as a key of `elements.POSITIONS`."""
    parent = event.parent
    if event.tag == "boundaryEvent":
        interrupting = event.attributes.get("cancelActivity", "true").strip() not in FALSE
        return "boundaryEvent" if interrupting else "boundaryEventNonInterrupting"
    if event.tag != "startEvent" or parent is None or parent.tag == "process":
        return event.tag
    if parent.attributes.get("triggeredByEvent", "").strip() not in {"true", "1"}:
        return "subProcessStart"
    interrupting = event.attributes.get("isInterrupting", "true").strip() not in FALSE
    return "eventSubProcessStart" if interrupting else "eventSubProcessStartNonInterrupting"


def _children_to_check(element: Element) -> list[Element]:
    """An event's definitions were judged together with the event; other namespaces are judged as a whole."""
    if element.tag.startswith("{"):
        return []
    return element.children


def _attribute_findings(element: Element) -> Iterator[Finding]:
    if element.tag.startswith("{"):
        return
    for name, value in element.attributes.items():
        yield from _attribute_finding(element, name, value)
    for name, value in element.vendor.items():
        yield from _attribute_finding(element, f"camunda:{name}", value)
    for name in element.foreign:
        refused = _foreign_refused(name, f"Das Attribut „{name.split('}')[-1]}“")
        if refused:
            yield _finding(element, refused.key, refused.text)


def _attribute_finding(element: Element, name: str, value: str) -> Iterator[Finding]:
    rule = attribute_rule(element.tag, name, value)
    if rule.verdict is Verdict.REFUSED:
        yield _finding(element, f"{element.tag}@{name}", rule.text)


def _foreign_refused(name: str, what: str) -> Rule | None:
    namespace = name[1:].split("}", maxsplit=1)[0]
    engine = ENGINES.get(namespace)
    if engine is None:
        return None
    text = f"{what} gilt nur für {engine} und wird nicht ausgeführt. Verwenden Sie die Angaben von Camunda 7."
    return Rule(name, Verdict.REFUSED, text)


def _finding(element: Element, code: str, message_de: str) -> Finding:
    named = element
    while named.id is None and named.parent is not None and named.parent.tag != "definitions":
        named = named.parent
    return Finding(named.id, named.name, element.line, code, message_de)


# What holds for the whole file.


def _identity_findings(model: Model) -> Iterator[Finding]:
    elements = [element for element in model.definitions.walk() if element.id and ":" not in element.tag]
    counts = Counter(element.id for element in elements)
    for element in elements:
        if counts[element.id] > 1:
            counts[element.id] = 0
            yield _finding(element, "duplicate_id", f"Die Kennung „{element.id}“ gibt es mehrfach in der Datei.")
    process_ids = {process.id for process in model.processes}
    for participant in model.definitions.walk():
        ref = local_name(participant.attributes.get("processRef", ""))
        if participant.tag == "participant" and ref and ref not in process_ids:
            yield _finding(participant, "dangling_ref", f"Den Prozess „{ref}“ des Pools gibt es in der Datei nicht.")


def _process_findings(model: Model, decisions: Decisions | None) -> Iterator[Finding]:
    if not model.executable():
        yield Finding(
            None,
            None,
            model.definitions.line,
            "no_executable_process",
            'Die Datei enthält keinen ausführbaren Prozess. Setzen Sie isExecutable="true".',
        )
    if len(model.executable()) > MAX_PROCESSES:
        text = f"Die Datei enthält mehr als {MAX_PROCESSES} Prozesse. Teilen Sie sie auf."
        yield Finding(None, None, model.definitions.line, "too_many_processes", text)
        return
    source = Source(model, decisions, SCOPE)
    programs = [Compiler(source, process).compile() for process in model.executable()]
    yield from source.findings
    calls = {program.process_id: program.called_elements for program in programs}
    for process in model.executable():
        if process.id and _calls_itself(process.id, calls):
            text = f"Der Prozess „{process.id}“ ruft sich selbst auf, unmittelbar oder über andere. Das endet nie."
            yield _finding(process, "call_recursion", text)


def _calls_itself(process_id: str, calls: Mapping[str, frozenset[str]]) -> bool:
    reached: set[str] = set()
    pending = list(calls.get(process_id, ()))
    while pending:
        called = pending.pop()
        if called not in reached:
            reached.add(called)
            pending.extend(calls.get(called, ()))
    return process_id in reached
