"""Do the files of a procedure fit together? Form keys, groups, letters, stages, topics, names in expressions."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from engine.bpmn.expressions import Constant, ContextTerm, Feel, ListTerm, Term
from engine.bpmn.nodes import (
    CallSpec,
    DecisionSpec,
    ErrorSpec,
    JobSpec,
    Kind,
    MessageSpec,
    Node,
    Program,
    ScriptSpec,
    UserSpec,
    UserTask,
)
from engine.catalog.facts import Facts
from engine.catalog.findings import Finding, Findings
from engine.catalog.folder import FACTS, MODEL
from engine.feel import Expression
from engine.feel.syntax import ContextLiteral
from forms.model import Form

SHELL_VARIABLES: Final = frozenset({"vorgang"})
"""Variables that every instance has from its start."""

RESERVED_PAGES: Final = frozenset({"pruefen", "gesendet", "spaeter", "verwerfen", "notiert"})
"""Addresses of the portal beside the pages of the start form: a page that is called so would never be reached."""

DECIDING_TOPIC: Final = "bescheid.erzeugen"
PREVIEW: Final = "vorschau"
_TEMPLATE: Final = "vorlage"
_LOOP_VARIABLES: Final = frozenset({"loopCounter", "nrOfInstances", "nrOfActiveInstances", "nrOfCompletedInstances"})
_NAMES_FROM_OUTSIDE: Final = frozenset({Kind.CATCH_MESSAGE, Kind.CALL})


@dataclass(frozen=True, slots=True)
class Parts:
    """What was read from the folder."""

    facts: Facts
    programs: Mapping[str, Program]
    forms: Mapping[str, Form]
    letters: Mapping[str, str]
    start_variables: Mapping[str, Expression]
    conditions: Mapping[str, Expression]


def check(parts: Parts, topics: Collection[str] | None) -> list[Finding]:
    """Return everything that does not fit; `topics` as in `procedure.load`."""
    found: list[Finding] = []
    facts, model = Findings(FACTS, found), Findings(MODEL, found)
    if parts.facts.key not in parts.programs:
        model.refuse("", "process_not_key", f"Der Prozess muss „{parts.facts.key}“ heißen wie die Leistung.")
        return found
    _check_start(parts, facts)
    _check_parts(parts, facts)
    _check_stages(parts, facts)
    _check_groups(parts, facts, model)
    _check_calls(parts, model)
    for program in parts.programs.values():
        _check_tasks(parts, program, model)
        _check_letters(parts, program, model)
        _check_names(parts, program, model)
        _check_topics(program, topics, model)
    return found


def _check_start(parts: Parts, facts: Findings) -> None:
    form = parts.forms.get(parts.facts.start.form)
    if form is None:
        facts.refuse("start.form", "form_missing", f"Das Formular „{parts.facts.start.form}“ fehlt.")
        return
    for name in sorted(form.needs - SHELL_VARIABLES):
        facts.refuse("start.form", "unknown_name", f"Das Startformular nennt „{name}“, das es dort nicht gibt.")
    number_field = parts.facts.akte.number_field
    if number_field is not None and number_field not in form.names:
        message = f"Das Feld „{number_field}“ gibt es im Startformular nicht."
        facts.refuse("akte.number_field", "unknown_name", message)
    for page in form.pages:
        if page.key in RESERVED_PAGES:
            message = (
                f"Eine Seite des Startformulars heißt „{page.key}“. Diese Adresse hat das Portal selbst vergeben, "
                "niemand käme auf die Seite. Geben Sie ihr bei „page“ einen anderen Namen."
            )
            facts.refuse("start.form", "page_reserved", message)
    for variable, expression in parts.start_variables.items():
        for name in sorted(expression.names - form.names - SHELL_VARIABLES):
            message = f"Der Ausdruck nennt „{name}“, das es im Startformular nicht gibt."
            facts.refuse(f"start.variables.{variable}", "unknown_name", message)
    for name in sorted(SHELL_VARIABLES & set(parts.start_variables)):
        facts.refuse(f"start.variables.{name}", "name_taken", f"Der Name „{name}“ ist vergeben.")


def _check_parts(parts: Parts, facts: Findings) -> None:
    form = parts.forms.get(parts.facts.start.form)
    for part in parts.facts.parts:
        place = f"parts.{part.step}"
        if form is None or form.page(part.step) is None:
            facts.refuse(place, "page_missing", f"Die Seite „{part.step}“ gibt es im Startformular nicht.")
            continue
        for name in sorted(parts.conditions[part.step].names - form.names):
            facts.refuse(place, "unknown_name", f"„when“ nennt „{name}“, das es im Startformular nicht gibt.")


def _check_stages(parts: Parts, facts: Findings) -> None:
    elements = {node.id for program in parts.programs.values() for node in program.nodes}
    listed = [element for stage in parts.facts.stages for element in stage.elements]
    for element in dict.fromkeys(listed):
        if element not in elements:
            facts.refuse("stages", "element_missing", f"Das Element „{element}“ gibt es im Modell nicht.")
        if listed.count(element) > 1:
            facts.refuse("stages", "element_twice", f"Das Element „{element}“ gehört zu zwei Stufen.")
    for program in parts.programs.values():
        for node in program.nodes:
            if node.kind in (Kind.USER, Kind.CATCH_TIMER, Kind.CATCH_MESSAGE) and node.id not in listed:
                message = f"„{node.name or node.id}“ gehört zu keiner Stufe; die Statusseite zeigt dort die vorige."
                facts.note("stages", "element_without_stage", message)


def _check_groups(parts: Parts, facts: Findings, model: Findings) -> None:
    used = {
        group for program in parts.programs.values() for task in program.user_tasks for group in task.candidate_groups
    }
    for group in sorted(used - set(parts.facts.groups)):
        model.refuse("", "group_unknown", f"Die Gruppe „{group}“ steht nicht unter [groups] in {FACTS}.")
    for group in sorted(set(parts.facts.groups) - used):
        facts.note(f"groups.{group}", "group_unused", f"Die Gruppe „{group}“ hat im Modell keine Aufgabe.")


def _check_calls(parts: Parts, model: Findings) -> None:
    for program in parts.programs.values():
        for called in sorted(program.called_elements - set(parts.programs)):
            message = f"Der aufgerufene Prozess „{called}“ liegt nicht in diesem Ordner."
            model.refuse("", "called_process_missing", message)


def _check_tasks(parts: Parts, program: Program, model: Findings) -> None:
    for task in program.user_tasks:
        place = f"„{task.name or task.id}“"
        node = program.node(task.id)
        spec = node.spec
        if not task.candidate_groups and isinstance(spec, UserSpec) and not (spec.assignee or spec.candidate_users):
            model.refuse(
                place, "nobody_in_charge", "Für diese Aufgabe ist niemand zuständig (camunda:candidateGroups)."
            )
        if task.form_key is None:
            model.refuse(place, "form_missing", "Der Aufgabe fehlt ein Formular (camunda:formKey).")
        elif task.form_key not in parts.forms:
            model.refuse(place, "form_missing", f"Das Formular „{task.form_key}“ fehlt im Ordner.")
        else:
            _check_form_inputs(parts.forms[task.form_key], task, node, model)


def _check_form_inputs(form: Form, task: UserTask, node: Node, model: Findings) -> None:
    given = {parameter.name for parameter in node.inputs} | SHELL_VARIABLES
    for name in sorted(form.needs - given):
        message = f"Das Formular „{task.form_key}“ braucht „{name}“; geben Sie es als camunda:inputParameter hinein."
        model.refuse(f"„{task.name or task.id}“", "input_missing", message)


def _check_letters(parts: Parts, program: Program, model: Findings) -> None:
    for node in program.nodes:
        place = f"„{node.name or node.id}“"
        constants = {item.name: item.term.value for item in node.inputs if isinstance(item.term, Constant)}
        templates = [constants.get(_TEMPLATE), node.properties.get(PREVIEW)]
        for template in templates:
            if template is not None and template not in parts.letters:
                model.refuse(place, "letter_missing", f"Die Briefvorlage „{template}“ fehlt im Ordner.")
        if isinstance(node.spec, JobSpec) and node.spec.topic == DECIDING_TOPIC:
            art = constants.get("art")
            if not isinstance(art, str) or parts.facts.decision(art) is None:
                message = f"Die Art „{art}“ steht nicht unter [[decisions]] in {FACTS}."
                model.refuse(place, "decision_kind_unknown", message)


def _check_topics(program: Program, topics: Collection[str] | None, model: Findings) -> None:
    if topics is None:
        return
    for topic in sorted(program.topics - set(topics)):
        message = f"Den Dienst „{topic}“ bietet dieses Haus nicht an; ein externer Dienst muss ihn übernehmen."
        model.note("", "topic_unknown", message)


def _check_names(parts: Parts, program: Program, model: Findings) -> None:
    """A name that nobody sets would be null for ever: most likely a slip. Messages and calls may bring any name."""
    if any(node.kind in _NAMES_FROM_OUTSIDE or _sets_any_name(node) for node in program.nodes):
        return
    known = set(SHELL_VARIABLES) | set(parts.start_variables)
    known |= {name for node in program.nodes for name in _names_set(node)}
    for node in program.nodes:
        local = known | {item.name for item in node.inputs} | _form_names(parts, node)
        if isinstance(node.spec, JobSpec):  # what a connector gives back is its own business
            local |= {name for item in node.outputs for name in _names_read(item.term)}
        for name in sorted(_names_used(node) - local):
            message = f"Die Variable „{name}“ setzt niemand. Prüfen Sie die Schreibweise."
            model.refuse(f"„{node.name or node.id}“", "unknown_variable", message)
    for flow in program.flows:
        for name in sorted((flow.condition.expression.names if flow.condition else frozenset()) - known):
            message = f"Die Bedingung nennt „{name}“, das niemand setzt. Prüfen Sie die Schreibweise."
            model.refuse(f"„{flow.id}“", "unknown_variable", message)


def _sets_any_name(node: Node) -> bool:
    """A script whose context is computed, so that nobody can say which variables it assigns."""
    spec = node.spec
    return (
        isinstance(spec, ScriptSpec)
        and spec.result is None
        and not isinstance(spec.expression.expression.tree, ContextLiteral)
    )


def _names_set(node: Node) -> Iterator[str]:
    """The names that this element puts into the scope around it, or gives to what is inside it."""
    yield from (item.name for item in node.outputs)
    if isinstance(node.spec, ScriptSpec | DecisionSpec) and node.spec.result:
        yield node.spec.result
    elif isinstance(node.spec, ScriptSpec) and isinstance(node.spec.expression.expression.tree, ContextLiteral):
        yield from (name for name, _ in node.spec.expression.expression.tree.entries)
    if isinstance(node.spec, ErrorSpec):
        yield from filter(None, (node.spec.code_variable, node.spec.message_variable))
    if node.loop is not None:
        yield from _LOOP_VARIABLES
        yield from filter(None, (node.loop.element,))
    if node.kind is Kind.SUB_PROCESS:
        yield from (item.name for item in node.inputs)


def _names_used(node: Node) -> set[str]:
    names = {name for item in (*node.inputs, *node.outputs) for name in _names_read(item.term)}
    spec = node.spec
    terms: list[Term | None] = []
    if isinstance(spec, UserSpec):
        terms = [spec.assignee, *spec.candidate_users, *spec.candidate_groups, spec.due, spec.follow_up, spec.priority]
    elif isinstance(spec, ScriptSpec):
        terms = [spec.expression]
    elif isinstance(spec, MessageSpec):
        terms = [spec.name, spec.key]
    elif isinstance(spec, CallSpec):
        terms = [item.term for item in spec.inputs]
    timer = getattr(spec, "expression", None) or getattr(getattr(spec, "event", None), "expression", None)
    if node.loop is not None:
        terms += [node.loop.collection, node.loop.cardinality]
    return names | {name for term in [*terms, timer] if term is not None for name in _names_read(term)}


def _names_read(term: Term) -> frozenset[str]:
    match term:
        case Feel(expression=expression):
            return expression.names
        case ListTerm(items=items):
            return frozenset().union(*map(_names_read, items))
        case ContextTerm(entries=entries):
            return frozenset().union(*(_names_read(inner) for _, inner in entries))
        case _:
            return frozenset()


def _form_names(parts: Parts, node: Node) -> frozenset[str]:
    form_key = node.spec.form_key if isinstance(node.spec, UserSpec) else None
    name = form_key.value if isinstance(form_key, Constant) else None
    form = parts.forms.get(name) if isinstance(name, str) else None
    return form.names if form else frozenset()
